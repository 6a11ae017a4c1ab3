"""Chunks → example questions: what the corpus itself names often. It does not know who asks them."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from rag.api import Chunk

_WORD = r"[^\W\d_]+(?:[-’'][^\W\d_]+)*"
_PHRASE = re.compile(rf"{_WORD}(?:[ ]{_WORD})*")
_CHUNKS = 2_000  # of a large corpus, enough to know what it names
_LONGEST = 5  # words of a name; more is a heading


def example_questions(chunks: Iterable[Chunk], limit: int = 4) -> list[str]:
    """Return up to `limit` questions about the names that `chunks` hold most often, longer names first among equals.

    A name is a run of capitalised words inside a sentence; the word that begins a sentence does not count. The same
    chunks give the same questions; a corpus without capitals gives none.
    """
    found: Counter[str] = Counter()
    for chunk in islice(chunks, _CHUNKS):
        for span in chunk.sentences:
            found.update(_names(chunk.text[span.start - chunk.start : span.end - chunk.start]))
    chosen: list[str] = []
    used: set[str] = set()
    for name, _ in sorted(found.items(), key=lambda item: (-item[1] * len(item[0].split()) ** 2, item[0])):
        stems = {word.casefold()[:4] for word in name.split()}  # Iran and Iranian would ask the same twice
        if len(name) > 2 and not stems & used:
            chosen.append(name)
            used |= stems
        if len(chosen) == limit:
            break
    return [f"What do the documents say about {name}?" for name in chosen]


def _names(sentence: str) -> Iterable[str]:
    for phrase in _PHRASE.finditer(sentence):
        run: list[str] = []
        begins = not re.search(r"\w", sentence[: phrase.start()])  # whether a name begins here, its capital cannot say
        for word in [*phrase.group().split(" "), ""]:
            if word[:1].isupper():
                run.append(re.sub("[’']s$", "", word))
                continue
            if 0 < len(run) <= _LONGEST and not begins:
                yield " ".join(run)
            run, begins = [], False
