"""Questions that nobody had to label → what the answer model judges of them: for fitting confidence to a model.

A passage of a person's own is turned into a question that it answers, by the model itself. Asked with the passage among
what was found it can be answered, asked without that document it (nearly always) cannot. The packaged questions about
the sample come with labels. What the model reads is chosen as for any question; only its judgement is asked for. It
does not know what is fitted to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.answering.abstain import signals
from rag.answering.engine import Engine
from rag.answering.prompting import prompt
from rag.answering.reader import Reader
from rag.answering.reading import to_read
from rag.answering.retriever import Passage
from rag.documents.chunks import Chunk
from rag.evaluation.question_sets import Question
from rag.progress import Report, silent

PACKAGED = Path(__file__).parent / "sample.jsonl"
"""Questions about the sample document, with their answers."""
_AMONG = 10
"""Passages that are found for a question, as by default."""
_LEAST_CHARACTERS = 120
_LONGEST_QUESTION = 60
"""Tokens."""


@dataclass(frozen=True)
class Judged:
    """What speaks for a question's being answerable (see `rag.answering.abstain.signals`), and whether it is."""

    signals: dict[str, float | None]
    answerable: bool


def judge_packaged(
    engine: Engine, reader: Reader, questions: Sequence[Question], report: Report = silent
) -> Iterator[Judged]:
    """Yield the judgement of each packaged question about the folder of `engine`, follow-ups left out."""
    alone = [question for question in questions if not question.history]
    for number, question in enumerate(alone):
        report("Judging packaged questions", number, len(alone), "questions")
        passages = engine.retrieve(question.question, _AMONG)
        yield judged(engine, reader, question.question, passages, question.answerable)
    report("Judging packaged questions", len(alone), len(alone), "questions")


def judge_own(engine: Engine, reader: Reader, most: int, report: Report = silent) -> Iterator[Judged]:
    """Yield two judgements for each question made of at most `most` passages, spread over the folder of `engine`."""
    chunks = [chunk for chunk in engine.index.all_chunks() if len(chunk.text) >= _LEAST_CHARACTERS]
    documents = len({chunk.document for chunk in chunks})
    chosen = [chunks[i * len(chunks) // most] for i in range(most)] if len(chunks) > most else chunks
    asked: set[str] = set()
    for number, chunk in enumerate(chosen):
        report("Asking about your own passages", number, len(chosen), "passages")
        question = question_about(chunk, reader)
        if question is None or question in asked:
            continue
        asked.add(question)
        passages = engine.retrieve(question, _AMONG)
        if any(passage.chunk.id == chunk.id for passage in passages):
            yield judged(engine, reader, question, passages, True)
        without = [each for each in passages if not _is_near(each.chunk, chunk, documents)]
        if without:
            yield judged(engine, reader, question, without, False)
    report("Asking about your own passages", len(chosen), len(chosen), "passages")


def question_about(chunk: Chunk, reader: Reader) -> str | None:
    """Return a question that `chunk` answers, as the model writes it; None where it writes none."""
    request = prompt("ask", title=chunk.title, text=chunk.text)
    written = "".join(reader.complete(prompt("asker"), request, max_tokens=_LONGEST_QUESTION)).strip()
    question = written.partition("\n")[0].strip(' "*')
    return question if question.endswith("?") and len(question.split()) >= 3 else None


def judged(engine: Engine, reader: Reader, question: str, passages: Sequence[Passage], answerable: bool) -> Judged:
    """Return what the model judges of what it would read first for `question`, out of `passages`."""
    text_of = cache(engine.index.text)
    found = engine.found(passages, question)
    reading = to_read(found, passages, question, reader.count, text_of)
    told = reader.read(reading.texts, question, max_tokens=1, worth=lambda _: False)
    name = "answerable" if not reading.texts or isinstance(reading.texts[0], Chunk) else "picked"
    return Judged(signals(passages, **{name: told.answerable}), answerable)


def _is_near(chunk: Chunk, asked: Chunk, documents: int) -> bool:
    """Tell whether `chunk` may answer what `asked` does: its document does, or its neighbours where there are few."""
    if documents > 2:
        return chunk.document == asked.document
    width = max(1, asked.end - asked.start)
    return chunk.document == asked.document and abs(chunk.start - asked.start) <= 2 * width
