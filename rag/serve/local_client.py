"""Asks a running server of the same user, folder and settings. It imports nothing that takes long.

`rag.serve.local_protocol` says what is spoken. Who finds no server, or loses it before the first word, asks by itself.
"""

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import errors
from rag.answering.answer import Answer, Event, Retrieved, Token, Working
from rag.answering.citations import Source
from rag.serve.local_protocol import (
    Notice,
    connect,
    fingerprint,
    is_supported,
    line,
    read_notice,
    revive,
    servers_folder,
)

if TYPE_CHECKING:
    from rag.settings import Settings

_LOOK_S = 0.05
"""How often it is looked whether to stop."""


class ServerGone(errors.RagError):
    """The server is not there, or will not answer: ask by yourself."""


def _never() -> bool:
    return False


def find(settings: "Settings") -> "LocalClient | None":
    """Return a running server of the same folder and settings, if there is one; nobody is told why not."""
    if not is_supported():
        return None
    notice = read_notice(servers_folder(settings) / f"{fingerprint(settings)}.json")
    connection = notice and connect(notice)
    return LocalClient(notice, connection) if notice and connection else None


class LocalClient:
    """A running server, as one who asks it: what `Rag` answers, it answers too."""

    def __init__(self, notice: Notice, connection: socket.socket | None = None) -> None:
        """Ask over `connection` the first time, if there is one already."""
        self.notice = notice
        self.skipped: tuple[tuple[str, str], ...] = ()
        """(path, reason) of what could not be read, once something was answered."""
        self._connection = connection

    def stream(
        self, question: str, history: Sequence[tuple[str, str]] = (), *, stopped: Callable[[], bool] = _never
    ) -> Iterator[Event]:
        """As `Rag.stream`; the passages stay with the server. Raises RagError, ServerGone before the first word."""
        said = False
        for reply in self._asked(line(ask=question, history=[list(turn) for turn in history]), stopped):
            if "retrieved" in reply:
                self._note(reply)
                yield Retrieved(reply["retrieved"], ())
            elif "working" in reply:
                yield Working(*reply["working"])
            elif "token" in reply:
                said = True
                yield Token(reply["token"])
            elif "answer" in reply:
                yield revive(Answer, reply["answer"])
                return
        if not said:
            raise ServerGone("The server has ended.")
        raise errors.ReaderError("The server that was answering has ended. Run the command again.")

    def search(self, query: str, limit: int = 10) -> list[Source]:
        """As `Rag.search`. Raises RagError, ServerGone."""
        for reply in self._asked(line(search=query, limit=limit), _never):
            if "found" in reply:
                self._note(reply)
                return [revive(Source, found) for found in reply["found"]]
        raise ServerGone("The server has ended.")

    def stop(self) -> bool:
        """Tell a background server to end; False where it is not one. Raises RagError."""
        return any(reply.get("stopping") for reply in self._asked(line(stop=True), _never))

    def _note(self, reply: dict[str, Any]) -> None:
        self.skipped = tuple((path, reason) for path, reason in reply["skipped"])

    def _asked(self, request: bytes, stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        connection, self._connection = self._connection or connect(self.notice), None
        if connection is None:
            raise ServerGone("The server has ended.")
        with closing(connection):
            for reply in _replies(connection, request, stopped):
                if "decline" in reply:
                    raise ServerGone("The server leaves this to who asks.")
                if "error" in reply:
                    raise getattr(errors, reply["error"], errors.RagError)(reply["message"])
                yield reply


def _replies(connection: socket.socket, request: bytes, stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """Send `request` and yield what comes, to the end of the connection, however it ends."""
    told, kept = False, b""
    try:
        connection.sendall(request)
        connection.settimeout(_LOOK_S)
        while True:
            if stopped() and not told:
                connection.sendall(b"\n")
                told = True
            try:
                piece = connection.recv(1 << 16)
            except TimeoutError:
                continue
            if not piece:
                return
            *whole, kept = (kept + piece).split(b"\n")
            for each in whole:
                yield json.loads(each)
    except (OSError, ValueError):  # it went, or is none of ours
        return


def all_running(folder: Path) -> list[LocalClient]:
    """Return every server of this user whose file is in `folder`, whatever its settings and version."""
    notices = [notice for file in sorted(folder.glob("*.json")) if (notice := read_notice(file))]
    return [LocalClient(notice, connection) for notice in notices if (connection := connect(notice))]
