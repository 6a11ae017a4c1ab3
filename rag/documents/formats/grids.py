"""Lines with their places → which of them are a table's, as rows with as many cells as the table has columns.

A column is where cells stand above each other, whatever lines are drawn; a cell may be empty, or have several lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.documents.formats.blocks import is_value
from rag.documents.formats.lines import PIECE_GAP, Cell, Line

_SAME_HEIGHT = 0.45  # heights of the font by which cells of a row may be off
_FARTHEST = 4.0  # heights of the font between rows
_SAME_SIZE = 0.15  # share by which sizes of the font in a table differ
_WIDE = 0.45  # of the page's text: a line of one cell that is wider is a paragraph's
_SAME_ROW = 0.8  # of the distance between rows: lines that are nearer are of one row
_TOUCHING = 1.0  # points by which cells overlap to be of one column
_MOST_BRIDGES = 0.2  # of the cells may reach over several columns
_FULL = 0.6  # of the rows have several cells; of two columns so many have values in the second
_ALIGNED = 3.0  # points


@dataclass
class _Band:
    """What stands at one height."""

    base: float
    size: float
    cells: list[Cell]


def with_tables(page: Sequence[Line]) -> tuple[list[Line], list[bool]]:
    """Return the lines of a page, those of tables as whole rows, and for each whether it is one."""
    lines: list[Line] = []
    rows: list[bool] = []
    width = max((line.right for line in page), default=0.0) - min((line.left for line in page), default=0.0)
    start = 0
    while start < len(page):
        end = _end_of_candidate(page, start, width)
        found = _grid(page[start:end]) if end - start > 1 else None
        if found is None:
            # Perhaps a heading or the last line of a paragraph stands before the table: the next line may begin it.
            lines.append(page[start])
            rows.append(False)
            start += 1
            continue
        made, used = found
        if lines and not rows[-1] and (head := _with_head(page[start - 1 : start + used])):
            made = head
            lines.pop()
            rows.pop()
        lines += made
        rows += [True] * len(made)
        start += used
    return lines, rows


def continues(line: Line, before: Line) -> bool:
    """Tell whether a row at the top of a page goes on with the table at the foot of the one before."""
    return len(line.cells) == len(before.cells) and all(
        abs(a.left - b.left) < 4 * _ALIGNED or abs(a.right - b.right) < 4 * _ALIGNED
        for a, b in zip(line.cells, before.cells, strict=True)
    )


def _end_of_candidate(page: Sequence[Line], start: int, width: float) -> int:
    """Return behind which line the lines from `start` on cannot be of one table."""
    size = page[start].size
    lowest = page[start].base
    for at in range(start, len(page)):
        line = page[at]
        wide = len(line.cells) == 1 and line.right - line.left > _WIDE * width
        far = lowest - line.base > _FARTHEST * size or line.base - lowest > _FARTHEST * size
        if wide or far or abs(line.size - size) > _SAME_SIZE * size:
            return at
        lowest = min(lowest, line.base)
    return len(page)


def _with_head(lines: Sequence[Line]) -> list[Line] | None:
    """Return the rows of a table with the line above it, if that has a piece in most of the columns."""
    above = lines[0]
    if len(above.pieces) < 2 or not 0 < above.base - lines[1].base < _FARTHEST * above.size:
        return None
    found = _grid(lines, with_head=True)
    if found is None or found[1] < len(lines):
        return None
    filled = sum(bool(cell.text) for cell in found[0][0].cells)
    return found[0] if filled > _FULL * len(found[0][0].cells) else None


def _grid(lines: Sequence[Line], *, with_head: bool = False) -> tuple[list[Line], int] | None:
    """Return the rows of the table that begins with the first line, and how many lines it has."""
    if len(lines[0].cells) == 1 and not with_head and not _begins_row(lines):
        return None
    used = len(lines)
    while used > 1 and len(lines[used - 1].cells) == 1 and not _fits(lines[used - 1], lines[: used - 1]):
        used -= 1
    bands = _bands(lines[:used])
    if sum(len(band.cells) > 1 for band in bands) < max(2, _FULL * len(bands)):
        return None
    columns, finer = _columns(bands), _bands(lines[:used], finer=True)
    narrow = _columns(finer, PIECE_GAP * lines[0].size)  # where there is little room between them
    columns = narrow if len(narrow) > len(columns) else columns
    rows = _rows(finer, columns) if len(columns) > 1 else []
    if not rows or not _is_table(rows, len(columns)):
        return None
    return [Line(tuple(row.cells), row.base, row.size) for row in rows], used


def _begins_row(lines: Sequence[Line]) -> bool:
    """Tell whether the next line stands beside or above the first: the first then is a cell of the same row."""
    first, second = lines[0], lines[1]
    near = abs(second.base - first.base) < 2 * first.size
    return near and second.left > first.right and second.base >= first.base - first.size


def _fits(line: Line, others: Sequence[Line]) -> bool:
    """Tell whether a line of one cell stands in a column, and not at the left where a paragraph would begin."""
    columns = _columns(_bands(others))
    if not columns:
        return False
    if len({_column_of(piece, columns) for piece in line.pieces}) > 1:
        return len({_column_of(piece, columns) for piece in line.pieces}) == len(line.pieces)
    inside = [n for n, (left, right) in enumerate(columns) if line.left < right and line.right > left]
    if len(inside) != 1:
        return False
    return inside[0] > 0 or line.right - line.left <= 1.2 * (columns[0][1] - columns[0][0])


def _bands(lines: Sequence[Line], *, finer: bool = False) -> list[_Band]:
    bands: list[_Band] = []
    for line in lines:
        near = (band for band in bands if abs(band.base - line.base) < _SAME_HEIGHT * line.size)
        band = next(near, None)
        if band is None:
            band = _Band(line.base, line.size, [])
            bands.append(band)
        band.cells += line.pieces if finer else line.cells
    for band in bands:
        band.cells.sort(key=lambda cell: cell.left)
    return sorted(bands, key=lambda band: -band.base)


def _columns(bands: Sequence[_Band], apart: float = -_TOUCHING) -> list[tuple[float, float]]:
    """Return the left and right side of each column, as the cells that stand beside others show them.

    Columns have at least so much room between them.
    """
    most = max((len(band.cells) for band in bands), default=0)
    cells = sorted(
        (cell for band in bands if len(band.cells) > 1 for cell in band.cells), key=lambda cell: cell.right - cell.left
    )
    least = len(cells) - int(_MOST_BRIDGES * len(cells)) if apart < 0 else len(cells)
    while True:
        columns: list[tuple[float, float]] = []
        for cell in sorted(cells, key=lambda cell: cell.left):
            if columns and cell.left < columns[-1][1] + apart:
                columns[-1] = (columns[-1][0], max(columns[-1][1], cell.right))
            else:
                columns.append((cell.left, cell.right))
        if len(columns) >= most or len(cells) <= least or not cells:
            return _without_heads_beside(columns, bands)
        cells.pop()  # the widest: it may reach over several columns


def _without_heads_beside(columns: list[tuple[float, float]], bands: Sequence[_Band]) -> list[tuple[float, float]]:
    """Join a column that only has a head with one that has none: the head stands at the left, numbers at the right."""
    kept: list[tuple[float, float]] = []
    heads: list[bool] = []
    for column in columns:
        filled = [any(_column_of(cell, columns) == column for cell in band.cells) for band in bands]
        only_head, no_head = filled[0] and sum(filled) == 1, not filled[0]
        if kept and heads[-1] and no_head:
            kept[-1] = (kept[-1][0], column[1])
            heads[-1] = False
        else:
            kept.append(column)
            heads.append(only_head)
    return kept


def _column_of(cell: Cell, columns: Sequence[tuple[float, float]]) -> tuple[float, float]:
    def apart(column: tuple[float, float]) -> float:
        overlap = min(cell.right, column[1]) - max(cell.left, column[0])
        return -overlap

    return min(columns, key=apart)


def _rows(bands: Sequence[_Band], columns: Sequence[tuple[float, float]]) -> list[_Band]:
    """Put every cell into its column, and lines that are nearer than rows are into one row."""
    placed: list[list[str]] = []
    for band in bands:
        texts = [""] * len(columns)
        for cell in band.cells:
            at = columns.index(_column_of(cell, columns))
            texts[at] = f"{texts[at]} {cell.text}".strip()
        placed.append(texts)
    distances = [above.base - below.base for above, below in pairwise(bands)]
    pitch = median([d for d, (a, b) in zip(distances, pairwise(placed), strict=True) if a[0] and b[0]] or [0.0])
    rows: list[_Band] = []
    told: list[list[str]] = []
    for number, band in enumerate(bands):
        if number and distances[number - 1] < _SAME_ROW * pitch:
            told[-1] = [f"{above} {below}".strip() for above, below in zip(told[-1], placed[number], strict=True)]
        else:
            rows.append(_Band(band.base, band.size, []))
            told.append(placed[number])
    for row, texts in zip(rows, told, strict=True):
        row.cells = [Cell(text, *column) for text, column in zip(texts, columns, strict=True)]
    return rows


def _is_table(rows: Sequence[_Band], columns: int) -> bool:
    filled = [sum(bool(cell.text) for cell in row.cells) for row in rows]
    if sum(count > 1 for count in filled) < max(2, _FULL * len(rows)):
        return False
    if columns > 2:
        return max(filled) > 2
    # Two columns might be two pieces of text beside each other.
    second = [row.cells[1].text for row in rows if row.cells[1].text]
    values = sum(map(is_value, second))
    return values >= 2 and values >= _FULL * (len(second) - (not is_value(second[0])))
