"""A script, not a test: what a search costs on a Chroma server, which looks at as many as for a million.

    python tests/measure_chroma_server.py [--passages N ...] [--queries N]

Starts a real `chroma run`. Vectors are random unit vectors of 384 dimensions, the hardest to search among. Each query
is put in turn to the index inside this process, to the one on the server, and to one on the server that looks at as few
as the embedded one, so that whatever else the machine does falls on all three. Times are of `Index.dense`, 50 passages.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from chroma_program import Server
from index_samples import make
from rag.index import chroma_server
from rag.index.chroma import EmbeddedChroma
from rag.index.chroma_server import ServerAddress
from rag.index.index import Index

_DIMENSIONS = 384
_NEAREST, _DEPTH = 20, 50
_KINDS = ("embedded", "on the server", "on the server, looking at as few")


def filled(folder: Path, vectors: NDArray[np.float32], server: ServerAddress | None) -> Index:
    """Return an index of made-up passages with these vectors."""
    index = Index.open(folder, dimensions=_DIMENSIONS, fingerprint="measure", server=server)
    for start in range(0, len(vectors), 100):
        some = vectors[start : start + 100]
        document, chunks = make(f"{start:07}.txt", *(f"passage {start + i}" for i in range(len(some))))
        index.add(document, chunks, some, size=len(document.text), mtime_ns=1)
    index.synchronise()
    return index


def unit(chance: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Return random unit vectors."""
    vectors = chance.standard_normal((count, _DIMENSIONS), dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def measure(folder: Path, server: Server, passages: int, queries: int) -> None:
    """Print one line for each kind of index."""
    chance = np.random.default_rng(passages)
    vectors, asked = unit(chance, passages), unit(chance, queries)
    with ExitStack() as stack:
        indexes = [
            stack.enter_context(filled(folder / "embedded", vectors, None)),
            stack.enter_context(filled(folder / "server", vectors, server.address)),
        ]
        few = EmbeddedChroma.looks_at(None, passages)  # type: ignore[arg-type]
        with patch.object(chroma_server, "MOST_LOOKED_AT", few):
            indexes.append(stack.enter_context(filled(folder / "few", vectors, server.address)))
            indexes[-1]._vectors._chroma.looks_at = lambda chunks: few  # type: ignore[method-assign]
        ids = {}
        for chunk in indexes[0].all_chunks():
            ids[int(chunk.text.split()[1])] = chunk.id
        times: list[list[float]] = [[], [], []]
        hits = [0, 0, 0]
        for round_ in range(2):  # the first warms up
            for number, query in enumerate(asked):
                exact = {ids[i] for i in np.argsort(-(vectors @ query))[:_NEAREST].tolist()}
                for turn in range(3):
                    kind = (number + turn) % 3
                    begun = time.perf_counter()
                    found = indexes[kind].dense(query, _DEPTH)
                    if round_:
                        times[kind].append(time.perf_counter() - begun)
                        hits[kind] += len(exact & {id_ for id_, _ in found[:_NEAREST]})
    for kind, name in enumerate(_KINDS):
        p50, p95 = np.percentile(np.array(times[kind]) * 1000, [50, 95])
        recall = hits[kind] / (queries * _NEAREST)
        sys.stdout.write(f"{passages:>7,}  {name:<33} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  recall {recall:.3f}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure each size in folders that are removed again."""
    given = argparse.ArgumentParser()
    given.add_argument("--passages", type=int, nargs="+", default=[1000, 3000, 10_000])
    given.add_argument("--queries", type=int, default=200)
    options = given.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        server = Server(Path(place) / "chroma").start()
        try:
            for passages in options.passages:
                measure(Path(place) / str(passages), server, passages, options.queries)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
