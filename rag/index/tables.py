"""Tables beside the text, in the same SQLite file: typed columns, and rows in blocks. It does not know questions.

Rows are kept as data in blocks of JSON, not as tables of their own: whatever a sheet calls its columns never gets into
the index's SQL, and a query runs over a copy of one table in memory (`rag.answering.tables`).
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag.documents.columns import Column, Row, TypedTable, typed
from rag.documents.folder import Document
from rag.documents.keywords import TOKENIZER, query_expressions, searchable

TABLES_SCHEMA = f"""
CREATE TABLE tables (
    number INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT REFERENCES documents(path), ordinal INTEGER, name TEXT,
    columns TEXT, rows INTEGER, start INTEGER, end INTEGER);
CREATE INDEX tables_by_document ON tables (document, ordinal);
CREATE TABLE table_rows (number INTEGER, block INTEGER, rows TEXT, PRIMARY KEY (number, block)) WITHOUT ROWID;
CREATE VIRTUAL TABLE table_words USING fts5(names, cells, tokenize = "{TOKENIZER}");
"""
_BLOCK = 1_000  # rows
_MOST_CELLS_SEARCHED = 20_000
"""Different texts of a table's cells by which it is found; it is also found by the passages that show its rows."""

Rows = Callable[..., list[tuple[Any, ...]]]
"""Runs SQL with its parameters."""


@dataclass(frozen=True)
class KeptTable:
    """A table without its rows."""

    number: int
    """Never given twice: what was made of a table may be kept under it."""
    document: str
    title: str
    """Of the document."""
    name: str
    columns: tuple[Column, ...]
    rows: int
    start: int
    """Where its first row stands in the document's text."""
    end: int


def add_tables(connection: sqlite3.Connection, document: Document) -> None:
    """Keep the tables of a document, in the transaction that is open."""
    for ordinal, read in enumerate(document.tables):
        table = typed(read)
        if table is None:
            continue
        columns = json.dumps([asdict(column) for column in table.columns])
        number = connection.execute(
            "INSERT INTO tables VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
            (document.path, ordinal, table.name, columns, len(table.rows), table.rows[0].start, table.rows[-1].end),
        ).lastrowid
        for block, first in enumerate(range(0, len(table.rows), _BLOCK)):
            rows = json.dumps([_packed(row, table.columns) for row in table.rows[first : first + _BLOCK]])
            connection.execute("INSERT INTO table_rows VALUES (?, ?, ?)", (number, block, rows))
        names = " ".join([document.path, document.title, table.name, *(column.head for column in table.columns)])
        connection.execute(
            "INSERT INTO table_words (rowid, names, cells) VALUES (?, ?, ?)",
            (number, searchable(names), searchable(_cells(table))),
        )


def delete_tables(connection: sqlite3.Connection, document: str) -> None:
    """Drop the tables of a document, in the transaction that is open."""
    numbers = "SELECT number FROM tables WHERE document = ?"
    connection.execute(f"DELETE FROM table_words WHERE rowid IN ({numbers})", (document,))
    connection.execute(f"DELETE FROM table_rows WHERE number IN ({numbers})", (document,))
    connection.execute("DELETE FROM tables WHERE document = ?", (document,))


class Tables:
    """Reads what is kept of tables."""

    def __init__(self, run: Rows) -> None:
        """Read by `run`."""
        self._run = run

    def of(self, documents: Collection[str]) -> list[KeptTable]:
        """Return the tables of these documents, by document and order."""
        return self._tables(
            "WHERE tables.document IN (SELECT value FROM json_each(?)) ORDER BY tables.document, ordinal",
            json.dumps(list(documents)),
        )

    def find(self, question: str, limit: int, documents: Collection[str] | None = None) -> list[KeptTable]:
        """Return the tables that hold words of `question`, those in names counting more, best first."""
        expression = " OR ".join(query_expressions(question))
        if not expression:
            return []
        within = "" if documents is None else "AND tables.document IN (SELECT value FROM json_each(?))"
        more = () if documents is None else (json.dumps(list(documents)),)
        return self._tables(
            f"""JOIN table_words ON table_words.rowid = number WHERE table_words MATCH ? {within}
            ORDER BY bm25(table_words, 2.0, 1.0), number LIMIT ?""",
            expression, *more, limit,
        )  # fmt: skip

    def rows(self, number: int) -> tuple[Row, ...]:
        """Return the rows of a table; none when it is gone."""
        found = self._tables("WHERE number = ?", number)
        if not found:
            return ()
        blocks = self._run("SELECT rows FROM table_rows WHERE number = ? ORDER BY block", number)
        return tuple(_unpacked(row, found[0].columns) for (block,) in blocks for row in json.loads(block))

    def _tables(self, rest: str, *parameters: object) -> list[KeptTable]:
        sql = f"""SELECT number, tables.document, title, name, columns, rows, start, end
            FROM tables JOIN documents ON path = tables.document {rest}"""
        return [
            KeptTable(number, document, title, name, _columns(columns), rows, start, end)
            for number, document, title, name, columns, rows, start, end in self._run(sql, *parameters)
        ]


def _columns(told: str) -> tuple[Column, ...]:
    return tuple(Column(**column) for column in json.loads(told))


def _packed(row: Row, columns: Sequence[Column]) -> list[Any]:
    """Return a row as JSON has it: the values of text are not told twice."""
    values = [value for value, column in zip(row.values, columns, strict=True) if column.kind != "text"]
    return [row.start, row.end, row.cells, values]


def _unpacked(packed: list[Any], columns: Sequence[Column]) -> Row:
    start, end, cells, values = packed
    told = iter(values)
    found = tuple(
        (cell or None) if column.kind == "text" else next(told) for cell, column in zip(cells, columns, strict=True)
    )
    return Row(start, end, tuple(cells), found)


def _cells(table: TypedTable) -> str:
    """Return the different texts and dates of the cells, each once."""
    found: dict[str, None] = {}
    texts = [i for i, column in enumerate(table.columns) if column.kind in {"text", "date"}]
    for row in table.rows:
        found.update(dict.fromkeys(str(row.values[i]) for i in texts if row.values[i] is not None))
        if len(found) > _MOST_CELLS_SEARCHED:
            break
    return " ".join(found)
