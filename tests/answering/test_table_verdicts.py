"""Yes or no over tables, and two tables joined: what is told and shown. A scripted model writes the queries."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import HashEmbedder, ScriptedReader
from rag.answering.tables.answer import TableAnswer, answer_from_tables
from rag.answering.tables.asked import asked
from rag.answering.tables.choosing import choose
from rag.answering.tables.joining import joined
from rag.answering.tables.loaded import LoadedTable, Shelf
from rag.index.index import Index
from rag.index.indexing import update_index

TABLES = Path(__file__).parent.parent / "data" / "tables" / "first-half" / "docs"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    embedder = HashEmbedder()
    folder = tmp_path_factory.mktemp("index")
    with Index.open(folder, dimensions=embedder.dimensions, fingerprint=embedder.fingerprint) as index:
        update_index(TABLES, index, embedder, budget=200, count=lambda text: len(text.split()))
        yield index


def ask(index: Index, question: str, *queries: str) -> TableAnswer | None:
    reader = ScriptedReader(lambda _, __: (None, []), queries)
    return answer_from_tables(question, [], index, Shelf(index), reader, today=datetime.date(2025, 6, 1))


def load(index: Index, document: str, name: str) -> LoadedTable:
    (table,) = (table for table in index.tables_of([document]) if table.name == name)
    loaded = Shelf(index).load(table)
    assert loaded is not None
    return loaded


# Yes or no


@pytest.mark.parametrize(
    ("question", "query", "told"),
    [
        (
            "Is Corrant on the coast?", "SELECT * FROM data WHERE town = 'Corrant' AND coastal = 'yes'",
            "No: Corrant – Coastal: no.",
        ),
        (
            "Is Aldmere in Norland?", "SELECT * FROM data WHERE town = 'Aldmere' AND country = 'Norland'",
            "Yes: Aldmere – Country: Norland.",
        ),
        (
            "Is Aldmere in Vale?", "SELECT * FROM data WHERE town = 'Aldmere' AND country = 'Vale'",
            "No: Aldmere – Country: Norland.",
        ),
        (
            "Does anyone at the bakeries have a salary of more than 45,000?",
            "SELECT name FROM data WHERE salary_gbp > 45000", "No: Moira Tait – Salary (GBP): 41000 GBP.",
        ),
        (
            "Is the deposit of the tile cutter higher than that of the floor sander?",
            "SELECT tool, deposit FROM data WHERE tool IN ('Tile cutter', 'Floor sander')",
            "No: Tile cutter – Deposit: 80 EUR · Floor sander – Deposit: 120 EUR.",
        ),
    ],
)  # fmt: skip
def test_whether_something_is_so_is_told_with_the_rows_that_decide_it(
    index: Index, question: str, query: str, told: str
) -> None:
    answer = ask(index, question, query)
    assert answer is not None and answer.confidence >= 0.7
    assert answer.text == told
    assert answer.sources and answer.statements[0].sources


def test_of_two_prices_the_one_that_holds_now_is_compared(index: Index) -> None:
    query = "SELECT tool, until_31_december_2024, from_1_january_2025 FROM data WHERE tool = 'Tile cutter'"
    answer = ask(index, "Is the tile cutter cheaper than the pressure washer?", query)
    assert answer is not None and answer.text == (
        "Yes: Tile cutter – from 1 January 2025: 24.00 EUR · Pressure washer – from 1 January 2025: 31.00 EUR."
    )


def test_what_is_older_has_the_earlier_date(index: Index) -> None:
    query = "SELECT branch, opened FROM data WHERE branch IN ('Hillside', 'Market')"
    answer = ask(index, "Is the Hillside branch older than the Market branch?", query)
    assert answer is not None and answer.text.startswith("No: Hillside – Opened: 2017-09-15")


def test_rows_that_merely_exist_decide_nothing(index: Index) -> None:
    question = "Does anyone at the bakeries have a salary of more than 45,000?"
    both = "SELECT name, salary_gbp FROM data WHERE role = 'manager'"
    answer = ask(index, question, both, both)
    assert answer is None or answer.confidence < 0.7


@pytest.mark.parametrize(
    "question", ["Are all towns in Vale coastal?", "Is Corrant not on the coast?", "Can I have a parrot in Corrant?"]
)
def test_what_rows_cannot_decide_is_not_asked_of_a_table(index: Index, question: str) -> None:
    assert choose(asked(question), [], index, Shelf(index), None) is None


# Two tables


def test_a_row_is_joined_with_the_one_that_it_names(index: Index) -> None:
    staff, branches = load(index, "bakeries.xlsx", "Staff"), load(index, "bakeries.xlsx", "Branches")
    table = joined(staff, branches)
    assert table is not None and len(table.rows) == len(staff.rows)
    assert [column.head for column in table.table.columns][-3:] == ["Opened", "Manager", "Rent (GBP)"]
    assert table.memory.run("SELECT town FROM data WHERE name = 'Jean Orr'") == [("Leith",)]


def test_tables_without_a_column_in_common_are_not_joined(index: Index) -> None:
    staff = load(index, "bakeries.xlsx", "Staff")
    assert joined(staff, load(index, "towns.csv", "")) is None


def test_a_question_over_two_tables_shows_the_rows_of_both(index: Index) -> None:
    answer = ask(index, "In which town does Jean Orr work?", "SELECT town FROM data WHERE name = 'Jean Orr'")
    assert answer is not None and answer.confidence >= 0.7
    assert answer.text.startswith("Jean Orr – Town: Leith")
    assert answer.computation.table == "bakeries.xlsx, Staff with Branches"
    assert [source.text.split(";")[0] for source in answer.sources] == ["Name: Jean Orr", "Branch: Hillside"]
    assert [source.number for source in answer.sources] == [1, 2] and answer.statements[0].sources == (1, 2)
    text = index.text("bakeries.xlsx")
    assert all(source.text == text[source.start : source.end] for source in answer.sources)


def test_one_table_is_enough_where_it_knows_all(index: Index) -> None:
    chosen = choose(asked("What is the salary of Lewis Roy?"), [], index, Shelf(index), None)
    assert chosen is not None and chosen.loaded.beside is None
