"""The index's one truth: documents, chunks, vectors and keywords in a SQLite file. It does not know Chroma or locks.

What Chroma still has to take over is written down in the same transaction (`pending`), so that a process may be
killed at any moment. Vectors are kept here as well: to lose Chroma's folder costs seconds, not an
embedding of everything. Errors of SQLite pass through; `rag.index.index` turns them into messages.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.documents.chunks import Chunk
from rag.documents.folder import Document
from rag.documents.keywords import searchable
from rag.index import vocabulary
from rag.index.keyword_ranking import keyword_ranking
from rag.index.records import DocumentRecord, FileRecord, Marks, chunk_of, digest_of, marks_of, vector_of
from rag.index.schema import CHUNK, DOCUMENT, SCHEMA
from rag.index.tables import Tables, add_tables, delete_tables

_CHECKED_BYTES = 256 * 1024 * 1024
"""A database of at most this size is checked whole when it is opened: about 0.1 s for 100 MB."""


class Store:
    """One SQLite file, read and written by several threads; readers do not wait for the writer."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open `path`; with `create` make a new one. Raises sqlite3.Error when it is damaged or has other tables."""
        self._lock = threading.Lock()
        self._counted = -1, 0
        self.tables = Tables(self._rows)
        self._read = self._connect(path)
        self._write = self._connect(path)
        if create:
            self._write.executescript(f"BEGIN;{SCHEMA}COMMIT;")
        if path.stat().st_size <= _CHECKED_BYTES:
            (problem,) = self._read.execute("PRAGMA quick_check(1)").fetchone()
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
        self._read.execute(vocabulary.SCHEMA)
        self.generation()

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def close(self) -> None:
        """Close the file; who still reads it in another thread gets a sqlite3.Error."""
        with self._lock:  # a connection that is closed while it is used takes the process along
            self._write.close()
            self._read.close()

    def _rows(self, sql: str, *parameters: object) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._read.execute(sql, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._write.execute("BEGIN IMMEDIATE")
        try:
            yield self._write
            self._write.execute("COMMIT")
        except BaseException:
            if self._write.in_transaction:
                self._write.execute("ROLLBACK")
            raise

    def add(
        self, document: Document, chunks: Sequence[Chunk], vectors: NDArray[np.float32], size: int, mtime_ns: int
    ) -> None:
        """Put a document in, in place of what stood under its path. One transaction."""
        with self._transaction() as connection:
            self._delete(connection, document.path)
            connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (document.path, document.title, document.sha256, size, mtime_ns,
                 sum(len(chunk.sentences) for chunk in chunks), len(chunks), json.dumps(document.pages),
                 json.dumps(document.scanned), document.text),
            )  # fmt: skip
            title = searchable(document.title)
            for ordinal, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True)):
                number = connection.execute(
                    "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (chunk.id, chunk.document, ordinal, chunk.start, chunk.end, chunk.page, json.dumps(chunk.pages),
                     json.dumps(chunk.sentences), json.dumps(chunk.certainties), chunk.text,
                     digest_of(chunk.titled_text), vector.astype("<f4").tobytes()),
                ).lastrowid  # fmt: skip
                text = searchable(chunk.text)
                connection.execute("INSERT INTO keywords (rowid, title, text) VALUES (?, ?, ?)", (number, title, text))
            connection.executemany("INSERT OR IGNORE INTO pending VALUES (?)", [(chunk.id,) for chunk in chunks])
            add_tables(connection, document)

    @staticmethod
    def _delete(connection: sqlite3.Connection, path: str) -> None:
        connection.execute("INSERT OR IGNORE INTO pending SELECT id FROM chunks WHERE document = ?", (path,))
        connection.execute(
            "DELETE FROM keywords WHERE rowid IN (SELECT number FROM chunks WHERE document = ?)", (path,)
        )
        connection.execute("DELETE FROM chunks WHERE document = ?", (path,))
        delete_tables(connection, path)
        connection.execute("DELETE FROM documents WHERE path = ?", (path,))

    def touch(self, path: str, size: int, mtime_ns: int) -> None:
        """Note that a file has the same content at another time of change."""
        with self._transaction() as connection:
            connection.execute("UPDATE documents SET size = ?, mtime_ns = ? WHERE path = ?", (size, mtime_ns, path))

    def remove(self, paths: Collection[str]) -> None:
        """Take documents out. One transaction."""
        with self._transaction() as connection:
            for path in paths:
                self._delete(connection, path)

    def note_file(self, record: FileRecord) -> None:
        """Note what came of reading a file, in place of what was noted before."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                (record.path, record.size, record.mtime_ns, record.sha256, json.dumps(record.unread)),
            )

    def forget_files(self, paths: Collection[str]) -> None:
        """Forget what was noted of files."""
        with self._transaction() as connection:
            connection.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])

    def files(self) -> dict[str, FileRecord]:
        """Return every file that something is noted of, by its path."""
        return {
            path: FileRecord(path, size, mtime_ns, sha256, tuple((where, why) for where, why in json.loads(unread)))
            for path, size, mtime_ns, sha256, unread in self._rows("SELECT * FROM files")
        }

    def documents(self) -> dict[str, DocumentRecord]:
        """Return every document by its path, sorted."""
        return {row[0]: DocumentRecord(*row) for row in self._rows(f"{DOCUMENT} ORDER BY path")}

    def document(self, path: str) -> DocumentRecord | None:
        """Return one document, or None when there is no such one."""
        rows = self._rows(f"{DOCUMENT} WHERE path = ?", path)
        return DocumentRecord(*rows[0]) if rows else None

    def text(self, path: str) -> str | None:
        """Return a document's text, or None when there is no such document."""
        rows = self._rows("SELECT text FROM documents WHERE path = ?", path)
        return rows[0][0] if rows else None

    def marks(self, path: str) -> Marks:
        """Return where the pages of a document start, and what of it OCR read; nothing where there is no such."""
        rows = self._rows("SELECT pages, scanned FROM documents WHERE path = ?", path)
        return marks_of(*rows[0]) if rows else Marks()

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Return the chunks of `ids` that there are."""
        sql = f"{CHUNK} WHERE chunks.id IN (SELECT value FROM json_each(?))"
        return {row[0]: chunk_of(row) for row in self._rows(sql, json.dumps(list(ids)))}

    def all_chunks(self) -> Iterator[Chunk]:
        """Yield every chunk, by document and position."""
        for path in self.documents():
            yield from self.chunks_of(path)

    def chunks_of(self, path: str, every: int = 1) -> Iterator[Chunk]:
        """Yield the chunks of one document in order, one of `every` so many."""
        for row in self._rows(f"{CHUNK} WHERE document = ? AND ordinal % ? = 0 ORDER BY ordinal", path, every):
            yield chunk_of(row)

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those `ids` that there are."""
        sql = "SELECT id, vector FROM chunks WHERE id IN (SELECT value FROM json_each(?))"
        return {id_: vector_of(blob) for id_, blob in self._rows(sql, json.dumps(list(ids)))}

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return those `ids` that there are."""
        sql = "SELECT id FROM chunks WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._rows(sql, json.dumps(list(ids)))}

    def vectors_of_documents(self, documents: Collection[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of every chunk of some documents."""
        sql = "SELECT id, vector FROM chunks WHERE document IN (SELECT value FROM json_each(?))"
        return {id_: vector_of(blob) for id_, blob in self._rows(sql, json.dumps(list(documents)))}

    def vectors_of_texts(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those `texts` that some chunk was embedded from."""
        digests = {digest_of(text): text for text in texts}
        sql = "SELECT digest, vector FROM chunks WHERE digest IN (SELECT value FROM json_each(?))"
        return {digests[digest]: vector_of(blob) for digest, blob in self._rows(sql, json.dumps(list(digests)))}

    def holds_word(self, word: str) -> bool:
        """Tell whether some document holds `word`."""
        return vocabulary.holds(self._rows, word)

    def terms_beginning(self, letter: str) -> list[str]:
        """Return the terms of the keyword index that begin with `letter`."""
        return vocabulary.terms_beginning(self._rows, letter)

    def keyword(self, query: str, limit: int, documents: Collection[str] | None = None) -> list[tuple[str, float]]:
        """Return (chunk id, BM25 score) of the best chunks that hold a term of `query`, best first, ties by id."""
        return keyword_ranking(self._rows, self.count(), query, limit, documents)

    def count(self) -> int:
        """Return the number of chunks."""
        version = self._rows("PRAGMA data_version")[0][0]  # another one when somebody has written since
        if self._counted[0] != version:
            self._counted = version, int(self._rows("SELECT count(*) FROM chunks")[0][0])
        return self._counted[1]

    def ids(self) -> set[str]:
        """Return the id of every chunk."""
        return {row[0] for row in self._rows("SELECT id FROM chunks")}

    def generation(self) -> int:
        """Return a number that changes whenever some process writes to Chroma."""
        return int(self._rows("SELECT generation FROM state")[0][0])

    def pending(self, limit: int = -1) -> list[str]:
        """Return ids in which Chroma may differ from this file, sorted."""
        return [row[0] for row in self._rows("SELECT id FROM pending ORDER BY id LIMIT ?", limit)]

    def count_pending(self) -> int:
        """Return the number of ids in which Chroma may differ."""
        return int(self._rows("SELECT count(*) FROM pending")[0][0])

    def chroma_files(self) -> str:
        """Return what `settle` was last given."""
        return str(self._rows("SELECT chroma_files FROM state")[0][0])

    def settle(self, chroma_files: str, taken_over: Collection[str] = (), pending: Collection[str] = ()) -> None:
        """Begin a new generation: Chroma's files now, ids that it has taken over, and ids in which it may differ."""
        with self._transaction() as connection:
            connection.execute("UPDATE state SET generation = generation + 1, chroma_files = ?", (chroma_files,))
            connection.executemany("DELETE FROM pending WHERE id = ?", [(id_,) for id_ in taken_over])
            connection.executemany("INSERT OR IGNORE INTO pending VALUES (?)", [(id_,) for id_ in pending])
