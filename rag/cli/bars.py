"""How progress looks on standard error: bars on a terminal, else one line where a task starts. It knows no task."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Task as ProgressTask
from rich.text import Text

from rag.cli.terminal import console, shown
from rag.progress import Report


class _Amount(TextColumn):
    """Bytes or a count, with rate and time left."""

    def __init__(self) -> None:
        super().__init__("")
        self._left = TimeRemainingColumn(compact=True)
        self._bytes = DownloadColumn(binary_units=False), TransferSpeedColumn(), self._left

    def render(self, task: ProgressTask) -> Text:
        if task.fields["unit"] == "B":
            return Text(" ").join([column.render(task) for column in self._bytes])
        total = f"/{task.total:,.0f}" if task.total else ""
        speed = task.finished_speed or task.speed
        rate = f" {speed:,.{0 if speed >= 10 else 1}f}/s " if speed else " "
        left = self._left.render(task) if task.total else ""
        return Text.assemble(f"{task.completed:,.0f}{total} {task.fields['unit']}{rate}", left)


@contextmanager
def progress() -> Iterator[Report]:
    """Yield a `Report` that shows tasks on standard error: bars on a terminal, else one line where a task starts."""
    err = console(sys.stderr)
    begun: set[str] = set()

    def once(task: str, done: int, total: int, unit: str) -> None:
        if task not in begun:
            begun.add(task)
            size = f" ({total / 1e6:,.1f} MB)" if unit == "B" and total else ""
            err.print(Text(shown(task) + size), soft_wrap=True)

    if not err.is_terminal:
        yield once
        return
    bars = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(20), _Amount(), console=err, transient=True
    )
    yield from _bars(bars, once)


def _bars(bars: Progress, once: Callable[[str, int, int, str], None]) -> Iterator[Report]:
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
    err = console(sys.stderr)
    if not err.is_terminal or err.is_dumb_terminal:
        yield lambda _: None
        return
    status = err.status(Text(text))
    status.start()
    try:
        yield lambda text: status.update(Text(text)) if text else status.stop()
    finally:
        status.stop()
