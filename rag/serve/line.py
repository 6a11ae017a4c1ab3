"""The line in which answers wait for the model: first come, first served, and so long and no longer.

For one event loop. It does not know what is waited for, nor HTTP.
"""

import asyncio
import math
import time
from collections import deque

from rag.errors import RagError

_USUAL_S = 5.0
"""How long an answer takes, until some were made."""


class LineFull(RagError):
    """There is no place in line, or no more are served; `retry_after_s` says when to ask again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        """Say `message`."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Line:
    """At most `at_once` are served, at most `places` wait; `enter`, and `leave` when done."""

    def __init__(self, at_once: int = 1, places: int = 20) -> None:
        """Nobody is here."""
        self.at_once, self.places = at_once, places
        self.served = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._usual_s = _USUAL_S

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def is_open(self) -> bool:
        """Whether who comes now is served at once or finds a place."""
        return not self._closed and (self.served < self.at_once or self.waiting < self.places)

    async def enter(self) -> float:
        """Wait to be served; returns when that was, for `leave`. Cancelling it gives the place up. Raises LineFull."""
        if self._closed:
            raise LineFull("The server is ending. Ask again when it has started anew.", 1)
        if self.served < self.at_once:
            self.served += 1
            return time.monotonic()
        if not self.is_open:
            soon = max(1, math.ceil(self._usual_s * (self.waiting + 1) / self.at_once))
            raise LineFull(f"{self.waiting} questions wait already, and no more may. Ask again in {soon} s.", soon)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._next()  # the turn came just when nobody wanted it any more
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        return time.monotonic()

    def leave(self, since: float) -> None:
        """Let the next one be served; `since` is what `enter` returned."""
        self._usual_s += (time.monotonic() - since - self._usual_s) / 8
        self._next()

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.served -= 1

    def close(self) -> None:
        """Send away who waits and who comes; who is being served is served to the end."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(LineFull("The server is ending. Ask again when it has started anew.", 1))
