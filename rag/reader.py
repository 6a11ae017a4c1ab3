"""Passages and a question → a stream of answer text: seam 2. It does not know retrieval, confidence or citations.

Two things are asked of the same passages: the answer, and apart from it whether the passages state it at all, which a
small model judges better when silence is not one of the answers (Kadavath et al. 2022, arXiv 2207.05221, ask a model so
for P(True)). The best passage is read by itself first, since a small model mixes up what it reads together. Where that
leaves the answer open, the others are read behind it, and both things are asked again. Where the question's words show
that it needs several passages, they are read together at once. `rag.llama_reader` and `rag.remote_reader` do it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.chunks import Chunk
from rag.words import names, stems, words

SURE = 0.97
"""P(Yes) with which the best passage is taken to state the answer; no other is read then."""
SPREAD = 0.2
"""Share of the question's words which the best passage lacks and others hold, from where on it needs several."""


def never() -> bool:
    """Nobody stops this."""
    return False


def always(_: float) -> bool:
    """Whatever a look says, an answer is wanted."""
    return True


@dataclass(frozen=True)
class Reading:
    """One answer about to be streamed. Iterate `tokens` once; closing it stops the model and frees it for others."""

    answerable: float | None
    """P(Yes) that what was read states the answer, the least of the looks, known before the first word; None where the
    model cannot say."""
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

        `worth` is told P(Yes) and says whether an answer is wanted that is so sure; where it is not there is none.
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


def looks_at(passages: Sequence[Chunk], question: str, exact: bool) -> list[tuple[int, ...]]:
    """Return the passages of each look: the best one, then all, best first; all at once where it needs several.

    `exact` always looks at all of them at once.
    """
    together = tuple(range(len(passages)))
    return [together] if exact or len(passages) < 2 or needs_several(passages, question) else [(0,), together]


def needs_several(passages: Sequence[Chunk], question: str) -> bool:
    """Tell whether the best passage lacks what the question names and others hold it: a name, or `SPREAD` of its words.

    A model that reads the best one alone rightly finds half of such a question unanswered. Of 132 questions of five
    sets, .03 to .14 more were answered rightly or met with silence rightly where all passages were read at once.
    """
    best, *others = (f"{passage.title}\n{passage.text}" for passage in passages)
    rest = "\n".join(others)
    if (names(question) - set(words(best))) & set(words(rest)):
        return True
    asked = stems(question)
    return len((asked - stems(best)) & stems(rest)) >= SPREAD * max(1, len(asked))


def is_last(answerable: float, worth: Callable[[float], bool]) -> bool:
    """Tell whether a first look decides: the passage states the answer, or too little of it for one to be wanted.

    What is read behind it can only lower the confidence, which rests on the least sure look.
    """
    return answerable >= SURE or not worth(answerable)
