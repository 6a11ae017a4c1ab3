"""Lines → the events of an answer: Retrieved, Token…, Answer. It does not know how lines are made."""

import time
from collections.abc import Iterator, Sequence

from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer, Event, Retrieved, Timings, Token
from rag.answering.citations import Source, Statement
from rag.answering.whole.line import Line
from rag.answering.whole.outline import Sentence
from rag.answering.whole.plan import Plan
from rag.answering.whole.workshop import Workshop

_SHOWN = 20
"""Sentences that a line names as its sources at most."""


class _Text:
    """The answer as it grows."""

    def __init__(self) -> None:
        self.text = ""
        self.statements: list[Statement] = []
        self.sources: list[Source] = []
        self._numbers: dict[tuple[str, int], int] = {}

    def add(self, line: Line) -> str:
        """Take a line in; returns what is new in the text."""
        piece = ("\n" if self.text else "") + (line.before if self.text else line.before.lstrip("\n"))
        start = len(self.text) + len(piece)
        self.text += piece + line.text
        if line.rests_on:
            cited = tuple(sorted({self._number(each) for each in line.rests_on[:_SHOWN]}))
            self.statements.append(Statement(line.text, start, len(self.text), True, cited))
        return piece + line.text

    def _number(self, sentence: Sentence) -> int:
        made = sentence.as_source(len(self._numbers) + 1, 1.0)
        place = (made.document, made.start)
        if place not in self._numbers:
            self._numbers[place] = made.number
            self.sources.append(made)
        return self._numbers[place]


def tell(shop: Workshop, told: Plan, question: str, begun: float) -> Iterator[Event]:
    """Yield the events of the answer that `told` plans; `begun` is when the question came, by `time.perf_counter`."""
    yield Retrieved(question, shop.passages(told.documents))
    retrieval = time.perf_counter() - begun
    first = 0.0
    text = _Text()
    try:
        for line in told.lines:
            if shop.stopped():
                break
            piece = text.add(line)
            first = first or time.perf_counter() - begun
            yield Token(piece)
    finally:
        if close := getattr(told.lines, "close", None):
            close()
    stopped = shop.stopped()
    abstained = not text.text and not stopped
    if abstained:
        first = time.perf_counter() - begun
        yield Token(REFUSAL)
    yield answer(
        question,
        REFUSAL if abstained else text.text,
        told.kind,
        shop.reader.name,
        text.statements,
        text.sources,
        timings=Timings(
            round(retrieval, 3), round(first, 3), round(time.perf_counter() - begun, 3), shop.read, 0, shop.written
        ),
        abstained=abstained,
        stopped=stopped,
    )


def say(question: str, text: str, kind: str, model: str, begun: float) -> Iterator[Event]:
    """Yield the events of an answer that the program itself gives, from no document."""
    yield Retrieved(question, ())
    took = round(time.perf_counter() - begun, 3)
    yield Token(text)
    yield answer(question, text, kind, model, (), (), timings=Timings(took, took, took, 0, 0, 0))


def answer(
    question: str,
    text: str,
    kind: str,
    model: str,
    statements: Sequence[Statement],
    sources: Sequence[Source],
    *,
    timings: Timings,
    abstained: bool = False,
    stopped: bool = False,
) -> Answer:
    """Return an answer that does not rest on a judgement of a few passages: it is found, or it is not."""
    return Answer(
        question=question,
        standalone_question=question,
        answer=text,
        abstained=abstained,
        confidence=0.0 if abstained else 1.0,
        statements=tuple(statements),
        sources=tuple(sources),
        timings=timings,
        model=model,
        stopped=stopped,
        kind=kind,
    )
