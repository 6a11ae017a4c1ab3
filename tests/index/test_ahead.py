"""Items made ahead by a thread: in order, so many and no more, and an end that leaves no thread."""

import threading
import time
from collections.abc import Iterator

import pytest

from rag.index.ahead import Ahead


def numbers(made: list[int], most: int = 100) -> Iterator[int]:
    for number in range(most):
        made.append(number)
        yield number


def settled(made: list[int], expected: int) -> int:
    """Return how many are made, when so many came and no more do."""
    end = time.monotonic() + 30
    while len(made) < expected and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    return len(made)


def test_the_items_come_in_their_order() -> None:
    with Ahead(numbers([]), lambda _: 1, 7) as ahead:
        assert list(ahead) == list(range(100))
        assert list(ahead) == [] and ahead.waiting() == ()


def test_no_more_is_made_than_may_weigh() -> None:
    made: list[int] = []
    with Ahead(numbers(made), lambda _: 2, 10) as ahead:
        assert settled(made, 6) == 6  # five of weight two, and one that waits to be added
        assert ahead.waiting() == (0, 1, 2, 3, 4)
        assert next(ahead) == 0
        assert settled(made, 7) == 7


def test_what_goes_wrong_is_raised_where_the_item_would_come() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("two")

    with Ahead(broken(), lambda _: 1, 10) as ahead:
        assert next(ahead) == 1
        for _ in range(2):
            with pytest.raises(ValueError, match="two"):
                next(ahead)


def test_closing_ends_the_thread_though_nobody_takes_more() -> None:
    ahead = Ahead(numbers([]), lambda _: 1, 3)
    ahead.close()
    assert not any(thread.name == "making ahead" for thread in threading.enumerate())
    assert list(ahead) == []
