"""A server that stays behind for `rag ask`, without a port: started, found, and ended. It does not know the protocol.

`start` runs `rag serve` again as a process of its own, which calls `stay`.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rag.errors import RagError, UsageError
from rag.progress import Report, silent
from rag.serve.local_client import LocalClient, all_running, find
from rag.serve.local_protocol import Notice, fingerprint, is_supported, servers_folder
from rag.settings import Settings, environment_with

_LOOK_S = 0.1
_ENDING_S = 60.0
"""How long an answer at work may hold up the end of its server."""


def stay(settings: Settings, report: Report = silent) -> None:
    """Answer until `rag stop`, or until nobody asked for so long as the settings say. Raises RagError."""
    from rag.api import Rag
    from rag.serve.local_server import answering_locally

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        Rag.open(settings, report) as rag,
        rag.keeping_up(),
        answering_locally(rag, settings, background=True) as server,
    ):
        if server is None:
            raise RagError(f"No server can be found by a file in {servers_folder(settings)}: is it yours to write?")
        while not server.ended.wait(1.0) and server.idle_s() < 60 * settings.idle_minutes:
            pass
    _log(settings).unlink(missing_ok=True)


def start(settings: Settings, report: Report = silent) -> Notice:
    """Start a server that stays, wait until it answers, and tell of it; or of the one there is. Raises RagError."""
    if not is_supported():
        raise UsageError("A server in the background needs Unix sockets, which this system has not. Run `rag serve`.")
    if running := find(settings):
        return running.notice
    log = _log(settings)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "rag", "serve", "--stay"],
            env=environment_with(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # it does not end with the terminal
        )
    try:
        said = ""
        for said in _lines(log, child):
            if said:
                report(said, 0, 0, "")
            if running := find(settings):
                return running.notice
    except BaseException:
        child.terminate()
        raise
    raise RagError(said.removeprefix("Error: ") or f"The server ended at once, with exit code {child.returncode}.")


def _lines(log: Path, child: "subprocess.Popen[bytes]") -> Iterator[str]:
    """Yield what the child says, and now and then an empty line, until it ends; its last words come last."""
    with log.open(encoding="utf-8", errors="replace") as file:
        last = ""
        while child.poll() is None:
            time.sleep(_LOOK_S)
            for line in file:
                last = line.strip() or last
                yield last
            yield ""
        for line in file:
            last = line.strip() or last
        yield last


def stop_all(settings: Settings) -> tuple[list[Notice], list[Notice]]:
    """End every background server of this user in the data folder; returns those, and those that are no such.

    What is being answered is answered to the end, but for no longer than a minute is it waited. Raises RagError.
    """
    running = all_running(servers_folder(settings))
    stopped = [each for each in running if each.stop()]
    others = [each.notice for each in running if each not in stopped]
    until = time.monotonic() + _ENDING_S
    while any(_is_there(each) for each in stopped) and time.monotonic() < until:
        time.sleep(_LOOK_S)
    return [each.notice for each in stopped], others


def _is_there(client: LocalClient) -> bool:
    return Path(client.notice.socket).exists()


def _log(settings: Settings) -> Path:
    return servers_folder(settings) / f"{fingerprint(settings)}.log"
