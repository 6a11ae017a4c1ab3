"""Chroma in this process: a collection of vectors in the index's folder. It does not know chunks, locks or searches.

Here and on a server (`rag.index.chroma_server`) it follows the documents' database (`rag.index.store`) by the same code
(`rag.index.vectors`); what differs is how a collection is opened, made away with, and known to be as it was left.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import RagError, StoreError
from rag.index.folder import IndexFolder

if TYPE_CHECKING:
    from chromadb.api import ClientAPI as ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection as Collection

HNSW: "CreateHNSWConfiguration" = {"space": "cosine", "ef_search": 400, "ef_construction": 200, "max_neighbors": 32}
"""Recall@20 on 5,000 random vectors is .69 with Chroma's defaults and .998 with these."""
_LOOKED_AT, MOST_LOOKED_AT = 0.03, 25_600
"""Share of the chunks that a search looks at, in steps of doubling: recall@20 on 100,000 random vectors is .57 with 400
and above .98 with 3,200 (docs/speed.md)."""


class ChromaFailure(Exception):
    """Whatever Chroma raised."""


class ChromaGone(ChromaFailure):
    """The server cannot be reached: what it holds is not in doubt."""


@contextmanager
def chroma_failures() -> Iterator[None]:
    """Turn what Chroma raises into ChromaFailure, and a lost connection into ChromaGone."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, RagError, ChromaFailure, ImportError):
        raise
    except BaseException as error:  # its native part panics with a BaseException
        kinds = {kind.__name__ for kind in type(error).__mro__}
        gone = "TransportError" in kinds or "Could not connect to a Chroma server" in str(error)
        raise (ChromaGone if gone else ChromaFailure)(str(error) or type(error).__name__) from error


def preload() -> None:
    """Import Chroma, which takes most of a second: in a thread, while something else loads."""
    with suppress(Exception):  # whoever needs it is told
        import chromadb  # noqa: F401


class Chroma(Protocol):
    """A place that holds the vectors of one index, in one collection."""

    def open(self, chunks: int) -> "tuple[ClientAPI, Collection]":
        """Open the collection, or make it, for so many chunks. Raises ChromaFailure, StoreError."""
        ...

    def looks_at(self, chunks: int) -> int:
        """Return how many of so many chunks a search should look at: an open collection may have to be reopened."""
        ...

    def state(self) -> str:
        """Return what is noted when the collection is up to date, and is another when somebody else changed it."""
        ...

    def distrust(self) -> None:
        """Make away with a collection that may crash this process, since its state is not what was noted."""
        ...

    def erase(self) -> None:
        """Make away with the collection; the lock is held. Raises ChromaFailure."""
        ...

    def message(self, why: str) -> StoreError:
        """Return the error that says that it cannot be used, and why."""
        ...


class EmbeddedChroma:
    """Chroma inside this process, its files in the index's folder."""

    def __init__(self, folder: IndexFolder) -> None:
        """Use `folder.chroma`."""
        self._folder = folder
        self.state = folder.chroma_files
        self.erase = self.distrust = folder.erase_chroma

    def open(self, chunks: int) -> "tuple[ClientAPI, Collection]":
        """Open the collection, or make it; see `Chroma`."""
        import chromadb
        from chromadb.config import Settings

        with chroma_failures():
            settings = Settings(anonymized_telemetry=False)
            client = chromadb.PersistentClient(self._folder.chroma, settings=settings)
            try:
                collection = open_collection(client, "chunks", self._folder.marker, HNSW)
                if (collection.configuration.get("hnsw") or {}).get("ef_search") != self.looks_at(chunks):
                    collection.modify(configuration={"hnsw": {"ef_search": self.looks_at(chunks)}})
                    client.close()  # type: ignore[attr-defined]  # what is open goes on as it was
                    client = chromadb.PersistentClient(self._folder.chroma, settings=settings)
                    collection = client.get_collection("chunks", embedding_function=None)
            except BaseException:
                close(client)
                raise
            return client, collection

    def looks_at(self, chunks: int) -> int:
        """Return a share of them, between two limits."""
        steps = max(0, math.ceil(math.log2(max(1, _LOOKED_AT * chunks) / HNSW["ef_search"])))
        return int(min(MOST_LOOKED_AT, HNSW["ef_search"] * 2**steps))

    def message(self, why: str) -> StoreError:
        """Name the folder."""
        if self._folder.is_full():
            why = "the disk is full"
        return StoreError(
            f"The vector database in {self._folder.chroma} cannot be used: {why}. Check that the disk has free "
            "space and run the command again; the documents are kept."
        )


def close(client: "ClientAPI") -> None:
    """Close a client, whatever state it is in."""
    with suppress(Exception):
        client.close()  # type: ignore[attr-defined]


def open_collection(client: "ClientAPI", name: str, marker: dict[str, Any], hnsw: Any) -> "Collection":
    """Open the collection `name`, or make it. Raises ChromaFailure when it is somebody else's."""
    collection = client.get_or_create_collection(
        name, embedding_function=None, metadata=marker, configuration={"hnsw": hnsw}
    )
    if collection.metadata != marker:
        raise ChromaFailure("it was made with other settings")
    return collection
