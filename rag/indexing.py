"""Folder → index: reads what is new or changed, drops what is gone. It does not know formats, models or questions."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.chunks import Chunk, make_chunks
from rag.documents import FileEntry, list_files, read_document
from rag.embedder import Embedder
from rag.errors import DocumentError, UsageError
from rag.index import Index, embedded_text
from rag.progress import Report, silent
from rag.sentences import split_sentences

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
    """(path, reason) of each file that could not be read."""
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
) -> IndexReport:
    """Make `index` hold the folder `docs` as it is now. Files of the same size and time of change are not read.

    Each document is committed by itself: an interrupted update goes on where it was. `budget` is the most tokens of a
    chunk, `count` counts them. Raises UsageError when the folder is missing or nothing in it can
    be read, and StoreError.
    """
    started = time.perf_counter()
    if not docs.is_dir():
        what = "is a file, not a folder" if docs.exists() else "does not exist"
        raise UsageError(f"The folder of documents {docs} {what}. Name one with --docs DIR.")
    files = {entry.path: entry for entry in list_files(docs)}
    known = index.documents()
    unchanged = {
        path
        for path, entry in files.items()
        if path in known and (known[path].size, known[path].mtime_ns) == (entry.size, entry.mtime_ns)
    }
    todo = [entry for path, entry in files.items() if path not in unchanged]
    outcomes: dict[str, str] = {}
    skipped: list[tuple[str, str]] = []
    waiting = 0
    for done, entry in enumerate(todo):
        report("Reading documents", done, len(todo), "files")
        try:
            outcomes[entry.path], chunks = _update_document(docs, entry, index, embedder, budget, count, report)
        except DocumentError as error:
            skipped.append((_printable(entry.path), str(error)))
            continue
        waiting += chunks
        if waiting >= _TAKEN_OVER_AT_ONCE:
            index.synchronise()
            waiting = 0
    if todo:
        report("Reading documents", len(todo), len(todo), "files")
    # Last, so that a renamed document's vectors were still there to be taken from.
    gone = known.keys() - files.keys() | known.keys() & {path for path, _ in skipped}
    if gone:
        index.remove(sorted(gone))
    if outcomes or gone:
        index.synchronise(report)
    records = index.documents().values()
    if not records:
        raise UsageError(_nothing_to_read(docs, skipped))
    made = list(outcomes.values())
    return IndexReport(
        added=made.count("added"),
        changed=made.count("changed"),
        removed=len(gone),
        unchanged=len(unchanged) + made.count("unchanged"),
        skipped=tuple(skipped),
        documents=len(records),
        sentences=sum(record.sentences for record in records),
        chunks=sum(record.chunks for record in records),
        seconds=time.perf_counter() - started,
        stale=tuple(sorted({*gone, *(path for path, outcome in outcomes.items() if outcome == "changed")})),
    )


def _update_document(
    docs: Path,
    entry: FileEntry,
    index: Index,
    embedder: Embedder,
    budget: int,
    count: Callable[[str], int],
    report: Report,
) -> tuple[str, int]:
    """Bring one document into the index: ("added", "changed" or "unchanged", chunks written). Raises DocumentError."""
    fresh = time.time_ns() - entry.mtime_ns < _TRUSTED_AGE_NS
    mtime_ns = entry.mtime_ns - 1 if fresh else entry.mtime_ns  # one off: it will be read once more
    if _printable(entry.path) != entry.path:
        raise DocumentError(f"The file {_printable(entry.path)} has a name that is not Unicode. Rename it.")
    document = read_document(docs, entry.path)
    known = index.document(entry.path)  # asked now: another process may be at the same work
    if known is not None and known.sha256 == document.sha256:
        index.touch(entry.path, entry.size, mtime_ns)
        return "unchanged", 0
    chunks = make_chunks(document, split_sentences(document.text), budget, count)
    index.add(document, chunks, _embed(chunks, index, embedder, report), entry.size, mtime_ns)
    return ("changed" if known else "added"), len(chunks)


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
        return f"The folder {docs} holds no documents. Put text files into it, or name another with --docs DIR."
    first = skipped[0][1]
    return f"None of the {len(skipped)} files in {docs} can be read. The first: {first}"
