"""Folder → index: reads what is new or changed, drops what is gone. It does not know formats, models or questions.

A file is one document, or several: an archive's members, a mailbox's messages, a mail with its attachments. Their
paths go on behind the file's. What was read to its end and is not simply one document is noted in the index, so that
neither an archive nor a file that cannot be read is opened again while it stays as it is.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.chunks import Chunk, make_chunks
from rag.documents import Document, FileEntry, Unread, is_parsed, list_files, read_documents, sha256_of
from rag.embedder import Embedder
from rag.errors import DocumentError, UsageError
from rag.index import DocumentRecord, FileRecord, Index, embedded_text
from rag.parsing import Parser
from rag.progress import Report, silent
from rag.sentences import Span, split_sentences

_EMBEDDED_AT_ONCE = 256
"""Texts given to the embedder in one call."""
_TAKEN_OVER_AT_ONCE = 2_000
"""Chunks after which Chroma takes over what is new."""
_TRUSTED_AGE_NS = 2_000_000_000
"""A file changed this shortly before it was read may change again within its time stamp's resolution."""


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
    with Parser() as parser:
        work = _Work(docs, index, embedder, budget, count, report, parser, known, noted, owners, moved)
        for done, entry in enumerate(todo):
            report("Reading documents", done, len(todo), "files")
            read = _update_file(entry, work)
            outcomes |= read.outcomes
            unread[entry.path] = [(_printable(path), reason) for path, reason in read.unread]
            waiting += read.chunks
            if waiting >= _TAKEN_OVER_AT_ONCE:
                index.synchronise()
                waiting = 0
    if todo:
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

    docs: Path
    index: Index
    embedder: Embedder
    budget: int
    count: Callable[[str], int]
    report: Report
    parser: Parser
    known: Mapping[str, DocumentRecord]
    noted: Mapping[str, FileRecord]
    owners: Mapping[str, str | None]
    moved: Mapping[str, str]
    """Hash of a document whose file is gone → its path."""


@dataclass
class _Read:
    """What came of one file."""

    outcomes: dict[str, str] = field(default_factory=dict)
    """"added", "changed" or "unchanged", by the document's path."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    chunks: int = 0


def _update_file(entry: FileEntry, work: _Work) -> _Read:
    """Bring the documents of one file into the index, each by itself, and note the file when that is over."""
    path, read = entry.path, _Read()
    if _printable(path) != path:
        read.unread.append((path, f"The file {_printable(path)} has a name that is not Unicode. Rename it."))
        return read
    fresh = time.time_ns() - entry.mtime_ns < _TRUSTED_AGE_NS
    mtime_ns = entry.mtime_ns - 1 if fresh else entry.mtime_ns  # one off: it will be read once more
    noted = work.noted.get(path)
    lasting = True
    try:
        sha256 = sha256_of(work.docs, path) if is_parsed(path) else ""
        if sha256 and _is_known(path, sha256, work):
            _touch(entry.size, mtime_ns, noted, path, work)
            read.outcomes = {document: "unchanged" for document, owner in work.owners.items() if owner == path}
            read.unread = list(noted.unread) if noted else []
            return read
        for part in read_documents(work.docs, path, work.parser, size=entry.size, sha256=sha256):
            if isinstance(part, Unread):
                read.unread.append((part.path, part.reason))
                lasting = lasting and part.lasting
            else:
                read.outcomes[part.path], chunks = _update_document(part, entry.size, mtime_ns, work)
                read.chunks += chunks
    except DocumentError as error:
        read.unread.append((path, str(error)))
        lasting = False
    if lasting and (read.unread or list(read.outcomes) != [path]):
        work.index.note_file(FileRecord(path, entry.size, mtime_ns, sha256, tuple(read.unread)))
    elif noted:
        work.index.forget_files([path])
    return read


def _is_known(path: str, sha256: str, work: _Work) -> bool:
    """Tell whether the file of this content was read before, all of it: else it is tried once more."""
    if (noted := work.noted.get(path)) is not None:
        return noted.sha256 == sha256 and not noted.unread
    return path in work.known and work.known[path].sha256 == sha256


def _touch(size: int, mtime_ns: int, noted: FileRecord | None, path: str, work: _Work) -> None:
    if noted:
        work.index.note_file(replace(noted, size=size, mtime_ns=mtime_ns))
    if path in work.known:
        work.index.touch(path, size, mtime_ns)


def _update_document(document: Document, size: int, mtime_ns: int, work: _Work) -> tuple[str, int]:
    """Bring one document into the index: ("added", "changed" or "unchanged", chunks written)."""
    index = work.index
    known = index.document(document.path)  # asked now: another process may be at the same work
    if known is not None and known.sha256 == document.sha256:
        index.touch(document.path, size, mtime_ns)
        return "unchanged", 0
    spans = split_sentences(document.text)
    chunks = make_chunks(document, spans, work.budget, work.count)
    vectors = _vectors_of_moved(document, spans, work)
    if vectors is None:
        vectors = _embed(chunks, index, work.embedder, work.report)
    index.add(document, chunks, vectors, size, mtime_ns)
    return ("changed" if known else "added"), len(chunks)


def _vectors_of_moved(document: Document, spans: Sequence[Span], work: _Work) -> NDArray[np.float32] | None:
    """Return the vectors of the same document under the path that it had before; None when it had none.

    Where the name is the title they are those of the old name: it is in the keywords that the new one counts.
    """
    before = work.moved.get(document.sha256)
    if before is None or work.index.document(before) is None or work.index.text(before) != document.text:
        return None
    ids = [chunk.id for chunk in make_chunks(replace(document, path=before), spans, work.budget, work.count)]
    found = work.index.vectors(ids)
    return np.stack([found[id_] for id_ in ids]) if ids and found.keys() >= set(ids) else None


def _embed(chunks: Sequence[Chunk], index: Index, embedder: Embedder, report: Report) -> NDArray[np.float32]:
    """Return one vector a chunk; a text that the index has a vector for is not embedded again."""
    vectors = np.empty((len(chunks), embedder.dimensions), np.float32)
    for start in range(0, len(chunks), _EMBEDDED_AT_ONCE):
        if start:
            report("Embedding a long document", start, len(chunks), "passages")
        texts = [embedded_text(chunk) for chunk in chunks[start : start + _EMBEDDED_AT_ONCE]]
        have = index.vectors_of_texts(texts)
        new = [text for text in dict.fromkeys(texts) if text not in have]
        if new:
            have.update(zip(new, embedder.embed(new), strict=True))
        vectors[start : start + len(texts)] = [have[text] for text in texts]
    return vectors


def _printable(path: str) -> str:
    """Return `path` with the bytes that are not UTF-8 written out."""
    return path.encode("utf-8", "backslashreplace").decode()


def _nothing_to_read(docs: Path, skipped: Sequence[tuple[str, str]]) -> str:
    if not skipped:
        return f"The folder {docs} holds no documents. Put documents into it, or name another with --docs DIR."
    first = skipped[0][1]
    return f"None of the {len(skipped)} files in {docs} can be read. The first: {first}"
