"""Retrieved passages → evidence: the few sentences that a question is about, each with what it needs to be understood.

A small model that is silent over a passage of 200 tokens is often sure and right over the sentence and its neighbours.
So every sentence of the retrieved passages is scored by the cross-encoder, below its document's title and the heading
above it. Taken are the best one with both neighbours of its paragraph, the next best with what follows it, and up to
six that reach `NEARLY` of the best one's score; before a sentence that begins with a pronoun or a definite role, the
one before it. What a newer sentence has replaced is left out
(`rag.answering.newer`). They are laid out by document, in the documents' order,
each group under its heading, so that they read as the document does. On 50 everyday questions this alone gave 38 right
answers where whole passages gave 29 (docs/evaluation.md). Rows of a table bring their columns' names in their own text.

It does not know the answer model, nor whether what it finds is enough.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answering.citations import Relevance, Source, source
from rag.answering.reader import Excerpt
from rag.answering.retriever import Passage
from rag.answering.said import LEANS, text_before
from rag.documents.headings import heading_above

TOKENS = 150
"""Tokens of the evidence for one question, about; a single sentence may be longer."""
MOST = 6
"""Sentences taken for themselves; their neighbours come beside them."""
NEARLY = 0.03
"""Share of the best sentence's score that another one needs."""
ALIKE = 0.5
"""Share of the best sentence's score from which another one answers alike."""
_BOTH_SIDES, _FOLLOWING = 1, 2
"""How many of the best sentences bring both neighbours, and how many the one behind them."""
_ROW = re.compile(r"[^;\n]{1,80}: [^;\n]*(?:; [^;\n]+)+")


@dataclass(frozen=True)
class Found:
    """A sentence of a retrieved passage, and how well it answers the question by itself."""

    passage: Passage
    position: int
    """Which of the passage's sentences it is."""
    score: float
    """By the cross-encoder, 0 to 1."""

    @property
    def text(self) -> str:
        """The sentence: a slice of its document."""
        return self.passage.chunk.slice(self.passage.chunk.sentences[self.position])

    @property
    def meant(self) -> str:
        """The sentence, behind the one before it where its beginning stands for something there."""
        return f"{text_before(self.passage, self.position)} {self.text}" if LEANS.match(self.text) else self.text

    @property
    def place(self) -> tuple[str, int]:
        """Document and offset: where it stands."""
        return self.passage.chunk.document, self.passage.chunk.sentences[self.position].start


def weigh(
    passages: Sequence[Passage], question: str, relevance: Relevance, text_of: Callable[[str], str]
) -> list[Found]:
    """Return every sentence of `passages` once with its score, best first; `text_of` gives a document's text."""
    texts = {path: text_of(path) for path in dict.fromkeys(passage.chunk.document for passage in passages)}
    places: dict[tuple[str, int], tuple[Passage, int]] = {}
    for passage in passages:
        for i, span in enumerate(passage.chunk.sentences):
            places.setdefault((passage.chunk.document, span.start), (passage, i))
    shown = []
    for (document, start), (passage, i) in places.items():
        chunk = passage.chunk
        above = heading_above(texts[document], start)
        shown.append("\n".join(filter(None, (chunk.title, above, chunk.slice(chunk.sentences[i])))))
    scores = relevance(question, shown) if shown else []
    found = [Found(passage, i, score) for (passage, i), score in zip(places.values(), scores, strict=True)]
    return sorted(found, key=lambda each: (-each.score, each.place))


def nearest(found: Sequence[Found], limit: int = 3) -> tuple[Source, ...]:
    """Return the best of `found` as sources: what is shown when there is no answer."""
    return tuple(source(each.passage, each.position, each.score, n) for n, each in enumerate(found[:limit], 1))


def choose(found: Sequence[Found], count: Callable[[str], int], tokens: int = TOKENS) -> list[Found]:
    """Return the sentences to be read, the best first and neighbours behind those they belong to.

    `found` is what `weigh` returns, `count` counts tokens; at most `tokens` are taken, but always one sentence.
    """
    by_place = {each.place: each for each in found}
    chosen: dict[tuple[str, int], Found] = {}
    left = tokens

    def take(each: Found | None) -> bool:
        nonlocal left
        if each is None or each.place in chosen:
            return True
        size = count(each.text)
        if size > left and chosen:
            return False
        left -= size
        chosen[each.place] = each
        return True

    best = found[0].score if found else 0.0
    for rank, each in enumerate(found[:MOST]):
        if rank and each.score < NEARLY * best:
            break
        if not take(each):
            continue
        before, behind = (_neighbour(each, by_place, step) for step in (-1, 1))
        if rank < _BOTH_SIDES or LEANS.match(each.text):
            take(before)
        if rank < _FOLLOWING:
            take(behind)
    return list(chosen.values())


def _neighbour(each: Found, by_place: dict[tuple[str, int], Found], step: int) -> Found | None:
    """Return the sentence before or behind; None where a heading parts them, or one of them is a table's row."""
    chunk, position = each.passage.chunk, each.position + step
    if not 0 <= position < len(chunk.sentences) or is_row(each.text):
        return None
    beside = chunk.slice(chunk.sentences[position])
    if beside.startswith("#") or each.text.startswith("#") or is_row(beside):
        return None
    return by_place.get((chunk.document, chunk.sentences[position].start))


def is_row(text: str) -> bool:
    """Tell whether a sentence is a row of a table: names of columns, each with its cell."""
    return bool(_ROW.match(text))


def excerpts(chosen: Sequence[Found], text_of: Callable[[str], str]) -> list[Excerpt]:
    """Return the sentences as texts to be read, one a document, the document of the best sentence first."""
    groups: dict[str, list[Found]] = {}
    for each in chosen:
        groups.setdefault(each.passage.chunk.document, []).append(each)
    return [
        Excerpt(document, group[0].passage.chunk.title, _laid_out(group, text_of(document)))
        for document, group in groups.items()
    ]


def _laid_out(group: Sequence[Found], text: str) -> str:
    """Return the sentences of one document in its order, each run under the heading that stands above it."""
    lines: list[str] = []
    heading, end = group[0].passage.chunk.title, -1
    for each in sorted(group, key=lambda found: found.place):
        span = each.passage.chunk.sentences[each.position]
        above = heading_above(text, span.start)
        if above != heading and above and not each.text.startswith("#"):
            lines.append(f"## {above}")
        heading = above or heading
        goes_on = 0 <= end <= span.start and "\n" not in text[end : span.start].strip(" ")
        if goes_on and lines:
            lines[-1] += f" {each.text}"
        else:
            lines.append(each.text)
        end = span.end
    return "\n".join(lines)
