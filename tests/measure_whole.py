"""What requests about a whole document cost; run by hand; its figures stand in docs/whole.md.

python tests/measure_whole.py first FILE...     # a summary, beside the stock pipeline's, each file alone
python tests/measure_whole.py large 64          # a text of 64 MB: index and summary, time and memory
"""

# ruff: noqa: T201

import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import dropwhile
from pathlib import Path
from statistics import median

from rag import Rag
from rag.answering.answer import Token
from rag.bench import stock
from rag.settings import read_settings

REQUEST = "Summarize the document"
SUBJECTS = "keeper miller ferryman warden clerk surveyor mason cooper".split()
VERBS = "mended counted painted moved measured sold kept opened".split()
THINGS = "lamp sluice ladder boat gate ledger bell crane barrel fence".split()


def seconds_to(pieces: Iterator[object], begun: float) -> tuple[float, float]:
    """Return when the first of `pieces` came and when the last one had come, from `begun`."""
    next(pieces)
    first = time.perf_counter() - begun
    for _ in pieces:
        pass
    return first, time.perf_counter() - begun


def first(files: list[str]) -> None:
    """Ask for a summary of each file, once here and once of the stock pipeline, in changing order."""
    ratios = []
    for turn, file in enumerate(map(Path, files)):
        with tempfile.TemporaryDirectory() as made:
            docs, data = Path(made, "docs"), Path(made, "data")
            docs.mkdir()
            shutil.copy(file, docs)
            settings = read_settings(docs=docs, data_dir=data)
            with Rag.open(settings) as rag:
                given = stock.settings_of(settings, Path(made, "stock"))
                text = "\n\n".join(map(rag.text, rag.documents()))
                stock.make_index([text], given)
                pipeline = stock.Pipeline(given)

                def here(rag: Rag = rag) -> tuple[float, float]:
                    begun = time.perf_counter()
                    return seconds_to(dropwhile(lambda event: not isinstance(event, Token), rag.stream(REQUEST)), begun)

                def there(pipeline: stock.Pipeline = pipeline) -> tuple[float, float]:
                    begun = time.perf_counter()
                    return seconds_to(pipeline.answer(REQUEST), begun)

                asked = {"here": here, "stock": there}
                took = {name: asked[name]() for name in (sorted(asked) if turn % 2 else sorted(asked, reverse=True))}
        ours, theirs = took["here"], took["stock"]
        ratios.append(ours[0] / theirs[0])
        print(
            f"{file.name}, {len(text.split())} words: first line and whole {ours[0]:.1f}, {ours[1]:.1f} s; "
            f"stock {theirs[0]:.1f}, {theirs[1]:.1f} s; first line {ratios[-1]:.2f} times"
        )
    print(f"first line, of the stock pipeline's first word: median {median(ratios):.2f}, most {max(ratios):.2f}")


def large_text(megabytes: int) -> Iterator[str]:
    """Yield paragraphs that are `megabytes` together."""
    chance, size = random.Random(5), 0
    while size < megabytes * 1_000_000:
        number = f"{chance.randrange(1_000_000)}"
        paragraph = " ".join(
            f"In the year {chance.randrange(1500, 2020)} the {chance.choice(SUBJECTS)} of district {number} "
            f"{chance.choice(VERBS)} the {chance.choice(THINGS)} behind the {chance.choice(THINGS)}."
            for _ in range(8)
        )
        size += len(paragraph) + 2
        yield f"{paragraph}\n\n"


def large(megabytes: int) -> None:
    """Index a text of that size and summarise it, in a process of its own."""
    with tempfile.TemporaryDirectory() as made:
        docs = Path(made, "docs")
        docs.mkdir()
        with (docs / "chronicle.txt").open("w") as file:
            file.writelines(large_text(megabytes))
        told = subprocess.run([sys.executable, __file__, "large-once", made], capture_output=True, text=True)
        print(told.stdout, told.stderr[-2000:])


def large_once(made: str) -> None:
    """Print what it took in this process."""
    begun = time.perf_counter()
    with Rag(Path(made, "docs"), data_dir=Path(made, "data")) as rag:
        took, passages = time.perf_counter() - begun, sum(1 for _ in rag.chunks())
        print(f"indexed {passages} passages in {took:.0f} s; not read: {rag.skipped}")
        begun = time.perf_counter()
        answer = rag.ask(REQUEST)
        took = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"summary in {took:.0f} s, most memory {memory} MB:\n{answer.answer}")


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    {"first": lambda: first(rest), "large": lambda: large(int(rest[0])), "large-once": lambda: large_once(rest[0])}[
        what
    ]()
