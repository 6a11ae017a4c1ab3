"""Answers `rag ask` and `rag search` of the same user over a socket. It does not know who opened the folder, nor why.

Each connection has a thread; answers queue at the model. `rag.serve.local_protocol` says what is spoken.
"""

import json
import os
import select
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from rag.answering.answer import Answer, Retrieved, Working
from rag.api import Rag
from rag.errors import RagError, UsageError, unexpected
from rag.serve.local_protocol import (
    LONGEST_LINE,
    Notice,
    connect,
    fingerprint,
    is_owner,
    is_supported,
    line,
    read_notice,
    servers_folder,
    write_private,
)
from rag.settings import Settings

_LOOK_S = 0.2
_PATIENCE_S = 30.0
"""How long a client may take to send its request, or to take what is sent."""


@contextmanager
def answering_locally(rag: Rag, settings: Settings, *, background: bool = False) -> "Iterator[LocalServer | None]":
    """Answer over a socket meanwhile; None where the system has none, or another server does that already."""
    file = servers_folder(settings) / f"{fingerprint(settings)}.json"
    place: str | None = None
    try:
        if is_supported() and not _is_served(file):
            place = tempfile.mkdtemp(prefix="rag-")  # for the user alone; paths of sockets must be short
            server = LocalServer(rag, f"{place}/socket", background=background)
            notice = Notice(f"{place}/socket", os.getpid(), str(rag.folder.resolve()), background)
            write_private(file, asdict(notice))
        else:
            server = None
    except OSError:  # no disk, no rights: those who ask open the folder by themselves
        server = None
    try:
        if server is None:
            yield None
            return
        with server:
            yield server
    finally:
        if place:
            with suppress(OSError):
                if (there := read_notice(file)) and there.socket == f"{place}/socket":
                    file.unlink()
            shutil.rmtree(place, ignore_errors=True)


def _is_served(file: Path) -> bool:
    """Tell whether a server answers there; what a killed one left is removed."""
    notice = read_notice(file)
    if notice is None:
        return False
    if connection := connect(notice):
        connection.close()
        return True
    left = Path(notice.socket)
    if left.name == "socket" and left.parent.name.startswith("rag-"):
        shutil.rmtree(left.parent, ignore_errors=True)
    return False


class LocalServer:
    """Listens at `path` while it is entered; what is being answered when it is left is answered to the end."""

    def __init__(self, rag: Rag, path: str, *, background: bool) -> None:
        """Listen; nobody is let in before it is entered. Raises OSError."""
        self._rag, self._background = rag, background
        self.ended = threading.Event()
        """Somebody said `rag stop`."""
        self._busy, self._last, self._counting = 0, time.monotonic(), threading.Lock()
        self._threads: list[threading.Thread] = []
        self._silent: set[socket.socket] = set()
        """Connections over which nothing was asked yet."""
        self._leaving = threading.Event()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        Path(path).chmod(0o600)
        self._listening.listen(64)
        self._listening.settimeout(_LOOK_S)
        self._accepting = threading.Thread(target=self._accept, daemon=True, name="answering locally")

    def __enter__(self) -> "LocalServer":
        """Let clients in."""
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let nobody in any more, and finish what is being answered."""
        self._leaving.set()
        self._accepting.join()
        self._listening.close()
        for connection in list(self._silent):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def idle_s(self) -> float:
        """Return for how many seconds nobody has asked."""
        with self._counting:
            return 0.0 if self._busy else time.monotonic() - self._last

    def _accept(self) -> None:
        while not self._leaving.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:  # nobody came
                continue
            except OSError:  # too many files are open, perhaps not for long
                self._leaving.wait(_LOOK_S)
                continue
            if not is_owner(connection):
                connection.close()
                continue
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True, name="answering locally")
            self._silent.add(connection)
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with self._counting:
            self._busy += 1
        try:
            with connection, suppress(OSError):  # a client that hangs up is no problem of ours
                connection.settimeout(_PATIENCE_S)
                try:
                    with connection.makefile("rb", buffering=0) as stream:
                        request = stream.readline(LONGEST_LINE)
                finally:
                    self._silent.discard(connection)
                if request:
                    self._answer(connection, request)
        finally:
            with self._counting:
                self._busy -= 1
                self._last = time.monotonic()

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        try:
            asked = json.loads(request)
            if "ask" in asked:
                self._ask(connection, asked["ask"], [(role, text) for role, text in asked.get("history", ())])
            elif "search" in asked:
                found = [asdict(source) for source in self._rag.search(asked["search"], asked["limit"])]
                connection.sendall(line(found=found, skipped=self._rag.skipped))
            elif "stop" in asked:
                connection.sendall(line(stopping=self._background))
                if self._background:
                    self.ended.set()
            else:
                connection.sendall(line(decline=True))
        except RagError as error:
            kind = "UsageError" if isinstance(error, UsageError) else type(error).__name__
            connection.sendall(line(error=kind, message=str(error)))
        except OSError:
            raise
        except Exception as error:  # nobody foresaw it, and the client must not wait for ever
            connection.sendall(line(error="RagError", message=unexpected(error)))

    def _ask(self, connection: socket.socket, question: str, history: list[tuple[str, str]]) -> None:
        coming = select.poll()
        coming.register(connection, select.POLLIN)

        def stopped() -> bool:  # it said so, or went
            return bool(coming.poll(0))

        with closing(cast(Any, self._rag.stream(question, history, stopped=stopped))) as events:
            for event in events:
                if isinstance(event, Retrieved):
                    if not event.passages and not self._rag.documents():
                        connection.sendall(line(decline=True))  # an empty folder is an error, but not of a page
                        return
                    connection.sendall(line(retrieved=event.standalone_question, skipped=self._rag.skipped))
                elif isinstance(event, Answer):
                    connection.sendall(line(answer=asdict(event)))
                elif isinstance(event, Working):
                    connection.sendall(line(working=[event.task, event.done, event.total]))
                else:
                    connection.sendall(line(token=event.text))
