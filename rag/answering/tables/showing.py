"""Rows of a table → sources, exact slices of their document, and the table as it is shown. It does not know results."""

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.answer import ShownTable
from rag.answering.citations import Source
from rag.answering.tables.loaded import LoadedTable
from rag.documents.columns import Row
from rag.documents.formats.certainty import certainty_of
from rag.errors import StoreError
from rag.index.index import Index

MOST_SOURCES = 20
"""Rows that are shown; how many there are is told beside them."""
_TOGETHER = 3  # rows apart
_MOST_COLUMNS = 40

Place = tuple[int, int]
"""Of a row: which of the tables, which of its rows."""


def shown(rows: Sequence[int], loaded: LoadedTable) -> list[Place]:
    """Return the places of rows; of joined ones those in both tables."""
    places: dict[Place, None] = {}
    for i in rows:
        places[0, i] = None
        if loaded.beside is not None and (other := loaded.beside.rows[i]) is not None:
            places[1, other] = None
    return list(places)


def sources(places: Sequence[Place], loaded: LoadedTable, index: Index) -> tuple[Source, ...]:
    """Return rows as sources, in their order; those that stand near one another in one passage. None: it changed."""
    found: dict[Place, Source] = {}
    for which, part in enumerate(loaded.parts):
        rows = [row for table, row in places if table == which]
        made = _of_one(rows, part, index)
        if len(made) < len(rows):
            return ()
        found |= {(which, row): source for row, source in zip(rows, made, strict=True)}
    return tuple(replace(found[place], number=number) for number, place in enumerate(places, 1))


def grids(places: Sequence[Place], loaded: LoadedTable) -> tuple[ShownTable, ...]:
    """Return the tables as they are shown, the rows at `places` among their neighbours."""
    shown_tables = []
    for which, part in enumerate(loaded.parts):
        numbers = {row: number for number, (table, row) in enumerate(places, 1) if table == which}
        near = sorted({i for row in numbers for i in (row - 1, row, row + 1) if 0 <= i < len(part.rows)})
        heads = tuple(column.head for column in part.table.columns[:_MOST_COLUMNS])
        rows = tuple((numbers.get(i, 0), part.rows[i].cells[:_MOST_COLUMNS]) for i in near)
        if rows:
            shown_tables.append(ShownTable(part.table.document, part.table.name, heads, rows))
    return tuple(shown_tables)


def _of_one(shown_rows: Sequence[int], loaded: LoadedTable, index: Index) -> list[Source]:
    table, rows = loaded.table, loaded.rows
    try:
        text, marks = index.text(table.document), index.marks(table.document)
    except StoreError:  # it went while it was asked
        return []
    around = _passages(shown_rows, rows)
    made = []
    for i in shown_rows:
        row, (start, end) = rows[i], around[i]
        page = sum(offset <= row.start for offset in marks.pages) or None
        slices = text[row.start : row.end], text[start:end]
        if not slices[0].strip():  # the document changed since
            return []
        told, where = (table.document, table.title, page), (row.start, row.end)
        sure = certainty_of(marks.scanned, *where)
        made.append(Source(0, *told, *where, slices[0], 1.0, start, slices[1], sure))
    return made


def _passages(shown_rows: Sequence[int], rows: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """Return for each row the offsets of the passage that shows it: its neighbours, and rows near it."""
    groups: list[list[int]] = []
    for i in sorted(shown_rows):
        if groups and i - groups[-1][-1] <= _TOGETHER:
            groups[-1].append(i)
        else:
            groups.append([i])
    return {
        i: (rows[max(0, group[0] - 1)].start, rows[min(len(rows) - 1, group[-1] + 1)].end)
        for group in groups
        for i in group
    }
