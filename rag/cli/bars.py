"""How progress looks on standard error: bars on a terminal, else one line where a task starts. It knows no task."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.cli.terminal import console, is_plain, say, shown
from rag.progress import Report

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@contextmanager
def progress() -> Iterator[Report]:
    """Yield a `Report` that shows tasks on standard error: bars on a terminal, else one line where a task starts."""
    begun: set[str] = set()

    def once(task: str, done: int, total: int, unit: str) -> None:
        if task not in begun:
            begun.add(task)
            size = f" ({total / 1e6:,.1f} MB)" if unit == "B" and total else ""
            say(f"{task}{size}")

    if is_plain(sys.stderr):
        yield once
        return
    from rag.cli.amounts import bars_on

    yield from _bars(bars_on(console(sys.stderr)), once)


def _bars(bars: "Progress", once: Callable[[str, int, int, str], None]) -> Iterator[Report]:
    running: dict[str, TaskID] = {}

    def report(task: str, done: int, total: int, unit: str) -> None:
        if not unit:  # a notice, not a task
            once(task, done, total, unit)
            return
        if total and done >= total:
            if task in running:
                bars.remove_task(running.pop(task))
            if not running:
                bars.stop()
            return
        if task not in running:
            bars.start()
            running[task] = bars.add_task(shown(task), total=None, unit=unit)
        bars.update(running[task], completed=done, total=total or None)

    try:
        yield report
    finally:
        bars.stop()


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """Show on standard error, if it is a terminal, that something takes a while.

    Yields a function that shows another text instead; an empty one ends it.
    """
    if is_plain(sys.stderr) or (err := console(sys.stderr)).is_dumb_terminal:
        yield lambda _: None
        return
    from rich.text import Text

    status = err.status(Text(text))
    status.start()
    try:
        yield lambda text: status.update(Text(text)) if text else status.stop()
    finally:
        status.stop()
