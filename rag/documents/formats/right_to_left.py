"""Lines of Arabic, Hebrew and the like → their characters in the order in which they are read. It does not know PDF.

PDFium gives most of their words as they are read, some as they stand on the page, and the full stop behind a number
before it. Where characters stand tells which: words that are read to the left have their first letter at the right.
"""

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from unicodedata import bidirectional

Characters = list[tuple[int, int]]
"""(index, code): places are known by the index."""
_LETTERS = frozenset({"R", "AL"})
_BEFORE_NUMBER = re.compile(r"([.,:;!?،؛؟]+)(\d[\d.,/:-]*)")


def as_read(run: Sequence[tuple[int, int]], middle: Callable[[int], float]) -> Characters:
    """Return the characters of a line, those of each word in their order; `middle` tells where one stands across."""
    if not any(_is_letter(code) for _, code in run):
        return list(run)
    reads_left = sum(_is_letter(code) for _, code in run) > sum(chr(code).isalpha() for _, code in run) / 2
    made: Characters = []
    for blank, group in groupby(run, key=lambda each: chr(each[1]).isspace()):
        word = list(group)
        made += word if blank else _stop_behind(_turned(word, middle)) if reads_left else _turned(word, middle)
    return made


def _turned(word: Characters, middle: Callable[[int], float]) -> Characters:
    """Return a word with its first letter at the right, where its letters are read to the left."""
    letters = [at for at, (_, code) in enumerate(word) if _is_letter(code) or bidirectional(chr(code)) == "NSM"]
    if len(letters) < 2 or middle(word[letters[0]][0]) > middle(word[letters[-1]][0]):
        return word
    first, end = letters[0], letters[-1] + 1
    left = [each for each in word[:first] if middle(each[0]) < middle(word[first][0])]  # which is read behind it
    return [each for each in word[:first] if each not in left] + word[first:end][::-1] + left + word[end:]


def _stop_behind(word: Characters) -> Characters:
    """Return a number with the punctuation behind it that stands at its left."""
    found = _BEFORE_NUMBER.fullmatch("".join(chr(code) for _, code in word))
    return word[len(found[1]) :] + word[: len(found[1])] if found else word


def _is_letter(code: int) -> bool:
    return bidirectional(chr(code)) in _LETTERS
