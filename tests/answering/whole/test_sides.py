"""Comparisons side by side: named and unnamed sides, rows of tables, documents; and counting over a text."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.answer import Answer, Token
from rag.answering.engine import Engine
from rag.index.index import Index

TALKS = """# The quay

The mayor of Lysa, Ada Brandt, met her counterpart from Korsvik on Monday. The officials spoke about the new quay.

Brandt said that the quay must be ready by June. She wants it to be made of stone.

Her counterpart, Nils Rask, said that the money will last for a quay of oak. Rask added that June is too early.
"""
OFFERS = """# Two offers for the roof

## Offer of Holt

The roof is made of slate. The work costs 9,400 EUR and takes five days.

## Offer of Aas

The roof is made of tin. The work costs 6,100 EUR and takes two days.
"""
Open = Callable[[dict[str, str]], Engine]


@pytest.fixture
def open_engine(tmp_path: Path) -> Iterator[Open]:
    opened: list[Engine] = []

    def made(documents: dict[str, str]) -> Engine:
        docs = tmp_path / "docs"
        docs.mkdir(exist_ok=True)
        for name, text in documents.items():
            (docs / name).write_text(text, encoding="utf-8")
        embedder = HashEmbedder()
        index = Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test")
        reader = ScriptedReader(lambda passages, question: (0.95, ["A fact."]))
        opened.append(
            Engine(docs, index, embedder, reader, OverlapReranker(), budget=40, count=lambda t: len(t.split()))
        )
        return opened[-1]

    yield made
    for engine in opened:
        engine.close()


def asked(engine: Engine, question: str) -> Answer:
    events = list(engine.ask(question))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.answer
    for statement in answer.statements:
        assert answer.answer[statement.start : statement.end] == statement.text and statement.sources
    for source in answer.sources:
        assert engine.index.text(source.document)[source.start : source.end] == source.text
    return answer


def rows(answer: Answer) -> list[list[str]]:
    lines = [line for line in answer.answer.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def says(engine: Engine, said: dict[str, str]) -> None:
    """Let the model write what stands behind the first key that its request holds."""
    assert isinstance(engine.reader, ScriptedReader)
    engine.reader.writes = lambda request: next((text for key, text in said.items() if key in request), "")


def test_two_who_are_not_named_are_found_and_what_each_said_stands_side_by_side(open_engine: Open) -> None:
    engine = open_engine({"quay.md": TALKS})
    says(engine, {"Which two officials": "Ada Brandt\nNils Rask"})
    answer = asked(engine, "Compare what the two officials said")
    assert answer.kind == "compare"
    (head, row) = rows(answer)
    assert head == ["", "Ada Brandt", "Nils Rask"]
    assert "stone" in row[1] or "June" in row[1]
    assert "Rask" in row[2] or "oak" in row[2]
    by_number = {source.number: source.text for source in answer.sources}
    for statement, name in zip(answer.statements, ("Brandt", "Rask"), strict=True):
        assert all(name in by_number[number] for number in statement.sources)


def test_who_is_not_in_the_text_is_no_side(open_engine: Open) -> None:
    engine = open_engine({"quay.md": TALKS})
    says(engine, {"Which two officials": "Olaf Berg\nNils Rask"})
    *_, answer = engine.ask("Compare what the two officials said")
    assert isinstance(answer, Answer) and answer.kind == "fact"


def test_two_headings_of_that_name_are_the_sides(open_engine: Open) -> None:
    answer = asked(open_engine({"roof.md": OFFERS, "quay.md": TALKS}), "Compare the two offers: roof and cost")
    assert [row[0] for row in rows(answer)] == ["", "roof", "cost"]
    assert rows(answer)[0][1:] == ["Offer of Holt", "Offer of Aas"]
    assert "slate" in rows(answer)[1][1] and "tin" in rows(answer)[1][2]


def test_two_documents_are_compared_by_what_both_are_about(open_engine: Open) -> None:
    holt, aas = OFFERS.split("## Offer of Aas")
    engine = open_engine({"lease north.md": holt, "lease south.md": f"# The other\n\n{aas}"})
    (engine.docs / "quay.txt").write_text(TALKS, encoding="utf-8")
    (engine.docs / "north.eml").write_text("Subject: slate\n\nThe roof of slate costs 9,400 EUR.\n", encoding="utf-8")
    (engine.docs / "south.eml").write_text("Subject: tin\n\nThe roof of tin costs 6,100 EUR.\n", encoding="utf-8")
    assert asked(engine, "What is the difference between the two mails?").kind == "compare"
    for question in ("Compare the two leases", "What is the difference between the two leases?"):
        answer = asked(engine, question)
        assert answer.kind == "compare" and len(rows(answer)) >= 2
        assert {source.document for source in answer.sources} == {"lease north.md", "lease south.md"}


def test_rows_of_a_table_stand_below_the_names_of_their_columns(open_engine: Open) -> None:
    table = "Bread,Weight,Price\nOat loaf,900 g,4.20 EUR\nRye loaf,700 g,3.90 EUR\nBun,80 g,0.60 EUR\n"
    answer = asked(
        open_engine({"bread.csv": table, "quay.md": TALKS}), "Compare the oat loaf with the rye loaf: weight"
    )
    assert rows(answer) == [["", "oat loaf", "rye loaf"], ["Weight", "900 g", "700 g"]]
    answer = asked(open_engine({}), "Compare the oat loaf with the rye loaf")
    assert rows(answer)[1:] == [["Bread", "Oat loaf", "Rye loaf"], ["Weight", "900 g", "700 g"],
                                ["Price", "4.20 EUR", "3.90 EUR"]]  # fmt: skip


def test_the_cells_of_a_comparison_become_points(open_engine: Open) -> None:
    engine = open_engine({"roof.md": OFFERS})
    question = "Compare the two offers: roof and cost"
    before = asked(engine, question)
    *_, after = engine.ask("as bullet points", [("user", question), ("assistant", before.answer)])
    assert isinstance(after, Answer) and after.kind == "edit"
    assert len(after.statements) == 4 and all(line.startswith("- ") for line in after.answer.splitlines())


def test_a_bar_in_a_sentence_does_not_end_its_cell(open_engine: Open) -> None:
    engine = open_engine({"roof.md": OFFERS.replace("slate.", "slate | stone.")})
    answer = asked(engine, "Compare the two offers: roof")
    assert all(len(row) == 3 for row in rows(answer)) and "slate / stone" in answer.answer


FAIR = """# The fair

