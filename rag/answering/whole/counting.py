"""How many of something a text has → its list, counted; or nothing, where the text states the number itself.

It does not know which documents were meant.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from rag.answering.naming import root
from rag.answering.request_words import COUNT
from rag.answering.whole.line import Line
from rag.answering.whole.outline import Sentence, content
from rag.documents.words import words

_NUMBERS = frozenset(COUNT) | frozenset(
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty hundred "
    "thousand dozen elf zwolf zwanzig hundert onze douze vingt cent once doce veinte cien".split()
)
_BEFORE = 3  # words between a number and what it counts, at most


def is_stated(noun: str, sentences: Sequence[Sentence]) -> bool:
    """Tell whether a sentence says a number of `noun`: then it is read, not counted."""
    counted = root(words(noun)[-1]) if words(noun) else ""
    for each in content(sentences):
        said = re.findall(r"[^\W_]+(?:[.,]\d+)*", each.text.casefold())
        for i, word in enumerate(said):
            if root(word) == counted and any(w in _NUMBERS or w[0].isdigit() for w in said[max(0, i - _BEFORE) : i]):
                return True
    return False


def counted(noun: str, lines: Sequence[Line]) -> Iterator[Line]:
    """Yield how many lines there are, and the lines."""
    yield Line(f"{noun}: {len(lines):,}.", before="")
    yield from lines


def counting(noun: str, lines: Iterator[Line], stopped: Callable[[], bool]) -> Iterator[Line] | None:
    """Return the lines as they are found, and in the end how many they were; None where there is none."""
    first = next(lines, None)
    return None if first is None else _counting(noun, chain((first,), lines), stopped)


def _counting(noun: str, lines: Iterator[Line], stopped: Callable[[], bool]) -> Iterator[Line]:
    number = 0
    for line in lines:
        number += bool(line.rests_on)
        yield line
    if not stopped():
        yield Line(f"{noun} found by going through the text: {number:,}.", before="\n")
