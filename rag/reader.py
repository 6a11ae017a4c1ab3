"""Passages and a question → a stream of answer text: seam 2. It does not know retrieval, confidence or citations.

Two things are asked of the same passages: the answer, and apart from it whether the passages state it at all, which a
small model judges better when silence is not one of the answers (Kadavath et al. 2022, arXiv 2207.05221, ask a model so
for P(True)). Passages are read one by one, best first, until one states the answer: read together, a small model mixes
them up, the more so when they are joined without having attended to one another. Only when none of them suffices are
they joined, the best one next to the question. `rag.llama_reader` and `rag.remote_reader` do it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.chunks import Chunk

ENOUGH = 0.9
"""P(Yes) with which a passage is taken to state the answer; no further one is read then."""


def never() -> bool:
    """Nobody stops this."""
    return False


def always(_: float) -> bool:
    """Whatever the first look says, reading goes on."""
    return True


@dataclass(frozen=True)
class Reading:
    """One answer about to be streamed. Iterate `tokens` once; closing it stops the model and frees it for others."""

    answerable: float | None
    """P(Yes) that the best passage states the answer, known before the first word; None where the model cannot say."""
    tokens: Iterator[str]
    prompt_tokens: int
    reused_tokens: int
    """Prompt tokens whose attention was restored rather than computed."""
    read: tuple[int, ...] = ()
    """Positions of the passages that the answer is made from."""
    looks: tuple[float, ...] = ()
    """P(Yes) of each look, in their order."""


class Reader(Protocol):
    """An answer model."""

    name: str

    def read(
        self,
        passages: Sequence[Chunk],
        question: str,
        *,
        max_tokens: int,
        worth: Callable[[float], bool] = always,
        stopped: Callable[[], bool] = never,
    ) -> Reading:
        """Answer `question` from `passages` (best first); passages that do not fit are dropped from the end.

        `worth` is told P(Yes) for the best passage; where it returns False nothing more is read and there is no answer.
        Raises UsageError when the question alone does not fit.
        """
        ...

    def condense(self, history: Sequence[tuple[str, str]], question: str, stopped: Callable[[], bool] = never) -> str:
        """Rewrite a follow-up so that it stands alone; history is (role, text), oldest first."""
        ...

    def warm(self, passage: Chunk, stopped: Callable[[], bool] = never) -> bool:
        """Prepare for questions that need `passage`; False when it was stopped, gave way or there is no room left."""
        ...

    def forget(self, documents: Sequence[str]) -> None:
        """Drop what is kept of these documents, named by path."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


def orders(count: int, exact: bool) -> list[tuple[int, ...]]:
    """Return the passages of each look: singly, best first; then all, the best one next to the question."""
    together = tuple(reversed(range(count)))
    if exact or count == 0:
        return [together]
    return [*((i,) for i in range(count)), *([together] if count > 1 else [])]
