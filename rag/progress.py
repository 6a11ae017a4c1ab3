"""How a long task tells its progress to whoever shows it. It does not know who that is."""

from collections.abc import Callable

Report = Callable[[str, int, int, str], None]
"""Called with task label, done, total (0 when unknown) and unit ("B" for bytes, else a noun)."""


def silent(task: str, done: int, total: int, unit: str) -> None:
    """Ignore progress."""
