"""Composes the stages: `ask()` yields Retrieved, Token…, Answer; the command line, page and servers consume just this."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.citations import Source, Statement
from rag.retriever import Passage


@dataclass(frozen=True)
class Timings:
    """Seconds since the question arrived, and token counts."""

    retrieval_s: float
    first_token_s: float
    total_s: float
    prompt_tokens: int
    reused_tokens: int
    answer_tokens: int


@dataclass(frozen=True)
class Retrieved:
    """The passages the model is about to read."""

    standalone_question: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Token:
    """A piece of the answer's text; the pieces joined are `Answer.answer`."""

    text: str


@dataclass(frozen=True)
class Answer:
    """The finished answer; `to_dict` is the JSON contract."""

    question: str
    standalone_question: str
    answer: str
    abstained: bool
    confidence: float
    statements: tuple[Statement, ...]
    sources: tuple[Source, ...]
    timings: Timings
    model: str
    stopped: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the answer as the JSON contract of the README."""
        raise NotImplementedError


Event = Retrieved | Token | Answer
History = Sequence[tuple[str, str]]
"""(role, text) pairs, oldest first; role is "user" or "assistant"."""


class Engine:
    """Answers questions about one folder. Safe to call from several threads; answers queue."""

    def ask(
        self, question: str, history: History = (), *, stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Event]:
        """Yield Retrieved once, Token many times, Answer once. Raises RagError before the first event or never."""
        raise NotImplementedError

    def search(self, query: str, limit: int = 10) -> list[Source]:
        """Rank single sentences for `query` without the answer model."""
        raise NotImplementedError
