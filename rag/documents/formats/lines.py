"""Lines with their places on a page: which are running heads, which stand side by side, which are rows of a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

PIECE_GAP = 0.45
"""White space, in heights of the font, that is more than a space: it parts cells where all rows have it there."""
CELL_GAP = 1.5
"""White space, in heights of the font, that parts the cells of a row; between words of justified text it is less."""
ITEM = re.compile(r"[•‣◦▪●–—*-]\s|(?:\(?\d{1,3}|\(?[a-z])[.)]\s|\[\d{1,3}\]")
"""How the items of a list begin."""
_NUMBERS = re.compile(r"\d+|\b[ivxlc]+\b")
_NEAR = 4.0  # heights of the font between rows
_OUTER = 2  # lines at the top and at the bottom of a page among which running heads are looked for


Place = tuple[float, float, float, float]
"""Left, top, right and bottom side, as shares of a page's width and height."""


class Cell(NamedTuple):
    """A run of words, and its sides in points from the page's left."""

    text: str
    left: float
    right: float


@dataclass(frozen=True)
class Line:
    """A line of text."""

    cells: tuple[Cell, ...]
    """More than one where wide gaps part it, as in a table."""
    base: float
    """Height of its base line in points, counted from the bottom of the page."""
    size: float
    """Of its font, in points."""
    hyphen: bool = False
    """Whether it ends with a hyphen that seems to part a word."""
    pieces: tuple[Cell, ...] = ()
    """The same, parted at every gap that is more than a space."""
    certainty: float | None = None
    """How sure OCR is of it, 0 to 1; None where it was not read so."""
    place: Place | None = None
    """Where OCR found it on the picture of its page."""

    @property
    def text(self) -> str:
        """The text as one."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def left(self) -> float:
        """The left side."""
        return self.cells[0].left

    @property
    def right(self) -> float:
        """The right side."""
        return self.cells[-1].right


def without_running_heads(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Leave out what stands at the same place at the top or bottom of several pages, but for the pages' numbers."""
    least = 2 if len(pages) <= 4 else 3
    places: dict[tuple[str, int], list[tuple[int, tuple[str, ...]]]] = {}
    outer: list[dict[int, tuple[str, int]]] = []
    for number, page in enumerate(pages):
        heights = sorted({line.base for line in page})
        edges = {*heights[:_OUTER], *heights[-_OUTER:]}
        keys = {}
        for at, line in enumerate(page):
            if line.base in edges and not _is_row(page, at):
                text = line.text.casefold()
                keys[id(line)] = (_NUMBERS.sub("#", text), round(line.base / 4))
                places.setdefault(keys[id(line)], []).append((number, tuple(_NUMBERS.findall(text))))
        outer.append(keys)
    return [
        [
            line
            for line in page
            if id(line) not in keys or _alike(line, number, places[keys[id(line)]]) < (2 if _numbered(line) else least)
        ]
        for number, (page, keys) in enumerate(zip(pages, outer, strict=True))
    ]


def _numbered(line: Line) -> bool:
    """Tell whether a line begins or ends with a number, as of a page."""
    return line.text[0].isdigit() or line.text[-1].isdigit()


def _is_row(page: Sequence[Line], at: int) -> bool:
    """Tell whether a line seems a row of a table: the one above or below has several cells, and not many more."""
    line = page[at]
    return len(line.pieces) > 1 and any(
        len(other.cells) > 1
        and len(line.pieces) > len(other.pieces) / 2
        and 0 < abs(other.base - line.base) < _NEAR * line.size
        for other in (*page[max(0, at - 1) : at], *page[at + 1 : at + 2])
    )


def _alike(line: Line, page: int, others: Sequence[tuple[int, tuple[str, ...]]]) -> int:
    """Return on how many pages such a line stands, whose numbers are the same or go up with the pages."""
    own = _NUMBERS.findall(line.text.casefold())
    return len({other for other, numbers in others if all(map(_goes_up, own, numbers, [other - page] * len(own)))})


def _goes_up(own: str, other: str, pages: int) -> bool:
    return not own.isdecimal() or not other.isdecimal() or int(other) - int(own) in {0, pages}


def least(*certainties: float | None) -> float | None:
    """Return the smallest of those that there are."""
    return min((each for each in certainties if each is not None), default=None)


def in_rows(page: Sequence[Line]) -> list[Line]:
    """Join what stands side by side but comes as lines of its own: cells of a row, and raised or odd characters."""
    lines: list[Line] = []
    for line in page:
        before = lines[-1] if lines else None
        if before is None or line.left < before.right - 1 or abs(line.base - before.base) > 0.45 * before.size:
            lines.append(_without_bullet_cell(line))
            continue
        gap = line.left - before.right
        cells = before.cells + line.cells
        pieces = before.pieces + line.pieces
        if gap <= PIECE_GAP * max(before.size, line.size) and before.pieces and line.pieces:
            pieces = (*before.pieces[:-1], _joined(before.pieces[-1], line.pieces[0], gap > 0.15 * line.size),
                      *line.pieces[1:])  # fmt: skip
        if gap <= CELL_GAP * max(before.size, line.size):
            space = " " if gap > 0.15 * line.size and line.text[0] not in ".,;:!?)" else ""
            joined = Cell(
                before.cells[-1].text + space + line.cells[0].text, before.cells[-1].left, line.cells[0].right
            )
            cells = (*before.cells[:-1], joined, *line.cells[1:])
        large = before if len(before.text) >= len(line.text) else line
        sure = least(before.certainty, line.certainty)
        lines[-1] = _without_bullet_cell(Line(cells, large.base, large.size, line.hyphen, pieces, sure))
    return lines


def _without_bullet_cell(line: Line) -> Line:
    """Return an item of a list, whose bullet or number stands apart, as a line of one cell less."""
    first = line.cells[0]
    if len(line.cells) == 1 or not (
        ITEM.match(first.text + " ") or (len(first.text) == 1 and not first.text.isalnum())
    ):
        return line
    bullet = "•" if len(first.text) == 1 else first.text
    item = Cell(f"{bullet} {line.cells[1].text}", first.left, line.cells[1].right)
    pieces = line.pieces
    if len(pieces) > 1 and pieces[0].text == first.text:
        pieces = (_joined(pieces[0], pieces[1], True), *pieces[2:])
    return Line((item, *line.cells[2:]), line.base, line.size, line.hyphen, pieces, line.certainty)


def _joined(left: Cell, right: Cell, space: bool) -> Cell:
    return Cell(f"{left.text}{' ' if space else ''}{right.text}", left.left, right.right)
