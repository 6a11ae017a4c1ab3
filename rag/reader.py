"""Passages and a question → a stream of answer text. Seam 2, and the only place that imports llama_cpp."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Reading:
    """One answer about to be streamed. Iterate `tokens` once; closing it stops the model."""

    answerable: float | None
    """P(Yes) that the passages state the answer, known before the first word; None where the model cannot say."""
    tokens: Iterator[str]
    prompt_tokens: int
    reused_tokens: int
    """Prompt tokens whose attention was restored rather than computed."""


class Reader(Protocol):
    """An answer model."""

    name: str

    def read(
        self, passages: Sequence[str], question: str, *, max_tokens: int, stopped: Callable[[], bool] = lambda: False
    ) -> Reading:
        """Answer `question` from `passages` (best first); passages that do not fit are dropped from the end.

        Raises ReaderError when the question alone does not fit.
        """
        ...

    def condense(self, history: Sequence[tuple[str, str]], question: str) -> str:
        """Rewrite a follow-up so that it stands alone; history is (role, text), oldest first."""
        ...
