"""Tables in PDF: every cell under its head, whatever lines are drawn and whichever cells are empty."""

from pathlib import Path

import pytest

from rag.documents.parsing import Parser
from reading import SAMPLES, document
from ship_tables import WORDS, ship_tables


def cells_of(text: str) -> dict[str, dict[str, str]]:
    """Return what each row says, by the name of its ship: head → cell."""
    rows = {}
    for block in text.split("\n\n"):
        if block.startswith("Ship: "):
            row = dict(part.partition(": ")[::2] for part in block.rstrip(".").split("; "))
            rows[row["Ship"]] = row
    return rows


@pytest.mark.parametrize("name", ["tables.pdf", "tables-office.pdf"])
def test_cells_stand_under_their_heads(parser: Parser, name: str) -> None:
    text = document(parser, SAMPLES, name).text
    found = cells_of(text)
    right = total = 0
    for _, (head, *rows) in ship_tables():
        for row in rows:
            told = found.get(row[0], {})
            right += sum(told.get(at, "") == cell for at, cell in zip(head, row, strict=True)) if told else 0
            total += len(row)
    assert right / total >= 0.95
    for word in WORDS.split():
        assert f"\n\nWhat stands below the {word} table is text again, and no row of it." in text


def test_text_in_columns_is_no_table(parser: Parser) -> None:
    for name in ("columns.pdf", "tides.pdf"):
        assert "; " not in document(parser, SAMPLES, name).text.replace("prisms; the", "")


def test_a_table_goes_on_over_the_page(parser: Parser, tmp_path: Path) -> None:
    text = document(parser, SAMPLES, "long-table.pdf").text
    rows = [block for block in text.split("\n\n") if block.startswith("Number: ")]
    assert rows == [f"Number: {n}; Ship: Vessel {n}; Crew: {n % 7 + 3}." for n in range(1, 91)]
