"""A question about facts and the passages found for it → its answer as it comes. It does not know how they were found.

A yes-or-no question that one sentence decides is answered with that sentence (`rag.answering.yes_or_no`), without the
model. Everything else is read (`rag.answering.reading`) and asked once. A sure answer is shown as it is written; one
that is merely likely is written first and shown only if what was read supports it.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from rag.answering.abstain import OPEN, SURE, UNSUPPORTED, confidence, signals
from rag.answering.citations import Relevance, Source, Statement, cite
from rag.answering.evidence import Found, weigh
from rag.answering.prompting import is_yes_or_no
from rag.answering.reader import Readable, Reader, Reading
from rag.answering.reading import needs_several, to_read
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


def answer_facts(
    facts: Facts,
    question: str,
    passages: Sequence[Passage],
    reader: Reader,
    tools: Tools,
    *,
    max_tokens: int,
    threshold: float,
    stopped: Callable[[], bool],
) -> Generator[str]:
    """Yield the answer's text as it comes, nothing where it is to be silent; `facts` is filled in. Raises RagError."""
    facts.found = weigh(passages, question, tools.relevance, tools.text_of)
    if is_yes_or_no(question) and (decision := _decision(question, passages, facts.found, tools)) is not None:
        facts.signals = signals(passages, decided=decision.weight)
        facts.confidence = confidence(facts.signals)
        if facts.confidence >= threshold:
            yield from _decided(facts, question, decision, tools)
            return
        if not needs_several(decision.found.passage.chunk, facts.found[:CANDIDATES], question):
            return
    reading = to_read(facts.found, passages, question, tools.count, tools.text_of)

    def look(texts: Sequence[Readable], least: float, most: float = 1.0) -> Reading:
        """Read `texts`; an answer is begun where the confidence, `most` at most, reaches `least`."""

        def sure(answerable: float | None) -> float:
            whole = not texts or isinstance(texts[0], Chunk)
            facts.signals = signals(passages, **{"answerable" if whole else "picked": answerable})
            facts.confidence = min(most, confidence(facts.signals))
            return facts.confidence

        told = reader.read(
            texts, question, max_tokens=max_tokens, worth=lambda answerable: sure(answerable) >= least, stopped=stopped
        )
        sure(told.answerable)
        facts.looks += 1
        facts.prompt_tokens += told.prompt_tokens
        facts.reused_tokens += told.reused_tokens
        return told

    told = look(reading.texts, SURE if reading.behind else threshold)
    read = reading.sentences
    if reading.behind and min(OPEN, threshold) <= facts.confidence < SURE and not stopped():
        told = look((*reading.texts, *reading.behind), threshold, facts.confidence)
        read = (*read, *reading.behind_sentences)
    candidates = [(each.passage, each.position) for each in read]
    tokens = told.tokens
    try:
        if not reading.texts or stopped() or facts.confidence < threshold:
            return
        at_once = facts.confidence >= SURE or not threshold
        written: list[str] = []
        for text in tokens if at_once else [_whole(tokens)]:
            text = text if written else text.lstrip()
            if text and (at_once or _cite(facts, question, text, candidates, tools)):
                written.append(text)
                facts.pieces += 1
                yield text
        if not written:  # nothing that was read supports it: it is nothing that the documents say
            facts.confidence = min(facts.confidence, UNSUPPORTED)
        elif not facts.statements:
            _cite(facts, question, "".join(written), candidates, tools)
        facts.text = "".join(written)
    finally:
        if close := getattr(tokens, "close", None):
            close()


def _whole(tokens: Iterator[str]) -> str:
    return "".join(tokens)


def _cite(facts: Facts, question: str, answer: str, candidates: Sequence[tuple[Passage, int]], tools: Tools) -> bool:
    """Tie the answer to its sources; tells whether any of it is supported."""
    facts.statements, facts.sources = cite(
        question, answer, candidates, tools.relevance, lambda passage, i: _context(passage, i, tools)
    )
    return any(statement.supported for statement in facts.statements)


def _context(passage: Passage, position: int, tools: Tools) -> str:
    chunk = passage.chunk
    return f"{chunk.title}\n{heading_above(tools.text_of(chunk.document), chunk.sentences[position].start)}"


def _decision(question: str, passages: Sequence[Passage], found: Sequence[Found], tools: Tools) -> Decision | None:
    best = found[:CANDIDATES]
    vectors = tools.embedder.embed([question, *(each.meant for each in best)])
    similarity = [float(value) for value in np.clip(vectors[1:] @ vectors[0], -1, 1)]
    rarity = rarities(question, [passage.chunk.titled_text for passage in passages])
    return decide(question, best, similarity, rarity)


def _decided(facts: Facts, question: str, decision: Decision, tools: Tools) -> Iterator[str]:
    """Answer with the sentence that decides, which is its own source."""
    facts.text, facts.pieces = decision.answer, 1
    candidates = [(decision.found.passage, decision.found.position)]
    yield facts.text
    facts.statements, facts.sources = cite(question, facts.text, candidates, tools.relevance)
