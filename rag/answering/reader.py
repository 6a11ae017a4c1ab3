"""Passages and a question → a stream of answer text: seam 2. It does not know retrieval, confidence or citations.

Two things are asked of the same passages: the answer, and apart from it whether the passages state it at all, which a
small model judges better when silence is not one of the answers (Kadavath et al. 2022, arXiv 2207.05221, ask a model so
for P(True)). The best passage is read by itself first, since a small model mixes up what it reads together. Where that
leaves the answer open, the others are read behind it, and both things are asked again. Where the question's words show
that it needs several passages, what is read together decides. `rag.llm.llama_reader` and `rag.llm.remote_reader` do it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.documents.chunks import Chunk
from rag.documents.words import names, stems, words

SURE = 0.97
"""P(Yes) with which the best passage is taken to state the answer; no other is read then."""
DOUBT = 0.5
"""P(Yes) of the best passage below which a question that needs several is taken to be answered by none."""
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
    """P(Yes) that what was read states the answer, by all looks (`verdict`), known before the first word; None where
    the model cannot say."""
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

    def count(self, text: str) -> int:
        """Return the tokens of `text`, at least about."""
        ...

    def complete(
        self, system: str, request: str, *, max_tokens: int, stopped: Callable[[], bool] = never
    ) -> Iterator[str]:
        """Stream what the model says to `request` by itself; nothing where it does not fit."""
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


def looks_at(count: int, exact: bool) -> list[tuple[int, ...]]:
    """Return the passages of each look: the best one, then all, best first; `exact` looks at all of them at once."""
    together = tuple(range(count))
    return [together] if exact or count < 2 else [(0,), together]


def needs_several(passages: Sequence[Chunk], question: str) -> bool:
    """Tell whether the best passage lacks what `question` names and others hold it: a name, or `SPREAD` of its words.

    Read alone, the best one rightly leaves half of such a question unanswered.
    """
    texts = [passage.titled_text for passage in passages]
    best, others = "".join(texts[:1]), "\n".join(texts[1:])
    if (names(question) - set(words(best))) & set(words(others)):
        return True
    asked = stems(question)
    return len((asked - stems(best)) & stems(others)) >= SPREAD * max(1, len(asked))


def is_last(answerable: float, several: bool, worth: Callable[[float], bool]) -> bool:
    """Tell whether a first look decides: the passage states the answer, or too little of it for one to be wanted.

    For a question that needs `several` passages only a clear no does. For others, what is read behind the best passage
    can only lower the confidence, which rests on the least sure look.
    """
    if several:
        return answerable < DOUBT and not worth(answerable)
    return answerable >= SURE or not worth(answerable)


def verdict(looks: Sequence[float], several: bool) -> float | None:
    """Return P(Yes) by all looks: the least, since with each there is one more chance of a wrong yes.

    For a question that needs `several` passages it is the last, unless the first was a clear no.
    """
    if several and looks and looks[0] >= DOUBT:
        return looks[-1]
    return min(looks, default=None)
