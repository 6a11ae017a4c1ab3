"""Text → sentence spans. It does not know documents.

The sentence splitter is sentencex (Wikimedia), made for the running text of many languages. What it does not know is
layout: headings, list items and table rows are sentences of their own, and lines wrapped by hand are not.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_BLOCK = re.compile(r"(?:(?!\n[^\S\n]*\n).)+", re.DOTALL)  # paragraphs: blank lines stand between them
_ITEM = re.compile(r"\s{0,8}(?:[-*+•‣◦–]\s|\d{1,3}[.)]\s|[a-zA-Z][.)]\s|#{1,6}\s|\||>)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_OPEN_END = re.compile(
    # an abbreviation or initial at the end of a cut, with the text going on: the cut was wrong
    r"(?:(?<![^\W\d_])(?:[A-Z]\.)+|(?<![^\W\d_])(?:St|Mt|Ft|Dr|Mr|Mrs|Ms|Prof|Gen|Col|Lt|Sgt|Capt|Rev|Hon|Sen|Rep|Gov"
    r"|No|Nos|Vol|pp?|Fig|Eq|Art|Sec|ca|cf|vs|approx|e\.g|i\.e|al|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.)$"
)
_SURE_START = frozenset(
    "The A An In On At It He She They We I This That These Those But And However After Before When While If As For His "
    "Her Its Their There Then Since During By From With To".split()
)
_LONG = 20_000  # characters of a block that are split at a time: keeps the time linear


class Span(NamedTuple):
    """A half-open range of character offsets: `text[start:end]`."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """Return the sentences of `text` as ascending, disjoint spans without surrounding white space.

    Together they cover every character of `text` that is not white space.
    """
    spans: list[Span] = []
    for block in _BLOCK.finditer(text):
        for start, end in _units(text, block.start(), block.end()):
            while start < end:
                window = min(end, start + _LONG)
                found = _sentences(text, start, window)
                if window < end and len(found) > 1:  # the last one may go on behind the window
                    window = found.pop().start
                spans += found
                start = window
    return spans


def _units(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut a block at list items, headings and table rows; other lines of a block are one running text."""
    begin = position = start
    after_heading = False
    for line in text[start:end].splitlines(keepends=True):
        own = bool(_ITEM.match(line))
        if position > begin and (own or after_heading):
            yield Span(begin, position)
            begin = position
        after_heading = bool(_HEADING.match(line))
        position += len(line)
    yield Span(begin, end)


def _sentences(text: str, start: int, end: int) -> list[Span]:
    from sentencex import get_sentence_boundaries

    piece = text[start:end]
    ends = [boundary["end_index"] for boundary in get_sentence_boundaries("en", piece)] or [len(piece)]
    ends[-1] = len(piece)
    spans: list[Span] = []
    begin = 0
    for cut in ends:
        head, tail = piece[begin:cut].rstrip(), piece[cut : cut + 40].split(maxsplit=1)
        number_of_list = head.rstrip(".)").isdigit()
        if tail and (number_of_list or _goes_on(head, tail[0])):
            continue
        if span := _stripped(text, start + begin, start + cut):
            spans.append(span)
        begin = cut
    if span := _stripped(text, start + begin, end):
        spans.append(span)
    return spans


def _goes_on(head: str, next_word: str) -> bool:
    """Tell whether the sentence goes on although the splitter cut: behind an initial or an abbreviation."""
    return bool(_OPEN_END.search(head)) and next_word.strip("\"'“”‘’(),.;") not in _SURE_START


def _stripped(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return Span(start + left, start + right) if right > left else None
