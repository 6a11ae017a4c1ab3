"""The vectors in Chroma, kept up with the documents' database: what is lacking is taken over, what is lost comes again.

SQLite (`rag.index.store`) holds the truth and says what is pending. Whatever goes wrong with Chroma is mended here:
opened anew, made anew, or told. It does not know documents, keywords or questions.
"""

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.index.chroma import Chroma, ChromaFailure, ChromaGone, chroma_failures, close
from rag.index.folder import Busy, IndexFolder
from rag.index.store import Store
from rag.progress import Report, silent

if TYPE_CHECKING:
    from rag.index.chroma import ClientAPI, Collection

_BATCH = 500
"""Vectors that Chroma takes over under one hold of the lock; its own limit is 5,461."""
_PAGE = 10_000
"""Ids that are asked for at once."""
_ENTRY = ("ids", "embeddings")
_PAUSES_S = (0.5, 2.0)
"""Between the attempts to reach a server."""


class VectorIndex:
    """The vectors of one index in Chroma. Threads may share it."""

    def __init__(self, folder: IndexFolder, store: Store, dimensions: int, place: Chroma) -> None:
        """Follow `store` at `place`; nothing is opened before it is needed."""
        self._folder = folder
        self._store = store
        self._dimensions = dimensions
        self._chroma = place
        self._lock = threading.RLock()
        self._client: ClientAPI | None = None
        self._collection: Collection | None = None
        self._seen = -1
        self._looked_at = 0

    def close(self) -> None:
        """Close Chroma; it is opened again when it is needed."""
        with self._lock:
            self._close()

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """Return (chunk id, cosine similarity) of the `limit` nearest chunks or a few more. Raises StoreError."""
        with self._lock:
            for attempt in range(3):
                if self._collection is None or self._looked_at < self._chroma.looks_at(self._store.count()):
                    self._close()
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
                    self._close()  # opening it again waits, and tells
                    continue
                except ChromaFailure:
                    pass
                # Either another process wrote meanwhile, or a part of what Chroma held is gone.
                with self._folder.writing():
                    self._close()
                    if attempt:
                        self._make_away()
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
        with self._lock:
            while True:
                try:
                    with self._folder.writing(wait_s):
                        return self._take_over_batch()
                except ChromaFailure as failure:
                    attempt += 1
                    gone = isinstance(failure, ChromaGone)
                    with self._folder.writing():
                        self._close()
                        if attempt == 3 or self._folder.is_full():
                            raise self._chroma.message(str(failure)) from failure
                        if attempt == 2 and not gone:
                            self._make_away()
                    if gone:
                        time.sleep(_PAUSES_S[attempt - 1])

    def _take_over_batch(self) -> int:
        """Bring one batch into Chroma; the file lock is held."""
        if self._collection is None or self._seen != self._store.generation():
            self._close()  # another process wrote: an open client keeps searching what it loaded before
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

    def _compare(self, collection: "Collection", *, thoroughly: bool) -> None:
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
        with self._folder.messages(), self._lock:
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

    def erase(self) -> None:
        """Make away with what Chroma holds; it is made anew when it is needed. Raises StoreError."""
        with self._lock, self._folder.writing():
            self._close()
            self._make_away()

    def _make_away(self) -> None:
        try:
            self._chroma.erase()
        except ChromaFailure as failure:
            raise self._chroma.message(str(failure)) from failure

    def _write_now(self, collection: "Collection") -> None:
        """Make Chroma read its vector files, or write what waits to be written there: a query does it, if any did not.

        Here the lock is held; the queries of readers then find nothing to write.
        """
        with chroma_failures():
            if collection.count():
                collection.query(query_embeddings=np.ones((1, self._dimensions), np.float32), n_results=1, include=[])

    def _close(self) -> None:
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            close(client)


def _unit(vector: Any) -> NDArray[np.float32]:
    array = np.asarray(vector, np.float32)
    return array / max(float(np.linalg.norm(array)), 1e-12)


def similarities(vector: NDArray[np.float32], vectors: dict[str, NDArray[np.float32]]) -> list[tuple[str, float]]:
    """Return (id, cosine similarity to `vector`) of each of `vectors`."""
    if not vectors:
        return []
    matrix = np.stack(list(vectors.values()))
    norms = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    return list(zip(vectors, (matrix @ vector / np.maximum(norms, 1e-12)).tolist(), strict=True))
