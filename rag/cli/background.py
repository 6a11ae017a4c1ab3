"""`rag serve --background` and `rag stop`: says what was started and ended. It does not know how."""

from rag.cli import terminal
from rag.cli.bars import progress
from rag.serve import background
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
