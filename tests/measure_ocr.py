"""What a scanned page costs, through the process that parses; run by hand; its figures stand in docs/formats.md.

python tests/measure_ocr.py     # pages of A5 in 10 pt at 200 dpi, as printed, and askew, blurred and noisy
"""

# ruff: noqa: T201

import resource
import tempfile
import time
from pathlib import Path
from statistics import median

from documents.test_ocr import bad, picture, saved

import scan_pages
from rag.documents.parsing import Parser
from reading import document


def main() -> None:
    """Read each page alone, the recogniser's models loaded before; print seconds on the clock and of processor time."""
    with tempfile.TemporaryDirectory() as made, Parser() as parser:
        took: dict[str, list[float]] = {"plain": [], "bad": []}
        document(parser, Path(made), "first.pdf", saved([picture("print.pdf")], "PDF"))
        for page in range(len(scan_pages.PAGES)):
            for name in took:
                drawn = picture("print.pdf", page)
                scan = saved([bad(drawn) if name == "bad" else drawn], "PDF")
                begun = time.perf_counter()
                document(parser, Path(made), f"{name}{page}.pdf", scan)
                took[name].append(time.perf_counter() - begun)
    for name, seconds in took.items():
        print(
            f"{name}: {len(seconds)} pages, seconds on the clock: median {median(seconds):.1f}, most {max(seconds):.1f}"
        )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"processor time of all, loading included: {used.ru_utime + used.ru_stime:.0f} s")


if __name__ == "__main__":
    main()
