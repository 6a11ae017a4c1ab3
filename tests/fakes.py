"""Fakes for the two seams, and for the cross-encoder that judges at the first: no weights, the same every time."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rag.answering.fitted import default_fit
from rag.answering.reader import Excerpt, Reading, always, never
from rag.documents.chunks import Chunk
from rag.errors import ReaderError
from rag.index.embedder import Vectors

Script = Callable[[Sequence[Chunk], str], tuple[float | None, Sequence[str]]]
HARBOUR = (
    "The Harbour\n\nThe harbour of Lysa was dredged in 1931. Karin Holt led the work. The bridge is 412 metres long."
)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


class HashEmbedder:
    """Texts that share words have similar vectors: each word adds a direction drawn from its hash."""

    def __init__(self, dimensions: int = 64, fingerprint: str = "hash-embedder") -> None:
        self.dimensions = dimensions
        self.fingerprint = fingerprint

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _words(text) or ["nothing"]:
                seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "big")
                vectors[row] += np.random.default_rng(seed).standard_normal(self.dimensions).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class OverlapReranker:
    """The share of the query's words that a text holds."""

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        wanted = set(_words(query))
        return [len(wanted & set(_words(text))) / max(1, len(wanted)) for text in texts]


class ScriptedReader:
    """Answers by a function of (passages, question) to (P(answerable), pieces of the answer)."""

    name = "scripted"
    fit = default_fit()

    def __init__(self, script: Script, queries: Sequence[str] = ()) -> None:
        """`queries` are written one after the other when a table is asked; without any, nothing is."""
        self._script = script
        self._queries = list(queries)
        self.forgotten: list[str] = []
        self.requests: list[str] = []
        self.writes: Callable[[str], str] = lambda request: ""

    def writes_next(self, query: str) -> None:
        """Let the next table that is asked get this query."""
        self._queries = [query]

    def read(
        self,
        passages: Sequence[Chunk],
        question: str,
        *,
        max_tokens: int,
        worth: Callable[[float], bool] = always,
        stopped: Callable[[], bool] = never,
    ) -> Reading:
        answerable, pieces = self._script(passages, question)
        return Reading(answerable, self._stream(pieces[:max_tokens], stopped), 10, 8, len(passages))

    def _stream(self, pieces: Sequence[str], stopped: Callable[[], bool]) -> Iterator[str]:
        for piece in pieces:
            if stopped():
                return
            yield piece

    def count(self, text: str) -> int:
        return len(text.split())

    def complete(
        self,
        system: str,
        request: str,
        *,
        max_tokens: int,
        stopped: Callable[[], bool] = never,
        opening: Excerpt | None = None,
    ) -> Iterator[str]:
        """Write the next query; rewrite a follow-up, what was said before it in brackets; write what else is asked."""
        if opening and "CREATE TABLE" in opening.text:
            yield from self._stream([self._queries.pop(0)] if self._queries else [], stopped)
            return
        turns = re.findall(r"^(?:User|Assistant|Last question): (.*)$", request, re.MULTILINE)[-2:]
        self.requests.append(request)
        yield from self._stream([f"{turns[1]} ({turns[0]})" if len(turns) == 2 else self.writes(request)], stopped)

    def forget(self, documents: Sequence[str]) -> None:
        self.forgotten += documents

    def close(self) -> None:
        pass


def tell_of_the_harbour(passages: Sequence[Chunk], question: str) -> tuple[float | None, Sequence[str]]:
    """A script: answers from `HARBOUR`, is silent where nobody knows, and fails where the question says so."""
    if "fail" in question:
        raise ReaderError("The model failed.")
    if "bug" in question:
        raise ZeroDivisionError("oops")
    if "nobody knows" in question:
        return 0.001, ["Wrong."]
    return 0.999, ["The harbour", " of Lysa", " was dredged", " in 1931."]


class EndlessReader(ScriptedReader):
    """Writes without an end when the question says so: until it is stopped, and tells when that was."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.begun = threading.Event()
        self.stopped = threading.Event()

    def read(
        self,
        passages: Sequence[Chunk],
        question: str,
        *,
        max_tokens: int,
        stopped: Callable[[], bool] = never,
        **more: Any,
    ) -> Reading:
        if "endless" not in question:
            return super().read(passages, question, max_tokens=max_tokens, stopped=stopped, **more)
        return Reading(0.999, self._words(stopped), 10, 8, len(passages))

    def _words(self, stopped: Callable[[], bool]) -> Iterator[str]:
        self.begun.set()
        try:
            while not stopped():
                yield "and on "
                time.sleep(0.01)
        finally:
            self.stopped.set()
