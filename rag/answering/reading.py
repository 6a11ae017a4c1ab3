"""Evidence → what the answer model reads: the best passage whole, the evidence alone, or the one and then the other.

The best passage is read whole where it is one text about one thing: its attention is kept, so that only the question is
left to be evaluated, and on encyclopaedia paragraphs it gives as many right answers as the evidence does. Where it
leaves the answer open, the best sentences of the other passages are read behind it, and both are asked again. Where it
is a run of unrelated lines (a list, a log, rows of a table, the short sections of a contract) the evidence is read
alone: on everyday documents that gave a third more right answers. Where the question names what the best passage lacks
and others hold, the evidence of those is read behind it at once. What is read never depends on what was kept, so that
the same question gives the same answer. It does not know the model.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.answering.evidence import ALIKE, Found, choose, excerpts, is_row
from rag.answering.newer import Replaced, current
from rag.answering.reader import Readable
from rag.answering.retriever import Passage
from rag.documents.chunks import Chunk
from rag.documents.words import names, stems, words

BEHIND = 100
"""Tokens of evidence that are read behind a whole passage."""
BLIND = 0.002
"""Score of the best sentence below which the cross-encoder is taken to see nothing."""
WHOLE = 2
"""Passages that are read whole then."""
SPREAD = 0.2
"""Share of the question's words which the best passage lacks and others hold, from where on those are read, too."""
FLOWING = 0.5
"""Share of a passage's sentences that follow another in their paragraph, from where on it is one text."""
_PROSE = re.compile(r"[“\"'‘«]?[^\W\d_][^\n]{60,}[.!?][”\"'’»]?")
"""A sentence that is a paragraph by itself, as in a newspaper."""


@dataclass(frozen=True)
class ToRead:
    """What is read, and the sentences that it holds, the best first: an answer's sources are among them."""

    texts: tuple[Readable, ...]
    sentences: tuple[Found, ...]
    behind: tuple[Readable, ...] = ()
    """What is read behind them where they leave it open."""
    behind_sentences: tuple[Found, ...] = ()
    replaced: Replaced | None = None
    """What is not read, for a newer sentence is."""


def to_read(
    found: Sequence[Found],
    passages: Sequence[Passage],
    question: str,
    count: Callable[[str], int],
    text_of: Callable[[str], str],
) -> ToRead:
    """Choose what is read for `question`: from the scored sentences `found` of `passages`, the best of each first.

    Where the cross-encoder finds no sentence probable, as in a language that it does not know, the first passages are
    read whole, in their own order.
    """
    if not found or found[0].score < BLIND:
        return whole(found, passages)
    best = _best(found, passages)
    valid, replaced = current(found, question)
    if replaced or not is_one_text(best):
        chosen = choose(valid, count)
        return ToRead(tuple(excerpts(chosen, text_of)), tuple(chosen), replaced=replaced)
    inside = [each for each in found if each.passage.chunk.id == best.id]
    others = [each for each in found if each.passage.chunk.id != best.id]
    behind = choose(others, count, BEHIND) if others else []
    further = tuple(excerpts(behind, text_of))
    if found[0].passage.chunk.id != best.id or needs_several(best, behind, question):
        return ToRead((best, *further), (*inside, *behind))
    return ToRead((best,), tuple(inside), further, tuple(behind))


def whole(found: Sequence[Found], passages: Sequence[Passage]) -> ToRead:
    """Return the first `WHOLE` passages as they are: for `found` whose scores tell nothing."""
    chunks = [passage.chunk for passage in passages[:WHOLE]]
    ids = {chunk.id for chunk in chunks}
    return ToRead(tuple(chunks), tuple(each for each in found if each.passage.chunk.id in ids))


def _best(found: Sequence[Found], passages: Sequence[Passage]) -> Chunk:
    """Return the passage that is best by itself, or that of the best sentence where it holds none that is alike."""
    first = passages[0].chunk
    alike = any(each.passage.chunk.id == first.id and each.score >= ALIKE * found[0].score for each in found)
    return first if alike else found[0].passage.chunk


def is_one_text(chunk: Chunk) -> bool:
    """Tell whether a chunk is running text about one thing: no heading inside, no rows, sentence behind sentence."""
    texts = [chunk.slice(span) for span in chunk.sentences]
    if any(text.startswith("#") for text in texts[1:]) or any(map(is_row, texts)):
        return False
    follows = [
        "\n" not in chunk.text[before.end - chunk.start : behind.start - chunk.start]
        or all(map(_PROSE.fullmatch, map(chunk.slice, (before, behind))))
        for before, behind in pairwise(chunk.sentences)
    ]
    return bool(follows) and sum(follows) >= FLOWING * len(follows)


def needs_several(best: Chunk, behind: Sequence[Found], question: str) -> bool:
    """Tell whether the best passage lacks what `question` names and others hold: a name, or `SPREAD` of its words."""
    others = "\n".join(f"{each.passage.chunk.title}\n{each.text}" for each in behind)
    if (names(question) - set(words(best.titled_text))) & set(words(others)):
        return True
    asked = stems(question)
    return len((asked - stems(best.titled_text)) & stems(others)) >= SPREAD * max(1, len(asked))
