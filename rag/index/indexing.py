"""Folder → index: takes in what is new or changed, drops what is gone. It does not know formats, models or questions.

A thread reads and cuts up the next files (`rag.index.cutting`) while texts are embedded and written here.

A file is one document, or several: an archive's members, a mailbox's messages, a mail with its attachments. Their
paths go on behind the file's. What was read to its end and is not simply one document is noted in the index, so that
neither an archive nor a file that cannot be read is opened again while it stays as it is.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.documents.chunks import Chunk, make_chunks
from rag.documents.folder import Document, FileEntry, Unread, list_files
from rag.documents.parsing import Parser
from rag.documents.sentences import Span
from rag.errors import UsageError
from rag.index.ahead import Ahead
from rag.index.cutting import Cut, Cutting, End, Part, characters, cut_up, printable, read_file
from rag.index.embedder import Embedder
from rag.index.index import DocumentRecord, FileRecord, Index
from rag.progress import Report, silent

_READ_AHEAD = 1_000_000
"""Characters of documents that are read and cut up before it is their turn."""
_EMBEDDED_AT_ONCE = 256
"""Texts given to the embedder in one call."""
_FILLED_UP_TO = 64
"""Texts that it is given at least, if so many are read: more would be lost when the update is interrupted."""
_MOST_KEPT = 2 * _EMBEDDED_AT_ONCE
"""Vectors that wait for their turn; of twice as many texts as are embedded at once none is dropped too early."""
_TAKEN_OVER_AT_ONCE = 2_000
"""Chunks after which Chroma takes over what is new."""


@dataclass(frozen=True)
class IndexReport:
    """What an update did (counts of documents), and what the index holds now."""

    added: int
    changed: int
    removed: int
    unchanged: int
    skipped: tuple[tuple[str, str], ...]
    """(path, reason) of each file, member of a file, or part of one that is not read."""
    documents: int
    sentences: int
    chunks: int
    seconds: float
    stale: tuple[str, ...] = ()
    """Paths that changed or went: what else is kept of them elsewhere is out of date."""


def update_index(
    docs: Path,
    index: Index,
    embedder: Embedder,
    *,
    budget: int,
    count: Callable[[str], int],
    report: Report = silent,
    may_be_empty: bool = False,
) -> IndexReport:
    """Make `index` hold the folder `docs` as it is now. Files of the same size and time of change are not read.

    Each document is committed by itself: an interrupted update goes on where it was. `budget` is the most tokens of a
    chunk, `count` counts them. Raises UsageError when the folder is missing or, unless it `may_be_empty`, nothing in it
    can be read, and StoreError.
    """
    started = time.perf_counter()
    if not docs.is_dir():
        what = "is a file, not a folder" if docs.exists() else "does not exist"
        raise UsageError(f"The folder of documents {docs} {what}. Name one with --docs DIR.")
    files = {entry.path: entry for entry in list_files(docs)}
    known, noted = index.documents(), index.files()
    todo = _changed(files.values(), known, noted)
    unchanged = files.keys() - {entry.path for entry in todo}
    owners = {path: _owner(path, files) for path in known}
    moved = {record.sha256: path for path, record in known.items() if owners[path] is None}
    outcomes = {path: "unchanged" for path, owner in owners.items() if owner in unchanged}
    unread = {path: list(record.unread) for path, record in noted.items() if path in unchanged}
    waiting = 0
    if todo:
        cutting = Cutting(docs, budget, count, Parser(), known, noted, moved)
        work = _Work(cutting, index, embedder, report, owners)
        ahead = Ahead((part for entry in todo for part in read_file(entry, cutting)), characters, _READ_AHEAD)
        with ahead, cutting.parser:  # the parser ends first: its child may be in the middle of a file
            for done, entry in enumerate(todo):
                report("Reading documents", done, len(todo), "files")
                read = _update_file(entry, ahead, work)
                outcomes |= read.outcomes
                unread[entry.path] = [(printable(path), reason) for path, reason in read.unread]
                waiting += read.chunks
                if waiting >= _TAKEN_OVER_AT_ONCE:
                    index.synchronise()
                    waiting = 0
        report("Reading documents", len(todo), len(todo), "files")
    # Last, so that a renamed document's vectors were still there to be taken from.
    gone = known.keys() - outcomes.keys()
    if gone:
        index.remove(sorted(gone))
    if forgotten := noted.keys() - files.keys():
        index.forget_files(forgotten)
    if gone or set(outcomes.values()) - {"unchanged"}:
        index.synchronise(report)
    records = index.documents().values()
    skipped = tuple(entry for path in files for entry in unread.get(path, ()))
    if not records and not may_be_empty:
        raise UsageError(_nothing_to_read(docs, skipped))
    made = list(outcomes.values())
    return IndexReport(
        added=made.count("added"),
        changed=made.count("changed"),
        removed=len(gone),
        unchanged=made.count("unchanged"),
        skipped=skipped,
        documents=len(records),
        sentences=sum(record.sentences for record in records),
        chunks=sum(record.chunks for record in records),
        seconds=time.perf_counter() - started,
        stale=tuple(sorted({*gone, *(path for path, outcome in outcomes.items() if outcome == "changed")})),
    )


def changed_files(docs: Path, index: Index) -> list[FileEntry]:
    """Return the files that an update of `index` is going to read, in its order."""
    return _changed(list_files(docs), index.documents(), index.files())


def _changed(
    files: Iterable[FileEntry], known: Mapping[str, DocumentRecord], noted: Mapping[str, FileRecord]
) -> list[FileEntry]:
    return [
        entry
        for entry in files
        if not (_is_same(known.get(entry.path), entry) or _is_same(noted.get(entry.path), entry))
    ]


def _is_same(record: DocumentRecord | FileRecord | None, entry: FileEntry) -> bool:
    return record is not None and (record.size, record.mtime_ns) == (entry.size, entry.mtime_ns)


def _owner(path: str, files: Mapping[str, FileEntry]) -> str | None:
    """Return the file that holds the document `path`: itself, or an archive above it; None when it is gone."""
    while path not in files:
        path, slash, _ = path.rpartition("/")
        if not slash:
            return None
    return path


@dataclass(frozen=True)
class _Work:
    """What is the same for every file of an update."""

    cutting: Cutting
    index: Index
    embedder: Embedder
    report: Report
    owners: Mapping[str, str | None]
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """Vectors of texts whose turn will come."""


@dataclass
class _Read:
    """What came of one file."""

    outcomes: dict[str, str] = field(default_factory=dict)
    """"added", "changed" or "unchanged", by the document's path."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    chunks: int = 0


def _update_file(entry: FileEntry, ahead: Ahead[Part], work: _Work) -> _Read:
    """Bring the documents of one file into the index, each by itself, and note the file when that is over."""
    path, read = entry.path, _Read()
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


def _touch(size: int, mtime_ns: int, noted: FileRecord | None, path: str, work: _Work) -> None:
    if noted:
        work.index.note_file(replace(noted, size=size, mtime_ns=mtime_ns))
    if path in work.cutting.known:
        work.index.touch(path, size, mtime_ns)


def _update_document(cut: Cut, size: int, ahead: Ahead[Part], work: _Work) -> tuple[str, int]:
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


def _vectors_of_moved(document: Document, spans: Sequence[Span], work: _Work) -> NDArray[np.float32] | None:
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


def _embed(chunks: Sequence[Chunk], ahead: Ahead[Part], work: _Work) -> NDArray[np.float32]:
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


def _nothing_to_read(docs: Path, skipped: Sequence[tuple[str, str]]) -> str:
    if not skipped:
        return f"The folder {docs} holds no documents. Put documents into it, or name another with --docs DIR."
    first = skipped[0][1]
    return f"None of the {len(skipped)} files in {docs} can be read. The first: {first}"
