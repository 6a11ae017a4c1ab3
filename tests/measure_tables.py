"""What tables cost, in pairs of one run; run by hand; its figures stand in docs/tables.md.

python tests/measure_tables.py index 100000      # a CSV of 12 columns, kept as a table and as text alone
python tests/measure_tables.py words             # first word over 10,000 rows, and of facts beside them
python tests/measure_tables.py rows 1000000      # a table of a million rows: loading, queries, memory
"""

# ruff: noqa: T201

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from rag import Rag
from rag.index.embedder import Vectors
from rag.index.index import Index
from rag.index.indexing import update_index

HEADS = "Order,Customer,Town,Article,Colour,Quantity,Price (EUR),Weight (kg),Ordered on,Paid,Carrier,Note"
TOWNS = "Aldmere Corrant Dunmarsh Eskholm Farrow Gellan Ivarstad Jorrin Kestle Lommel Marby Ystrad".split()
ARTICLES = "ladder bucket broom drill saw hammer chisel spade rake barrow".split()
COLOURS = "red green blue white black grey".split()
CARRIERS = "post courier pickup".split()
FACTS = "lamp-house weir chapel granary kiln brewery signal-box tollgate icehouse ropewalk".split()


def sheet(rows: int) -> str:
    """Return a CSV of made-up orders."""
    chance = random.Random(7)
    lines = [HEADS]
    for i in range(rows):
        lines.append(
            f"A{i:07},Customer {chance.randrange(5_000)},{chance.choice(TOWNS)},{chance.choice(ARTICLES)},"
            f"{chance.choice(COLOURS)},{chance.randrange(1, 40)},{chance.randrange(100, 9_000) / 100},"
            f"{chance.randrange(1, 300) / 10},2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02},"
            f"{chance.choice(['yes', 'no'])},{chance.choice(CARRIERS)},"
        )
    return "\n".join(lines) + "\n"


