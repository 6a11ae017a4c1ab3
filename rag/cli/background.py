"""`rag serve --background` and `rag stop`: says what was started, ended, and is there. It does not know how."""

from rag.cli import terminal
from rag.cli.bars import progress
from rag.doctor.check import Check
from rag.serve import background
from rag.serve.local_client import all_running, find
from rag.serve.local_protocol import is_supported, servers_folder
from rag.settings import Settings


def start(settings: Settings) -> None:
    """Start a server that stays behind, and say so."""
    with progress() as report:
        notice = background.start(settings, report)
    if not notice.background:
        terminal.say(f"`rag serve` or `rag ui` (process {notice.pid}) answers about {notice.docs} already.")
        return
    terminal.say(
        f"A server (process {notice.pid}) answers about {notice.docs} now, for you alone. "
        f"It ends when nobody has asked for {settings.idle_minutes:g} minutes, or with `rag stop`."
    )


def stop_all(settings: Settings) -> None:
    """End the servers in the background, and say which."""
    stopped, others = background.stop_all(settings)
    for notice in stopped:
        terminal.say(f"Stopped: the server (process {notice.pid}) that answered about {notice.docs}.")
    for notice in others:
        terminal.say(f"Left: process {notice.pid} about {notice.docs} was not started by `rag serve --background`.")
    if not stopped:
        terminal.say("There is no server in the background.")


def running(settings: Settings) -> list[Check]:
    """Return a line of `rag doctor` for each server of this user that `rag ask` may ask."""
    if not is_supported():
        return []
    ours, checks = find(settings), []
    for each in all_running(servers_folder(settings)):
        hint = (
            "" if ours and ours.notice == each.notice else "Of other settings, folder or version: not asked from here."
        )
        how = "in the background; `rag stop` ends it" if each.notice.background else "as `rag serve` or `rag ui`"
        found = f"process {each.notice.pid}, {how}, about {each.notice.docs}"
        checks.append(Check("server for rag ask", True, found, hint))
    return checks
