"""Composes the stages: `ask()` yields Retrieved, Token…, Answer. Command line, page and servers reach it by `rag.api`.

It does not know how the stages are built (`rag.compose`) nor how an answer is shown.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from rag.answering.abstain import REFUSAL, confidence, signals
from rag.answering.answer import Answer, Event, History, Limits, Retrieved, Timings, Token
from rag.answering.citations import Source, Statement, cite, nearest, source
from rag.answering.followup import depends_on_history, searches
from rag.answering.followup import standalone as standalone_question
from rag.answering.reader import Reader, never
from rag.answering.requests import TALK
from rag.answering.retriever import Passage, Reranker, reading_order, retrieve, search_sentences
from rag.answering.talk import reply, talk
from rag.answering.warm import AtWork
from rag.answering.whole.plan import plan
from rag.answering.whole.telling import say, tell
from rag.answering.whole.workshop import Workshop
from rag.errors import ReaderError, StoreError, UsageError
from rag.index.embedder import Embedder
from rag.index.index import Index
from rag.index.indexing import IndexReport, update_index
from rag.progress import Report, silent

_LONGEST_QUESTION = 20_000  # characters; a model's context ends long before


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
    ) -> None:
        """Compose the stages; `reader` None serves `search` alone. `budget` and `count` are the chunks' tokens.

        A folder without documents is an error unless it `may_be_empty`: a page takes them in later.
        """
        self.docs = docs
        self.index = index
        self.reader = reader
        self.limits = limits or Limits()
        self.updated: IndexReport | None = None
        """What the last `refresh` did."""
        self.embedder = embedder
        self._reranker = reranker
        self._budget = budget
        self._count = count
        self._may_be_empty = may_be_empty
        self._refreshing = threading.Lock()
        self._written: dict[str, dict[str, str]] = {}  # by answer model; see `Workshop.kept`
        self.at_work = AtWork()
        """Says whether anybody is being answered."""

    def close(self) -> None:
        """Free model and index."""
        if self.reader is not None:
            self.reader.close()
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
            )
        self.updated = done
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
        """Yield Retrieved once, Token many times, Answer once. Raises RagError.

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
        kept, unread = self._written.setdefault(reader.name, {}), self.updated.skipped if self.updated else ()
        found = partial(self.retrieve, history=(), documents=documents)
        shop = Workshop(
            self.index, self.embedder, reader, self._reranker.score, found, stopped, documents, kept, unread
        )
        if told := plan(shop, question, history):
            yield from tell(shop, told, question, begun)
            return
        dependent = depends_on_history(question, history)
        standalone = standalone_question(question, history, reader, stopped) if dependent else question
        passages = () if stopped() else reading_order(self.retrieve(standalone, limits.passages, history, documents))
        retrieval = time.perf_counter() - begun
        yield Retrieved(standalone, passages)

        reading = reader.read(
            [passage.chunk for passage in passages],
            standalone,
            max_tokens=limits.answer_tokens,
            worth=lambda answerable: confidence(signals(passages, answerable)) >= limits.threshold,
            stopped=stopped,
        )
        first = 0.0
        pieces: list[str] = []
        read = [passages[i] for i in reading.read]
        evidence = signals(passages, reading.answerable)
        sure = confidence(evidence)
        abstained = not stopped() and (not passages or sure < limits.threshold)
        tokens = reading.tokens
        try:
            for text in [REFUSAL] if abstained else tokens:
                if not pieces:
                    text = text.lstrip()
                    first = first or time.perf_counter() - begun
                if text:
                    pieces.append(text)
                    yield Token(text)
        finally:
            if close := getattr(tokens, "close", None):
                close()
            self._forget_gone(reader, passages)
        answer = "".join(pieces)
        if abstained or not answer:
            statements: tuple[Statement, ...] = ()
            sources = () if stopped() else self.nearest(passages, standalone)
        else:
            statements, sources = cite(standalone, answer, read, self._reranker.score)
        total = time.perf_counter() - begun
        yield Answer(
            question=question,
            standalone_question=standalone,
            answer=answer,
            abstained=abstained,
            confidence=sure,
            statements=statements,
            sources=sources,
            timings=Timings(
                retrieval_s=round(retrieval, 3),
                first_token_s=round(first, 3),
                total_s=round(total, 3),
                prompt_tokens=reading.prompt_tokens,
                reused_tokens=reading.reused_tokens,
                answer_tokens=0 if abstained else len(pieces),
            ),
            model=reader.name,
            signals=evidence,
            read=reading.read,
            looks=reading.looks,
            stopped=stopped(),
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
        return tuple(retrieve(self.index, self.embedder, queries, limit, self._reranker, documents))

    def nearest(self, passages: Sequence[Passage], question: str, limit: int = 3) -> tuple[Source, ...]:
        """Return the sentences of `passages` nearest to `question`, best first."""
        return nearest(passages, question, self._reranker.score, limit)

    def search(self, query: str, limit: int = 10, *, documents: Collection[str] | None = None) -> list[Source]:
        """Rank single sentences for `query` without the answer model; `documents` narrows it. Raises RagError."""
        query = checked_question(query)
        with self.at_work:
            self.refresh()
            found = search_sentences(self.index, self.embedder, query, limit, self._reranker, documents)
        return [
            source(passage, passage.chunk.sentences.index(span), score, number)
            for number, (passage, span, score) in enumerate(found, 1)
        ]


def checked_question(question: str) -> str:
    """Return the question on one line without control characters; raises UsageError when it is empty or too long."""
    clean = " ".join("".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in question).split())
    if not clean:
        raise UsageError('The question is empty. Ask something, for example: rag ask "What is this about?"')
    if len(clean) > _LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(clean):,} characters; at most {_LONGEST_QUESTION:,} can be asked at once."
        )
    return clean
