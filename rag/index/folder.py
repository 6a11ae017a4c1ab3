"""The index's folder: its marker, its lock, its making and its rebuilding. It does not know what the databases hold.

The marker (`index.json`) is written first and vouches for the databases beside it: one without a marker is never
opened, and one whose marker names other settings is erased.
"""

import json
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import StoreError
from rag.index.store import Store

FORMAT = 4
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Busy(StoreError):
    """Another process holds the lock."""


class IndexFolder:
    """One folder on disk, for its owner alone."""

    rebuilt: str | None = None
    """Why the index starts empty although there was one, as a sentence."""

    def __init__(self, path: Path, *, dimensions: int, fingerprint: str, wait_s: float) -> None:
        """Name the folder and what its content depends on; nothing is touched before `open_store`."""
        self.path = path
        self.chroma = path / "chroma"
        self.marker: dict[str, str | int] = {"format": FORMAT, "fingerprint": fingerprint, "dimensions": dimensions}
        self._wait_s = wait_s
        self._lock = FileLock(path / "writer.lock")

    def open_store(self) -> Store:
        """Open the database of documents; a missing, damaged or foreign index is made anew. Raises StoreError."""
        with self.messages():
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            with self.locked():
                return self._open_or_make()

    def _open_or_make(self) -> Store:
        marker, database = self.path / "index.json", self.path / "documents.sqlite"
        if not marker.exists():
            if database.exists() or self.chroma.exists():
                raise StoreError(
                    f"The folder {self.path} holds a database that this program did not make. "
                    "Move it away, or choose another folder with RAG_DATA_DIR."
                )
            return self._make(database)
        found = self._read_marker()
        self.rebuilt = _why_unfit(found, self.marker)
        if not self.rebuilt:
            self.marker["made"] = found["made"]
            try:
                if not database.exists():
                    raise sqlite3.DatabaseError("missing")
                return Store(database, create=False)
            except sqlite3.DatabaseError as error:
                if _code(error) not in _DAMAGE | {sqlite3.SQLITE_ERROR}:
                    raise
                self.rebuilt = "The index was damaged; it is rebuilt."
        return self._make(database)

    def _make(self, database: Path) -> Store:
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        self.erase_chroma()
        self.marker["made"] = secrets.token_hex(8)  # a process that has the erased index open must notice
        self._write_marker(self.marker)
        return Store(database, create=True)

    def chroma_files(self) -> str:
        """Return, as JSON, size and time of change of each of Chroma's vector files, and whether its database is there.

        Chroma crashes the process when a vector file is damaged: they are opened only when they are as we left them.
        """
        files: dict[str, list[int] | None] = {}
        for path in sorted(self.chroma.glob("*/*")):
            stat = path.stat()
            files[path.relative_to(self.chroma).as_posix()] = [stat.st_size, stat.st_mtime_ns]
        if (self.chroma / "chroma.sqlite3").exists():
            files["chroma.sqlite3"] = None
        return json.dumps(files)

    def erase_chroma(self) -> None:
        """Remove Chroma's files; the lock is held."""
        if self.chroma.exists():
            shutil.rmtree(self.chroma)

    def is_full(self) -> bool:
        """Tell whether less than a megabyte is free."""
        return shutil.disk_usage(self.path).free < 1 << 20

    def _read_marker(self) -> dict[str, str | int]:
        try:
            found = json.loads((self.path / "index.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write_marker(self, content: dict[str, str | int]) -> None:
        new = self.path / "index.json.new"
        new.write_text(json.dumps(content), encoding="utf-8")
        new.replace(self.path / "index.json")

    @contextmanager
    def locked(self, wait_s: float | None = None) -> Iterator[None]:
        """Hold the lock of all processes' writers. Raises Busy when it is not got in time."""
        try:
            self._lock.acquire(timeout=self._wait_s if wait_s is None else wait_s)
        except Timeout as error:
            raise Busy(
                f"Another process has been writing the index in {self.path} for {self._wait_s:.0f} s. "
                "Wait until it is done, or end it, and run the command again."
            ) from error
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def writing(self, wait_s: float | None = None) -> Iterator[None]:
        """Hold the lock, for an index that is still the one that was opened. Raises StoreError."""
        with self.messages(), self.locked(wait_s):
            if self._read_marker() != self.marker:
                raise StoreError(f"The index in {self.path} was damaged or rebuilt meanwhile. Start the program again.")
            yield

    @contextmanager
    def messages(self) -> Iterator[None]:
        """Turn the errors of SQLite and the disk into a StoreError that names the folder."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if _code(error) in _DAMAGE:
                with suppress(OSError):
                    self._write_marker({})  # the next opening rebuilds it
                raise StoreError(
                    f"The index in {self.path} is damaged ({error}). Run the command again: it will be rebuilt."
                ) from error
            raise StoreError(
                f"The index in {self.path} cannot be used: {error}. Check that the disk has free space and that the "
                "folder is yours, and run the command again; the index is as it was."
            ) from error


def _why_unfit(found: dict[str, str | int], wanted: dict[str, str | int]) -> str | None:
    if "made" not in found:
        return "The index was damaged; it is rebuilt."
    if found.get("format") != wanted["format"]:
        return "The index was made by another version of the program; it is rebuilt."
    before, now = (str(marker.get("fingerprint", "")).partition(" ")[0] for marker in (found, wanted))
    if before != now:
        return f"The index was made with the embedder {before}, now it is {now}: every document is embedded again."
    if {**found, **wanted} != found:
        return "The index was made by other weights or with other settings; it is rebuilt."
    return None


def _code(error: BaseException) -> int:
    """Return SQLite's primary result code; SQLITE_ERROR where it gives none, -1 for an error of another kind."""
    if not isinstance(error, sqlite3.Error):
        return -1
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
