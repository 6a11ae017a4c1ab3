"""What `rag doctor` finds out about an index, without opening it as one: its state, its age, what is kept beside it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rag.doctor.check import Check, shown_size
from rag.errors import StoreError
from rag.settings import Settings


def index(settings: Settings) -> Iterator[Check]:
    """Tell whether it is whole, how old it is, and what attention is kept."""
    from rag.compose import index_folder

    folder = index_folder(settings)
    database = folder / "documents.sqlite"
    if not database.is_file():
        yield Check("index", True, f"not made yet, {folder}", "The first question makes it, or `rag index`.")
        return
    attention = _size_on_disk(folder / "attention")
    size = shown_size(_size_on_disk(folder) - attention)
    try:
        connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            documents, sentences = connection.execute(
                "SELECT count(*), coalesce(sum(sentences), 0) FROM documents"
            ).fetchone()
            sql = "SELECT path, size, mtime_ns FROM documents UNION SELECT path, size, mtime_ns FROM files"
            known = set(connection.execute(sql))
            (problem,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:  # locked, or not ours to read
        again = f"Close other programs that use it and try again; if that does not help, remove {folder}."
        yield Check("index", False, f"cannot be read ({error}), {size}, {folder}", again)
        return
    except sqlite3.Error as error:
        documents = sentences = 0
        known, problem = set(), str(error)
    good = problem == "ok"
    found = f"{documents:,} documents, {sentences:,} sentences" if good else f"damaged ({problem})"
    yield Check("index", good, f"{found}, {size}, {folder}", "" if good else f"Remove {folder}, then run `rag index`.")
    if good and settings.docs.is_dir():
        yield _freshness(settings.docs, known)
    if not settings.llm_url:
        yield _kept_attention(folder / "attention", settings)


def chroma_server(settings: Settings) -> Iterator[Check]:
    """Tell whether the server that holds the vectors answers, where there is one."""
    from rag.compose import chroma_server as server_address
    from rag.index.chroma import ChromaFailure
    from rag.index.chroma_server import server_version

    address = server_address(settings)
    if address is None:
        return
    try:
        yield Check("Chroma server", True, f"version {server_version(address)} at {address.url}")
    except (ChromaFailure, StoreError) as error:
        yield Check(
            "Chroma server", False, f"{address.url}: {error}", "Start it (`chroma run`), or unset RAG_CHROMA_URL."
        )


def _kept_attention(folder: Path, settings: Settings) -> Check:
    from rag.llm.attention_store import AttentionStore

    store = AttentionStore(folder, round(settings.attention_gb * 1024**3))
    count, size = store.count(), store.size()
    found = f"{count:,} entries, {shown_size(size)} of at most {settings.attention_gb:g} GB, {settings.kv}"
    if settings.attention_gb and not store.has_room(0):
        return Check("kept attention", True, found, "Full: the least recently used go first. Raise --attention-gb.")
    return Check("kept attention", True, found)


def _freshness(docs: Path, known: set[tuple[str, int, int]]) -> Check:
    """Compare the folder with what the index holds: (path, bytes, time of change) of each document and noted file."""
    from rag.documents.folder import list_files

    files = list(list_files(docs))
    new = 0
    for file in files:
        # A file indexed right after it was written is kept as one nanosecond older, to be read once more.
        same = {(file.path, file.size, file.mtime_ns), (file.path, file.size, file.mtime_ns - 1)}
        new += not same & known
    there = {file.path for file in files}
    gone = {path for path, *_ in known if not there & {path, *map(str, PurePosixPath(path).parents)}}
    if not new and not gone:
        return Check("index age", True, "up to date")
    found = f"{new:,} files new, changed or not readable, {len(gone):,} gone"
    return Check(
        "index age", True, found, "The next question takes that in, or `rag index`, which names the unreadable."
    )


def _size_on_disk(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # gone meanwhile
            continue
    return total
