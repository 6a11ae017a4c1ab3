"""Composes the stages: `ask()` yields Retrieved, Token…, Answer. Command line, page and servers reach it by `rag.api`.

It does not know how the stages are built (`rag.compose`) nor how an answer is shown.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from rag.answering.answer import Event, History, Limits, Retrieved
from rag.answering.citations import Source, source
from rag.answering.evidence import Found, weigh
from rag.answering.example_shelf import ExampleShelf
from rag.answering.fact_answer import Tools
from rag.answering.facts import Asked, Wording, tell_facts
from rag.answering.followup import searches
from rag.answering.languages import in_other_languages, is_in_another
from rag.answering.reader import Reader, never
from rag.answering.requests import LIST, TALK, checked_question
from rag.answering.retriever import Passage, Reranker, reading_order, retrieve, search_sentences
from rag.answering.several import parts_of, tell_parts
from rag.answering.tables.answer import answer_from_tables
from rag.answering.tables.loaded import Shelf
from rag.answering.talk import reply, talk
from rag.answering.understanding import understood
from rag.answering.warm import AtWork
from rag.answering.whole.kept import Kept
from rag.answering.whole.plan import plan
from rag.answering.whole.telling import say, tell
from rag.answering.whole.workshop import Workshop
from rag.documents.chunks import Chunk
from rag.documents.formats.parts import Wishes
from rag.documents.parsing import NO_WISHES
from rag.errors import ReaderError, StoreError
from rag.index.embedder import Embedder, Remembering
from rag.index.index import Index
from rag.index.indexing import IndexReport, update_index
from rag.progress import Report, silent

_SEVERAL = 4  # times as many passages are found where only those in other languages are read
_TABLES_AMONG = 3  # best passages: a table that none of them is a row of is seldom meant


class Engine:
    """Answers questions about one folder. Safe to call from several threads; answers queue."""

    def __init__(
        self,
        docs: Path,
        index: Index,
        embedder: Embedder,
        reader: Reader | None,
        reranker: Reranker,
        *,
        budget: int,
        count: Callable[[str], int],
        limits: Limits | None = None,
        may_be_empty: bool = False,
        wishes: Wishes = NO_WISHES,
        keeps: Path | None = None,
    ) -> None:
        """Compose the stages; `reader` None serves `search` alone. `budget` and `count` are the chunks' tokens.

        What was made of whole documents is kept in the folder `keeps`, or in memory. A folder without documents is an
        error unless it `may_be_empty`: a page takes them in later. `wishes` go to the readers of files.
        """
        self.docs = docs
        self.index = index
        self.reader = reader
        self.limits = limits or Limits()
        self.updated: IndexReport | None = None
        """What the last `refresh` did."""
        self.embedder = embedder
        self._sentences = Remembering(embedder)
        self._reranker = reranker
        self._budget = budget
        self._count = count
        self._may_be_empty = may_be_empty
        self.wishes = wishes
        self._tables = Shelf(index)
        self._refreshing = threading.Lock()
        self._kept = Kept(keeps and keeps / "made.sqlite")
        self.examples = ExampleShelf(
            keeps and keeps / "examples.json",
            index,
            lambda stopped: self._workshop(self.reader, None, stopped) if self.reader else None,
            lambda question, stopped: self._ask(question, (), self.limits, None, stopped, self.reader),
        )
        self.at_work = AtWork()
        """Says whether anybody is being answered."""

    def close(self) -> None:
        """Free model and index."""
        if self.reader is not None:
            self.reader.close()
        self._kept.close()
        self.index.close()

    def __enter__(self) -> "Engine":
        """Use the engine as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free model and index."""
        self.close()

    def refresh(self, report: Report = silent) -> IndexReport:
        """Bring the index up to the folder: one stat a file where nothing changed. Raises RagError."""
        with self._refreshing:
            done = update_index(
                self.docs,
                self.index,
                self.embedder,
                budget=self._budget,
                count=self._count,
                report=report,
                may_be_empty=self._may_be_empty,
                wishes=self.wishes,
                try_locked=self.updated is None and bool(self.wishes.password),
            )
        self.updated = done
        self._kept.forget(done.stale)
        if self.reader is not None:
            self.reader.forget(done.stale)
        return done

    def ask(
        self,
        question: str,
        history: History = (),
        *,
        limits: Limits | None = None,
        documents: Collection[str] | None = None,
        stopped: Callable[[], bool] = never,
        reader: Reader | None = None,
    ) -> Iterator[Event]:
        """Yield Retrieved once, Token many times, Answer once; Working meanwhile where it takes long. Raises RagError.

        `documents` (paths) narrows what is answered from; `reader` answers instead of the engine's own. Closing the
        iterator stops the model; when `stopped()` becomes true the answer ends where it is.
        """
        with self.at_work:
            yield from self._ask(question, history, limits or self.limits, documents, stopped, reader or self.reader)

    def _ask(
        self,
        question: str,
        history: History,
        limits: Limits,
        documents: Collection[str] | None,
        stopped: Callable[[], bool],
        reader: Reader | None,
    ) -> Iterator[Event]:
        begun = time.perf_counter()
        if reader is None:
            raise ReaderError("No answer model is loaded: this engine only searches.")
        question = checked_question(question)
        if talked := talk(question):
            there = self.index.documents().items()
            titles = [record.title for path, record in there if documents is None or path in documents]
            yield from say(question, reply(*talked, titles), TALK, reader.name, begun)
            return
        self.refresh()
        shop = self._workshop(reader, documents, stopped)
        told = plan(shop, question, history)
        if told and told.kind != LIST:
            yield from tell(shop, told, question, begun)
            return
        standalone = question if told else understood(question, history, self.index, reader, stopped, documents)
        passages = () if stopped() else tuple(self.retrieve(standalone, limits.passages, history, documents))
        retrieval = time.perf_counter() - begun
        best, index = passages[:_TABLES_AMONG], self.index
        computed = answer_from_tables(
            standalone, best, index, self._tables, reader, documents=documents, stopped=stopped
        )
        if computed is not None and computed.confidence >= limits.threshold:
            yield Retrieved(standalone, passages)
            yield from computed.events(question, standalone, reader.name, begun, retrieval)
        elif told:  # a list out of what is no table
            yield from tell(shop, told, question, begun)
        elif len(parts := parts_of(question)) > 1:
            ask = partial(self._ask, limits=limits, documents=documents, stopped=stopped, reader=reader)
            yield from tell_parts(question, parts, history, ask)
        else:
            yield Retrieved(standalone, passages)
            score, asked = self._reranker.score, Asked(question, begun, retrieval)
            tools = Tools(self._sentences, score, self._count, cache(index.text), index.holds_word)
            wordings = self._wordings(Wording(standalone, passages), limits, documents, reader, stopped)
            try:
                yield from tell_facts(asked, wordings, reader, tools, limits, stopped)
            finally:
                self._forget_gone(reader, passages)

    def _wordings(
        self,
        first: Wording,
        limits: Limits,
        documents: Collection[str] | None,
        reader: Reader,
        stopped: Callable[[], bool],
    ) -> Iterator[Wording]:
        """Yield `first`, then the question with passages in other languages of the documents than its own."""
        yield first
        question = first.question
        if queries := in_other_languages(question, self.index, reader, stopped, documents):
            vast = _SEVERAL * limits.passages
            found = retrieve(self.index, self.embedder, [*queries, question], vast, None, documents)
            if foreign := [each for each in found if is_in_another(each.chunk.text, question)]:
                yield Wording(question, tuple(foreign[: limits.passages]), foreign=True)

    def _workshop(self, reader: Reader, documents: Collection[str] | None, stopped: Callable[[], bool]) -> Workshop:
        unread = self.updated.skipped if self.updated else ()
        found = partial(self.retrieve, history=(), documents=documents)
        return Workshop(
            self.index, self._sentences, reader, self._reranker.score, found, stopped, documents, self._kept, unread
        )

    def _forget_gone(self, reader: Reader, passages: Sequence[Passage]) -> None:
        """Let the reader drop what it kept of passages that were removed while it read them."""
        there: Collection[str] = ()
        with suppress(StoreError):  # the index was closed meanwhile: all is dropped
            there = self.index.chunks([passage.chunk.id for passage in passages])
        if gone := {passage.chunk.document for passage in passages if passage.chunk.id not in there}:
            reader.forget(sorted(gone))

    def retrieve(
        self, question: str, limit: int, history: History = (), documents: Collection[str] | None = None
    ) -> tuple[Passage, ...]:
        """Return the `limit` best passages, best first, from the index as it is."""
        queries = searches(question, history)
        return reading_order(retrieve(self.index, self.embedder, queries, limit, self._reranker, documents))

    def found(self, passages: Sequence[Passage], question: str) -> list[Found]:
        """Return the sentences of `passages`, those nearest to `question` first."""
        return weigh(passages, question, self._reranker.score, cache(self.index.text))

    def know_sentences(self, chunk: Chunk) -> None:
        """Compute the vectors of a chunk's sentences ahead: a search compares each of them."""
        self._sentences.embed([chunk.slice(span) for span in chunk.sentences])

    def search(self, query: str, limit: int = 10, *, documents: Collection[str] | None = None) -> list[Source]:
        """Rank single sentences for `query` without the answer model; `documents` narrows it. Raises RagError."""
        query = checked_question(query)
        with self.at_work:
            self.refresh()
            found = search_sentences(self.index, self._sentences, query, limit, self._reranker, documents)
        return [source(each, each.chunk.sentences.index(at), score, n) for n, (each, at, score) in enumerate(found, 1)]
