"""Two tables of which one names rows of the other → one table. It does not know questions or SQL.

Joined here, not by the model's SQL: each row of the first gets the cells of the row that it names in the second. So no
row counts twice, and everything that holds of one table (checks, limits, words, sources) holds of the joined one.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.tables.asked import folded
from rag.answering.tables.loaded import Beside, LoadedTable
from rag.documents.columns import Column, Row, plain_name
from rag.index.tables import KeptTable

_MOST_ROWS = 50_000
_NAMED = 0.5  # of the texts of a column that the other's has, where both are called alike
_FOUND = 0.8  # and where they are not
_LEAST = 2  # different ones


def joined(many: LoadedTable, one: LoadedTable) -> LoadedTable | None:
    """Return the rows of `many`, each with the row of `one` that it names; None where they share nothing."""
    if max(len(many.rows), len(one.rows)) > _MOST_ROWS or many.beside or one.beside:
        return None
    shared = _shared(many, one)
    if shared is None:
        return None
    left, right = shared
    places = {_key(row, one.places[right.name]): i for i, row in enumerate(one.rows)}
    beside = [places.get(_key(row, many.places[left.name])) for row in many.rows]
    kept = [i for i, column in enumerate(one.table.columns) if column != right]
    columns = [*many.table.columns]
    for i in kept:
        head = one.table.columns[i].head
        if head.casefold() in {column.head.casefold() for column in many.table.columns}:
            head = f"{_name(one.table)} {head}"
        columns.append(replace(one.table.columns[i], head=head, name=plain_name(head, [c.name for c in columns])))
    rows = [_row(row, one.rows[i] if i is not None else None, kept) for row, i in zip(many.rows, beside, strict=True)]
    table = replace(many.table, name=f"{_name(many.table)} with {_name(one.table)}", columns=tuple(columns))
    return LoadedTable(table, rows, Beside(many, one, tuple(beside)))


def _shared(many: LoadedTable, one: LoadedTable) -> tuple[Column, Column] | None:
    """Return the column of `many` whose cells name rows of `one`, and the column of `one` that they stand in."""
    best, most = None, 0.0
    for right in one.table.columns:
        keys = _keys(one, right)
        if right.kind not in {"text", "number"} or len(keys) < _LEAST or len(keys) < len(one.rows):
            continue
        if keys == {str(n) for n in range(1, len(keys) + 1)}:  # rows that are numbered name nothing
            continue
        for left in many.table.columns:
            alike = folded(left.head) == folded(right.head)
            if left.kind != right.kind or (right.kind == "number" and not alike):
                continue
            found = _keys(many, left)
            common = found & keys
            share = len(common) / max(1, len(found))
            if len(common) >= _LEAST and share >= (_NAMED if alike else _FOUND) and share + alike > most:
                best, most = (left, right), share + alike
    return best


def _keys(loaded: LoadedTable, column: Column) -> set[str]:
    place = loaded.places[column.name]
    return {_key(row, place) for row in loaded.rows if row.values[place] is not None}


def _key(row: Row, place: int) -> str:
    return folded(str(row.values[place])) if row.values[place] is not None else ""


def _row(row: Row, other: Row | None, kept: Sequence[int]) -> Row:
    cells = tuple(other.cells[i] if other else "" for i in kept)
    values = tuple(other.values[i] if other else None for i in kept)
    return Row(row.start, row.end, row.cells + cells, row.values + values)


def _name(table: KeptTable) -> str:
    return table.name if table.name and table.name != table.title else table.document.rsplit("/", 1)[-1]
