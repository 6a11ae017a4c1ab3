"""One command that says how fast this is here, each figure beside another of the same run. It does not know quality.

The stock side is `rag.bench.stock`; what is measured, and how, is in `rag.bench.measures` and, for the growth of the
folder, in `rag.bench.growth`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rag.errors import UsageError
from rag.progress import Report, silent
from rag.settings import Settings

_ANSWER_TOKENS = 64
_INSTALL = "The benchmark compares with a LangChain pipeline, which is not installed: pip install 'rag-answers[bench]'"


def run(
    settings: Settings,
    *,
    questions: int = 10,
    growth: Sequence[int] = (),
    json_output: bool = False,
    report: Report = silent,
) -> None:
    """Measure, then print a table or JSON on standard output. Raises RagError."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    result = measure(settings, questions=questions, growth=growth, report=report)
    if json_output:
        console.file.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table(
        title=f"{result['model']}, {result['threads']} threads, {result['questions']} questions, medians", box=None
    )
    for column in ("measure", "rag", "against", "", "ratio", "wanted"):
        table.add_column(column, justify="left" if column in {"measure", "against"} else "right")
    for row in result["measures"]:
        wanted = f"{'✓' if row['ratio'] >= row['wanted'] else '✗'} {row['wanted']:.3g}"
        table.add_row(
            f"{row['name']}, {row['unit']}",
            f"{row['ours']:.3g}",
            row["against"],
            f"{row['other']:.3g}",
            f"{row['ratio']:.2f}",
            wanted,
        )
    console.print(table)
    console.print("A ratio above 1: rag is faster, or smaller. Stock: LangChain on the same weights.", style="dim")
    if result["growth"]:
        from rag.bench.growth import print_growth

        print_growth(console, result["growth"])


def measure(
    settings: Settings, *, questions: int = 10, growth: Sequence[int] = (), report: Report = silent
) -> dict[str, Any]:
    """Return the figures as `--json` prints them. Raises RagError."""
    from rag.cores import physical_cores

    if questions < 1:
        raise UsageError(f"{questions} questions measure nothing: give --questions 1 or more.")
    if settings.llm_url:
        raise UsageError("The benchmark measures the model in this process, not a server's: unset RAG_LLM_URL.")
    try:
        from rag.bench.measures import measure_answers, measure_embedding, measure_start
    except ImportError as error:
        raise UsageError(f"{_INSTALL} ({error}).") from error
    # The threshold 0 never stays silent: a refusal is not written by the model and has no pace.
    settings = settings.model_copy(
        update={
            "threshold": 0.0,
            "answer_tokens": min(settings.answer_tokens, _ANSWER_TOKENS),
            "threads": settings.threads or physical_cores(),
        }
    )
    folder, measures = measure_answers(settings, questions, report)
    measures += measure_start(settings, folder, report)
    measures.append(measure_embedding(settings, folder.texts, report))
    sizes: list[dict[str, Any]] = []
    if growth:
        from rag.bench.growth import measure_growth, retrieval_measure

        sizes = [asdict(size) for size in measure_growth(growth, settings, report)]
        measures.append(retrieval_measure(sizes[-1]))
    return {
        "model": settings.model,
        "threads": settings.threads,
        "questions": len(folder.questions),
        "measures": [asdict(row) for row in measures],
        "growth": sizes,
    }
