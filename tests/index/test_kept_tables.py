"""Tables in the index: they come with their document, change with it and go with it; another process reads them."""

from pathlib import Path

from fakes import HashEmbedder
from rag.index.index import Index
from rag.index.indexing import update_index

PRICES = 'Tool,Price (EUR),From\nhammer,"12,50",1.2.2024\nsaw,"1.080,00",3.4.2025\n'


def update(docs: Path, index: Index) -> None:
    update_index(docs, index, HashEmbedder(), budget=100, count=lambda text: len(text.split()))


def open_index(folder: Path) -> Index:
    return Index.open(folder, dimensions=64, fingerprint="tables")


def test_tables_come_change_and_go_with_their_document(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "prices.csv").write_text(PRICES)
    with open_index(tmp_path / "index") as index:
        update(docs, index)
        (table,) = index.tables_of(["prices.csv"])
        assert [(column.name, column.kind, column.unit) for column in table.columns] == [
            ("tool", "text", ""), ("price_eur", "number", "EUR"), ("the_from", "date", ""),
        ]  # fmt: skip
        rows = index.rows(table.number)
        assert [row.values for row in rows] == [("hammer", 12.5, "2024-02-01"), ("saw", 1080, "2025-04-03")]
        text = index.text("prices.csv")
        assert [text[row.start : row.end] for row in rows][1] == "Tool: saw; Price (EUR): 1.080,00; From: 3.4.2025."
        (docs / "prices.csv").write_text(PRICES + 'pliers,"9,00",1.1.2025\n')
        update(docs, index)
        (changed,) = index.tables_of(["prices.csv"])
        assert changed.rows == 3 and changed.number != table.number
        assert index.rows(table.number) == ()
        (docs / "prices.csv").unlink()
        (docs / "note.txt").write_text("Nothing here.")
        update(docs, index)
        assert index.tables_of(["prices.csv"]) == index.find_tables("hammer", 5) == []


def test_tables_are_found_by_names_and_cells_in_another_process(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "prices.csv").write_text(PRICES)
    (docs / "people.md").write_text("# People\n\n| Name | Room |\n|---|---|\n| Ann | 12 |\n| Bo | 14 |\n")
    with open_index(tmp_path / "index") as index, open_index(tmp_path / "index") as other:
        update(docs, index)
        assert [table.document for table in other.find_tables("which room?", 5)] == ["people.md"]
        assert [table.document for table in other.find_tables("the hammers", 5)] == ["prices.csv"]
        assert other.find_tables("hammer", 5, ["people.md"]) == []
        assert other.find_tables('" OR ) --', 5) == []
        (table,) = other.tables_of(["people.md"])
        assert table.name == "People" and [row.cells for row in other.rows(table.number)] == [
            ("Ann", "12"),
            ("Bo", "14"),
        ]


def test_a_table_of_many_rows_comes_back_whole_and_in_order(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "long.csv").write_text("Number,Double\n" + "".join(f"n{i},{2 * i}\n" for i in range(2_500)))
    with open_index(tmp_path / "index") as index:
        update(docs, index)
        (table,) = index.tables_of(["long.csv"])
        assert [row.values[1] for row in index.rows(table.number)] == [2 * i for i in range(2_500)]
