"""An answer as it comes and as it is in the end: the JSON contract. It does not know how it is made or shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from rag.answering.citations import Source, Statement

if TYPE_CHECKING:  # who only shows an answer needs no search
    from rag.answering.retriever import Passage


@dataclass(frozen=True)
class Timings:
    """Seconds since the question arrived, and token counts."""

    retrieval_s: float
    first_token_s: float
    total_s: float
    prompt_tokens: int
    reused_tokens: int
    answer_tokens: int

    @property
    def evaluated_tokens(self) -> int:
        """Tokens that had to be read for this question."""
        return self.prompt_tokens - self.reused_tokens


@dataclass(frozen=True)
class Retrieved:
    """The passages the model is about to read."""

    standalone_question: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Working:
    """What is being done meanwhile, of something that takes long: between Retrieved and Answer."""

    task: str
    """"Reading chapter 3", for people."""
    done: int
    total: int


@dataclass(frozen=True)
class Token:
    """A piece of the answer's text; the pieces joined are `Answer.answer`."""

    text: str


@dataclass(frozen=True)
class Computation:
    """How an answer was computed over a table; see `rag.answering.tables`."""

    sql: str
    table: str
    """The document, and the table's name in it."""
    rows: int
    """How many rows it rests on."""


@dataclass(frozen=True)
class ShownTable:
    """Rows of a table as the page shows them, those that are sources among their neighbours."""

    document: str
    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """(the source's number, 0 for a neighbour; the cells as they are written) of each row, in the table's order."""


@dataclass(frozen=True)
class Answer:
    """The finished answer; `to_dict` is the JSON contract."""

    question: str
    standalone_question: str
    answer: str
    abstained: bool
    confidence: float
    """Probability, 0 to 1, that the documents hold the answer."""
    statements: tuple[Statement, ...]
    sources: tuple[Source, ...]
    """What the statements rest on; when it abstained, the nearest sentences."""
    timings: Timings
    model: str
    stopped: bool = False
    signals: Mapping[str, float | None] = field(default_factory=dict)
    """What `confidence` was made of; see `rag.answering.abstain`."""
    looks: int = 0
    """How often the model looked at something before it answered or was silent."""
    kind: str = "fact"
    """What was asked for: see `rag.answering.requests`; "talk" is answered from no document."""
    computation: Computation | None = None
    """How it was computed, where it was computed over a table rather than read."""
    tables: tuple[ShownTable, ...] = ()
    """The tables that its sources are rows of."""

    def marked(self, mark: Callable[[Statement], str], shown: Callable[[str], str] = str) -> str:
        """Return the answer's text with a mark behind each statement; the text between goes through `shown`."""
        pieces, at = [], 0
        for statement in self.statements:
            pieces += [shown(self.answer[at : statement.end]), mark(statement)]
            at = statement.end
        return "".join([*pieces, shown(self.answer[at:])])

    def to_dict(self) -> dict[str, object]:
        """Return the answer as the JSON contract of the README."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "answer": self.answer,
            "abstained": self.abstained,
            "confidence": self.confidence,
            "kind": self.kind,
            "statements": [{**asdict(statement), "sources": list(statement.sources)} for statement in self.statements],
            "sources": [source.to_dict() for source in self.sources],
            **({"computation": asdict(self.computation)} if self.computation else {}),
            "timings": asdict(self.timings),
            "model": self.model,
        }


Event = Retrieved | Working | Token | Answer
History = Sequence[tuple[str, str]]
"""(role, text) pairs, oldest first; role is "user" or "assistant"."""


@dataclass(frozen=True)
class Limits:
    """How much is read and written for an answer, and when to stay silent."""

    passages: int = 10
    answer_tokens: int = 256
    threshold: float = 0.7
