"""Question sets → measured answers: runs the real engine over them, a row a question. It does not know how to print.

Rows go to a file as they come, so that an interrupted run goes on where it was: a row is used again as long as the
settings, the prompts, the coefficients and the stages that make answers are the same.
"""

import ast
import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.answering.answer import Answer
from rag.answering.engine import Engine
from rag.answering.fitted import kept_file, packaged
from rag.answering.retriever import Passage
from rag.documents.sentences import Span
from rag.errors import RagError
from rag.evaluation import measures
from rag.evaluation.everyday import Wanted, evidence_shown, is_right
from rag.evaluation.measures import trust
from rag.evaluation.question_sets import Gold, Question, QuestionSet
from rag.evaluation.stuffed import Stuffed
from rag.progress import Report, silent
from rag.settings import Settings
from rag.shipped import data_folder

_ROOMS = ("documents", "index", "answering", "llm")
"""Whose code an answer depends on. The readers of formats are not in it: what they make is the documents' text."""
DEPTH = 10
"""Passages by which retrieval is measured."""
Row = dict[str, Any]


def fingerprint(settings: Settings) -> str:
    """Return a hash of what an answer depends on besides the documents: settings, stages, prompts, coefficients."""
    digest = hashlib.sha256(
        repr([(n, getattr(settings, n)) for n in ("model", "passages", "chunk_tokens", "context_tokens")]).encode()
        + repr([(n, getattr(settings, n)) for n in ("answer_tokens", "threshold", "exact", "kv")]).encode()
    )
    if settings.chat_template or settings.embedder != "english":
        digest.update(repr((settings.chat_template, settings.embedder)).encode())
    if settings.llm_url:
        digest.update(repr((settings.llm_url, settings.llm_model)).encode())
    for room in _ROOMS:
        for file in sorted((Path(__file__).parent.parent / room).rglob("*.py")):
            if file.parent.name != "formats":
                digest.update(code_of(file.read_text(encoding="utf-8")).encode())
    for file in sorted(data_folder("prompts").glob("*.txt")):
        digest.update(file.read_bytes())
    digest.update(repr(packaged()).encode())
    with suppress(OSError):  # what `rag calibrate` kept
        digest.update(kept_file(settings.data_dir).read_bytes())
    return digest.hexdigest()[:16]


def code_of(source: str) -> str:
    """Return what a file does: not its comments, not its docstrings, not how it is laid out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [one for one in node.body if not _is_remark(one)]
    return ast.dump(tree)


def _is_remark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def evaluate(
    engine: Engine,
    questions: Sequence[Question],
    folder: Path,
    key: str,
    *,
    twice: bool = False,
    report: Report = silent,
    name: str = "questions",
) -> list[Row]:
    """Answer every question, or take its row from `folder`; return the rows in the order of the questions.

    With `twice` each question is asked again, its passages known then, for the speed and to see that the answer is
    the same. Raises RagError.
    """
    done = _kept(folder / "rows.jsonl", key)
    rows = []
    for number, question in enumerate(questions):
        report(f"Asking {name}", number, len(questions), "questions")
        row = done.get(question.id)
        if row is None or (twice and "again" not in row):
            row = answer_row(engine, question, twice=twice)
            _keep(folder / "rows.jsonl", key, row)
        rows.append(row)
    report(f"Asking {name}", len(questions), len(questions), "questions")
    return rows


def add_baseline(
    engine: Engine,
    stuffed: Stuffed,
    questions: Sequence[Question],
    rows: Sequence[Row],
    folder: Path,
    *,
    report: Report = silent,
) -> list[Row]:
    """Return the rows, each with the stock pipeline's answer to the same question under "baseline".

    A follow-up reaches it as the rewritten question, which is more than a stock pipeline has. What it said is kept, as
    the rows are: it depends on the documents, the weights and its own code alone.
    """
    file = folder / "baseline.jsonl"
    done = _kept(file, stuffed.fingerprint)
    found = []
    for number, (question, row) in enumerate(zip(questions, rows, strict=True)):
        report("Asking the stock pipeline", number, len(questions), "questions")
        asked = row.get("standalone_question") or question.question
        given = done.get(question.id)
        if given is None or given["question"] != asked:
            given = {"id": question.id, "question": asked, **asdict(stuffed.ask(asked))}
            _keep(file, stuffed.fingerprint, given)
        sources = [(path, Span(*span)) for path, span in given["sources"]]
        judged = _judged(question, given["answer"], given["abstained"], engine)
        if question.wanted:  # what is shown as a source is not asked of small talk: the stock way always shows some
            right = not given["abstained"] and is_right(question.wanted, given["answer"], 0)
            judged |= {"correct": question.answerable and right}
            judged |= {"trust": trust(question.answerable, given["abstained"], right)}
        found.append({**row, "baseline": {**given, **judged, **_sources(question, sources)}})
    return found


def _kept(file: Path, key: str) -> dict[str, Row]:
    found = {}
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:  # the process was killed while it wrote
                continue
            if row.pop("key") == key:
                found[row["id"]] = row
    return found


def _keep(file: Path, key: str, row: Row) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps({"key": key, **row}, ensure_ascii=False) + "\n")


def ask(engine: Engine, question: Question) -> Answer:
    """Return the engine's answer. Raises RagError."""
    answer = None
    for event in engine.ask(question.question, question.history):
        answer = event
    assert isinstance(answer, Answer)
    return answer


