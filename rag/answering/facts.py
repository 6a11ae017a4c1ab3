"""A question about facts, with the passages found for it → its answer as it comes, or the refusal.

Where the passages hold no answer, the question is asked in other words, if there are any: in another language of the
documents. It does not know how passages are found, nor how one answer is made (`rag.answering.fact_answer`).
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from rag.answering.answer import Answer, Event, Limits, Timings, Token
from rag.answering.evidence import nearest
from rag.answering.fact_answer import Facts, Task, Tools, answer
from rag.answering.missing import refusal
from rag.answering.reader import Reader
from rag.answering.retriever import Passage


@dataclass(frozen=True)
class Wording:
    """A question as it is understood, and the passages found for it."""

    question: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Asked:
    """A question as it was typed, and since when it is being answered."""

    question: str
    begun: float
    """By `time.perf_counter`."""
    retrieval_s: float


def tell_facts(
    asked: Asked,
    wordings: Iterable[Wording],
    reader: Reader,
    tools: Tools,
    limits: Limits,
    stopped: Callable[[], bool],
) -> Iterator[Event]:
    """Yield Token as the answer comes, then the Answer. Raises RagError; closing it stops the model.

    The first of `wordings` is the question; a further one is asked for only where those before it found no answer.
    """
    silent: list[tuple[Wording, Facts]] = []
    first = 0.0
    for wording in wordings:
        facts = Facts()
        task = Task(wording.question, wording.passages, reader, tools, limits, stopped)
        with closing(answer(facts, task)) as pieces:
            for text in pieces:
                first = first or time.perf_counter() - asked.begun
                yield Token(text)
        if facts.pieces or stopped():
            break
        silent.append((wording, facts))
    else:
        wording, facts = silent[0]
        first = time.perf_counter() - asked.begun
        facts.text = refusal(wording.question, tools.holds_word)
        yield Token(facts.text)
    yield _told(asked, wording, facts, [each for _, each in silent], first, reader.name, stopped())


def _told(
    asked: Asked, wording: Wording, facts: Facts, before: list[Facts], first: float, model: str, stopped: bool
) -> Answer:
    """Return the answer as it is in the end; `before` are the wordings that found none, all of them where it is one."""
    abstained = any(each is facts for each in before)
    every = before if abstained else [*before, facts]
    return Answer(
        question=asked.question,
        standalone_question=wording.question,
        answer=facts.text,
        abstained=abstained,
        confidence=facts.confidence,
        statements=() if abstained else facts.statements,
        sources=nearest(facts.found) if abstained else facts.sources,
        timings=Timings(
            retrieval_s=round(asked.retrieval_s, 3),
            first_token_s=round(first, 3),
            total_s=round(time.perf_counter() - asked.begun, 3),
            prompt_tokens=sum(each.prompt_tokens for each in every),
            reused_tokens=sum(each.reused_tokens for each in every),
            answer_tokens=0 if abstained else facts.pieces,
        ),
        model=model,
        signals=facts.signals,
        looks=sum(each.looks for each in every),
        stopped=stopped,
    )
