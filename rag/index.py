"""The index: Chroma for vectors, in its folder or on a server, SQLite for the rest. Threads may share it.

SQLite (`rag.store`) holds the truth, Chroma (`rag.chroma`) follows it: a document is in the index once SQLite has
committed it, and Chroma takes over what it lacks, later or after a kill, without anything being embedded again. Ids
that SQLite does not know are never returned. It does not know files, questions or which embedder made the vectors.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from rag import chroma
from rag.chroma import Chroma, ChromaFailure, ChromaGone, ChromaServer, EmbeddedChroma, ServerAddress, chroma_failures
from rag.chunks import Chunk
from rag.documents import Document
from rag.errors import StoreError
from rag.index_folder import Busy, IndexFolder
from rag.progress import Report, silent
from rag.store import DocumentRecord, FileRecord, Store, embedded_text

if TYPE_CHECKING:
    from rag.chroma import ClientAPI
    from rag.chroma import Collection as ChromaCollection

__all__ = ["DocumentRecord", "FileRecord", "Index", "embedded_text"]

_BATCH = 500
"""Vectors that Chroma takes over under one hold of the lock; its own limit is 5,461."""
_PAGE = 10_000
"""Ids that are asked for at once."""
_ENTRY = ("ids", "embeddings")
_PAUSES_S = (0.5, 2.0)
"""Between the attempts to reach a server."""


class Index:
    """Chunks of a folder's documents, found by vector or by keyword. Close it, or use it in a `with`."""

    def __init__(self, folder: IndexFolder, store: Store, dimensions: int, place: Chroma) -> None:
        """Use `Index.open`."""
        self.rebuilt = folder.rebuilt
        """Why the index starts empty although there was one: a sentence to show; None when that did not happen."""
        self._folder = folder
        self._store = store
        self._dimensions = dimensions
        self._chroma = place
        self._chroma_lock = threading.RLock()
        self._client: ClientAPI | None = None
        self._collection: ChromaCollection | None = None
        self._seen = -1
        self._looked_at = 0

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
        Chroma is there and the rest in `folder`. `wait_s` is the longest wait for another process that is writing.
        Raises StoreError.
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
        with self._chroma_lock:
            self._close_chroma()
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

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors, shape (dimensions,), of those `ids` that are in the index."""
        with self._folder.messages():
            return self._store.vectors(ids)

    def vectors_of_texts(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those `texts` that are already embedded for some chunk (see `embedded_text`)."""
        with self._folder.messages():
            return self._store.vectors_of_texts(texts)

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
                near = _similarities(vector, self._store.vectors_of_documents(documents))
            elif self._store.count() == 0:
                return []
            else:
                near = self._nearest(vector, limit)
        return sorted(near, key=lambda item: (-item[1], item[0]))[:limit]

    # Chroma

    def _nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        with self._chroma_lock:
            for attempt in range(3):
                if self._collection is None or self._looked_at < self._chroma.looks_at(self._store.count()):
                    self._close_chroma()
                    self.synchronise()
                elif self._is_behind():
                    with suppress(Busy):  # then what is open stays in use
                        self._catch_up(wait_s=0)
                pending = self._store.count_pending()
                try:
                    near = self._query(vector, limit + min(pending, _BATCH))
                    expected = min(limit, self._store.count()) - pending
                    if len(near) >= expected:
                        return near
                except ChromaGone:
                    self._close_chroma()  # opening it again waits, and tells
                    continue
                except ChromaFailure:
                    pass
                # Either another process wrote meanwhile, or a part of what Chroma held is gone.
                with self._folder.writing():
                    self._close_chroma()
                    if attempt:
                        self._erase()
            raise self._chroma.message("it does not find what was put in")

    def _query(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        assert self._collection is not None
        with chroma_failures():
            there = self._collection.count()
            found: Any = self._collection.query(
                query_embeddings=np.asarray(vector, dtype=np.float32).reshape(1, -1),
                n_results=max(1, min(limit, there)),
                include=["distances"],
            )
        near = zip(found["ids"][0], found["distances"][0], strict=True)
        known = self._store.known(found["ids"][0])
        return [(id_, 1.0 - float(distance)) for id_, distance in near if id_ in known]

    def synchronise(self, report: Report = silent) -> None:
        """Let Chroma take over what SQLite has and it has not; one comparison when there is nothing to do.

        Searching does this by itself, in part; after adding many documents it is better done at once. Searches of other
        threads get their turn between the batches.
        """
        with self._folder.messages():
            total, done = self._store.count_pending(), 0
            while self._is_behind():
                done += self._catch_up()
                if total:
                    report("Indexing vectors", min(done, total), total, "passages")

    def _is_behind(self) -> bool:
        return self._collection is None or self._seen != self._store.generation() or bool(self._store.pending(1))

    def _catch_up(self, wait_s: float | None = None) -> int:
        """Bring one batch into Chroma, if need be into a new one; return how many."""
        attempt = 0
        with self._chroma_lock:
            while True:
                try:
                    with self._folder.writing(wait_s):
                        return self._take_over_batch()
                except ChromaFailure as failure:
                    attempt += 1
                    gone = isinstance(failure, ChromaGone)
                    with self._folder.writing():
                        self._close_chroma()
                        if attempt == 3 or self._folder.is_full():
                            raise self._chroma.message(str(failure)) from failure
                        if attempt == 2 and not gone:
                            self._erase()
                    if gone:
                        time.sleep(_PAUSES_S[attempt - 1])

    def _take_over_batch(self) -> int:
        """Bring one batch into Chroma; the file lock is held."""
        if self._collection is None or self._seen != self._store.generation():
            self._close_chroma()  # another process wrote: an open client keeps searching what it loaded before
            as_left = self._store.chroma_files() == self._chroma.state()
            if not as_left:
                self._chroma.distrust()
            self._client, self._collection = self._chroma.open(self._store.count())
            self._looked_at = self._chroma.looks_at(self._store.count())
            self._write_now(self._collection)
            self._compare(self._collection, thoroughly=not as_left)
        ids = self._store.pending(_BATCH)
        if ids:
            self._store.settle("being written")
            vectors = self._store.vectors(ids)
            with chroma_failures():
                if vectors:
                    self._collection.upsert(ids=list(vectors), embeddings=np.stack(list(vectors.values())))
                gone = [id_ for id_ in ids if id_ not in vectors]
                if gone:
                    self._collection.delete(ids=gone)
        if ids or self._store.chroma_files() != self._chroma.state():
            self._write_now(self._collection)
            self._store.settle(self._chroma.state(), taken_over=ids)
        self._seen = self._store.generation()
        return len(ids)

    def _compare(self, collection: "ChromaCollection", *, thoroughly: bool) -> None:
        """Note what Chroma has lost, or has and should not: by its number, or `thoroughly` by each id."""
        with chroma_failures():
            count = collection.count()
            if thoroughly or count != self._store.count():
                there: set[str] = set()
                for start in range(0, count, _PAGE):
                    there.update(collection.get(include=[], limit=_PAGE, offset=start)["ids"])
                self._store.settle(self._chroma.state(), pending=there ^ self._store.ids())

    def verify(self, report: Report = silent) -> int:
        """Compare each vector that Chroma holds with ours; returns how many there are. Raises StoreError.

        For an index that is up to date and that nobody writes meanwhile.
        """
        self.synchronise(report)
        ids = sorted(self._store.ids())
        with self._folder.messages(), self._chroma_lock:
            assert self._collection is not None
            try:
                with chroma_failures():
                    if (there := self._collection.count()) != len(ids):
                        raise self._chroma.message(f"it holds {there:,} passages in place of {len(ids):,}")
                    for start in range(0, len(ids), _BATCH):
                        batch = ids[start : start + _BATCH]
                        report("Comparing", start, len(ids), "passages")
                        found: Any = self._collection.get(ids=batch, include=["embeddings"])
                        ours, theirs = self._store.vectors(batch), dict(zip(*map(found.get, _ENTRY), strict=True))
                        for id_ in batch:
                            if id_ not in theirs or not np.allclose(_unit(theirs[id_]), _unit(ours[id_]), atol=1e-5):
                                raise self._chroma.message(f"the passage {id_} is not there as it is here")
            except ChromaFailure as failure:
                raise self._chroma.message(str(failure)) from failure
        report("Comparing", len(ids), len(ids), "passages")
        return len(ids)

    def erase_vectors(self) -> None:
        """Make away with what Chroma holds; it is made anew when it is needed. Raises StoreError."""
        with self._chroma_lock, self._folder.writing():
            self._close_chroma()
            self._erase()

    def _erase(self) -> None:
        try:
            self._chroma.erase()
        except ChromaFailure as failure:
            raise self._chroma.message(str(failure)) from failure

    def _write_now(self, collection: "ChromaCollection") -> None:
        """Make Chroma read its vector files, or write what waits to be written there: a query does it, if any did not.

        Here the lock is held; the queries of readers then find nothing to write.
        """
        with chroma_failures():
            if collection.count():
                collection.query(query_embeddings=np.ones((1, self._dimensions), np.float32), n_results=1, include=[])

    def _close_chroma(self) -> None:
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            chroma.close(client)


def _unit(vector: Any) -> NDArray[np.float32]:
    array = np.asarray(vector, np.float32)
    return array / max(float(np.linalg.norm(array)), 1e-12)


def _similarities(vector: NDArray[np.float32], vectors: dict[str, NDArray[np.float32]]) -> list[tuple[str, float]]:
    if not vectors:
        return []
    matrix = np.stack(list(vectors.values()))
    norms = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    return list(zip(vectors, (matrix @ vector / np.maximum(norms, 1e-12)).tolist(), strict=True))
