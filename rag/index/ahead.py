"""An iterable → the same items, made ahead by a thread of their own. It does not know what they are."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Self, TypeVar

Item = TypeVar("Item")
_PATIENCE_S = 2.0


class Ahead(Iterator[Item]):
    """Iterates over items that a thread makes ahead, in their order. Close it, or use it in a `with`.

    What went wrong in the thread is raised where its item would come.
    """

    def __init__(self, items: Iterable[Item], weight: Callable[[Item], int], most: int) -> None:
        """Begin. The thread waits as long as what is made weighs `most` or more together."""
        self._weight, self._most = weight, most
        self._made: deque[Item] = deque()
        self._weighs = 0
        self._over = False
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._make, args=(iter(items),), name="making ahead", daemon=True)
        self._thread.start()

    def _make(self, items: Iterator[Item]) -> None:
        failure: BaseException | None = None
        try:
            for item in items:
                with self._changed:
                    self._changed.wait_for(lambda: self._over or self._weighs < self._most)
                    if self._over:
                        break
                    self._made.append(item)
                    self._weighs += self._weight(item)
                    self._changed.notify_all()
        except BaseException as error:  # told to whoever iterates
            failure = error
        with self._changed:
            self._over, self._failure = True, failure
            self._changed.notify_all()

    def __next__(self) -> Item:
        """Return the next item, or wait for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._made or self._over)
            if self._made:
                item = self._made.popleft()
                self._weighs -= self._weight(item)
                self._changed.notify_all()
                return item
            if self._failure is not None:
                raise self._failure
            raise StopIteration

    def waiting(self) -> tuple[Item, ...]:
        """Return the items that are made and not yet taken, the next one first."""
        with self._changed:
            return tuple(self._made)

    def close(self) -> None:
        """Let nothing more be made, and wait a moment for the item at work; it is dropped when it is done."""
        with self._changed:
            self._over = True
            self._made.clear()
            self._changed.notify_all()
        self._thread.join(_PATIENCE_S)

    def __enter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the thread."""
        self.close()
