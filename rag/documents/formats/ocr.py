"""Pictures of pages → lines with their places, by RapidOCR (Apache-2.0; its models lie in its wheel, on onnxruntime).

It is an extra: without it scans are named. It does not know which file a picture comes from.
"""

import math
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from statistics import median
from typing import Any

from rag.documents.formats.certainty import UNSURE
from rag.documents.formats.lines import Cell, Line, Place
from rag.documents.formats.parts import in_one_line
from rag.documents.formats.reading_order import Box, in_order

DPI = 200
"""Dots an inch at which pages are drawn to be read."""
LARGEST_SIDE = 4_000
"""Dots of a picture's longer side; a larger one is made smaller."""
_LEAST = 0.5  # certainty of a line below which it is no text
_TALL = 1.5  # times its width: a line that runs down the page
_WHITE = 0.65  # heights: more than a space, also in justified text
_SEVERAL = 4  # lines
_MARGIN = 0.2  # heights: a box is drawn larger than its words
_LIKE = 0.35  # share by which heights of lines of one size differ


_Found = tuple[Any, str, float]
"""Four corners, text, certainty of a line."""


def available() -> bool:
    """Tell whether the extra is installed."""
    return find_spec("rapidocr") is not None


def lines_of(picture: Any, dpi: float = DPI) -> list[Line]:
    """Return the lines of a picture (an array of height, width, colours) in reading order."""
    import numpy

    turns, shown, read = 0, picture, _read(picture)
    if sum(_is_tall(box) for box, _, _ in read) > len(read) / 2:  # the page lies on its side
        turns, shown = 1, numpy.ascontiguousarray(numpy.rot90(picture))
        read = _read(shown)
    if read and _certainty(read) < UNSURE:  # perhaps it stands on its head
        turned = numpy.ascontiguousarray(numpy.rot90(shown, 2))
        other = _read(turned)
        if other and _certainty(other) > _certainty(read):
            turns, shown, read = turns + 2, turned, other
    if not read:
        return []
    boxes = _straightened(_parted(shown, read), shown.shape, turns)
    usual = median(box.height for box in boxes)
    point = 72.0 / dpi
    height = shown.shape[0] * point
    lines = []
    for box in in_order(boxes, usual):
        size = usual if abs(box.height - usual) < _LIKE * usual else box.height
        cell = Cell(box.text, (box.left + _MARGIN * usual) * point, (box.right - _MARGIN * usual) * point)
        base, hyphen = height - box.middle * point, box.text.endswith("-")
        lines.append(Line((cell,), base, 0.75 * size * point, hyphen, (cell,), box.certainty, box.place))
    return lines


def is_unsure(lines: Sequence[Line]) -> bool:
    """Tell whether a page of such lines should be looked at, together rather than one by one."""
    sure = [(line.certainty, len(line.text)) for line in lines if line.certainty is not None]
    return bool(sure) and sum(each * size for each, size in sure) < UNSURE * sum(size for _, size in sure)


def _read(picture: Any) -> list[_Found]:
    """Return (four corners, text, certainty) of every line that the recogniser finds."""
    found = _engine()(picture, use_det=True, use_cls=False, use_rec=True)  # it remembers what it was told last
    if found.boxes is None or found.txts is None or found.scores is None:
        return []
    return [
        (box, in_one_line(text), float(score))
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= _LEAST and text.strip()
    ]


def _parted(picture: Any, read: list[_Found]) -> list[_Found]:
    """Return the lines, those parted that reach over the white space between two columns.

    That space is where several lines have a gap that is wider than between words, above each other.
    """
    gray = picture.mean(axis=2)
    gaps = [_gaps(gray, box) for box, _, _ in read]
    parted = []
    for (box, text, score), own in zip(read, gaps, strict=True):
        height = _height(box)
        at = next((x for x in own if sum(any(abs(x - y) < height for y in other) for other in gaps) >= _SEVERAL), None)
        pieces = [] if at is None else [_recognised(picture, each) for each in _halves(box, at)]
        parted += [piece for piece in pieces if piece[1]] or [(box, text, score)]
    return parted


