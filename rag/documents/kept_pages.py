"""What OCR found on the pictures of pages, kept in a file, so that no page is read twice. It does not know OCR.

A page is known by the hash of its picture; the files that have such a page are noted with it, so that what was found
goes when the last of them has gone or changed.
"""

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from rag.documents.formats.parts import Found
from rag.progress import Report

SCANS = "scans.sqlite"
"""What the file is called beside an index."""
_SCHEMA = """CREATE TABLE IF NOT EXISTS pages (digest TEXT, file TEXT, found TEXT, PRIMARY KEY (digest, file))
    WITHOUT ROWID"""
_LONGEST = 2_000_000
"""Characters of one page's lines as JSON; more is not kept."""
_PATIENCE_S = 5.0


class KeptPages:
    """One SQLite file. Where it cannot be used nothing is kept, and pages are read again: it holds no truth."""

    def __init__(self, path: Path) -> None:
        """Keep in the file `path`, which is made when there is something to keep."""
        self._path = path

    def get(self, digest: str, file: str = "") -> Found | None:
        """Return what was found on a page, and note that `file` has it, too; None where it is not known."""
        if not self._path.exists():
            return None
        rows = self._run("SELECT found FROM pages WHERE digest = ? LIMIT 1", digest)
        if not rows:
            return None
        if file:
            self._run("INSERT OR IGNORE INTO pages VALUES (?, ?, ?)", digest, file, rows[0][0])
        try:
            found = json.loads(rows[0][0])
        except ValueError:
            return None
        return found if isinstance(found, list) else None

    def put(self, digest: str, file: str, found: Found) -> None:
        """Keep what was found on a page of `file`."""
        told = json.dumps(found, ensure_ascii=False)
        if len(told) <= _LONGEST:
            self._run("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", digest, file, told)

    def settle(self, file: str, digests: Collection[str]) -> None:
        """Drop what is kept of other pages of `file` than these."""
        if self._path.exists():
            others = "DELETE FROM pages WHERE file = ? AND digest NOT IN (SELECT value FROM json_each(?))"
            self._run(others, file, json.dumps(list(digests)))

    def keep_only(self, files: Collection[str]) -> None:
        """Drop what is kept of other files than these."""
        if self._path.exists():
            gone = "DELETE FROM pages WHERE file NOT IN (SELECT value FROM json_each(?))"
            self._run(gone, json.dumps(list(files)))

    def _run(self, sql: str, *values: str) -> list[Any]:
        for _ in range(2):
            try:
                with closing(sqlite3.connect(self._path, timeout=_PATIENCE_S)) as connection, connection:
                    connection.execute("PRAGMA secure_delete = ON")  # what is gone is not to be read in the file
                    connection.execute(_SCHEMA)
                    return connection.execute(sql, values).fetchall()
            except (sqlite3.OperationalError, UnicodeError):  # locked, no room, no permission, a name that is no text
                return []
            except sqlite3.Error:  # damaged: begun anew
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)
        return []


class Pages:
    """The pages of one file while it is read."""

    def __init__(self, file: str, kept: KeptPages | None, report: Report) -> None:
        """Ask and tell `kept`, and tell `report` how far it is."""
        self._file, self._kept, self._report = file, kept, report
        self._digests: set[str] = set()
        self._task = f"Reading {file.rpartition('/')[2]} by OCR"
        self._begun = False

    def recall(self, digest: str) -> Found | None:
        """Return what was found before on the page of this hash."""
        self._digests.add(digest)
        return self._kept.get(digest, self._file) if self._kept else None

    def note(self, frame: dict[str, Any]) -> None:
        """Take in what a child process says of a page."""
        number, count, digest, found = (frame.get(key) for key in ("page", "of", "digest", "found"))
        if type(number) is int and type(count) is int and number < count:
            self._begun = True
            self._report(self._task, number, count, "pages")
        if self._kept and isinstance(digest, str) and digest in self._digests and isinstance(found, list):
            self._kept.put(digest, self._file, found)

    def end(self) -> None:
        """Say that the file is read to its end."""
        if self._begun:
            self._report(self._task, 1, 1, "pages")
        if self._kept:
            self._kept.settle(self._file, self._digests)
