"""What the tests of faults run in processes of their own, and how two indexes are compared."""

import hashlib
import multiprocessing
import random
import time
import traceback
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np

from fakes import HashEmbedder
from rag.answering.retriever import retrieve
from rag.errors import RagError, StoreError
from rag.index.chroma_server import ServerAddress
from rag.index.embedder import Embedder
from rag.index.index import Index
from rag.index.indexing import IndexReport, update_index
from rag.llm.attention import AttentionStore

WORDS = "harbour lighthouse ferry quay anchor rope tide gull crew storm chart beacon mast hull keel".split()
QUERIES = ("ferry quay", "lighthouse storm", "number 7", "rope and anchor", "keel")
FINGERPRINT = "faults"


def words(text: str) -> int:
    return len(text.split())


def open_index(folder: Path, server: ServerAddress | None = None) -> Index:
    return Index.open(folder, dimensions=64, fingerprint=FINGERPRINT, server=server)


def update(docs: Path, index: Index) -> IndexReport:
    return update_with(docs, index, HashEmbedder())


def update_with(docs: Path, index: Index, embedder: Embedder) -> IndexReport:
    return update_index(docs, index, embedder, budget=30, count=words)


def write_document(docs: Path, number: int, version: int) -> None:
    """Write one of three kinds of files, whose text is told by both numbers."""
    chance = random.Random(f"{number} {version}")
    sentences = [
        f"The {chance.choice(WORDS)} of number {number} has {chance.randrange(99)} {chance.choice(WORDS)} in {version}."
        for _ in range(12)
    ]
    name, text = f"{number:03}.txt", f"Title {number}\n\n" + "\n\n".join(sentences)
    if number % 5 == 1:
        name, text = f"{number:03}.html", f"<h1>Title {number}</h1><p>" + "<p>".join(sentences)
    elif number % 5 == 2:
        name, text = f"{number:03}.csv", "Name,Said\n" + "\n".join(f"a{i},{each}" for i, each in enumerate(sentences))
    (docs / name).write_text(text, encoding="utf-8")


def content(index: Index) -> dict[str, Any]:
    """Return everything that an index holds, entry by entry, in a form that can be compared."""
    chunks = list(index.all_chunks())
    vectors = index.vectors([chunk.id for chunk in chunks])
    index.synchronise()
    assert index._vectors._collection is not None
    stored: Any = index._vectors._collection.get(include=["embeddings"])
    kept = {id_: np.asarray(vector) for id_, vector in zip(stored["ids"], stored["embeddings"], strict=True)}
    assert kept.keys() == vectors.keys()
    for id_, vector in vectors.items():
        np.testing.assert_allclose(kept[id_], vector, atol=1e-6)
    return {
        "documents": [(d.path, d.title, d.sha256, d.sentences, d.chunks) for d in index.documents().values()],
        "texts": {path: index.text(path) for path in index.documents()},
        "chunks": chunks,
        "vectors": {id_: hashlib.sha256(vector.tobytes()).hexdigest() for id_, vector in vectors.items()},
        "keywords": {query: index.keyword(query, 1_000) for query in QUERIES},
        "files": {path: (record.sha256, record.unread) for path, record in index.files().items()},
        "pending": index._store.pending(),
        "damage": index._store._rows("PRAGMA integrity_check"),
    }


def in_peace(docs: Path, folder: Path) -> dict[str, Any]:
    """Return what an index holds that was made at once and undisturbed."""
    with open_index(folder) as index:
        update(docs, index)
        return content(index)


def answers_rightly(index: Index) -> None:
    """Check that whatever is found is what its document says, if it is still the same: others may be writing."""
    for query in QUERIES:
        for passage in retrieve(index, HashEmbedder(), [query], 4):
            chunk = passage.chunk
            try:
                rightly = index.text(chunk.document)[chunk.start : chunk.end] == chunk.text
            except StoreError:
                rightly = False
            assert rightly or not index.chunks([chunk.id]), f"{chunk} is not what its document says"


# Each of these is the whole life of a process.


def context() -> ForkServerContext:
    """Return what begins processes quickly: from one that has everything imported, and no threads."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["chromadb", "rag.index.indexing", "rag.weights.verified"])
    return found


def bring_up(docs: Path, folder: Path, server: ServerAddress | None = None) -> None:
    with open_index(folder, server) as index:
        update(docs, index)
        index.synchronise()


def index_and_ask(docs: Path, folder: Path, seconds: float, failures: Any) -> None:
    end = time.monotonic() + seconds
    rounds = 0
    try:
        with open_index(folder) as index:
            while time.monotonic() < end or not rounds:
                update(docs, index)
                answers_rightly(index)
                rounds += 1
    except BaseException as error:
        failures.put("".join(traceback.format_exception(error)))
    else:
        failures.put(rounds)


def keep_attention(folder: Path, seed: int) -> None:
    store = AttentionStore(folder, 60_000_000)
    chance = random.Random(seed)
    while True:
        number = chance.randrange(40)
        store.put(f"{number % 7}.txt", f"{number:064x}", state(number))


def state(number: int) -> memoryview:
    """Return the bytes that stand for a state: a megabyte that can be told from every other."""
    return memoryview(hashlib.sha256(str(number).encode()).digest() * 32_768)


def damage_and_open(docs: Path, folder: Path, results: Any) -> None:
    """Bring an index that something happened to up again; a message is allowed once."""
    messages = []
    for _ in range(2):
        try:
            with open_index(folder) as index:
                update(docs, index)
                answers_rightly(index)
                content(index)
            break
        except RagError as error:
            messages.append(str(error))
    results.put(messages)


def killed_after(process: ForkServerProcess, seconds: float) -> bool:
    """Let a process live so long; tell whether it had to be killed."""
    process.start()
    process.join(seconds)
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive
