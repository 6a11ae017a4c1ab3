"""One file → its documents in the index, each by itself, with a vector a chunk. It does not know folders or formats.

What `rag.index.cutting` has read and cut up ahead is embedded and written here. A text that has a vector already, under
another name or in another document, is not embedded again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rag.documents.chunks import Chunk, make_chunks
from rag.documents.folder import Document, FileEntry, Unread
from rag.documents.sentences import Span
from rag.index.ahead import Ahead
from rag.index.cutting import Cut, Cutting, End, Part, cut_up
from rag.index.embedder import Embedder
from rag.index.index import Index
from rag.index.records import FileRecord
from rag.progress import Report

_EMBEDDED_AT_ONCE = 256
"""Texts given to the embedder in one call."""
_FILLED_UP_TO = 64
"""Texts that it is given at least, if so many are read: more would be lost when the update is interrupted."""
_MOST_KEPT = 2 * _EMBEDDED_AT_ONCE
"""Vectors that wait for their turn; of twice as many texts as are embedded at once none is dropped too early."""


@dataclass(frozen=True)
class Work:
    """What is the same for every file of an update."""

    cutting: Cutting
    index: Index
    embedder: Embedder
    report: Report
    owners: Mapping[str, str | None]
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """Vectors of texts whose turn will come."""


@dataclass
class Read:
    """What came of one file."""

    outcomes: dict[str, str] = field(default_factory=dict)
    """"added", "changed" or "unchanged", by the document's path."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    chunks: int = 0


def update_file(entry: FileEntry, ahead: Ahead[Part], work: Work) -> Read:
    """Bring the documents of one file into the index, each by itself, and note the file when that is over."""
    path, read = entry.path, Read()
    noted = work.cutting.noted.get(path)
    lasting = True
    for part in ahead:
        if isinstance(part, Unread):
            read.unread.append((part.path, part.reason))
            lasting = lasting and part.lasting
        elif isinstance(part, Cut):
            read.outcomes[part.document.path], chunks = _update_document(part, entry.size, ahead, work)
            read.chunks += chunks
        else:
            break
    assert isinstance(part, End)
    if part.same:
        _touch(entry.size, part.mtime_ns, noted, path, work)
        read.outcomes = {document: "unchanged" for document, owner in work.owners.items() if owner == path}
        read.unread = list(noted.unread) if noted else []
        return read
    if part.error:
        read.unread.append((path, part.error))
        lasting = False
    if lasting and (read.unread or list(read.outcomes) != [path]):
        work.index.note_file(FileRecord(path, entry.size, part.mtime_ns, part.sha256, tuple(read.unread)))
    elif noted:
        work.index.forget_files([path])
    return read


def _touch(size: int, mtime_ns: int, noted: FileRecord | None, path: str, work: Work) -> None:
    if noted:
        work.index.note_file(replace(noted, size=size, mtime_ns=mtime_ns))
    if path in work.cutting.known:
        work.index.touch(path, size, mtime_ns)


def _update_document(cut: Cut, size: int, ahead: Ahead[Part], work: Work) -> tuple[str, int]:
    """Bring one document into the index: ("added", "changed" or "unchanged", chunks written)."""
    index, document = work.index, cut.document
    known = index.document(document.path)  # asked now: another process may be at the same work
    if known is not None and known.sha256 == document.sha256:
        index.touch(document.path, size, cut.mtime_ns)
        return "unchanged", 0
    if not cut.spans:  # it was known when it was read, and is no longer
        cut = cut_up(document, cut.mtime_ns, replace(work.cutting, known={}))
    vectors = _vectors_of_moved(document, cut.spans, work)
    if vectors is None:
        vectors = _embed(cut.chunks, ahead, work)
    index.add(document, cut.chunks, vectors, size, cut.mtime_ns)
    return ("changed" if known else "added"), len(cut.chunks)


def _vectors_of_moved(document: Document, spans: Sequence[Span], work: Work) -> NDArray[np.float32] | None:
    """Return the vectors of the same document under the path that it had before; None when it had none.

    Where the name is the title they are those of the old name: it is in the keywords that the new one counts.
    """
    before = work.cutting.moved.get(document.sha256)
    if before is None or work.index.document(before) is None or work.index.text(before) != document.text:
        return None
    ids = [
        chunk.id
        for chunk in make_chunks(replace(document, path=before), spans, work.cutting.budget, work.cutting.count)
    ]
    found = work.index.vectors(ids)
    return np.stack([found[id_] for id_ in ids]) if ids and found.keys() >= set(ids) else None


def _embed(chunks: Sequence[Chunk], ahead: Ahead[Part], work: Work) -> NDArray[np.float32]:
    """Return one vector a chunk; a text that has one already, here or in the index, is not embedded again.

    With a few chunks those of the documents that follow are embedded, too: one text keeps one core busy.
    """
    vectors = np.empty((len(chunks), work.embedder.dimensions), np.float32)
    for start in range(0, len(chunks), _EMBEDDED_AT_ONCE):
        if start:
            work.report("Embedding a long document", start, len(chunks), "passages")
        texts = [chunk.titled_text for chunk in chunks[start : start + _EMBEDDED_AT_ONCE]]
        if not work.vectors.keys() >= set(texts):
            following = (part for part in ahead.waiting() if isinstance(part, Cut) and part.new)
            more = (chunk.titled_text for part in following for chunk in part.chunks)
            asked = [*texts, *islice(more, max(0, _FILLED_UP_TO - len(texts)))]
            work.vectors.update(work.index.vectors_of_texts(asked))
            new = [text for text in dict.fromkeys(asked) if text not in work.vectors]
            work.vectors.update(zip(new, work.embedder.embed(new), strict=True))
            while len(work.vectors) > _MOST_KEPT:  # what another process has brought in meanwhile
                work.vectors.pop(next(iter(work.vectors)))
        vectors[start : start + len(texts)] = [work.vectors[text] for text in texts]
        for text in texts:
            work.vectors.pop(text, None)
    return vectors
