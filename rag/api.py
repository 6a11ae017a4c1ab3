"""The one door to the engine: command line, page, servers and other programs ask through `Rag`.

`rag.compose` builds the engine when a `Rag` is made. It does not know the stages. What those who ask are given, and may
give, is had from here as well.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from rag import compose
from rag.answering.abstain import confidence
from rag.answering.answer import (
    Answer,
    Computation,
    Event,
    History,
    Limits,
    Retrieved,
    ShownTable,
    Timings,
    Token,
    Working,
)
from rag.answering.citations import Source, Statement
from rag.answering.engine import Engine
from rag.answering.examples import shown
from rag.answering.fitted import NOT_FITTED
from rag.answering.reader import Reader, never
from rag.answering.requests import checked_question
from rag.answering.warm import SMALL, warm, warming
from rag.documents.chunks import Chunk
from rag.documents.kept_pages import SCANS, KeptPages
from rag.documents.printed import PrintedPage, printed_sentence
from rag.documents.watch import following
from rag.errors import ReaderError
from rag.index.indexing import IndexReport
from rag.index.records import DocumentRecord
from rag.progress import Report, silent
from rag.settings import Settings, read_settings

__all__ = [
    "Answer", "Chunk", "Computation", "DocumentRecord", "Event", "History", "IndexReport", "Limits",
    "PrintedPage", "Rag", "Reader", "Retrieved", "ShownTable", "Source", "Statement", "Timings", "Token",
    "Working", "checked_question", "never",
]  # fmt: skip


class Rag:
    """Answers questions about one folder of documents. Several threads may ask; answers queue.

    Close it, or use it in a `with`: it holds the answer model and the index.
    """

    engine: Engine
    """What does the work; its stages are there for whoever measures them."""

    def __init__(
        self, docs: str | Path | None = None, *, answers: bool = True, report: Report = silent, **settings: object
    ) -> None:
        """Fetch what is missing, read the folder `docs`, and load the answer model unless `answers` is false.

        Every setting of the README is a keyword (`passages=6`, `model="…"`); those that are not given come from
        `RAG_*` variables, `rag.toml` and the defaults. `report` is called with the progress. Raises RagError.
        """
        given = read_settings(docs=docs and Path(docs).expanduser(), **settings)
        self.engine = compose.open_engine(given, report, answers=answers)

    @classmethod
    def open(
        cls, settings: Settings, report: Report = silent, *, answers: bool = True, may_be_empty: bool = False
    ) -> Self:
        """Do as `Rag(…)` does with settings that were read already.

        A folder without documents is an error unless it `may_be_empty`. Raises RagError.
        """
        return cls.over(compose.open_engine(settings, report, answers=answers, may_be_empty=may_be_empty))

    @classmethod
    def over(cls, engine: Engine) -> Self:
        """Ask an engine that was composed elsewhere, of other stages perhaps; closing this closes it."""
        made = cls.__new__(cls)
        made.engine = engine
        return made

    # Questions

    def ask(
        self,
        question: str,
        history: History = (),
        *,
        documents: Collection[str] | None = None,
        stopped: Callable[[], bool] = never,
    ) -> Answer:
        """Answer one question. `history` is what was said before as (role, text), oldest first.

        What changed in the folder is read first. `documents` (paths in the folder) narrows what is answered from; when
        `stopped()` becomes true the answer ends where it is. Raises RagError.
        """
        (answer,) = [
            event
            for event in self.stream(question, history, documents=documents, stopped=stopped)
            if isinstance(event, Answer)
        ]
        return answer

    def stream(
        self,
        question: str,
        history: History = (),
        *,
        limits: Limits | None = None,
        documents: Collection[str] | None = None,
        stopped: Callable[[], bool] = never,
        reader: Reader | None = None,
    ) -> Iterator[Event]:
        """As `ask`, as it happens: yields Retrieved once, Token many times, Answer once. Closing it stops the model.

        What takes long yields Working meanwhile, which says how far it is.

        `limits` and `reader` stand in for the engine's own.
        """
        return self.engine.ask(question, history, limits=limits, documents=documents, stopped=stopped, reader=reader)

    def search(self, query: str, limit: int = 10, *, documents: Collection[str] | None = None) -> list[Source]:
        """Return the `limit` best sentences for `query`, best first, without the answer model. Raises RagError."""
        return self.engine.search(query, limit, documents=documents)

    @property
    def limits(self) -> Limits:
        """How much is read and written for an answer, and when it stays silent, unless a question has its own."""
        return self.engine.limits

    @property
    def reader(self) -> Reader | None:
        """The answer model; None where only searches are answered."""
        return self.engine.reader

    @property
    def not_fitted(self) -> str | None:
        """A sentence to show where confidence was never fitted to the answer model; None where it was."""
        if self.reader is None or self.reader.fit is not None:
            return None
        return f"{self.reader.name}: {NOT_FITTED}. `rag calibrate` fits it; until then it goes by the default model's."

    def confidence(self, signals: Mapping[str, float | None]) -> float:
        """Return the confidence, 0 to 1, that `rag.answering.abstain` makes of `signals` for the answer model."""
        return confidence(signals, self.reader.fit if self.reader else None)

    def examples(self, documents: Collection[str]) -> list[str]:
        """Return questions that can be asked about these documents (paths). Raises StoreError.

        What can be asked of any comes at once; in time there are some whose answers were tried, see `keeping_up`.
        """
        records = {path: record for path, record in self.documents().items() if path in documents}
        return shown(records, self.engine.examples.there())

    # Documents

    @property
    def folder(self) -> Path:
        """The folder of documents."""
        return self.engine.docs

    def documents(self) -> dict[str, DocumentRecord]:
        """Return every document that was read by its path, sorted. Raises StoreError."""
        return self.engine.index.documents()

    def text(self, path: str) -> str:
        """Return a document's text, which sources are slices of. Raises StoreError when there is none of that path."""
        return self.engine.index.text(path)

    def printed(self, path: str, page: int | None = None, start: int = 0, end: int = 0) -> PrintedPage:
        """Return a page of a PDF or a scan as it is printed, with the characters `start` to `end` of its text marked.

        Without a `page` it is the one on which they stand. Raises DocumentError and StoreError.
        """
        index, wishes = self.engine.index, self.engine.wishes
        text, pages = index.text(path), index.marks(path).pages
        kept = KeptPages(index.place / SCANS)
        return printed_sentence(self.folder, path, text, pages, page, (start, end), wishes, kept)

    def chunks(self) -> Iterator[Chunk]:
        """Yield every chunk of the documents, by document and position. Raises StoreError."""
        return self.engine.index.all_chunks()

    def generation(self) -> int:
        """Return a number that changes whenever the chunks do. Raises StoreError."""
        return self.engine.index.generation()

    @property
    def updated(self) -> IndexReport | None:
        """What came of reading the folder the last time."""
        return self.engine.updated

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """(path, reason) of each file, or part of one, that could not be read."""
        return self.updated.skipped if self.updated else ()

    def refresh(self, report: Report = silent) -> IndexReport:
        """Read what changed in the folder, as every question does by itself. Raises RagError."""
        return self.engine.refresh(report)

    def warm(self, *, report: Report = silent, stopped: Callable[[], bool] = never) -> tuple[int, int]:
        """Read every passage ahead, as far as there is room; returns how many are ready now, and of how many.

        Raises RagError.
        """
        if self.reader is None:
            raise ReaderError("No answer model is loaded: there is nothing that could read ahead.")
        return warm(self.engine.index, self.reader, report=report, stopped=stopped)

    def is_small(self) -> bool:
        """Tell whether the folder is read ahead whole in a minute or two. Raises StoreError."""
        return self.engine.index.count() <= SMALL

    @contextmanager
    def keeping_up(self, *, examples: bool = False) -> Iterator[None]:
        """In threads, read what changes in the folder, and passages ahead while nobody asks: for a server.

        With `examples`, make those first.
        """
        engine = self.engine
        first = engine.examples.make if examples else None
        with (
            warming(engine.index, engine.reader, engine.at_work, first, engine.know_sentences),
            following(engine.docs, engine.refresh),
        ):
            yield

    def close(self) -> None:
        """Free model and index."""
        self.engine.close()

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free model and index."""
        self.close()