## Stalls

- Cheese of Orba
- Candles
- Wool and yarn
- Smoked fish

## The day

Ada Brandt opens the fair. Nils Rask plays the fiddle, and eleven children sing.
"""


def test_what_a_text_lists_is_counted(open_engine: Open) -> None:
    answer = asked(open_engine({"fair.md": FAIR, "quay.md": TALKS}), "How many stalls are there?")
    assert answer.answer.splitlines()[0] == "stalls: 4." and len(answer.statements) == 4


def test_what_a_text_names_is_counted_by_going_through_it(open_engine: Open) -> None:
    engine = open_engine({"fair.md": FAIR, "quay.md": TALKS})
    says(engine, {"all people": "Ada Brandt\nNils Rask\nOlaf Berg"})
    answer = asked(engine, "How many people are mentioned in fair.md?")
    assert answer.answer.splitlines()[-1] == "people found by going through the text: 2."
    assert [statement.text for statement in answer.statements] == ["Ada Brandt", "Nils Rask"]


def test_a_number_that_the_text_states_is_read_and_not_counted(open_engine: Open) -> None:
    *_, answer = open_engine({"fair.md": FAIR}).ask("How many children are there?")
    assert isinstance(answer, Answer) and answer.kind == "fact"


def test_a_chapter_that_no_document_has_is_said_with_what_there_is(open_engine: Open) -> None:
    book = "# Knots\n\n" + "".join(f"## Chapter {n}\n\nThe knot of part {n} holds.\n\n" for n in range(1, 6))
    engine = open_engine({"knots.md": book, "fair.md": FAIR})
    answer = asked(engine, "Summarize chapter 12")
    assert answer.answer.startswith("No document has a chapter 12.")
    assert "knots.md: Chapter 1; Chapter 2; Chapter 3; Chapter 4; Chapter 5." in answer.answer
    answer = asked(engine, "Summarize chapter 4")
    assert {source.text for source in answer.sources} == {"The knot of part 4 holds."}
