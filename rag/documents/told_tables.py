"""What a child process says of tables and scans → what stands where it says. It does not know how it is used."""

from typing import Any, cast

from rag.documents.formats.limits import MOST_CELLS, MOST_COLUMNS
from rag.documents.formats.parts import Scanned, Table


def checked_tables(told: Any, text: str) -> tuple[Table, ...]:
    """Return the tables of a frame that are as they should be; the others are left out: it may have been taken over."""
    tables, cells = [], 0
    for each in told if isinstance(told, list) else []:
        table = _table(each, len(text)) if isinstance(each, dict) else None
        if table is not None:
            cells += len(table.rows) * len(table.heads)
            if cells > MOST_CELLS:
                break
            tables.append(table)
    return tuple(tables)


def checked_scanned(told: Any, length: int) -> tuple[Scanned, ...]:
    """Return what OCR read of a text of that length, as a frame tells it; nothing where that cannot be."""
    found: list[Scanned] = []
    before = 0
    for each in told if isinstance(told, list) else []:
        if not isinstance(each, list) or len(each) != 3 or not _is_span(each[:2], before, length):
            return ()
        if not isinstance(each[2], int | float) or not 0 <= each[2] <= 1:
            return ()
        found.append((each[0], each[1], float(each[2])))
        before = each[1]
    return tuple(found)


def _table(told: dict[str, Any], length: int) -> Table | None:
    name, heads, rows, spans = (cast(Any, told.get(key)) for key in ("name", "heads", "rows", "spans"))
    if not isinstance(name, str) or not _are_texts(heads) or not 1 < len(heads) <= MOST_COLUMNS:
        return None
    if not isinstance(rows, list) or not isinstance(spans, list) or len(rows) != len(spans):
        return None
    before = 0
    for row, span in zip(rows, spans, strict=True):
        if not _are_texts(row) or len(row) != len(heads) or not _is_span(span, before, length):
            return None
        before = span[1]
    return Table(name, tuple(heads), tuple(map(tuple, rows)), tuple((start, end) for start, end in spans))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is str for each in value)


def _is_span(value: Any, before: int, length: int) -> bool:
    if not isinstance(value, list) or len(value) != 2 or not all(type(each) is int for each in value):
        return False
    return bool(before <= value[0] < value[1] <= length)
