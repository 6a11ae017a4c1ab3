"""Figures of growth as a line of the table, a table of their own, a picture. It does not know how they are measured.

python -m rag.bench.growth_show FIGURES.json PICTURE      of what `rag bench --growth … --json` printed
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.bench.growth import QUERIES
from rag.bench.measure import Measure

_WANTED_S = 0.05


def retrieval_measure(size: dict[str, Any]) -> Measure:
    """Return the line of the table: what 95 % of the searches stay below, at the largest size."""
    ours = size["both_p95_s"]
    name = f"searching {size['passages']:,} passages, 95 %"
    return Measure(name, "s", ours, "wanted", _WANTED_S, round(_WANTED_S / max(ours, 1e-9), 3), 1.0, QUERIES)


def print_growth(console: Any, sizes: Sequence[dict[str, Any]]) -> None:
    """Print one row a size."""
    from rich.table import Table

    heads = {
        "passages": "passages",
        "both_p50_s": "search p50 s",
        "both_p95_s": "p95 s",
        "recall": "recall",
        "open_s": "open s",
        "index_s": "index s",
        "disk_mb": "disk MB",
        "memory_mb": "memory MB",
    }
    table = Table(title="Growth", box=None)
    for head in heads.values():
        table.add_column(head, justify="right")
    for size in sizes:
        table.add_row(*(f"{size[key]:,}" for key in heads))
    console.print(table)


def plot(sizes: Sequence[dict[str, Any]], file: Path) -> None:
    """Draw each curve over the number of passages into `file` (SVG or PNG)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    curves: list[tuple[str, list[tuple[str, str, float]]]] = [
        ("search, ms", [("p50", "both_p50_s", 1e3), ("p95", "both_p95_s", 1e3)]),
        ("recall of the nearest 20", [("", "recall", 1)]),
        ("indexing without embedding, s", [("", "index_s", 1)]),
        ("opening to the first result, s", [("", "open_s", 1)]),
        ("disk, MB", [("", "disk_mb", 1)]),
        ("memory of a search, MB", [("", "memory_mb", 1)]),
    ]
    figure, axes = pyplot.subplots(2, 3, figsize=(11, 6), layout="constrained")
    for axis, (title, lines) in zip(axes.flat, curves, strict=True):
        for label, key, scale in lines:
            axis.plot([size["passages"] for size in sizes], [size[key] * scale for size in sizes], "o-", label=label)
        axis.set_xscale("log")
        if title.startswith("recall"):
            axis.set_ylim(0.95, 1.002)
            axis.axhline(0.98, linestyle=":", color="grey")
        else:
            axis.set_yscale("log")
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("passages", fontsize=9)
        if len(lines) > 1:
            axis.legend()
    figure.savefig(file)


if __name__ == "__main__":
    plot(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["growth"], Path(sys.argv[2]))