class Random:
    """Vectors that cost nothing."""

    dimensions, fingerprint = 384, "random"

    def embed(self, texts: Sequence[str]) -> Vectors:
        made = np.random.default_rng(len(texts)).standard_normal((len(texts), self.dimensions)).astype(np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


def index_once(docs: str, data: str, tables: str, vectors: str) -> None:
    """Index the folder in this process; print seconds on the clock, of processor time, and most memory."""
    import rag.index.store

    if tables == "without":
        rag.index.store.add_tables = lambda connection, document: None
    begun, used = time.perf_counter(), _processor()
    if vectors == "random":
        embedder = Random()
        with Index.open(Path(data), dimensions=embedder.dimensions, fingerprint=embedder.fingerprint) as index:
            update_index(Path(docs), index, embedder, budget=200, count=lambda text: len(text) // 4)
    else:
        with Rag(docs=docs, data_dir=data, answers=False, warm_after=False) as opened:
            opened.refresh()
    own, children = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(time.perf_counter() - begun, _processor() - used, own, children)


def _processor() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def measure_index(rows: int, pairs: int, vectors: str) -> None:
    """Index the same sheet with its table and without, one after the other."""
    ratios = []
    for number in range(pairs):
        told = {}
        for tables in ("with", "without") if number % 2 else ("without", "with"):
            with tempfile.TemporaryDirectory() as folder:
                docs = Path(folder, "docs")
                docs.mkdir()
                (docs / "orders.csv").write_text(sheet(rows))
                call = [sys.executable, __file__, "once", str(docs), f"{folder}/data", tables, vectors]
                out = subprocess.run(call, check=True, capture_output=True, text=True).stdout
            told[tables] = [float(each) for each in out.split()]
            print(tables, *(f"{n:.1f}" for n in told[tables]), "(seconds, processor seconds, MB, MB of the child)")
        ratios.append([told["with"][i] / told["without"][i] for i in range(4)])
    print(f"{rows:,} rows, with over without:", *(f"{median(each):.3f}" for each in zip(*ratios, strict=True)))


def measure_words(rows: int) -> None:
    """Ask of a table of so many rows and of facts in texts beside it, by turns, each question new."""
    with tempfile.TemporaryDirectory() as folder:
        (docs := Path(folder, "docs")).mkdir()
        (docs / "orders.csv").write_text(sheet(rows))
        for i, fact in enumerate(FACTS):
            (docs / f"{fact}.md").write_text(
                f"# The {fact}\n\nThe {fact} stands by the old road. It was built in {1700 + 13 * i} by the parish. "
                f"The roof was mended twice. In winter it is locked, and the warden keeps the key of the {fact}.\n"
            )
        with Rag(docs=docs, data_dir=f"{folder}/data", warm_after=False) as rag:
            rag.refresh()
            computed, read = [], []
            for i, fact in enumerate(FACTS):
                town, article = TOWNS[i], ARTICLES[i]
                of_table = (
                    f"How many orders of a {article} went to {town}?",
                    f"What is the total quantity of {article} orders from {town}?",
                )[i % 2]
                answer = rag.ask(of_table)
                fact_answer = rag.ask(f"In which year was the {fact} built?")
                print(f"{answer.timings.first_token_s:6.1f} {answer.computation is not None} {answer.answer[:60]!r}")
                print(
                    f"{fact_answer.timings.first_token_s:6.1f} {not fact_answer.abstained} {fact_answer.answer[:60]!r}"
                )
                if answer.computation is not None and not fact_answer.abstained:
                    computed.append(answer.timings.first_token_s)
                    read.append(fact_answer.timings.first_token_s)
    print(f"first word, median of {len(read)} pairs: table {median(computed):.2f} s, fact {median(read):.2f} s,",
          f"ratio {median(c / f for c, f in zip(computed, read, strict=True)):.2f}")  # fmt: skip


def measure_rows(rows: int) -> None:
    """Load a table of four columns and so many rows, and run queries over it, good and bad."""
    from rag.answering.tables.loaded import LoadedTable
    from rag.answering.tables.memory import QueryError
    from rag.documents.columns import Row, typed
    from rag.documents.formats.parts import Table
    from rag.index.tables import KeptTable

    chance = random.Random(7)
    cells = [
        (f"A{i:07}", chance.choice(TOWNS), str(chance.randrange(40)), f"2024-01-{i % 28 + 1:02}") for i in range(rows)
    ]
    read = Table("Orders", ("Order", "Town", "Quantity", "Day"), tuple(cells), tuple((i, i + 1) for i in range(rows)))
    begun = time.perf_counter()
    table = typed(read)
    assert table is not None
    print(f"types {time.perf_counter() - begun:.1f} s")
    begun = time.perf_counter()
    kept = KeptTable(1, "orders.csv", "Orders", "", table.columns, rows, 0, rows)
    made: list[Row] = list(table.rows)
    memory = LoadedTable(kept, made).memory
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"copied {time.perf_counter() - begun:.1f} s, {most:.0f} MB")
    for sql in (
        "SELECT COUNT(*) FROM data WHERE town = 'Corrant'",
        "SELECT town, SUM(quantity) FROM data GROUP BY town",
        "SELECT the_order FROM data WHERE quantity > 30 ORDER BY day DESC LIMIT 5",
        "SELECT COUNT(*) FROM data WHERE quantity > (SELECT AVG(quantity) FROM data d WHERE d.town = data.town)",
        "SELECT COUNT(*) FROM data a, data b",
    ):
        begun = time.perf_counter()
        try:
            said = f"{len(memory.run(sql))} rows"
        except QueryError as error:
            said = f"ended: {error}"
        print(f"{time.perf_counter() - begun:.2f} s, {said}: {sql}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["once", docs, data, tables, vectors]:
            index_once(docs, data, tables, vectors)
        case ["index" | "bound" as what, rows, *pairs]:
            measure_index(int(rows), int(pairs[0]) if pairs else 1, "random" if what == "bound" else "real")
        case ["words", *rows]:
            measure_words(int(rows[0]) if rows else 10_000)
        case ["rows", rows]:
            measure_rows(int(rows))
        case _:
            sys.exit(__doc__)
