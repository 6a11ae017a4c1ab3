"""The real model over real files of every kind: one question each that only the whole table answers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag import Rag

TABLES = Path(__file__).parent.parent / "data" / "tables" / "first-half" / "docs"


@pytest.fixture(scope="module")
def rag(weights: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    weights("qwen2.5-coder-1.5b")
    with Rag(docs=TABLES, data_dir=tmp_path_factory.mktemp("data")) as rag:
        yield rag


@pytest.mark.long
@pytest.mark.parametrize(
    ("question", "document", "held"),
    [
        ("How many of the towns are in Vale?", "towns.csv", "4"),
        ("How many entries of the Kassenbuch are in the category Beitrag?", "Kassenbuch.xlsx", "3"),
        ("Which tools have a deposit of 80 euros?", "tool-rental.html", "Tile cutter, Pressure washer"),
        ("How many plants are in the North bed?", "planting.docx", "3"),
        ("Which ferries cost less than 15 euros?", "ferry.md", "Old Tom"),
        ("How many pages do the books by Clara Munk have in total?", "library loans.jsonl", "284"),
        ("How many hours did Abena Osei work in total?", "shifts.tsv", "24"),
        ("What does fault code L07 mean on the boiler?", "boiler.pdf", "flue blocked"),
    ],
)
def test_a_table_of_each_kind_is_computed(rag: Rag, question: str, document: str, held: str) -> None:
    answer = rag.ask(question)
    assert answer.computation is not None and answer.computation.table.startswith(document)
    assert held in answer.answer
    text = rag.text(document)
    assert answer.sources and all(source.text == text[source.start : source.end] for source in answer.sources)
