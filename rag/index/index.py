"""The index: Chroma for vectors, in its folder or on a server, SQLite for the rest. Threads may share it.

SQLite (`rag.index.store`) holds the truth, Chroma (`rag.index.vectors`) follows it: a document is in the index once
SQLite has committed it, and Chroma takes over what it lacks, later or after a kill, without anything being embedded
again. Ids that SQLite does not know are never returned. It does not know files, questions or which embedder made the
vectors.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag.documents.chunks import Chunk
from rag.documents.columns import Row
from rag.documents.folder import Document
from rag.errors import StoreError
from rag.index import chroma
from rag.index.chroma import Chroma, EmbeddedChroma
from rag.index.chroma_server import ChromaServer, ServerAddress
from rag.index.folder import IndexFolder
from rag.index.records import DocumentRecord, FileRecord, Marks
from rag.index.store import Store
from rag.index.tables import KeptTable
from rag.index.vectors import VectorIndex, similarities
from rag.progress import Report, silent


class Index:
    """Chunks of a folder's documents, found by vector or by keyword. Close it, or use it in a `with`."""

    def __init__(self, folder: IndexFolder, store: Store, dimensions: int, place: Chroma) -> None:
        """Use `Index.open`."""
        self.rebuilt = folder.rebuilt
        """Why the index starts empty although there was one: a sentence to show; None when that did not happen."""
        self.place = folder.path
        """Where the index lies; what else is kept of its documents lies there, too."""
        self._folder = folder
        self._store = store
        self._dimensions = dimensions
        self._vectors = VectorIndex(folder, store, dimensions, place)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        dimensions: int,
        fingerprint: str,
        server: ServerAddress | None = None,
        report: Report = silent,
        wait_s: float = 60,
    ) -> "Index":
        """Open the index in `folder`, or make one; an index that does not fit or is damaged is made anew, empty.

        `fingerprint` names everything that the content depends on: embedder, chunk size, tokenizer. With a `server`
        Chroma is there and the rest in `folder`. `wait_s` to wait for another writer. Raises StoreError.
        """
        place = IndexFolder(folder, dimensions=dimensions, fingerprint=fingerprint, wait_s=wait_s)
        store = place.open_store()
        if place.rebuilt:
            report(place.rebuilt, 0, 0, "")
        return cls(place, store, dimensions, ChromaServer(place, server) if server else EmbeddedChroma(place))

    @staticmethod
    def preload() -> None:
        """Import Chroma, which takes most of a second: in a thread, while something else loads."""
        chroma.preload()

    def close(self) -> None:
        """Close both databases; a second call does nothing."""
        self._vectors.close()
        self._store.close()

    def __enter__(self) -> Self:
        """Return the index itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the index."""
        self.close()

    # Documents

    def documents(self) -> dict[str, DocumentRecord]:
        """Return every document by its path, sorted."""
        with self._folder.messages():
            return self._store.documents()

    def document(self, path: str) -> DocumentRecord | None:
        """Return one document, or None when it is not in the index."""
        with self._folder.messages():
            return self._store.document(path)

    def text(self, path: str) -> str:
        """Return the text of the document `path`. Raises StoreError when it is not in the index."""
        with self._folder.messages():
            text = self._store.text(path)
        if text is None:
            raise StoreError(f"The document '{path}' is not in the index. Run `rag index`.")
        return text

    def add(
        self, document: Document, chunks: Sequence[Chunk], vectors: NDArray[np.float32], size: int, mtime_ns: int
    ) -> None:
        """Put a document in, in place of what stood under its path; all of it or, on an error, nothing.

        `vectors` has shape (len(chunks), dimensions); `size` (bytes) and `mtime_ns` are the file's.
        """
        if vectors.shape != (len(chunks), self._dimensions):
            raise ValueError(f"{len(chunks)} chunks of {self._dimensions} dimensions, vectors {vectors.shape}")
        with self._folder.writing():
            self._store.add(document, chunks, vectors, size, mtime_ns)

    def touch(self, path: str, size: int, mtime_ns: int) -> None:
        """Note that a file has the same content at another time of change."""
        with self._folder.writing():
            self._store.touch(path, size, mtime_ns)

    def remove(self, paths: Collection[str]) -> None:
        """Take documents out; paths that are not in the index are ignored."""
        with self._folder.writing():
            self._store.remove(paths)

    def note_file(self, record: FileRecord) -> None:
        """Note what came of reading a file that is not simply the document of its path."""
        with self._folder.writing():
            self._store.note_file(record)

    def forget_files(self, paths: Collection[str]) -> None:
        """Forget what was noted of files."""
        with self._folder.writing():
            self._store.forget_files(paths)

    def files(self) -> dict[str, FileRecord]:
        """Return every file that something is noted of, by its path."""
        with self._folder.messages():
            return self._store.files()

    def generation(self) -> int:
        """Return a number that changes whenever the chunks do."""
        with self._folder.messages():
            return self._store.generation()

    # Tables

    def marks(self, path: str) -> Marks:
        """Return where the pages of a document start, and what of it OCR read; nothing where it is not there."""
        with self._folder.messages():
            return self._store.marks(path)

    def tables_of(self, documents: Collection[str]) -> list[KeptTable]:
        """Return the tables of these documents, without their rows, in order."""
        with self._folder.messages():
            return self._store.tables.of(documents)

    def find_tables(self, question: str, limit: int, documents: Collection[str] | None = None) -> list[KeptTable]:
        """Return the tables whose names, columns or cells hold words of `question`, best first, without their rows."""
        with self._folder.messages():
            return self._store.tables.find(question, limit, documents)

    def rows(self, table: int) -> tuple[Row, ...]:
        """Return the rows of the table of this number; none when it is gone."""
        with self._folder.messages():
            return self._store.tables.rows(table)

    # Chunks

    def count(self) -> int:
        """Return the number of chunks."""
        with self._folder.messages():
            return self._store.count()

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Return the chunks of those `ids` that are in the index."""
        with self._folder.messages():
            return self._store.chunks(ids)

    def all_chunks(self) -> Iterator[Chunk]:
        """Yield every chunk, by document and position."""
        with self._folder.messages():
            yield from self._store.all_chunks()

    def chunks_of(self, path: str, every: int = 1) -> list[Chunk]:
        """Return the chunks of one document in order, one of `every` so many; none where it is not in the index."""
        with self._folder.messages():
            return list(self._store.chunks_of(path, every))

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors, shape (dimensions,), of those `ids` that are in the index."""
        with self._folder.messages():
            return self._store.vectors(ids)

    def vectors_of_texts(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those `texts` that are already embedded for some chunk (see `Chunk.titled_text`)."""
        with self._folder.messages():
            return self._store.vectors_of_texts(texts)

    def holds_word(self, word: str) -> bool:
        """Tell whether some document holds `word`."""
        with self._folder.messages():
            return self._store.holds_word(word)

    def terms_beginning(self, letter: str) -> list[str]:
        """Return the terms of the keyword index, stems in small letters, that begin with `letter`."""
        with self._folder.messages():
            return self._store.terms_beginning(letter)

    def keyword(self, query: str, limit: int, documents: Collection[str] | None = None) -> list[tuple[str, float]]:
        """Return (chunk id, BM25 score) of the chunks that hold a word of `query`, best first, ties by id.

        `documents` (paths) narrows the search. The score is positive, larger is better.
        """
        with self._folder.messages():
            return self._store.keyword(query, limit, documents)

    def dense(
        self, vector: NDArray[np.float32], limit: int, documents: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return (chunk id, cosine similarity) of the chunks nearest to `vector`, best first, ties by id.

        `documents` (paths) narrows the search, which is then exact.
        """
        with self._folder.messages():
            if documents is not None:
                near = similarities(vector, self._store.vectors_of_documents(documents))
            elif self._store.count() == 0:
                return []
            else:
                near = self._vectors.nearest(vector, limit)
        return sorted(near, key=lambda item: (-item[1], item[0]))[:limit]

    # Vectors

    def synchronise(self, report: Report = silent) -> None:
        """Let Chroma take over what it lacks, which a search does by itself, in part; see `VectorIndex`."""
        self._vectors.synchronise(report)

    def verify(self, report: Report = silent) -> int:
        """Compare each vector that Chroma holds with ours; returns how many there are. Raises StoreError.

        For an index that is up to date and that nobody writes meanwhile.
        """
        return self._vectors.verify(report)

    def erase_vectors(self) -> None:
        """Make away with what Chroma holds; it is made anew when it is needed. Raises StoreError."""
        self._vectors.erase()
