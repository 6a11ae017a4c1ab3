"""A table as it was read → typed columns and rows: types are found by looking. It does not know questions or SQL."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rag.documents.formats.parts import Table
from rag.documents.values import UNITS, Mark, date, is_empty, mark_of, number, yes_or_no

Kind = Literal["text", "number", "date", "yes or no"]
Value = str | float | int | None

_MOSTLY = 0.8  # of the cells that say something: a column is of the kind that so many are of
_SAMPLE = 2_000
_UNIT_OF_HEAD = re.compile(
    r"[(\[]\s*(?:in\s+)?([^()\[\]]{1,12}?)\s*[)\]]\s*$|(?:\bin|,|/)\s+(\S{1,6})$|\s(EUR|USD|GBP|CHF|[€$£%])$"
)
_TOTAL = re.compile(
    r"\b(?:(?:grand |sub)?totals?|sum|summen?|(?:ins)?gesamt(?:summe|betrag)?|zwischensumme|average|mean|durchschnitt"
    r"|mittelwert|ø|total général|totaux|somme|suma|totale|subtotal|total general)(?!\w)",
    re.IGNORECASE,
)
_RESERVED: Final = frozenset(
    "all and as asc between by case cast check collate commit create cross default delete desc "
    "distinct drop else end escape except exists filter for foreign from group having if in index inner insert "
    "intersect into is isnull join key left like limit natural no not notnull null of offset on or order outer over "
    "primary references right select set table then to transaction trigger union unique update using "
    "values view when where window with without".split()
)


@dataclass(frozen=True)
class Column:
    """A column: what it is called by people and in SQL, and what its cells are."""

    head: str
    name: str
    """In small letters, digits and underscores; no two of a table are the same."""
    kind: Kind
    unit: str = ""
    decimals: int = 0
    """Most digits behind the decimal mark."""


@dataclass(frozen=True)
class Row:
    """A row: its place in the document's text, the cells as written, and what they are."""

    start: int
    end: int
    cells: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class TypedTable:
    """A table that can be asked."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def typed(table: Table) -> TypedTable | None:
    """Return the table with its columns' kinds; None where fewer than two columns hold anything, or no row does."""
    told = zip(table.rows, table.spans, strict=True)
    rows = [each for i, each in enumerate(told) if not (_is_total(i, table.rows) or _is_remark(table.rows[i]))]
    kept = [i for i in range(len(table.heads)) if any(cells[i].strip() for cells, _ in rows)]
    if len(kept) < 2 or not rows:
        return None
    columns: list[Column] = []
    values: list[list[Value]] = []
    table_mark = _mark([cells[i] for cells, _ in rows[:_SAMPLE] for i in kept])
    for i in kept:
        cells_of = [cells[i] for cells, _ in rows]
        head = table.heads[i] or f"Column {i + 1}"
        kind, unit, decimals, found = _look(cells_of, table_mark)
        columns.append(Column(head, plain_name(head, [c.name for c in columns]), kind, unit or unit_of(head), decimals))
        values.append(found)
    made = (
        Row(start, end, tuple(cells[i] for i in kept), tuple(column[n] for column in values))
        for n, (cells, (start, end)) in enumerate(rows)
    )
    return TypedTable(table.name, tuple(columns), tuple(made))


def plain_name(head: str, taken: Sequence[str] = ()) -> str:
    """Return a name that needs no quotes in SQL, made of a column's head; no two are the same."""
    spelt = head.casefold().replace("ß", "ss").replace("ø", "o").replace("%", " percent ")
    letters = unicodedata.normalize("NFKD", spelt)
    folded = "".join(letter for letter in letters if not unicodedata.combining(letter))
    plain = "_".join(re.findall(r"[a-z0-9]+", folded))[:40].strip("_") or "column"
    if plain[0].isdigit() or plain in _RESERVED:
        plain = f"the_{plain}"
    name, n = plain, 2
    while name in taken:
        name, n = f"{plain}_{n}", n + 1
    return name


def unit_of(head: str) -> str:
    """Return the unit that a column's head names, as in "Weight (g)"; empty where it names none."""
    found = _UNIT_OF_HEAD.search(head)
    unit = next(filter(None, found.groups()), "") if found else ""
    return unit if UNITS.fullmatch(unit) else ""


def _is_total(i: int, rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a row sums up the others: it says so, and stands at the end or behind a run of them."""
    first = next((cell.strip() for cell in rows[i] if cell.strip()), "")
    last = len(rows) - i <= 3
    if i == 0 or not (_TOTAL.match(first) if last else _TOTAL.fullmatch(first.rstrip(":. "))) or first.count(" ") > 3:
        return False
    filled = sum(map(bool, map(str.strip, rows[i])))
    return filled < sum(map(bool, map(str.strip, rows[i - 1]))) or last or filled == len(rows[i])


def _is_remark(cells: Sequence[str]) -> bool:
    """Tell whether a row is no record but a remark or a heading within the table: one cell alone says something."""
    return len(cells) > 2 and sum(map(bool, map(str.strip, cells))) == 1


def _mark(cells: Sequence[str]) -> Mark | None:
    marks = Counter(mark for cell in cells if (mark := mark_of(cell)))
    return marks.most_common(1)[0][0] if marks else None


def _look(cells: Sequence[str], table_mark: Mark | None) -> tuple[Kind, str, int, list[Value]]:
    """Return (kind, unit, decimals, values) of a column."""
    said = [cell for cell in cells if not is_empty(cell)]
    sample = said[:_SAMPLE]
    enough = _MOSTLY * len(sample)
    if len(sample) and len(set(map(str.casefold, sample))) <= 2 and all(map(yes_or_no, sample)):
        return "yes or no", "", 0, [yes_or_no(cell) or ("no" if _marks_only(sample) else None) for cell in cells]
    month_first = any(date(cell) is None and date(cell, month_first=True) for cell in sample)
    if sum(date(cell, month_first=month_first) is not None for cell in sample) >= max(1, enough):
        return "date", "", 0, [date(cell, month_first=month_first) for cell in cells]
    mark = _mark(sample) or table_mark or "."
    numbers = [found for cell in sample if (found := number(cell, mark))]
    units = {unit for _, unit in numbers if unit}
    if len(numbers) >= max(1, enough) and len(units) <= 1:
        found_all = [number(cell, mark) for cell in cells]
        values: list[Value] = [_whole(each[0]) if each else None for each in found_all]
        return "number", next(iter(units), ""), _decimals(sample, mark), values
    return "text", "", 0, [cell or None for cell in cells]


def _marks_only(sample: Sequence[str]) -> bool:
    """Tell whether a column is ticked rather than answered: an empty cell is then a no."""
    return {cell.strip().casefold() for cell in sample} <= {"x", "✓", "✔", "☑"}


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _decimals(cells: Sequence[str], mark: Mark) -> int:
    found = (re.search(rf"\{mark}(\d+)\D*$", cell) for cell in cells if number(cell, mark))
    return min(6, max((len(each[1]) for each in found if each), default=0))
