"""A table's rows → a SQLite database in memory that can be read and nothing else. It does not know who wrote the SQL.

The database holds a copy of one table. Whatever a query says, SQLite itself refuses all but reading it: no other file
can be attached, no extension loaded, nothing written, and time and results are bounded.
"""

import math
import sqlite3
import statistics
import threading
import time
from collections.abc import Sequence

from rag.documents.columns import Row
from rag.errors import RagError
from rag.index.tables import KeptTable

NAME = "data"
"""The table's name in SQL."""
ROW = "_row"
"""A column of its own: the position of the row."""
FUNCTIONS = frozenset(
    "count sum avg min max total round abs length lower upper trim ltrim rtrim substr substring instr replace coalesce "
    "ifnull nullif iif date strftime julianday cast like glob median".split()
)
"""Functions that may be called; none makes much out of little."""
_LEAST_ROWS = 100
_SECONDS_A_MILLION = 1.0
"""Of processor time: what else runs on the computer ends no query, unless it takes `_PATIENCE` times as long."""
_PATIENCE = 10
_LEAST_SECONDS = 1.0
_OPERATIONS = 10_000  # of SQLite between two looks at the clock
_LONGEST = 200_000  # bytes of a text that a query makes
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
_TYPES = {"text": "TEXT", "number": "NUMERIC", "date": "TEXT", "yes or no": "TEXT"}


class QueryError(RagError):
    """A query that was refused, failed, or took too long; the message is for the model that wrote it."""


class Memory:
    """One table in memory. Several threads may ask; one waits for the other."""

    def __init__(self, table: KeptTable, rows: Sequence[Row]) -> None:
        """Copy the rows."""
        self._rows = len(rows)
        self._until = 0.0, 0.0
        self._lock = threading.Lock()
        self._base = base = sqlite3.connect(":memory:", check_same_thread=False)
        columns = ", ".join(f'"{column.name}" {_TYPES[column.kind]}' for column in table.columns)
        base.execute(f"CREATE TABLE {NAME} ({ROW} INTEGER PRIMARY KEY, {columns})")
        marks = ", ".join("?" * (len(table.columns) + 1))
        base.executemany(f"INSERT INTO {NAME} VALUES ({marks})", ((i, *row.values) for i, row in enumerate(rows)))
        base.commit()
        base.create_aggregate("median", 1, _Median)  # type: ignore[arg-type]
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        base.execute("PRAGMA query_only = ON")
        base.set_progress_handler(self._is_too_long, _OPERATIONS)
        base.set_authorizer(_authorize)

    def run(self, sql: str) -> list[tuple[str | float | int | None, ...]]:
        """Return the rows of a query. Raises QueryError."""
        with self._lock:
            seconds = max(_LEAST_SECONDS, _SECONDS_A_MILLION * self._rows / 1e6)
            self._until = time.thread_time() + seconds, time.monotonic() + _PATIENCE * seconds
            try:
                cursor = self._base.execute(sql)
                found = cursor.fetchmany(max(_LEAST_ROWS, self._rows))  # more only a product of tables has
                cursor.close()
            except sqlite3.Error as error:
                raise QueryError(str(error)) from error
        return found

    def close(self) -> None:
        """Free the memory."""
        self._base.close()

    def _is_too_long(self) -> bool:
        return time.thread_time() > self._until[0] or time.monotonic() > self._until[1]


def _authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
    if action not in _ALLOWED or (action == sqlite3.SQLITE_READ and first not in {NAME, ""}):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").casefold() not in FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


class _Median:
    """The middle of some numbers, which SQLite lacks."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def step(self, value: object) -> None:
        """Take one in."""
        if isinstance(value, (int, float)) and math.isfinite(value):
            self._values.append(value)

    def finalize(self) -> float | None:
        """Return the middle."""
        return statistics.median(self._values) if self._values else None
