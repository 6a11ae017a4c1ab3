"""Where Chroma keeps an index's vectors: in a folder of its own, or on a server. The only chromadb import.

Both are followers of the documents' database (`rag.store`) and are used by the same code (`rag.index`); what differs is
how a collection is opened, made away with, and known to be as it was left. It does not know chunks, locks or searches.
"""

import json
import math
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import RagError, StoreError
from rag.index_folder import IndexFolder

if TYPE_CHECKING:
    from chromadb.api import ClientAPI as ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection as Collection

_HNSW: "CreateHNSWConfiguration" = {"space": "cosine", "ef_search": 400, "ef_construction": 200, "max_neighbors": 32}
"""Recall@20 on 5,000 random vectors is .69 with Chroma's defaults and .998 with these."""
_LOOKED_AT, _MOST_LOOKED_AT = 0.03, 12_800
"""Share of the chunks that a search looks at, in steps of doubling: recall@20 on 100,000 random vectors is .57 with 400
and above .98 with 3,200 (docs/speed.md)."""
_CONNECT_S, _SILENT_S = 10.0, 60.0
"""Seconds that a server has for its first word, and for each further one."""


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
                collection = _collection(client, "chunks", self._folder.marker, _HNSW)
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
        steps = max(0, math.ceil(math.log2(max(1, _LOOKED_AT * chunks) / _HNSW["ef_search"])))
        return int(min(_MOST_LOOKED_AT, _HNSW["ef_search"] * 2**steps))

    def message(self, why: str) -> StoreError:
        """Name the folder."""
        if self._folder.is_full():
            why = "the disk is full"
        return StoreError(
            f"The vector database in {self._folder.chroma} cannot be used: {why}. Check that the disk has free "
            "space and run the command again; the documents are kept."
        )


@dataclass(frozen=True)
class ServerAddress:
    """A Chroma server and the place on it."""

    url: str
    token: str | None = None
    tenant: str = "default_tenant"
    database: str = "default_database"

    @property
    def headers(self) -> dict[str, str]:
        """What shows that we may: as proxies in front of Chroma want it, and as its own cloud does."""
        return {"Authorization": f"Bearer {self.token}", "X-Chroma-Token": self.token} if self.token else {}


class ChromaServer:
    """A Chroma server, by its own client. Each index has a collection of its own there, whoever's it is."""

    def __init__(self, folder: IndexFolder, address: ServerAddress) -> None:
        """Use the server at `address` for the index in `folder`."""
        self._folder = folder
        self._address = address

    @property
    def name(self) -> str:
        """Name of the collection: drawn once for each index, so that no two of them ever meet."""
        path = self._folder.path / "collection"
        if not path.exists():
            path.write_text(f"rag-{secrets.token_hex(8)}", encoding="ascii")
        return path.read_text(encoding="ascii")

    def open(self, chunks: int) -> "tuple[ClientAPI, Collection]":
        """Open the collection, or make it; see `Chroma`."""
        client = _connect(self._address)
        try:
            with chroma_failures():
                # A server that has a collection loaded does not take in another `ef_search`: the largest, at once.
                return client, _collection(
                    client, self.name, self._folder.marker, {**_HNSW, "ef_search": _MOST_LOOKED_AT}
                )
        except BaseException:
            close(client)
            raise

    def looks_at(self, chunks: int) -> int:
        """Return the most, always."""
        return _MOST_LOOKED_AT

    def state(self) -> str:
        """Return which collection of which server is followed."""
        where = self._address
        return json.dumps({"server": [where.url, where.tenant, where.database, self.name]})

    def distrust(self) -> None:
        """Do nothing: a server cannot crash this process, and every id is compared."""

    def erase(self) -> None:
        """Delete the collection."""
        client = _connect(self._address)
        try:
            with chroma_failures():
                if self.name in {each.name for each in client.list_collections()}:
                    client.delete_collection(self.name)
        finally:
            close(client)

    def message(self, why: str) -> StoreError:
        """Name the server."""
        return StoreError(
            f"The Chroma server at {self._address.url} cannot be used: {why}. Start it and run the command again; "
            "nothing is lost, the documents and their vectors are kept here. Or go on without it: unset RAG_CHROMA_URL."
        )


def server_version(address: ServerAddress) -> str:
    """Return the version of the server at `address`. Raises ChromaFailure, StoreError."""
    client = _connect(address)
    try:
        with chroma_failures():
            return str(client.get_version())
    finally:
        close(client)


def _connect(where: ServerAddress) -> "ClientAPI":
    """Open a client. Raises ChromaFailure, and StoreError where it is of no use to try again."""
    import chromadb
    from chromadb.config import Settings

    _look(where)
    with chroma_failures():
        try:
            client = chromadb.HttpClient(
                where.url,
                headers=dict(where.headers),
                settings=Settings(anonymized_telemetry=False),
                tenant=where.tenant,
                database=where.database,
            )
        except Exception as error:  # of several kinds
            if not {"tenant", "database"} & set(str(error).lower().split()):
                raise
            raise StoreError(
                f"The Chroma server at {where.url} has no tenant '{where.tenant}' with a database '{where.database}' "
                f"for us ({str(error).splitlines()[0]}). Make them there, or set RAG_CHROMA_TENANT and "
                "RAG_CHROMA_DATABASE."
            ) from error
    with suppress(AttributeError):  # the library waits without an end otherwise, and has no setting for it
        client._server._session.timeout = _SILENT_S  # type: ignore[attr-defined]
    return client


def _look(where: ServerAddress) -> None:
    """See whether anybody is there, and lets us in: the library waits without an end."""
    request = urllib.request.Request(f"{where.url.rstrip('/')}/api/v2/heartbeat", headers=where.headers)
    try:
        context = ssl.create_default_context() if where.url.startswith("https") else None
        urllib.request.urlopen(request, timeout=_CONNECT_S, context=context).close()
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise StoreError(
                f"The Chroma server at {where.url} refused the token ({error}). Set RAG_CHROMA_TOKEN."
            ) from error
        raise ChromaFailure(f"it answers {error}") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise StoreError(
                f"The certificate of the Chroma server at {where.url} is not trusted ({reason.verify_message}). "
                "Name the file of its authority in SSL_CERT_FILE."
            ) from error
        raise ChromaGone(str(reason)) from error


def close(client: "ClientAPI") -> None:
    """Close a client, whatever state it is in."""
    with suppress(Exception):
        client.close()  # type: ignore[attr-defined]


def _collection(client: "ClientAPI", name: str, marker: dict[str, Any], hnsw: Any) -> "Collection":
    collection = client.get_or_create_collection(
        name, embedding_function=None, metadata=marker, configuration={"hnsw": hnsw}
    )
    if collection.metadata != marker:
        raise ChromaFailure("it was made with other settings")
    return collection
