"""Questions go to a running server of the same folder and settings, or else to the folder opened here.

It does not know how either answers, and imports nothing that takes long before it has to.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from rag import pace
from rag.cli.command import opened
from rag.cli.one import say_skipped
from rag.serve import local_client, shortcut
from rag.serve.local_client import LocalClient, ServerGone
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.answering.answer import Event, Timings
    from rag.answering.citations import Source
    from rag.api import Rag


class Asking:
    """Answers as `Rag` does: by a server, if there is one, and by itself should that end. Use it in a `with`.

    `opened_here` is the folder, once it was opened here.
    """

    def __init__(self, settings: Settings, *, answers: bool, check: Callable[[], object] = lambda: None) -> None:
        """Look for a server; without one call `check()`, which may raise, and open the folder. Raises RagError."""
        self.opened_here: Rag | None = None
        self._settings, self._answers, self._check = settings, answers, check
        self._stack = ExitStack()
        self._server: LocalClient | None = local_client.find(settings)
        self._told = False
        if self._server is None:
            self._open()

    def _open(self) -> "Rag":
        self._server = None
        if self.opened_here is None:
            self._check()
            self.opened_here = self._stack.enter_context(opened(self._settings, answers=self._answers))
        return self.opened_here

    def stream(
        self, question: str, history: Sequence[tuple[str, str]] = (), *, stopped: Callable[[], bool]
    ) -> "Iterator[Event]":
        """As `Rag.stream`. Raises RagError."""
        if self._server is not None:
            try:
                for event in self._server.stream(question, history, stopped=stopped):
                    self._tell(self._server)
                    yield event
                return
            except ServerGone:
                pass
        yield from self._open().stream(question, history, stopped=stopped)

    def expected_s(self) -> float | None:
        """Return after how many seconds the first word is to be expected, where that is known."""
        return pace.expected_s(pace.of_machine(self._settings))

    def note(self, timings: "Timings") -> None:
        """Let the next expectation know what a question took."""
        pace.note(pace.of_machine(self._settings), timings.retrieval_s, timings.evaluated_tokens)

    def search(self, query: str, limit: int) -> "list[Source]":
        """As `Rag.search`. Raises RagError."""
        if self._server is not None:
            try:
                found = self._server.search(query, limit)
                self._tell(self._server)
                return found
            except ServerGone:
                pass
        return self._open().search(query, limit)

    def remember_way(self, question: str, way: shortcut.Way) -> None:
        """Let the next such command find the server that answered without reading its settings first."""
        if self._server is not None:
            shortcut.remember(sys.argv[1:], question, way, self._settings)

    def leave_warm(self) -> None:
        """Let the next question find a small folder read; a server sees to that by itself."""
        if self.opened_here is not None:
            from rag.cli.warm_after import leave_warm

            leave_warm(self._settings, self.opened_here)

    def _tell(self, server: LocalClient) -> None:
        if not self._told:
            self._told = True
            say_skipped(server.skipped)

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the folder, if it was opened here."""
        self._stack.close()
