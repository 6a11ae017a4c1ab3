"""Lines with their places on a page: which are running heads, which stand side by side, which are rows of a table."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from rag.documents.formats.heads import is_value

CELL_GAP = 1.5
"""White space, in heights of the font, that parts the cells of a row; between words of justified text it is less."""
ITEM = re.compile(r"[•‣◦▪●–—*-]\s|(?:\(?\d{1,3}|\(?[a-z])[.)]\s|\[\d{1,3}\]")
"""How the items of a list begin."""
_ALIGNED = 3.0  # points by which cells of a column may be off
_NUMBERS = re.compile(r"\d+|\b[ivxlc]+\b")
_OUTER = 2  # lines at the top and at the bottom of a page among which running heads are looked for


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
    """Leave out what stands at the same place at the top or bottom of several pages, numbers counting as equal."""
    least = 2 if len(pages) <= 4 else 3
    places: Counter[tuple[str, int]] = Counter()
    outer = []
    for page in pages:
        heights = sorted({line.base for line in page})
        edges = [line for line in page if line.base in heights[:_OUTER] or line.base in heights[-_OUTER:]]
        outer.append({id(line): (_NUMBERS.sub("#", line.text.casefold()), round(line.base / 4)) for line in edges})
        places.update(set(outer[-1].values()))
    return [
        [line for line in page if id(line) not in keys or places[keys[id(line)]] < (2 if _numbered(line) else least)]
        for page, keys in zip(pages, outer, strict=True)
    ]


def _numbered(line: Line) -> bool:
    """Tell whether a line begins or ends with a number, as of a page."""
    return line.text[0].isdigit() or line.text[-1].isdigit()


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
        if gap <= CELL_GAP * max(before.size, line.size):
            space = " " if gap > 0.15 * line.size and line.text[0] not in ".,;:!?)" else ""
            joined = Cell(
                before.cells[-1].text + space + line.cells[0].text, before.cells[-1].left, line.cells[0].right
            )
            cells = (*before.cells[:-1], joined, *line.cells[1:])
        large = before if len(before.text) >= len(line.text) else line
        lines[-1] = _without_bullet_cell(Line(cells, large.base, large.size, line.hyphen))
    return lines


def with_wrapped_cells(page: Sequence[Line]) -> list[Line]:
    """Join what goes on below cells of a row, nearer to it than the next row is, with those cells."""
    rows: list[Line] = []
    pitch, last_base = 0.0, 0.0
    for line in page:
        row = rows[-1] if rows else None
        gap = last_base - line.base
        if row is not None and len(rows) > 1 and 0 < gap < min(0.85 * pitch, 1.6 * row.size) and _goes_on(row, line):
            cells = [
                Cell(f"{cell.text} {more.text}", cell.left, max(cell.right, more.right)) if more else cell
                for cell in row.cells
                for more in [next((each for each in line.cells if _is_below(each, cell)), None)]
            ]
            rows[-1] = Line(tuple(cells), row.base, row.size)
        else:
            pitch = gap if row is not None and _same_columns(row, line) else 0.0
            rows.append(line)
        last_base = line.base
    return rows


def _goes_on(row: Line, line: Line) -> bool:
    same_size = abs(row.size - line.size) < 0.5
    return (
        same_size
        and len(line.cells) < len(row.cells)
        and all(any(_is_below(each, cell) for cell in row.cells) for each in line.cells)
    )


def _same_columns(row: Line, line: Line) -> bool:
    return len(row.cells) == len(line.cells) > 1 and all(map(_is_below, line.cells, row.cells))


def _is_below(cell: Cell, above: Cell) -> bool:
    return abs(cell.left - above.left) < _ALIGNED


def _without_bullet_cell(line: Line) -> Line:
    """Return an item of a list, whose bullet or number stands apart, as a line of one cell less."""
    first = line.cells[0]
    if len(line.cells) == 1 or not (
        ITEM.match(first.text + " ") or (len(first.text) == 1 and not first.text.isalnum())
    ):
        return line
    bullet = "•" if len(first.text) == 1 else first.text
    item = Cell(f"{bullet} {line.cells[1].text}", first.left, line.cells[1].right)
    return Line((item, *line.cells[2:]), line.base, line.size, line.hyphen)


def rows_of_tables(page: Sequence[Line]) -> list[bool]:
    """Tell of each line whether it is a row: like it the one above or below has cells, at the same places.

    Two cells alone would be found in justified text, too; they count where both second ones are values.
    """
    like = [_alike(line, after) for line, after in pairwise(page)]
    return [before or after for before, after in zip([False, *like], [*like, False], strict=True)][: len(page)]


def _alike(line: Line, other: Line) -> bool:
    if len(line.cells) != len(other.cells) or len(line.cells) < 2 or not 0 < line.base - other.base < 4 * line.size:
        return False
    if len(line.cells) == 2 and not (is_value(line.cells[1].text) and is_value(other.cells[1].text)):
        return False
    return all(
        min(abs(a.left - b.left), abs(a.right - b.right), abs(a.left + a.right - b.left - b.right) / 2) < _ALIGNED
        for a, b in zip(line.cells, other.cells, strict=True)
    )
