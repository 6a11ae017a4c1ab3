"""Where the program begins: a question that a running server answers goes straight there; all else is a command.

It imports almost nothing before it knows which: the commands and their settings take longer than the answer.
"""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rag.serve import shortcut
from rag.serve.local_client import ServerGone
from rag.serve.local_protocol import is_supported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.answer import Event, History, Timings
    from rag.answering.citations import Source


def main() -> None:
    """Run the program; the console script's entry point."""
    from rag.cli import terminal

    terminal.speak_utf8()
    found = shortcut.find(sys.argv[1:]) if is_supported() else None
    if found is not None and (code := _answered(found)) is not None:
        sys.exit(code)
    from rag.cli.app import main as commands

    commands()


def _answered(found: shortcut.Found) -> int | None:
    """Ask the server and show what it says; returns the exit code, None where it went before the first word."""
    from rag.cli import one
    from rag.cli.ends import told

    rag, way = _AtServer(found), found.way
    try:
        if way.command == "search":
            code = one.search(rag, found.question, way.limit, as_json=way.as_json)
        else:
            code = one.ask(rag, found.question, as_json=way.as_json)
        sys.stdout.flush()
    except ServerGone:
        return None
    except (Exception, KeyboardInterrupt) as error:
        return told(error)
    return code


class _AtServer:
    """Answers as `rag.cli.asking.Asking` does, by a server alone."""

    def __init__(self, found: shortcut.Found) -> None:
        self._found = found
        self._told = False

    def stream(self, question: str, history: "History" = (), *, stopped: Callable[[], bool]) -> "Iterator[Event]":
        for event in self._found.client.stream(question, history, stopped=stopped):
            self._tell()
            yield event

    def search(self, query: str, limit: int) -> "Sequence[Source]":
        found = self._found.client.search(query, limit)
        self._tell()
        return found

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            from rag.cli.one import say_skipped

            say_skipped(self._found.client.skipped)

    def expected_s(self) -> float | None:
        from rag import pace

        return pace.expected_s(self._found.pace)

    def note(self, timings: "Timings") -> None:
        from rag import pace

        pace.note(self._found.pace, timings.retrieval_s, timings.evaluated_tokens)
