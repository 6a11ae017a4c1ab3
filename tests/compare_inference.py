"""A script, not a test: which settings of llama.cpp are the fastest here, measured side by side on a quiet machine.

    python tests/compare_inference.py MODEL.gguf [--threads N] [--rounds N]

Each round runs every variant once, in turn, so that whatever else the machine does falls on all of them; medians. A
"question" is 48 tokens behind 800, what is left to evaluate when the passages were kept.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from rag.cores import physical_cores
from rag.llm import gguf
from rag.llm.llama import Llama, Piece

VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "weights repacked": {"repack": True},
    "flash attention": {"flash": 1},
    "repacked and flash (llama.cpp's default)": {"repack": True, "flash": 1},
    "8-bit attention": {"kv": "q8_0"},
    "groups of 64": {"batch": 64},
    "context of 4096": {"reserve": 4096},
    "one thread": {"threads": 1},
}


def load(path: Path, variant: dict[str, Any], threads: int) -> Llama:
    """Load `path` with the program's settings changed by `variant`."""
    kept = gguf._REPACK
    try:
        gguf._REPACK = variant.get("repack", kept)
        made = Llama(path, threads=variant.get("threads", threads), sequences=4, kv=variant.get("kv", "f16"))
    finally:
        gguf._REPACK = kept
    if "flash" in variant or "reserve" in variant:
        gguf.library().llama_free(made._context)
        made._context = None
        made._parameters.flash_attn_type = variant.get("flash", made._parameters.flash_attn_type)
        made.reserve(variant.get("reserve", 1536))
    return made


def timed(work: Callable[[], None]) -> float:
    """Return the seconds that `work` takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    models = {name: load(given.model, variant, given.threads) for name, variant in VARIANTS.items()}
    times: dict[str, dict[str, list[float]]] = {name: {} for name in VARIANTS}
    for round_ in range(given.rounds + 1):
        for name, llama in models.items():
            tokens = llama.tokenize("The harbour was dredged and the bridge repaired in that year. " * 200)[:1000]
            group = VARIANTS[name].get("batch", 512)

            def evaluate(start: int, count: int, llama: Llama = llama, tokens: list[int] = tokens, group: int = group):
                for first in range(start, start + count, group):
                    last = min(start + count, first + group)
                    pieces = [Piece(tokens[i], i, output=i == start + count - 1) for i in range(first, last)]
                    for _ in llama.decode(pieces):
                        pass

            llama.clear()
            found = {
                "passage, 200 tokens": timed(lambda e=evaluate: e(0, 200)),
                "prefill, 800 tokens": timed(lambda e=evaluate: e(200, 600)),
                "question, 48 behind 800": timed(lambda e=evaluate: e(800, 48)),
                "writing, 24 tokens": timed(lambda e=evaluate: [e(848 + i, 1) for i in range(24)]),
            }
            state = llama.save(0)
            llama.clear()
            found["restoring 800"] = timed(lambda m=llama, s=state: m.restore(0, s))
            if round_:  # the first warms up
                for what, seconds in found.items():
                    times[name].setdefault(what, []).append(seconds)
    print_table(times)
    for llama in models.values():
        llama.close()


def print_table(times: dict[str, dict[str, list[float]]]) -> None:
    """Print milliseconds, and how many times as long as the first variant, by the median of each round's ratio."""
    first, *_ = times.values()
    for what in first:
        sys.stdout.write(f"{what}\n")
        for name, found in times.items():
            ratio = median(a / b for a, b in zip(found[what], first[what], strict=True))
            sys.stdout.write(f"    {name:44}{median(found[what]) * 1000:9.1f} ms {ratio:7.2f}\n")


if __name__ == "__main__":
    main()
