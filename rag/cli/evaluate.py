"""`rag eval`: sets of questions → a table of measures. It does not know how they are measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag import compose
from rag.errors import UsageError
from rag.evaluation.evaluate import add_baseline, evaluate, fingerprint, set_folder
from rag.evaluation.question_sets import read_set, sample
from rag.evaluation.stuffed import Stuffed
from rag.evaluation.summary import summary
from rag.progress import Report
from rag.settings import Settings


def run(
    settings: Settings,
    sets: Sequence[Path],
    *,
    limit: int | None,
    seed: int,
    baseline: str | None,
    twice: bool,
    report: Report,
) -> dict[str, dict[str, Any]]:
    """Evaluate each set and return its summary by its name. Raises RagError."""
    if baseline not in (None, "stuffed"):
        raise UsageError(f"There is no baseline '{baseline}'. The one there is: --baseline stuffed.")
    found = {}
    key = fingerprint(settings)
    for path in sets:
        questions = read_set(path, settings.docs, settings.data_dir / "evaluation")
        folder = set_folder(settings, questions)
        asked = sample(questions.questions, limit, seed)
        with compose.open_engine(settings.model_copy(update={"docs": questions.docs}), report) as engine:
            rows = evaluate(engine, asked, folder, key, twice=twice, report=report, name=questions.name)
            if baseline:
                stuffed = Stuffed.over(engine, settings.model, folder, report)
                rows = add_baseline(engine, stuffed, asked, rows, folder, report=report)
        found[questions.name] = summary(rows)
        found[questions.name]["rows"] = str(folder / "rows.jsonl")
    return found


def print_table(found: dict[str, dict[str, Any]]) -> None:
    """Print one column a set, one line a measure that at least one set has."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("")
    for name in found:
        table.add_column(name, justify="right")
    names = dict.fromkeys(name for one in found.values() for name in one)
    for name in names:
        if name not in ("reliability", "languages", "rows"):
            table.add_row(name, *(_figure(one.get(name)) for one in found.values()))
    console = Console()
    console.print(table)
    for set_name, one in found.items():
        bins = "  ".join(f"{mean:.2f} → {share:.2f} ({n})" for _, mean, share, n in one.get("reliability", []))
        console.print(f"{set_name}: confidence → share answerable (questions): {bins}", style="dim")
        for language, row in one.get("languages", {}).items():
            console.print(f"  {language}: " + ", ".join(f"{key} {_figure(value)}" for key, value in row.items()))
        console.print(f"{set_name}: every question and answer: {one['rows']}", style="dim", soft_wrap=True)


def _figure(value: object) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
