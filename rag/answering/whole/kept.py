"""What was made of a text before, on disk: so that the same request is quick the next time. It does not know what.

Each is found again by a hash of all that it was made from, so a text that changed is another one. What is kept goes
with its document. A file that cannot be written costs time, nothing else.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_MOST = 20_000
"""Texts that are kept; of more, the oldest go."""
_CHECKED = 500  # texts written between two looks at how many there are


class Kept:
    """Texts by what they were made from. Safe to use from several threads and processes."""

    def __init__(self, file: Path | None = None) -> None:
        """Keep them in `file`, which is made when it is needed; None keeps them in memory."""
        self._file = file
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self._written = 0

    def get(self, made_from: str) -> str | None:
        """Return what was made; None where it was not."""
        with self._lock, suppress(sqlite3.Error, OSError):
            rows = self._connection().execute("SELECT text FROM made WHERE hash = ?", (_hash(made_from),)).fetchall()
            return str(rows[0][0]) if rows else None
        return None

    def put(self, made_from: str, text: str, document: str) -> None:
        """Keep what was made from a text of `document`, a path."""
        with self._lock, suppress(sqlite3.Error, OSError):
            connection = self._connection()
            connection.execute("INSERT OR REPLACE INTO made VALUES (?, ?, ?)", (_hash(made_from), document, text))
            self._written += 1
            if self._written % _CHECKED == 0:
                connection.execute(
                    "DELETE FROM made WHERE rowid <= (SELECT max(rowid) FROM made) - ?",
                    (_MOST,),
                )

    def forget(self, documents: Collection[str]) -> None:
        """Drop what was made from these documents, named by path."""
        if not documents or (self._file and not self._file.exists()):
            return
        with self._lock, suppress(sqlite3.Error, OSError):
            self._connection().executemany("DELETE FROM made WHERE document = ?", [(path,) for path in documents])

    def close(self) -> None:
        """Close the file; who goes on asking opens it again."""
        with self._lock, suppress(sqlite3.Error):
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            place = str(self._file) if self._file else ":memory:"
            made = sqlite3.connect(place, timeout=2, isolation_level=None, check_same_thread=False)
            try:
                made.execute("PRAGMA journal_mode = WAL")
                made.execute("CREATE TABLE IF NOT EXISTS made (hash BLOB UNIQUE, document TEXT, text TEXT)")
            except sqlite3.DatabaseError as error:
                made.close()
                if self._file is None or error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                    raise
                self._file.unlink(missing_ok=True)  # damaged: it is made anew, at the next request
                raise
            self._opened = made
        return self._opened


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
