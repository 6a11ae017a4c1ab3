"""A question about facts and its passages → the words of the answer and what is known of it.

A yes-or-no question that one sentence decides is answered with that sentence (`rag.answering.yes_or_no`), without the
model. Everything else is read (`rag.answering.reading`) and asked, once more where that leaves it open. A sure answer
is given as it is written; one that is merely likely is written first and given only if what was read supports it. It
does not know how the passages were found, nor how an answer is shown.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from rag.answering.abstain import LIKELY, OPEN, SURE, UNSUPPORTED, confidence, signals
from rag.answering.answer import Limits
from rag.answering.citations import Relevance, Source, Statement, cite
from rag.answering.evidence import Found, weigh
from rag.answering.newer import Replaced, later
from rag.answering.prompting import is_yes_or_no
from rag.answering.reader import Readable, Reader, Reading
from rag.answering.reading import needs_several, to_read, whole
from rag.answering.retriever import Passage
from rag.answering.yes_or_no import CANDIDATES, Decision, decide, rarities
from rag.documents.chunks import Chunk
from rag.documents.headings import heading_above
from rag.index.embedder import Embedder


@dataclass(frozen=True)
class Tools:
    """What facts are found with, beside the answer model."""

    embedder: Embedder
    relevance: Relevance
    count: Callable[[str], int]
    text_of: Callable[[str], str]
    holds_word: Callable[[str], bool]


@dataclass
class Facts:
    """What is known of an answer so far; complete when its pieces have all come."""

    confidence: float = 0.0
    signals: dict[str, float | None] = field(default_factory=dict)
    text: str = ""
    pieces: int = 0
    looks: int = 0
    statements: tuple[Statement, ...] = ()
    sources: tuple[Source, ...] = ()
    found: Sequence[Found] = ()
    prompt_tokens: int = 0
    reused_tokens: int = 0


@dataclass(frozen=True)
class Task:
    """What an answer is made of, and by whom."""

    question: str
    passages: Sequence[Passage]
    reader: Reader
    tools: Tools
    limits: Limits
    stopped: Callable[[], bool]
    foreign: bool = False
    """Whether the passages are in other languages than the question: no sentence of theirs can be scored for it."""


def answer(facts: Facts, task: Task) -> Generator[str]:
    """Yield the answer's text as it comes, nothing where it is to be silent; `facts` is filled in. Raises RagError."""
    question, tools = task.question, task.tools
    facts.found = weigh(task.passages, question, tools.relevance, tools.text_of)
    decision = _decision(task, facts.found) if is_yes_or_no(question) and not task.foreign else None
    if decision is not None:
        facts.signals = signals(task.passages, decided=decision.weight)
        facts.confidence = confidence(facts.signals, task.reader.fit)
        if facts.confidence >= task.limits.threshold:
            yield from _decided(facts, question, decision, tools)
            return
        if not needs_several(decision.found.passage.chunk, facts.found[:CANDIDATES], question):
            return
    told, candidates, replaced = _read(facts, task)
    try:
        if candidates and not task.stopped() and facts.confidence >= task.limits.threshold:
            yield from _written(facts, task, told.tokens, candidates)
            if replaced:
                yield from _replaced(facts, replaced, task, candidates)
            else:
                yield from _later(facts, task, candidates)
    finally:
        if close := getattr(told.tokens, "close", None):
            close()


def _read(facts: Facts, task: Task) -> tuple[Reading, list[tuple[Passage, int]], Replaced | None]:
    """Look at what is to be read, once or twice: what the model says, the sentences read, and one that was replaced."""
    threshold, reader = task.limits.threshold, task.reader

    def look(texts: Sequence[Readable], least: float, most: float = 1.0) -> Reading:
        """Read `texts`; an answer is begun where the confidence, `most` at most, reaches `least`."""
        whole = not texts or isinstance(texts[0], Chunk)

        def sure(answerable: float | None) -> float:
            facts.signals = signals(task.passages, **{"answerable" if whole else "picked": answerable})
            facts.confidence = min(most, confidence(facts.signals, reader.fit))
            return facts.confidence

        told = reader.read(
            texts,
            task.question,
            max_tokens=task.limits.answer_tokens,
            worth=lambda answerable: sure(answerable) >= least,
            stopped=task.stopped,
        )
        sure(told.answerable)
        facts.looks += 1
        facts.prompt_tokens += told.prompt_tokens
        facts.reused_tokens += told.reused_tokens
        return told

    if task.foreign:
        reading = whole(facts.found, task.passages)
    else:
        reading = to_read(facts.found, task.passages, task.question, task.tools.count, task.tools.text_of)
    told, read = look(reading.texts, SURE if reading.behind else threshold), reading.sentences
    if reading.behind and min(OPEN, threshold) <= facts.confidence < SURE and not task.stopped():
        told = look((*reading.texts, *reading.behind), threshold, facts.confidence)
        read = (*read, *reading.behind_sentences)
    return told, [(each.passage, each.position) for each in read], reading.replaced


