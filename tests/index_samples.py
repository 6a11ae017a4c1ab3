"""Documents, chunks and vectors for the tests of index and retriever."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from fakes import HashEmbedder
from rag.documents.chunks import Chunk
from rag.documents.folder import Document
from rag.documents.sentences import Span
from rag.index.index import Index

DIMENSIONS = 64


def make(path: str, *texts: str, title: str = "") -> tuple[Document, list[Chunk]]:
    """Return a document of one chunk a text, and its chunks; a chunk is one sentence."""
    whole, chunks, start = "\n".join(texts), [], 0
    sha256 = hashlib.sha256(whole.encode()).hexdigest()
    for number, text in enumerate(texts):
        span = Span(start, start + len(text))
        id_ = hashlib.sha256(f"{path} {sha256} {number}".encode()).hexdigest()[:32]
        chunks.append(Chunk(id_, path, title, None, text, *span, (span,), (None,)))
        start = span.end + 1
    return Document(path, title, whole, sha256), chunks


def put(index: Index, path: str, *texts: str, title: str = "") -> list[str]:
    """Add a document of one chunk a text; return the chunks' ids."""
    document, chunks = make(path, *texts, title=title)
    vectors = HashEmbedder(DIMENSIONS).embed([f"{title}\n{text}" for text in texts])
    index.add(document, chunks, vectors, size=len(document.text), mtime_ns=1)
    return [chunk.id for chunk in chunks]


def vector(text: str) -> NDArray[np.float32]:
    return np.asarray(HashEmbedder(DIMENSIONS).embed([text])[0])
