"""One command that says how fast this is here, each figure beside another of the same run. It does not know quality.

Documents are indexed anew in a place of the benchmark's own, so that nothing was asked before and nothing of the user's
is touched. The stock side is `rag.bench.stock`; `new_questions`, `starts`, `embedding` and `growth` measure.
"""

import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.errors import UsageError
from rag.progress import Report, silent
from rag.settings import Settings

_TEXTS = 64  # embedded a round
_DOCUMENTS = 100  # in the stock pipeline's index
_STARTS = 5  # questions that processes are started for
_INSTALL = "The benchmark compares with a LangChain pipeline, which is not installed: pip install 'rag-answers[bench]'"


def run(
    settings: Settings,
    *,
    questions: Path | None = None,
    limit: int = 10,
    growth: Sequence[int] = (),
    json_output: bool = False,
    report: Report = silent,
) -> None:
    """Measure, then print a table or JSON on standard output. Raises RagError."""
    from rich.console import Console

    console = Console()
    result = measure(settings, questions=questions, limit=limit, growth=growth, report=report)
    if json_output:
        console.file.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        return
    _print(console, result)
    if result["growth"]:
        from rag.bench.growth_show import print_growth

        print_growth(console, result["growth"])


def _print(console: Any, result: dict[str, Any]) -> None:
    from rich.table import Table

    title = (
        f"{result['model']}, {result['threads']} threads, {result['questions']} questions; medians · 95th percentiles"
    )
    table = Table(title=title, box=None)
    for column in ("measure", "rag", "against", "", "times", "wanted"):
        table.add_column(column, justify="left" if column in {"measure", "against"} else "right")
    for row in result["measures"]:
        reached = all(row[f"ratio{end}"] >= row[f"wanted{end}"] for end in ("", "_95") if row[f"wanted{end}"])
        wanted = _both(row, "wanted")
        table.add_row(
            f"{row['name']}, {row['unit']}",
            _both(row, "ours"),
            row["against"],
            _both(row, "other"),
            _both(row, "ratio"),
            wanted and f"{'✓' if reached else '✗'} {wanted}",
        )
    console.print(table)
    console.print("Times above 1: rag is faster, or smaller. Stock: LangChain on the same weights.", style="dim")


def _both(row: dict[str, Any], name: str) -> str:
    return " · ".join(f"{row[key]:.3g}" for key in (name, f"{name}_95") if row[key] is not None)


def measure(
    settings: Settings,
    *,
    questions: Path | None = None,
    limit: int = 10,
    growth: Sequence[int] = (),
    report: Report = silent,
) -> dict[str, Any]:
    """Return the figures as `--json` prints them; at most `limit` questions, of a file or of the documents themselves.

    Raises RagError.
    """
    from rag.cores import physical_cores

    if limit < 1:
        raise UsageError(f"{limit} questions measure nothing: give --limit 1 or more.")
    if settings.llm_url:
        raise UsageError("The benchmark measures the model in this process, not a server's: unset RAG_LLM_URL.")
    try:
        from rag.bench import stock  # noqa: F401  (whether it can be imported)
    except ImportError as error:
        raise UsageError(f"{_INSTALL} ({error}).") from error
    with tempfile.TemporaryDirectory(prefix="rag-bench-", ignore_cleanup_errors=True) as place:
        own = {"data_dir": Path(place), "warm_after": False, "threads": settings.threads or physical_cores()}
        settings = settings.model_copy(update=own)
        asked, measures = _measure_answers(settings, questions, limit, report)
    sizes: list[dict[str, Any]] = []
    if growth:
        from rag.bench.growth import measure_growth
        from rag.bench.growth_show import retrieval_measure

        sizes = [asdict(size) for size in measure_growth(growth, settings, report)]
        measures.append(retrieval_measure(sizes[-1]))
    return {
        "model": settings.model,
        "threads": settings.threads,
        "questions": len(asked),
        "measures": [asdict(row) for row in measures],
        "growth": sizes,
    }


def _measure_answers(settings: Settings, file: Path | None, limit: int, report: Report) -> tuple[list[str], list[Any]]:
    from rag.api import Rag
    from rag.bench import stock
    from rag.bench.embedding import measure_embedding
    from rag.bench.kept import Kept
    from rag.bench.new_questions import measure_new_questions
    from rag.bench.plain import Plain
    from rag.bench.questions import questions_about, questions_of, sentences_of, spread
    from rag.bench.starts import measure_starts
    from rag.compose import index_folder

    asked = questions_of(file, limit) if file else []
    kept = Kept(index_folder(settings) / "attention")
    given = stock.settings_of(settings, settings.data_dir / "stock")
    with Rag.open(settings, report) as rag:
        chunks = list(rag.chunks())
        asked = asked or questions_about(chunks, limit)
        rag.warm(report=report)
        kept.set_aside()
        stock.make_index([rag.text(path) for path in list(rag.documents())[:_DOCUMENTS]], given)
        with closing(Plain(Path(given["model"]), settings.threads, settings.context_tokens)) as plain:
            measures = measure_new_questions(rag.engine, kept, stock.Pipeline(given), plain, asked, report)
    measures += measure_starts(settings, kept, given, [asked[0], *spread(asked, _STARTS)], report)
    texts = [text for chunk in chunks[:_TEXTS] for text in (chunk.text, *sentences_of(chunk))]
    measures.append(measure_embedding(settings, [texts[i % len(texts)] for i in range(_TEXTS)], report))
    return asked, measures
