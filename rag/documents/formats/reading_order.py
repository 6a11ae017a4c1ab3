"""Boxes of words on a page → the order in which they are read: columns, and rows of tables. It does not know OCR."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.documents.formats.lines import Place

_GUTTER = 0.2  # heights of a line between columns, whose boxes are larger than their words
_SEVERAL = 4  # lines
_MOST_ACROSS = 0.15  # of a page's lines
_PROSE = 10.0  # heights: what is narrower is a column of a table rather than of text
_FILLED = 0.6  # of the width of a column of text


@dataclass(frozen=True)
class Box:
    """A line of words, or a piece of one, on a page that lies straight."""

    text: str
    left: float
    right: float
    middle: float
    """Counted from the top."""
    height: float
    certainty: float = 1.0
    """How sure it is that these are the words."""
    place: Place | None = None
    """On the picture as it was given."""


def in_order(boxes: Sequence[Box], usual: float) -> list[Box]:
    """Return boxes as they are read: column by column where there are columns of text, else row by row."""
    ordered: list[Box] = []
    pending = [list(boxes)]
    while pending:
        part = pending.pop()
        if (cut := _column_cut(part, usual, 0)) is not None:
            pending += [[box for box in part if box.left >= cut], [box for box in part if box.left < cut]]
        elif (level := _level_cut(part, usual)) is not None:
            pending += [[box for box in part if box.middle > level], [box for box in part if box.middle <= level]]
        elif (cut := _column_cut(part, usual, int(_MOST_ACROSS * len(part)))) is not None:
            pending += [[box for box in part if box.left >= cut], [box for box in part if box.left < cut]]
        else:
            ordered += _rows(part, usual)
    return ordered


def _column_cut(boxes: Sequence[Box], usual: float, most: int) -> float | None:
    """Return where a column begins that has another at its left, both of lines that are text.

    At most so many lines may reach over the white between them: a title, or lines that were taken for one.
    """
    for cut in sorted({box.left for box in boxes}):
        left = [box for box in boxes if box.right < cut - _GUTTER * usual]
        right = [box for box in boxes if box.left >= cut]
        across = len(boxes) - len(left) - len(right)
        if across <= most and _is_prose(left, usual) and _is_prose(right, usual):
            return cut
    return None


def _is_prose(boxes: Sequence[Box], usual: float) -> bool:
    """Tell whether these are lines that fill a column, in however many pieces they were found."""
    if len(boxes) < _SEVERAL:
        return False
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    middles = sorted(box.middle for box in boxes)
    rows = 1 + sum(below - above > 0.5 * usual for above, below in pairwise(middles))
    filled = sum(box.right - box.left for box in boxes)
    return width > _PROSE * usual and rows >= _SEVERAL and filled > _FILLED * rows * width


def _level_cut(boxes: Sequence[Box], usual: float) -> float | None:
    """Return the height of white space above or below which there are columns; None where there are none."""
    by_height = sorted(boxes, key=lambda box: box.middle)
    for number, (above, below) in enumerate(pairwise(by_height), 1):
        if below.middle - above.middle > 0.5 * usual and (
            _column_cut(by_height[:number], usual, 0) or _column_cut(by_height[number:], usual, 0)
        ):
            return above.middle
    return None


def _rows(boxes: Sequence[Box], usual: float) -> list[Box]:
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: box.middle):
        if rows and box.middle - rows[-1][0].middle < 0.5 * usual:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in _apart(sorted(row, key=lambda box: box.left))]


def _apart(row: Sequence[Box]) -> list[Box]:
    """Return boxes beside each other without what they share."""
    return [
        replace(box, right=min(box.right, after.left)) if after is not None and after.left > box.left else box
        for box, after in zip(row, [*row[1:], None], strict=True)
    ]
