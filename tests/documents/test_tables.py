# ruff: noqa: E501
"""Tables as they are read: where rows stand, what columns are, what is a total, in files of every kind."""

import json
import zipfile
from pathlib import Path

import pytest

from rag.documents.columns import TypedTable, plain_name, typed
from rag.documents.folder import Document, read_documents
from rag.documents.formats.blocks import Blocks
from rag.documents.formats.heads import headed, names_columns
from rag.documents.formats.layout import lay_out
from rag.documents.formats.lines import Cell, Line
from rag.documents.formats.parts import Table
from rag.documents.parsing import Parser
from rag.documents.told_tables import checked_tables
from rag.documents.values import date, number

TABLES = Path(__file__).parent.parent / "data" / "tables" / "first-half" / "docs"
FILES = sorted(path.name for path in TABLES.iterdir())


def read(folder: Path, name: str) -> Document:
    with Parser() as parser:
        (document,) = read_documents(folder, name, parser)
    assert isinstance(document, Document)
    return document


def table_of(folder: Path, name: str) -> TypedTable:
    (table,) = read(folder, name).tables
    found = typed(table)
    assert found is not None
    return found


@pytest.mark.parametrize("name", FILES)
def test_each_row_stands_where_the_table_says(name: str) -> None:
    document = read(TABLES, name)
    assert len(document.tables) == (2 if name in {"bakeries.xlsx", "fleet.xlsx"} else 1)
    for table in document.tables:
        assert len(table.rows) > 3
        for row, (start, end) in zip(table.rows, table.spans, strict=True):
            for cell in filter(None, row):
                assert cell in document.text[start:end]
            assert "\n" not in document.text[start:end]


def test_kinds_units_and_values_of_columns() -> None:
    cash = table_of(TABLES, "Kassenbuch.xlsx")
    assert [column.kind for column in cash.columns] == ["date", "number", "text", "text", "number", "number"]
    assert (cash.columns[4].unit, cash.columns[4].decimals) == ("€", 2)
    assert cash.rows[0].values == ("2025-01-03", 101, "Beitrag Familie Öztürk", "Beitrag", 1120.5, None)
    assert cash.rows[0].cells[4] == "1.120,50 €"
    planting = table_of(TABLES, "planting.docx")
    assert [column.kind for column in planting.columns] == ["text", "text", "date", "number", "yes or no", "number"]
    assert [column.unit for column in planting.columns] == ["", "", "", "cm", "", "kg"]


def test_a_total_is_no_row_and_a_title_no_head() -> None:
    cash = table_of(TABLES, "Kassenbuch.xlsx")
    assert cash.name == "Kassenbuch Gartenverein Sonnental 2025"
    assert [column.head for column in cash.columns][:2] == ["Datum", "Beleg Nr."]
    assert len(cash.rows) == 10 and all("Summe" not in row.cells for row in cash.rows)


def test_remarks_and_totals_are_no_rows() -> None:
    cells = [("Bread", "", ""), ("Rye", "12", "3.50"), ("Spelt", "8", "4.00"), ("Cakes", "", ""), ("Plum", "3", "2.50"),
             ("Total of the day:", "23", "81.50"), ("All prices with tax.", "", "")]  # fmt: skip
    spans = tuple((i, i + 1) for i in range(len(cells)))
    found = typed(Table("", ("Item", "Sold", "Price"), tuple(cells), spans))
    assert found is not None and [row.cells[0] for row in found.rows] == ["Rye", "Spelt", "Plum"]


def test_a_table_goes_on_over_pages_of_a_pdf() -> None:
    def line(base: float, *texts: str) -> Line:
        return Line(tuple(Cell(text, 60 + 120 * i, 110 + 120 * i) for i, text in enumerate(texts)), base, 10)

    head = ("Code", "Cause", "Price")
    pages = [
        [
            line(700, "Prices of spare parts"),
            line(650, *head),
            *(line(635 - 15 * i, f"A{i}", "worn", f"{i}.50") for i in range(5)),
        ],
        [line(700, *head), *(line(685 - 15 * i, f"B{i}", "lost", f"{i}.00") for i in range(5))],
        [line(700 - 15 * i, f"C{i}", "bent", f"{i}.20") for i in range(5)],
    ]
    laid = lay_out(pages)
    text, offsets, tables = laid.text, laid.pages, laid.tables
    (table,) = tables
    assert [row[0] for row in table.rows] == [f"{letter}{i}" for letter in "ABC" for i in range(5)]
    assert [text[offset : offset + 8] for offset in offsets[1:]] == ["Code: B0", "Code: C0"]


def test_heads_in_two_rows_are_joined() -> None:
    sales = table_of(TABLES, "sales.xlsx")
    assert [column.head for column in sales.columns] == [
        "Region", "2023 Units", "2023 Revenue (USD)", "2024 Units", "2024 Revenue (USD)",
    ]  # fmt: skip


