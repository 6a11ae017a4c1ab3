"""Texts and a question → a stream of answer text: seam 2. It does not know retrieval, confidence or citations.

Two things are asked of the same texts, in one go: the answer, and apart from it whether they state it at all, which a
small model judges better when silence is not one of the answers (Kadavath et al. 2022, arXiv 2207.05221, ask a model
so for P(True)). What is read is decided before (`rag.answering.reading`): a chunk, whose attention is kept, or an
excerpt, which is short and made for this question alone. `rag.llm.llama_reader` and `rag.llm.remote_reader` do it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.answering.fitted import Fit
from rag.documents.chunks import Chunk


def never() -> bool:
    """Nobody stops this."""
    return False


def always(_: float) -> bool:
    """Whatever a look says, an answer is wanted."""
    return True


@dataclass(frozen=True)
class Excerpt:
    """Sentences of one document, picked for one question: read, and not kept."""

    document: str
    title: str
    text: str


Readable = Chunk | Excerpt


@dataclass(frozen=True)
class Reading:
    """One answer about to be streamed. Iterate `tokens` once; closing it stops the model and frees it for others."""

    answerable: float | None
    """P(Yes) that what was read states the answer, known before the first word; None where the model cannot say."""
    tokens: Iterator[str]
    prompt_tokens: int
    reused_tokens: int
    """Prompt tokens whose attention was restored rather than computed."""
    read: int = 0
    """How many of the texts were read: the first ones, as many as fit."""


class Reader(Protocol):
    """An answer model."""

    name: str
    fit: Fit | None
    """What confidence is made with from its judgement; None where that was never fitted to this model."""

    def read(
        self,
        texts: Sequence[Readable],
        question: str,
        *,
        max_tokens: int,
        worth: Callable[[float], bool] = always,
        stopped: Callable[[], bool] = never,
    ) -> Reading:
        """Answer `question` from `texts`, the best first; what exceeds the context is left out.

        `worth` is asked with P(Yes) whether an answer is wanted; where it is not there is none. `stopped` is asked
        again and again. Raises UsageError when the question alone does not fit.
        """
        ...

    def count(self, text: str) -> int:
        """Return the tokens of `text`, at least about."""
        ...

    def complete(
        self,
        system: str,
        request: str,
        *,
        max_tokens: int,
        stopped: Callable[[], bool] = never,
        opening: Excerpt | None = None,
    ) -> Iterator[str]:
        """Stream what the model says to `request` by itself; nothing where it does not fit.

        `opening` stands before it and comes again in other requests: what is computed of it may be kept.
        """
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
