"""What lies in the index's tables: their columns, and rows as data. It does not know connections or transactions."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.documents.chunks import Chunk
from rag.documents.keywords import TOKENIZER
from rag.documents.sentences import Span

SCHEMA = f"""
CREATE TABLE state (generation INTEGER NOT NULL, chroma_files TEXT NOT NULL);
INSERT INTO state VALUES (0, '{{}}');
CREATE TABLE documents (
    path TEXT PRIMARY KEY, title TEXT, sha256 TEXT, size INTEGER, mtime_ns INTEGER, sentences INTEGER, chunks INTEGER,
    pages TEXT, text TEXT);
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, document TEXT REFERENCES documents(path), ordinal INTEGER,
    start INTEGER, end INTEGER, page INTEGER, pages TEXT, sentences TEXT, text TEXT, digest TEXT, vector BLOB);
CREATE INDEX chunks_by_document ON chunks (document, ordinal);
CREATE INDEX chunks_by_digest ON chunks (digest);
CREATE VIRTUAL TABLE keywords USING fts5(title, text, tokenize = "{TOKENIZER}");
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT, unread TEXT) WITHOUT ROWID;
CREATE TABLE pending (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
DOCUMENT = "SELECT path, title, sha256, size, mtime_ns, sentences, chunks FROM documents"
CHUNK = """SELECT chunks.id, document, title, page, chunks.text, start, end, chunks.sentences, chunks.pages
    FROM chunks JOIN documents ON path = document"""


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


def digest_of(text: str) -> str:
    """Return what the vector of a text is found again by."""
    return hashlib.sha256(text.encode()).hexdigest()


def vector_of(blob: bytes) -> NDArray[np.float32]:
    """Return a kept vector."""
    return np.frombuffer(blob, dtype="<f4")


def chunk_of(row: tuple[str, str, str, int | None, str, int, int, str, str]) -> Chunk:
    """Return the chunk of a row of `CHUNK`."""
    id_, document, title, page, text, start, end, sentences, pages = row
    spans = tuple(Span(*span) for span in json.loads(sentences))
    return Chunk(id_, document, title, page, text, start, end, spans, tuple(json.loads(pages)))