def answer_row(engine: Engine, question: Question, *, twice: bool = False) -> Row:
    """Ask one question and measure what came. An error is a row, too: it counts as a wrong answer."""
    row: Row = {
        "id": question.id,
        "question": question.question,
        "language": question.language,
        "history": len(question.history),
        "answerable": question.answerable,
        "golds": list(question.answers),
    }
    try:
        answer = ask(engine, question)
    except RagError as error:
        wrong = {"error": str(error), "abstained": False, "confidence": 0.0, "correct": False, "f1": 0.0, "trust": -1}
        return {**row, **wrong}
    row |= {
        "standalone_question": answer.standalone_question,
        "answer": answer.answer,
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        "signals": dict(answer.signals),
        "statements": [asdict(statement) for statement in answer.statements],
        "sources": [source.to_dict() for source in answer.sources],
        **asdict(answer.timings),
    }
    if question.wanted:
        return row | _wanted(question, question.wanted, answer)
    row |= _judged(question, answer.answer, answer.abstained, engine)
    shown: list[Gold] = [(source.document, Span(source.start, source.end)) for source in answer.sources]
    row |= _sources(question, shown)
    row["exact_slices"] = [engine.index.text(s.document)[s.start : s.end] == s.text for s in answer.sources]
    passages = engine.retrieve(answer.standalone_question, DEPTH, question.history)
    row |= _retrieval(question, passages)
    if passages and answer.sources:
        top = engine.found(passages[:1], answer.standalone_question)[0].text
        row["top_sentence"] = _judged(question, top, False, engine)
    if twice:
        again = ask(engine, question)
        row["again"] = {"same": again.answer == answer.answer, **asdict(again.timings)}
    return row


def _wanted(question: Question, wanted: Wanted, answer: Answer) -> Row:
    """Judge an answer to an everyday question; whether a wrong one is marked counts, too."""
    right = not answer.abstained and is_right(wanted, answer.answer, len(answer.sources))
    row: Row = {
        "kind": wanted.kind,
        "correct": question.answerable and right,
        "trust": trust(question.answerable, answer.abstained, right),
        "marked": any(not each.supported for each in answer.statements) or not answer.statements,
    }
    share = evidence_shown(wanted, [(source.document, source.text) for source in answer.sources])
    return row if share is None else {**row, "evidence": share}


def _judged(question: Question, answer: str, abstained: bool, engine: Engine) -> Row:
    evidence = [engine.index.text(path)[span.start : span.end] for golds in question.evidence for path, span in golds]
    correct = not abstained and question.answerable and measures.is_correct(answer, question.answers, evidence)
    f1, recall = (0.0, 0.0) if abstained else measures.token_f1(answer, question.answers)
    trust = measures.trust(question.answerable, abstained, correct)
    return {"correct": correct, "f1": f1, "answer_recall": recall, "trust": trust}


def _sources(question: Question, shown: Sequence[Gold]) -> Row:
    if not question.evidence:
        return {}
    precision, recall, f1 = measures.source_scores(shown, question.evidence)
    return {"source_precision": precision, "source_recall": recall, "source_f1": f1}


def _retrieval(question: Question, passages: Sequence[Passage]) -> Row:
    row: Row = {}
    if question.documents:
        ranked = [passage.chunk.document for passage in passages]
        row |= {f"recall@{k}": measures.recall_at(ranked, question.documents, k) for k in (1, 3, 5, 10)}
        row["ndcg@10"] = measures.ndcg_at(ranked, question.documents)
    if question.evidence:
        places = [(p.chunk.document, Span(p.chunk.start, p.chunk.end)) for p in passages]
        row |= {f"evidence@{k}": measures.evidence_recall(places[:k], question.evidence) for k in (1, 3, 5, 10)}
    return row


def set_folder(settings: Settings, questions: QuestionSet) -> Path:
    """Return the folder in which a set's rows are kept."""
    return settings.data_dir / "evaluation" / questions.name
