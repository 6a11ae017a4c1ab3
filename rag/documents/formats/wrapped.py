"""Lines with their places → the rows of tables whose first line names the columns. It does not know PDF or text.

A file may write a table cell by cell, and cells may have several lines: which row and which column a piece belongs to
is told by where it stands, below which name and beside which first cell.
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from rag.documents.formats.lines import Cell, Line

_ALIGNED = 3.0  # points by which cells of a column may be off
_FEWEST_COLUMNS, _FEWEST_ROWS = 3, 2
_FARTHEST = 4.0  # heights of the font between a row and what comes next
_FARTHEST_ROW = 3.9
_TIGHT = 0.85  # of the usual distance of rows: what is nearer goes on in the cell above


def with_wrapped_tables(page: Sequence[Line], rows: Sequence[bool]) -> tuple[list[Line], list[bool]]:
    """Return lines, and for each whether it is a row of a table, as `rows` says so far; tables that it lacks are added.

    Those are tables whose cells have several lines: their pieces are put together to whole rows.
    """
    lines: list[Line] = []
    found: list[bool] = []
    i = 0
    while i < len(page):
        limit = next((j for j in range(i, len(page)) if rows[j]), len(page))
        end = _end_of_table(page[:limit], i) if i < limit else i
        if end > i + _FEWEST_ROWS:
            made = [page[i], *_rows(page[i], page[i + 1 : end])]
            lines, found = lines + made, found + [True] * len(made)
            i = end
        else:
            lines.append(page[i])
            found.append(rows[i])
            i += 1
    return lines, found


def _end_of_table(page: Sequence[Line], i: int) -> int:
    """Return where the lines end that stand in the columns that line `i` names; `i` where it names none."""
    head = page[i]
    if len(head.cells) < _FEWEST_COLUMNS:
        return i
    lowest, full, end = head.base, 0, i + 1
    for line in page[i + 1 :]:
        beyond = line.base >= head.base - 1 or lowest - line.base > _FARTHEST * head.size
        if beyond or abs(line.size - head.size) > 0.5 or any(_column(cell, head) is None for cell in line.cells):
            break
        full += len(line.cells) > 1 and _column(line.cells[0], head) == 0
        lowest, end = min(lowest, line.base), end + 1
    return end if full >= _FEWEST_ROWS else i


def _column(cell: Cell, head: Line) -> int | None:
    return next((i for i, named in enumerate(head.cells) if abs(cell.left - named.left) < _ALIGNED), None)


def _rows(head: Line, lines: Sequence[Line]) -> list[Line]:
    tops = _tops(head, lines)
    rows: list[list[list[str]]] = [[[] for _ in head.cells] for _ in tops]
    for line in sorted(lines, key=lambda line: -line.base):
        at = max((i for i, top in enumerate(tops) if line.base <= top + 0.3 * line.size), default=0)
        for cell in line.cells:
            for column, text in _parted(cell, head):
                rows[at][column].append(text)
    made: list[Line] = []
    base = head.base
    for row, top in zip(rows, tops, strict=True):
        base = max(top, base - _FARTHEST_ROW * head.size)  # high rows are rows of one table nevertheless
        cells = (Cell(" ".join(texts), named.left, named.right) for texts, named in zip(row, head.cells, strict=True))
        made.append(Line(tuple(cells), base, head.size))
    return made


def _tops(head: Line, lines: Sequence[Line]) -> list[float]:
    """Return the heights at which rows begin: where something stands in the first column, and nothing goes on."""
    first = sorted({line.base for line in lines if _column(line.cells[0], head) == 0}, reverse=True)
    usual = median(a - b for a, b in pairwise([head.base, *first])) if first else 0.0
    tops: list[float] = []
    for base in first:
        alone = all(len(line.cells) == 1 for line in lines if abs(line.base - base) < 0.3 * line.size)
        if not tops or not alone or _above(base, lines) >= _TIGHT * usual:
            tops.append(base)
    return tops


def _above(base: float, lines: Sequence[Line]) -> float:
    """Return how far the next line above `base` is."""
    return min((line.base - base for line in lines if line.base > base + 1), default=base)


def _parted(cell: Cell, head: Line) -> list[tuple[int, str]]:
    """Return (column, text) of a cell; two where it runs into the next column, cut at the word nearest to its side."""
    column = _column(cell, head) or 0
    if column + 1 == len(head.cells) or cell.right <= head.cells[column + 1].left + _ALIGNED or " " not in cell.text:
        return [(column, cell.text)]
    wanted = (head.cells[column + 1].left - cell.left) / (cell.right - cell.left) * len(cell.text)
    begins = [i + 1 for i, letter in enumerate(cell.text) if letter == " "]
    cut = min(begins, key=lambda begin: abs(begin - wanted))
    return [(column, cell.text[: cut - 1]), (column + 1, cell.text[cut:])]
