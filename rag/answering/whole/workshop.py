"""What every stage works with: the index, the models, what the model wrote before. It does not know requests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from rag.answering.citations import Relevance
from rag.answering.prompting import prompt
from rag.answering.reader import Reader
from rag.answering.retriever import Passage
from rag.answering.whole.kept import Kept
from rag.answering.whole.outline import Sentence, outline
from rag.index.embedder import Embedder, Vectors
from rag.index.index import Index

_AT_ONCE = 32
"""Texts that are embedded between two looks at whether it is stopped: a third of a second."""
_MOST_CHUNKS = 3_000
"""Chunks of a document that are looked through: some 1,200 pages."""


@dataclass
class Workshop:
    """What the stages work with, for one request."""

    index: Index
    embedder: Embedder
    reader: Reader
    relevance: Relevance
    retrieve: Callable[[str, int], Sequence[Passage]]
    """The passages nearest to a query, within the scope."""
    stopped: Callable[[], bool]
    scope: Collection[str] | None
    kept: Kept
    """What was made of a text before."""
    unread: Sequence[tuple[str, str]] = ()
    """(path, reason) of each file that could not be read."""
    outlines: dict[str, list[Sentence]] = field(default_factory=dict)
    read: int = 0
    """Tokens that the model read for this request."""
    written: int = 0
    """Tokens that it wrote."""

    def write(self, name: str, max_tokens: int, document: str, **variables: str) -> str:
        """Return what the model says to the prompt `name` about a text of `document`; empty when it is stopped.

        Where it said it before, that is returned.
        """
        request = prompt(name, **variables)
        made_from = f"{self.reader.name}\n{max_tokens}\n{prompt('system')}\n{request}"
        if (before := self.kept.get(made_from)) is not None:
            return before
        pieces = list(self.reader.complete(prompt("system"), request, max_tokens=max_tokens, stopped=self.stopped))
        self.read += self.reader.count(request)
        self.written += len(pieces)
        if self.stopped():
            return ""
        said = "".join(pieces).strip()
        self.kept.put(made_from, said, document)
        return said

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text; of those that are left when it is stopped, zeros."""
        vectors = np.zeros((len(texts), self.embedder.dimensions), np.float32)
        for start in range(0, len(texts), _AT_ONCE):
            if self.stopped():
                break
            vectors[start : start + _AT_ONCE] = self.embedder.embed(texts[start : start + _AT_ONCE])
        return vectors

    def each(self, paths: Iterable[str]) -> Iterator[list[Sentence]]:
        """Yield the sentences of documents one by one, until it is stopped."""
        for path in paths:
            if self.stopped():
                return
            yield self.sentences(path)

    def passages(self, documents: Sequence[str]) -> tuple[Passage, ...]:
        """Return the first chunk of each document: what is being read, for who waits."""
        return tuple(Passage(first.chunk, 0.0, 0.0) for path in documents for first in self.sentences(path)[:1])

    def sentences(self, path: str) -> list[Sentence]:
        """Return the sentences of a document under their headings."""
        if path not in self.outlines:
            self.outlines[path] = outline(self.index.chunks_of(path, self.every(path)))
        return self.outlines[path]

    def every(self, path: str) -> int:
        """Return 1 where all of a document is read, or of how many chunks one is: a long one would take minutes."""
        record = self.index.document(path)
        return 1 + (record.chunks - 1) // _MOST_CHUNKS if record and record.chunks else 1
