"""Questions that were never asked before, over a warmed folder and over one just indexed, beside the stock pipeline.

Both sides find their passages in an index of their own, answer with the same weights, and are warm as processes, but
have not seen a prompt before. Before each of our questions, what is kept of the folder is made what it was before any:
all passages' attention, or nothing at all. The threshold is the shipped one: some questions are met with silence.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

from rag.answering.answer import Answer, Token
from rag.answering.engine import Engine
from rag.bench import stock
from rag.bench.kept import Kept
from rag.bench.measure import Measure, of_rates, quicker
from rag.bench.plain import Plain
from rag.progress import Report

WARMED, INDEXED = "warmed folder", "folder just indexed"
_WANTED = {WARMED: (12.0, 5.0), INDEXED: (6.0, 4.0)}
_FIRST = "What is this about?"


@dataclass(frozen=True)
class Course:
    """How one question went."""

    first_word_s: float
    whole_s: float
    is_silent: bool = False
    looks: int = 0
    tokens_per_s: float | None = None
    """Behind the first word; None for too few to tell."""
    behind: int = 0
    """Tokens that the answer was written behind, about."""


@dataclass(frozen=True)
class Trio:
    """One question, asked three times: of a warmed folder, of one just indexed, of the stock pipeline."""

    warmed: Course
    indexed: Course
    stock: Course


def measure_new_questions(
    engine: Engine, kept: Kept, pipeline: stock.Pipeline, plain: Plain, questions: Sequence[str], report: Report
) -> list[Measure]:
    """Ask each question of both sides, in changing order; `kept` has the warmed folder's state aside."""
    _ours(engine, kept.forget, _FIRST)
    _ours(engine, kept.bring_back, _FIRST)
    _stock(pipeline, _FIRST)
    trios: list[Trio] = []
    pace: list[tuple[float, float, float]] = []
    for number, question in enumerate(questions):
        ways: list[tuple[str, Callable[[], Course]]] = [
            ("warmed", lambda: _ours(engine, kept.bring_back, question)),  # noqa: B023
            ("indexed", lambda: _ours(engine, kept.forget, question)),  # noqa: B023
            ("stock", lambda: _stock(pipeline, question)),  # noqa: B023
        ]
        turn = number % len(ways)
        trio = Trio(**{name: ask() for name, ask in ways[turn:] + ways[:turn]})
        trios.append(trio)
        if trio.warmed.tokens_per_s:
            behind = trio.warmed.behind
            pace.append((trio.warmed.tokens_per_s, plain.rate(behind, alike=True), plain.rate(behind, alike=False)))
        report("Asking new questions", number + 1, len(questions), "questions")
    kept.bring_back()
    return [*_rows(trios), *_writing(pace)]


def _rows(trios: Sequence[Trio]) -> list[Measure]:
    found = []
    for state, name in ((WARMED, "warmed"), (INDEXED, "indexed")):
        courses: list[tuple[Course, Course]] = [(getattr(trio, name), trio.stock) for trio in trios]
        answered = [pair for pair in courses if not pair[0].is_silent]
        rows = (
            ("first word", answered, *_WANTED[state]),
            ("first word, one look", [pair for pair in answered if pair[0].looks <= 1], None, None),
            ("first word, more looks", [pair for pair in answered if pair[0].looks > 1], None, None),
            ("silence", [pair for pair in courses if pair[0].is_silent], None, None),
        )
        for what, pairs, wanted, wanted_95 in rows:
            if pairs:
                times = [(ours.first_word_s, other.first_word_s) for ours, other in pairs]
                found.append(quicker(f"{what}, {state}", times, "stock", wanted, wanted_95))
        times = [(ours.whole_s, other.whole_s) for ours, other in courses]
        found.append(quicker(f"whole answer or silence, {state}", times, "stock"))
    return found


def _writing(pace: Sequence[tuple[float, float, float]]) -> list[Measure]:
    if not pace:
        return []
    pairs = [[(each[0], each[i]) for each in pace] for i in (1, 2)]
    return [
        of_rates("writing", "tokens/s", pairs[0], "greedy, same context", 0.97),
        of_rates("writing", "tokens/s", pairs[1], "greedy, llama.cpp's defaults", None),
    ]


def _ours(engine: Engine, prepare: Callable[[], None], question: str) -> Course:
    prepare()
    begun = time.perf_counter()
    times: list[float] = []
    for event in engine.ask(question):
        if isinstance(event, Token):
            times.append(time.perf_counter() - begun)
    whole = time.perf_counter() - begun
    assert isinstance(event, Answer)
    pace = None if event.abstained or len(times) < 4 else (len(times) - 1) / (times[-1] - times[0])
    looks = event.looks
    behind = event.timings.prompt_tokens // max(1, looks)
    return Course(times[0] if times else whole, whole, event.abstained, looks, pace, behind)


def _stock(pipeline: stock.Pipeline, question: str) -> Course:
    pipeline.forget()
    begun = time.perf_counter()
    first = 0.0
    with closing(cast(Any, pipeline.answer(question))) as pieces:
        for _ in pieces:
            first = first or time.perf_counter() - begun
    whole = time.perf_counter() - begun
    return Course(first or whole, whole)
