"""The bars of a terminal: what is done, how much of it, how fast. It does not know what is shown in them."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text


class _Amount(TextColumn):
    """Bytes or a count, with rate and time left."""

    def __init__(self) -> None:
        super().__init__("")
        self._left = TimeRemainingColumn(compact=True)
        self._bytes = DownloadColumn(binary_units=False), TransferSpeedColumn(), self._left

    def render(self, task: Task) -> Text:
        if task.fields["unit"] == "B":
            return Text(" ").join([column.render(task) for column in self._bytes])
        total = f"/{task.total:,.0f}" if task.total else ""
        speed = task.finished_speed or task.speed
        rate = f" {speed:,.{0 if speed >= 10 else 1}f}/s " if speed else " "
        left = self._left.render(task) if task.total else ""
        return Text.assemble(f"{task.completed:,.0f}{total} {task.fields['unit']}{rate}", left)


def bars_on(console: Console) -> Progress:
    """Return bars that go when their tasks end."""
    columns = TextColumn("{task.description}", markup=False), BarColumn(20), _Amount()
    return Progress(*columns, console=console, transient=True)
