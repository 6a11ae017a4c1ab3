"""A Chroma server: a collection of its own for each index. It does not know chunks, locks or searches.

A server may be slow, gone or somebody else's: each of these is told, and none is waited for without an end.
"""

import json
import secrets
import ssl
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import StoreError
from rag.index.chroma import HNSW, MOST_LOOKED_AT, ChromaFailure, ChromaGone, chroma_failures, close, open_collection
from rag.index.folder import IndexFolder

if TYPE_CHECKING:
    from rag.index.chroma import ClientAPI, Collection

_CONNECT_S, _SILENT_S = 10.0, 60.0
"""Seconds that a server has for its first word, and for each further one."""


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
                return client, open_collection(
                    client, self.name, self._folder.marker, {**HNSW, "ef_search": MOST_LOOKED_AT}
                )
        except BaseException:
            close(client)
            raise

    def looks_at(self, chunks: int) -> int:
        """Return the most, always."""
        return MOST_LOOKED_AT

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
