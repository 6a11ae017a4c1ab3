"""Folder → index: takes in what is new or changed, drops what is gone. It does not know formats, models or questions.

A thread reads and cuts up the next files (`rag.index.cutting`) while texts are embedded and written here.

A file is one document, or several: an archive's members, a mailbox's messages, a mail with its attachments. Their
paths go on behind the file's. What was read to its end and is not simply one document is noted in the index, so that
neither an archive nor a file that cannot be read is opened again while it stays as it is.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.documents.folder import FileEntry, list_files
from rag.documents.formats.parts import Wishes
from rag.documents.kept_pages import SCANS, KeptPages
from rag.documents.parsing import NO_WISHES, Parser
from rag.errors import UsageError
from rag.index.ahead import Ahead
from rag.index.cutting import Cutting, characters, printable, read_file
from rag.index.embedder import Embedder
from rag.index.index import Index
from rag.index.intake import Read, Work, update_file
from rag.index.records import DocumentRecord, FileRecord
from rag.progress import Report, silent

_READ_AHEAD = 1_000_000
"""Characters of documents that are read and cut up before it is their turn."""
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
    wishes: Wishes = NO_WISHES,
    try_locked: bool = False,
) -> IndexReport:
    """Make `index` hold the folder `docs` as it is now. Files of the same size and time of change are not read.

    Each document is committed by itself: an interrupted update goes on where it was. `budget` is the most tokens of a
    chunk, `count` counts them; `wishes` go to the readers of files; with `try_locked` files that a password kept from
    being read are tried once more. Raises UsageError when the folder is missing or, unless it `may_be_empty`, nothing
    in it can be read, and StoreError.
    """
    started = time.perf_counter()
    _check_folder(docs)
    files = {entry.path: entry for entry in list_files(docs)}
    known, noted = index.documents(), index.files()
    todo = _changed(files.values(), known, _openable(noted) if try_locked else noted)
    unchanged = files.keys() - {entry.path for entry in todo}
    owners = {path: _owner(path, files) for path in known}
    moved = {record.sha256: path for path, record in known.items() if owners[path] is None}
    outcomes = {path: "unchanged" for path, owner in owners.items() if owner in unchanged}
    unread = {path: list(record.unread) for path, record in noted.items() if path in unchanged}
    kept = KeptPages(index.place / SCANS)
    if todo:
        parser = Parser(wishes=wishes, kept=kept, report=report)
        cutting = Cutting(docs, budget, count, parser, known, noted, moved)
        for entry, read in _take_in(todo, Work(cutting, index, embedder, report, owners)):
            outcomes |= read.outcomes
            unread[entry.path] = [(printable(path), reason) for path, reason in read.unread]
    # Last, so that a renamed document's vectors were still there to be taken from.
    gone = known.keys() - outcomes.keys()
    _forget(gone, noted.keys() - files.keys(), index)
    if gone or todo:
        kept.keep_only(files)
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


def _check_folder(docs: Path) -> None:
    if not docs.is_dir():
        what = "is a file, not a folder" if docs.exists() else "does not exist"
        raise UsageError(f"The folder of documents {docs} {what}. Name one with --docs DIR.")


def _forget(documents: Collection[str], files: Collection[str], index: Index) -> None:
    if documents:
        index.remove(sorted(documents))
    if files:
        index.forget_files(files)


def _openable(noted: Mapping[str, FileRecord]) -> dict[str, FileRecord]:
    """Return what is noted of files but those that a password keeps from being read."""
    return {path: file for path, file in noted.items() if not any("password" in reason for _, reason in file.unread)}


def _take_in(todo: Sequence[FileEntry], work: Work) -> Iterator[tuple[FileEntry, Read]]:
    """Bring each file into the index; yields what came of it."""
    cutting, waiting = work.cutting, 0
    ahead = Ahead((part for entry in todo for part in read_file(entry, cutting)), characters, _READ_AHEAD)
    with ahead, cutting.parser:  # the parser ends first: its child may be in the middle of a file
        for done, entry in enumerate(todo):
            work.report("Reading documents", done, len(todo), "files")
            read = update_file(entry, ahead, work)
            yield entry, read
            waiting += read.chunks
            if waiting >= _TAKEN_OVER_AT_ONCE:
                work.index.synchronise()
                waiting = 0
    work.report("Reading documents", len(todo), len(todo), "files")


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


def _nothing_to_read(docs: Path, skipped: Sequence[tuple[str, str]]) -> str:
    if not skipped:
        return f"The folder {docs} holds no documents. Put documents into it, or name another with --docs DIR."
    first = skipped[0][1]
    return f"None of the {len(skipped)} files in {docs} can be read. The first: {first}"
