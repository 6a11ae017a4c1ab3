"""A stream of text that holds a lock while it lasts. It does not know what the lock is for."""

import threading
from collections.abc import Iterator


class Released(Iterator[str]):
    """A stream that gives a lock back once, however it ends: exhausted, closed, failed or never begun."""

    def __init__(self, stream: Iterator[str], lock: threading.Lock) -> None:
        """Yield what `stream` does; `lock` is held already."""
        self._stream: Iterator[str] | None = stream
        self._lock = lock

    def __next__(self) -> str:
        """Return the next piece."""
        if self._stream is None:
            raise StopIteration
        try:
            return next(self._stream)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._stream is not None:
            self._stream = None
            self._lock.release()

    __del__ = close