def test_cells_of_a_pdf_that_wrap_belong_to_their_row() -> None:
    boiler = table_of(TABLES, "boiler.pdf")
    assert [row.cells[0] for row in boiler.rows] == ["L02", "L07", "H13", "H21"]
    assert boiler.rows[1].cells[2].endswith("before it is used again by anyone")


@pytest.mark.parametrize(
    ("cell", "mark", "found"),
    [
        ("1,234", ",", (1.234, "")), ("1,234", ".", (1234.0, "")), ("1.234,50 €", ",", (1234.5, "€")),
        ("EUR 12.00", ".", (12.0, "EUR")), ("-3 %", ".", (-3.0, "%")), ("(120)", ".", (-120.0, "")),
        ("1 200 kg", ".", (1200.0, "kg")), ("0555 015 101", ".", None), ("04109", ".", None), ("12 of 14", ".", None),
        ("W36", ".", None), ("3 apples", ".", None), ("1'500.25", ".", (1500.25, "")), ("0", ".", (0.0, "")),
    ],
)  # fmt: skip
def test_numbers(cell: str, mark: str, found: tuple[float, str] | None) -> None:
    assert number(cell, mark) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("3.1.2025", "2025-01-03"), ("2025-01-03 09:30", "2025-01-03 09:30"), ("3 January 2025", "2025-01-03"),
        ("January 3, 2025", "2025-01-03"), ("3. März 2024", "2024-03-03"), ("31/12/1999", "1999-12-31"),
        ("45.13.2025", None), ("soon", None), ("12:30", None),
    ],
)  # fmt: skip
def test_dates(cell: str, found: str | None) -> None:
    assert date(cell) == found


def test_plain_names_need_no_quotes_and_differ() -> None:
    assert plain_name("Größe (m²) in %") == "grosse_m2_in_percent"
    assert plain_name("2011") == "the_2011"
    assert plain_name("select") == "the_select"
    assert plain_name("x); DROP TABLE data; --") == "x_drop_table_data"
    assert plain_name("价格") == "column"
    assert plain_name("Total", ["total"]) == "total_2"


def test_years_may_name_columns_but_a_row_of_values_does_not() -> None:
    assert names_columns([["Town", "2001", "2011"], ["A", "5", "6"]])
    assert not names_columns([["A", "2001", "5"], ["B", "2011", "6"]])
    assert headed([["Staff no.", "Name"], ["1", "Ann"]])[0] == ["Staff no.", "Name"]


def test_a_huge_table_is_read_as_text_alone() -> None:
    blocks = Blocks()
    blocks.table([[f"h{i}" for i in range(16_384)], [str(i) for i in range(16_384)]], has_head=True)
    text = blocks.text()
    assert text.tables == () and "h16383: 16383" in text.text


def test_what_a_child_says_of_tables_is_checked() -> None:
    good = {"name": "n", "heads": ["a", "b"], "rows": [["1", "2"]], "spans": [[0, 4]]}
    assert checked_tables([good], "text") == (Table("n", ("a", "b"), (("1", "2"),), ((0, 4),)),)
    lies: tuple[dict[str, object], ...] = (
        {"spans": [[0, 5]]}, {"spans": [[-1, 2]]}, {"rows": [["1"]]}, {"rows": [[1, 2]]}, {"heads": "ab"}, {"name": None},
        {"spans": []}, {"spans": [["0", "4"]]}, {"heads": ["a"] * 300},
    )  # fmt: skip
    for lie in lies:
        assert checked_tables([good | lie], "text") == ()
    assert checked_tables("tables", "text") == checked_tables([None, 3], "text") == ()


def test_formulas_are_read_as_the_values_they_had(tmp_path: Path) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Item</t></is></c><c r="B1" t="inlineStr"><is><t>Price</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>Tea</t></is></c><c r="B2"><f>WEBSERVICE("http://x")</f><v>3</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>Milk</t></is></c><c r="B3"><v>2</v></c></row></sheetData></worksheet>'
    )
    with zipfile.ZipFile(TABLES / "sales.xlsx") as known, zipfile.ZipFile(tmp_path / "f.xlsx", "w") as made:
        for name in known.namelist():
            made.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else known.read(name))
    assert [row.values for row in table_of(tmp_path, "f.xlsx").rows] == [("Tea", 3), ("Milk", 2)]


def test_records_that_have_little_in_common_are_no_table(tmp_path: Path) -> None:
    records = [{f"key{i}": i, "x": 1} for i in range(9)]
    (tmp_path / "odd.jsonl").write_text("\n".join(map(json.dumps, records)))
    assert read(tmp_path, "odd.jsonl").tables == ()