def _written(
    facts: Facts, task: Task, tokens: Iterator[str], candidates: Sequence[tuple[Passage, int]]
) -> Iterator[str]:
    """Yield the answer as it is written where it is sure; otherwise whole, if what was read supports it."""
    at_once = facts.confidence >= LIKELY or not task.limits.threshold
    written: list[str] = []
    for text in tokens if at_once else ["".join(tokens)]:
        text = text if written else text.lstrip()
        if text and (at_once or _cite(facts, task.question, text, candidates, task.tools)):
            written.append(text)
            facts.pieces += 1
            yield text
    facts.text = "".join(written)
    if not written:  # nothing that was read supports it: it is nothing that the documents say
        facts.confidence = min(facts.confidence, UNSUPPORTED)
    elif not facts.statements:
        _cite(facts, task.question, facts.text, candidates, task.tools)


def _replaced(facts: Facts, replaced: Replaced, task: Task, candidates: Sequence[tuple[Passage, int]]) -> Iterator[str]:
    """Name what held before, word for word, behind an answer that rests on the newer sentence."""
    newer, older = replaced.newer, replaced.older
    if task.stopped() or newer.place not in {(source.document, source.start) for source in facts.sources}:
        return
    yield from _quoted(facts, "Before", [older], task, candidates)


def _later(facts: Facts, task: Task, candidates: Sequence[tuple[Passage, int]]) -> Iterator[str]:
    """Name what changed after what the answer rests on, word for word."""
    cited = {(source.document, source.start) for source in facts.sources}
    if facts.sources and not task.stopped() and (found := later(facts.found, task.question, facts.text, cited)):
        yield from _quoted(facts, "Later", found, task, candidates)


def _quoted(
    facts: Facts, when: str, quoted: Sequence[Found], task: Task, candidates: Sequence[tuple[Passage, int]]
) -> Iterator[str]:
    """Add sentences to the answer as they stand, with themselves as sources."""
    said = " ".join(" ".join(each.text.split()) for each in quoted)
    text = f" {when}: “{said}”"
    facts.text += text
    facts.pieces += 1
    yield text
    places = [(each.passage, each.position) for each in quoted]
    _cite(
        facts,
        task.question,
        facts.text,
        [*candidates, *(each for each in places if each not in candidates)],
        task.tools,
    )


def _cite(facts: Facts, question: str, answer: str, candidates: Sequence[tuple[Passage, int]], tools: Tools) -> bool:
    """Tie the answer to its sources; tells whether any of it is supported."""
    facts.statements, facts.sources = cite(
        question, answer, candidates, tools.relevance, lambda passage, i: _context(passage, i, tools)
    )
    return any(statement.supported for statement in facts.statements)


def _context(passage: Passage, position: int, tools: Tools) -> str:
    chunk = passage.chunk
    return f"{chunk.title}\n{heading_above(tools.text_of(chunk.document), chunk.sentences[position].start)}"


def _decision(task: Task, found: Sequence[Found]) -> Decision | None:
    question, best = task.question, found[:CANDIDATES]
    vectors = task.tools.embedder.embed([question, *(each.meant for each in best)])
    similarity = [float(value) for value in np.clip(vectors[1:] @ vectors[0], -1, 1)]
    rarity = rarities(question, [passage.chunk.titled_text for passage in task.passages])
    return decide(question, best, similarity, rarity)


def _decided(facts: Facts, question: str, decision: Decision, tools: Tools) -> Iterator[str]:
    """Answer with the sentence that decides, which is its own source."""
    facts.text, facts.pieces = decision.answer, 1
    candidates = [(decision.found.passage, decision.found.position)]
    yield facts.text
    facts.statements, facts.sources = cite(question, facts.text, candidates, tools.relevance)
