"""Searches an index in a process of its own, whose memory is looked at. It does not know how the index was made.

python -m rag.bench.growth_search FOLDER VECTORS.npy QUERIES
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.index.index import Index

_DEPTH = 50  # passages that a search asks each ranking for, as `rag.answering.retriever` does
NEAREST = 20
"""Passages of which recall is taken."""


def search(folder: Path, asked: NDArray[np.float32], queries: Sequence[str]) -> dict[str, Any]:
    """Search the index in `folder` in this process; returns part of a `Size`, and the nearest ids of each query."""
    begun = time.perf_counter()
    with Index.open(folder, dimensions=asked.shape[1], fingerprint="growth") as index:
        near = [[id_ for id_, _ in index.dense(asked[0], _DEPTH)]]
        open_s = time.perf_counter() - begun
        times: list[tuple[float, float, float]] = []
        for _ in range(2):  # the first round warms up
            near, times = [], []
            for vector, query in zip(asked, queries, strict=True):
                start = time.perf_counter()
                dense = index.dense(vector, _DEPTH)
                middle = time.perf_counter()
                keyword = index.keyword(query, _DEPTH)
                end = time.perf_counter()
                best = [id_ for id_, _ in [*dense[:5], *keyword[:5]]]
                index.chunks(best), index.vectors(best)
                times.append((middle - start, end - middle, time.perf_counter() - start))
                near.append([id_ for id_, _ in dense[:NEAREST]])
    percentiles = np.percentile(np.array(times), [50, 95], axis=0).round(5).tolist()
    names = ("dense", "keyword", "both")
    result: dict[str, Any] = {"open_s": round(open_s, 3), "memory_mb": _peak_mb(), "near": near}
    for label, row in zip(("p50_s", "p95_s"), percentiles, strict=True):
        result |= {f"{name}_{label}": value for name, value in zip(names, row, strict=True)}
    return result


def _peak_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text()  # getrusage would count the parent's memory in
        return round(int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6, 1)
    except (OSError, IndexError):
        return 0.0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(search(Path(sys.argv[1]), np.load(sys.argv[2]), json.loads(sys.argv[3]))))
