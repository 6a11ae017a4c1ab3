"""The line of those who wait for an answer: who asks first is answered first. It does not know what is answered."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOOK_S = 0.1
WAITING: dict[str, Any] = {"concurrency_id": "answer", "concurrency_limit": 20}
"""How many of the page's events may stand in line and see their place; Gradio hides the place of the others."""


class Line:
    """One line for the page's people and for programs; one answer is made at a time. Thread-safe."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._waiting: list[threading.Event] = []

    @contextmanager
    def joined(self, stop: threading.Event) -> Iterator[Iterator[int]]:
        """Stand in line; iterate what is given to wait.

        It yields how many come first each time that this changes, and ends when nobody does or `stop` is set.
        """
        self._waiting.append(stop)
        try:
            yield self._ahead(stop)
        finally:
            self._waiting.remove(stop)

    def _ahead(self, stop: threading.Event) -> Iterator[int]:
        seen = 0
        while ahead := self._waiting.index(stop):
            if ahead != seen:
                yield ahead
                seen = ahead
            if stop.wait(_LOOK_S):
                return
