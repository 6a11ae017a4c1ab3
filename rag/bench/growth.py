"""How search grows with the folder: time, memory, disk, and what the approximate search misses. No document is read.

Texts are made up, of words as frequent as in a language; vectors are the embedder's up to `_REAL` passages and random
unit vectors beyond, the hardest to search among. A query is a few words of some passage, and a random vector or theirs.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.bench.growth_search import NEAREST
from rag.documents.chunks import Chunk
from rag.documents.folder import Document
from rag.documents.sentences import Span
from rag.index.embedder import OnnxEmbedder
from rag.index.index import Index
from rag.progress import Report
from rag.settings import Settings
from rag.weights.resolve import resolve

_REAL = 10_000
_PER_DOCUMENT = 100
QUERIES = 100
"""Searches at each size."""


@dataclass(frozen=True)
class Size:
    """What search takes among so many passages."""

    passages: int
    index_s: float
    """Writing both databases, without embedding."""
    embed_s: float
    """Embedding, for real vectors; 0 for random ones."""
    disk_mb: float
    memory_mb: float
    """Most memory of a process that opens the index and searches."""
    open_s: float
    """From opening to the first result."""
    dense_p50_s: float
    dense_p95_s: float
    keyword_p50_s: float
    keyword_p95_s: float
    both_p50_s: float
    """Both rankings and the best passages' texts and vectors: all of retrieval that depends on the folder's size."""
    both_p95_s: float
    recall: float
    """Share of the exactly nearest `NEAREST` that the search returns."""


def measure_growth(sizes: Sequence[int], settings: Settings, report: Report) -> Iterator[Size]:
    """Yield the measures at each of `sizes`, the smallest first, each in a folder of its own that is removed again."""
    model, tokenizer = (resolve(name, settings, report) for name in ("embed", "embed-tokenizer"))
    embedder, words = OnnxEmbedder(model, tokenizer, threads=settings.threads), _words(tokenizer)
    for size in sorted(sizes):
        yield _measure_size(size, embedder, words, report)


def _measure_size(size: int, embedder: OnnxEmbedder, words: Sequence[str], report: Report) -> Size:
    real = size <= _REAL
    embed_s = index_s = 0.0
    everything = np.empty((size, embedder.dimensions), np.float32)
    ids: list[str] = []
    task = f"Indexing {size:,} made-up passages"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place) / "index"
        with Index.open(folder, dimensions=embedder.dimensions, fingerprint="growth") as index:
            for document, chunks in _documents(size, words):
                report(task, len(ids), size, "passages")
                begun = time.perf_counter()
                vectors = (
                    embedder.embed([chunk.titled_text for chunk in chunks])
                    if real
                    else _unit(np.random.default_rng(len(ids)), len(chunks), embedder.dimensions)
                )
                embed_s += time.perf_counter() - begun if real else 0.0
                everything[len(ids) : len(ids) + len(chunks)] = vectors
                ids += [chunk.id for chunk in chunks]
                begun = time.perf_counter()
                index.add(document, chunks, vectors, size=len(document.text), mtime_ns=1)
                if len(ids) % 2000 < _PER_DOCUMENT:
                    index.synchronise()
                index_s += time.perf_counter() - begun
            begun = time.perf_counter()
            index.synchronise(report)
            index_s += time.perf_counter() - begun
        report(task, size, size, "passages")
        queries = [" ".join(text.split()[3:11]) for text in _texts(words, np.random.default_rng(2), QUERIES)]
        asked = embedder.embed(queries) if real else _unit(np.random.default_rng(1), QUERIES, embedder.dimensions)
        np.save(Path(place) / "asked.npy", asked)
        given = [str(folder), str(Path(place) / "asked.npy"), json.dumps(queries)]
        child = subprocess.run(
            [sys.executable, "-m", "rag.bench.growth_search", *given], capture_output=True, text=True
        )
        found: dict[str, Any] = json.loads(child.stdout)
        disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    hits = 0
    for vector, near in zip(asked, found.pop("near"), strict=True):
        exact = np.argpartition(-(everything @ vector), min(NEAREST, size - 1))[:NEAREST]
        hits += len({ids[i] for i in exact} & set(near))
    return Size(
        passages=size,
        index_s=round(index_s, 2),
        embed_s=round(embed_s, 2),
        disk_mb=round(disk / 1e6, 1),
        recall=round(hits / (QUERIES * min(NEAREST, size)), 4),
        **found,
    )


def _unit(chance: np.random.Generator, count: int, dimensions: int) -> NDArray[np.float32]:
    vectors = chance.standard_normal((count, dimensions), dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _words(tokenizer: Path) -> list[str]:
    """Return the words of the embedder's vocabulary, the most frequent first."""
    from tokenizers import Tokenizer

    numbers: dict[str, int] = Tokenizer.from_file(str(tokenizer)).get_vocab()
    return sorted((word for word in numbers if word.isalpha() and len(word) > 1), key=lambda word: numbers[word])


def _texts(words: Sequence[str], chance: np.random.Generator, count: int) -> list[str]:
    """Return texts of 60 words, the n-th word of the vocabulary n times rarer than the first (Zipf's law)."""
    weights = 1 / np.arange(1, len(words) + 1)
    chosen = chance.choice(len(words), (count, 60), p=weights / weights.sum())
    return [" ".join(words[number] for number in row) for row in chosen]


def _documents(size: int, words: Sequence[str]) -> Iterator[tuple[Document, list[Chunk]]]:
    for first in range(0, size, _PER_DOCUMENT):
        texts = _texts(words, np.random.default_rng([3, first]), min(_PER_DOCUMENT, size - first))
        path, whole = f"{first // _PER_DOCUMENT:07}.txt", "\n".join(texts)
        starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
        chunks = []
        for number, (text, (start, behind)) in enumerate(zip(texts, pairwise(starts.tolist()), strict=True)):
            span = Span(start, behind - 1)
            chunks.append(Chunk(f"{first + number:032x}", path, path, None, text, *span, (span,), (None,)))
        yield Document(path, path, whole, hashlib.sha256(whole.encode()).hexdigest()), chunks
