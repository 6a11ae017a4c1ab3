"""`rag calibrate`: fits confidence to an answer model, and shows how far it could be trusted before and after."""

from dataclasses import asdict, dataclass
from typing import Any

from rag import compose
from rag.api import Rag
from rag.cli import terminal
from rag.errors import UsageError
from rag.evaluation.calibrate import LEAST, TABLES, Fitted, Row, fit_table, left_out_confidences, rows_of
from rag.evaluation.measures import reliability
from rag.evaluation.own_questions import PACKAGED, judge_own, judge_packaged
from rag.evaluation.question_sets import read_set
from rag.progress import Report
from rag.settings import Settings
from rag.shipped import data_folder


@dataclass(frozen=True)
class Calibration:
    """What was fitted, where it is kept, and the reliability before and after: see `measures.reliability`."""

    model: str
    questions: int
    fitted: tuple[Fitted, ...]
    before: list[tuple[float, float, float, int]]
    after: list[tuple[float, float, float, int]]
    file: str


def run(settings: Settings, rag: Rag, *, limit: int, report: Report) -> Calibration:
    """Ask the model of `rag` about at most `limit` of the folder's passages and the packaged questions, fit and keep.

    Raises RagError; UsageError where there was too little to fit to.
    """
    reader = rag.reader
    assert reader is not None
    judged = list(judge_own(rag.engine, reader, limit, report))
    packaged = read_set(PACKAGED, data_folder("seeds"), settings.data_dir).questions
    sample = settings.model_copy(update={"docs": data_folder("seeds")})
    if rag.folder.resolve() == sample.docs.resolve():
        judged += judge_packaged(rag.engine, reader, packaged, report)
    else:
        with compose.open_engine(sample, report, answers=False) as engine:
            judged += judge_packaged(engine, reader, packaged, report)
    rows: list[Row] = [(each.signals, each.answerable) for each in judged]
    fitted = tuple(found for table in TABLES if (found := fit_table(table, rows)) is not None)
    if not fitted:
        raise UsageError(
            f"Nothing was fitted: fewer than {LEAST} questions could be judged. Give it a folder with more text "
            "(--docs), or another model; a model server must give log probabilities."
        )
    before = [(rag.confidence(given), ok) for found in fitted for given, ok in rows_of(found.table, rows)]
    after = [pair for found in fitted for pair in left_out_confidences(found.table, rows)]
    file = compose.keep_fit(settings, reader, {found.table: found.coefficients for found in fitted})
    then, now = (reliability([c for c, _ in pairs], [ok for _, ok in pairs]) for pairs in (before, after))
    return Calibration(reader.name, len(rows), fitted, then, now, str(file))


def print_calibration(done: Calibration) -> None:
    """Show the reliability before and after, and what was kept."""
    heads = ("confidence", "said before", "held before", "questions", "says now", "holds now", "questions ")
    before, after = ({row[0]: row[1:] for row in rows} for rows in (done.before, done.after))
    table = []
    for fifth in sorted({*before, *after}):
        cells: list[str] = []
        for side in (before, after):
            said, held, questions = side.get(fifth, (None, None, None))
            cells += [
                "" if said is None else f"{said:.2f}",
                "" if held is None else f"{held:.2f}",
                str(questions or ""),
            ]
        table.append((f"{fifth:.1f}–{fifth + 0.2:.1f}", *cells))
    terminal.print_table(heads, table)
    for found in done.fitted:
        what = "passages read whole" if found.table == "judged" else "picked sentences"
        terminal.say(
            f"{what}: {found.questions} questions, {found.answerable} answerable; the judgement tells them apart with "
            f"AUC {found.auc:.2f}, over questions left out of the fit."
        )
    terminal.say(f"Kept for {done.model} in {done.file}. It counts from the next start on.")


def as_dict(done: Calibration) -> dict[str, Any]:
    """Return it for --json."""
    return asdict(done)
