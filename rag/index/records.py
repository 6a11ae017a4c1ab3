"""Rows of the index's tables as data. It does not know SQL, connections or transactions."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.documents.chunks import Chunk
from rag.documents.formats.parts import Scanned
from rag.documents.sentences import Span


@dataclass(frozen=True)
class DocumentRecord:
    """What the index knows of a document without its text; `sentences` and `chunks` are counts."""

    path: str
    title: str
    sha256: str
    size: int
    mtime_ns: int
    sentences: int
    chunks: int


@dataclass(frozen=True)
class FileRecord:
    """A file that was read to its end and is not simply the document of its path: an archive, or one that is unread."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    unread: tuple[tuple[str, str], ...]
    """(path, reason) of what of it is not read."""


@dataclass(frozen=True)
class Marks:
    """What is known of places in a document's text."""

    pages: tuple[int, ...] = ()
    """Offset at which each page starts; none where it has no pages."""
    scanned: tuple[Scanned, ...] = ()
    """What OCR read, and how sure it is."""


def digest_of(text: str) -> str:
    """Return what the vector of a text is found again by."""
    return hashlib.sha256(text.encode()).hexdigest()


def vector_of(blob: bytes) -> NDArray[np.float32]:
    """Return a kept vector."""
    return np.frombuffer(blob, dtype="<f4")


def marks_of(pages: str, scanned: str) -> Marks:
    """Return the places of a row of `rag.index.store`."""
    return Marks(tuple(json.loads(pages)), tuple((start, end, sure) for start, end, sure in json.loads(scanned)))


def chunk_of(row: tuple[str, str, str, int | None, str, int, int, str, str, str]) -> Chunk:
    """Return the chunk of a row of `rag.index.store`."""
    id_, document, title, page, text, start, end, sentences, pages, certainties = row
    spans = tuple(Span(*span) for span in json.loads(sentences))
    sure = tuple(json.loads(certainties))
    return Chunk(id_, document, title, page, text, start, end, spans, tuple(json.loads(pages)), sure)