def _gaps(gray: Any, box: Any) -> list[float]:
    """Return the middles of the white gaps in a line, from its left corners to its right ones, along its slope."""
    import numpy

    height = _height(box)
    left, right = (box[0] + box[3]) / 2, (box[1] + box[2]) / 2
    across = numpy.arange(int(left[0]), int(right[0]))
    if len(across) < 4 * height:
        return []
    middle = numpy.interp(across, [left[0], right[0]], [left[1], right[1]])
    rows = [numpy.clip(middle + at * height, 0, len(gray) - 1).astype(int) for at in numpy.linspace(-0.3, 0.3, 9)]
    dots = numpy.stack([gray[row, across.clip(0, gray.shape[1] - 1)] for row in rows])
    inked = numpy.flatnonzero((dots < (dots.max() + dots.min()) / 2).any(axis=0))
    wide = numpy.flatnonzero(numpy.diff(inked) > _WHITE * height)
    return [float(across[0] + (inked[at] + inked[at + 1]) / 2) for at in wide]


def _halves(box: Any, at: float) -> list[Any]:
    """Return both parts of a line's four corners, a little white between them."""
    halves = [box.copy(), box.copy()]
    for half, side in zip(halves, (-1, 1), strict=True):
        share = (at + side * _WHITE / 3 * _height(box) - box[0][0]) / max(1.0, box[1][0] - box[0][0])
        above, below = box[0] + share * (box[1] - box[0]), box[3] + share * (box[2] - box[3])
        half[1 if side < 0 else 0], half[2 if side < 0 else 3] = above, below
    return halves


def _recognised(picture: Any, box: Any) -> _Found:
    """Return (corners, text, certainty) of a part of a line."""
    left, right = int(max(0, box[:, 0].min())), int(box[:, 0].max())
    top, bottom = int(max(0, box[:, 1].min())), int(box[:, 1].max())
    found = _engine()(picture[top:bottom, left:right], use_det=False, use_cls=False, use_rec=True)
    texts, scores = found.txts or ("",), found.scores or (0.0,)
    return box, in_one_line(texts[0]), float(scores[0])


def _height(box: Any) -> float:
    return math.dist(box[1], box[2])


def _certainty(read: Sequence[_Found]) -> float:
    return sum(score * len(text) for _, text, score in read) / sum(len(text) for _, text, _ in read)


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    # Lines are not turned one by one, which it does to some that stand upright: the whole page is.
    return RapidOCR(params={"Global.log_level": "error", "Global.use_cls": False})


def _is_tall(box: Any) -> bool:
    width, height = math.dist(box[0], box[1]), math.dist(box[1], box[2])
    return height > _TALL * width


def _straightened(read: Sequence[_Found], shape: Sequence[int], turns: int) -> list[Box]:
    """Return the boxes as on a page that lies straight: their own lines tell by how much it is askew."""
    angles = [
        math.atan2(float(box[1][1] - box[0][1]), float(box[1][0] - box[0][0]))
        for box, _, _ in read
        if math.dist(box[0], box[1]) > 4 * math.dist(box[1], box[2])
    ]
    angle = median(angles) if angles else 0.0
    cosine, sine = math.cos(-angle), math.sin(-angle)
    boxes = []
    for box, text, certainty in read:
        corners = [(float(x) * cosine - float(y) * sine, float(x) * sine + float(y) * cosine) for x, y in box]
        left, right = min(x for x, _ in corners), max(x for x, _ in corners)
        top, bottom = min(y for _, y in corners), max(y for _, y in corners)
        place = _place(box, shape, turns)
        boxes.append(Box(text, left, right, (top + bottom) / 2, bottom - top, round(certainty, 3), place))
    return boxes


def _place(box: Any, shape: Sequence[int], turns: int) -> Place:
    """Return where a box of a picture of that shape stands before it was turned, a quarter to the left each time."""
    points = [(float(x), float(y)) for x, y in box]
    height, width = shape[:2]
    for _ in range(turns):
        points = [(height - y, x) for x, y in points]
        height, width = width, height
    across, down = [x / width for x, _ in points], [y / height for _, y in points]
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in (min(across), min(down), max(across), max(down)))
    return round(left, 4), round(top, 4), round(right, 4), round(bottom, 4)
