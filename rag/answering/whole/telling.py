"""Lines → the events of an answer: Retrieved, Token…, Answer. It does not know how lines are made."""

import time
from collections.abc import Iterator, Sequence

from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer, Event, Retrieved, Timings, Token, Working
from rag.answering.citations import Source, Statement
from rag.answering.whole.line import Line
from rag.answering.whole.outline import Sentence
from rag.answering.whole.plan import Plan
from rag.answering.whole.workshop import Workshop

_SHOWN = 20
"""Sentences that a line names as its sources at most."""


class _Text:
    """The answer as it grows; cells become a table as Markdown writes one, which can be read as it is, too."""

    def __init__(self, columns: Sequence[str] = ()) -> None:
        self.text = ""
        self._columns = [_in_cell(name) for name in columns]
        self._open: str | None = None
        self._filled = 0
        self.statements: list[Statement] = []
        self.sources: list[Source] = []
        self._numbers: dict[tuple[str, int], int] = {}

    def add(self, line: Line) -> str:
        """Take a line in; returns what is new in the text."""
        if line.column >= 0:
            before, said, after = self._before_cell(line), _in_cell(line.text), " |"
        else:
            before, said, after = self.end() + ("\n" if self.text else "") + line.before, line.text, ""
            before = before if self.text else before.lstrip("\n")
        start = len(self.text) + len(before)
        self.text += before + said + after
        if line.rests_on:
            cited = tuple(sorted({self._number(each) for each in line.rests_on[:_SHOWN]}))
            self.statements.append(Statement(said, start, start + len(said), True, cited))
        return before + said + after

    def end(self) -> str:
        """Return what fills the last row of a table that has begun, as if nothing more came."""
        missing = " — |" * (len(self._columns) - self._filled) if self._open is not None else ""
        self._open = None
        return missing

    def close(self) -> str:
        """Return what is still missing at the end of the text, having added it."""
        self.text += (piece := self.end())
        return piece

    def _before_cell(self, line: Line) -> str:
        """Return what stands between the text so far and a cell, and count the cell in."""
        begins = (
            "" if "|---" in self.text else f"|  | {' | '.join(self._columns)} |\n{'|---' * (len(self._columns) + 1)}|"
        )
        if self.text and begins:
            begins = f"\n{begins}"
        if self._open != line.row or line.column < self._filled:
            begins += f"{self.end()}\n| {_in_cell(line.row)} |"
            self._open, self._filled = line.row, 0
        skipped = " — |" * (line.column - self._filled)
        self._filled = line.column + 1
        return f"{begins}{skipped} "

    def _number(self, sentence: Sentence) -> int:
        made = sentence.as_source(len(self._numbers) + 1, 1.0)
        place = (made.document, made.start)
        if place not in self._numbers:
            self._numbers[place] = made.number
            self.sources.append(made)
        return self._numbers[place]


def _in_cell(text: str) -> str:
    """Return a text as it stands in a cell: on one line, without what would end it."""
    return " ".join(text.split()).replace("|", "/")


def tell(shop: Workshop, told: Plan, question: str, begun: float) -> Iterator[Event]:
    """Yield the events of the answer that `told` plans; `begun` is when the question came, by `time.perf_counter`."""
    yield Retrieved(question, shop.passages(told.documents))
    retrieval = time.perf_counter() - begun
    first = 0.0
    text = _Text(told.columns)
    try:
        for line in told.lines:
            if shop.stopped():
                break
            if isinstance(line, Working):
                yield line
                continue
            piece = text.add(line)
            first = first or time.perf_counter() - begun
            yield Token(piece)
    finally:
        if close := getattr(told.lines, "close", None):
            close()
    if piece := text.close():
        yield Token(piece)
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
