"""Changed files → documents, cut into sentences and chunks. It does not know the index nor the embedder.

It runs in a thread of its own, ahead of what is embedded (`rag.index.indexing`).
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.documents.chunks import Chunk, make_chunks
from rag.documents.folder import Document, FileEntry, Unread, is_parsed, read_documents, sha256_of
from rag.documents.parsing import Parser
from rag.documents.sentences import Span, split_sentences
from rag.errors import DocumentError
from rag.index.records import DocumentRecord, FileRecord

_TRUSTED_AGE_NS = 2_000_000_000
"""A file changed this shortly before it was read may change again within its time stamp's resolution."""


@dataclass(frozen=True)
class Cutting:
    """What is the same for every file of an update: where it is, how it is cut, and what was known of it before."""

    docs: Path
    budget: int
    count: Callable[[str], int]
    parser: Parser
    known: Mapping[str, DocumentRecord]
    noted: Mapping[str, FileRecord]
    moved: Mapping[str, str]
    """Hash of a document whose file is gone → its path."""


@dataclass(frozen=True)
class Cut:
    """A document, cut up."""

    document: Document
    mtime_ns: int
    spans: Sequence[Span]
    chunks: Sequence[Chunk]
    new: bool
    """Whether its texts have to be embedded, as far as can be told before it is its turn."""


@dataclass(frozen=True)
class End:
    """The end of a file."""

    mtime_ns: int
    sha256: str
    same: bool = False
    """The file holds what it held before, and was not read."""
    error: str = ""


Part = Cut | Unread | End


def characters(part: Part) -> int:
    """Return how much memory a part takes, roughly, in characters of text."""
    return len(part.document.text) if isinstance(part, Cut) else 1


def read_file(entry: FileEntry, cutting: Cutting) -> Iterator[Part]:
    """Yield what one file holds, then its end. Nothing is asked of the index: another thread uses it."""
    path = entry.path
    fresh = time.time_ns() - entry.mtime_ns < _TRUSTED_AGE_NS
    mtime_ns = entry.mtime_ns - 1 if fresh else entry.mtime_ns  # one off: it will be read once more
    if printable(path) != path:
        reason = f"The file {printable(path)} has a name that is not Unicode. Rename it."
        yield Unread(path, reason, lasting=False)
        yield End(mtime_ns, "")
        return
    sha256, error = "", ""
    try:
        sha256 = sha256_of(cutting.docs, path) if is_parsed(path) else ""
        if sha256 and _is_known(path, sha256, cutting):
            yield End(mtime_ns, sha256, same=True)
            return
        for part in read_documents(cutting.docs, path, cutting.parser, size=entry.size, sha256=sha256):
            yield part if isinstance(part, Unread) else cut_up(part, mtime_ns, cutting)
    except DocumentError as failure:
        error = str(failure)
    yield End(mtime_ns, sha256, error=error)


def cut_up(document: Document, mtime_ns: int, cutting: Cutting) -> Cut:
    """Cut a document into sentences and chunks, unless it is known as it is."""
    known = cutting.known.get(document.path)
    if known is not None and known.sha256 == document.sha256:
        return Cut(document, mtime_ns, (), (), new=False)
    spans = split_sentences(document.text)
    chunks = make_chunks(document, spans, cutting.budget, cutting.count)
    return Cut(document, mtime_ns, spans, chunks, new=document.sha256 not in cutting.moved)


def _is_known(path: str, sha256: str, cutting: Cutting) -> bool:
    """Tell whether the file of this content was read before, all of it: else it is tried once more."""
    if (noted := cutting.noted.get(path)) is not None:
        return noted.sha256 == sha256 and not noted.unread
    return path in cutting.known and cutting.known[path].sha256 == sha256


def printable(path: str) -> str:
    """Return `path` with the bytes that are not UTF-8 written out."""
    return path.encode("utf-8", "backslashreplace").decode()
