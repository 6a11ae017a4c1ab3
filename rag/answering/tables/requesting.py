"""A table and a question → what the model is shown. It does not know how the model is run."""

import datetime
import re
from collections import Counter
from collections.abc import Sequence

from rag.answering.prompting import prompt
from rag.answering.reader import Excerpt
from rag.answering.tables.asked import Asked, denies
from rag.answering.tables.linking import Links
from rag.answering.tables.memory import NAME
from rag.answering.tables.times import current_column
from rag.documents.columns import Column, Row
from rag.index.tables import KeptTable

_MOST_COLUMNS = 24
_MOST_VALUES = 12  # different texts of a column that are all shown
_LONGEST_VALUE = 28  # characters
_TYPES = {"text": "TEXT", "date": "DATE", "yes or no": "TEXT"}
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_FALLEN = re.compile(
    r"\b(?:lost|lose|fell|fallen|shrank|shrunk|sank|declin\w+|decreas\w+|dropped|cheaper|gesunken)\b", re.I
)
_RISEN = re.compile(r"\b(?:grew|grown|gained|rose|risen|increas\w+|dearer|gestiegen|gewachsen)\b", re.I)
_NOW = re.compile(
    r"\b(?:now|current|currently|today|these days|at present|at the moment|nowadays|jetzt|heute|derzeit|aktuell\w*)\b",
    re.I,
)


def request(
    asked: Asked, table: KeptTable, rows: Sequence[Row], links: Links, today: datetime.date
) -> tuple[Excerpt, str]:
    """Return what the model is shown of the table, its columns with some values, and what it is asked.

    The first is the same for every question about the table, unless that has very many columns.
    """
    columns = _shown(table, links)
    current = current_column(table.columns, today)
    lines = [_column(column, table, rows, current) for column in columns]
    schema = f"CREATE TABLE {NAME} ( -- {_told(table)}\n" + ",\n".join(lines) + "\n);"
    name = "table_query"
    if asked.kind == "check":
        name = "table_compare" if asked.compares and links.pair else "table_check"
    asks = prompt(name, hints=_hints(asked, table, links, current), question=asked.question)
    return Excerpt(table.document, table.title, f"{schema}\n"), asks


def _shown(table: KeptTable, links: Links) -> list[Column]:
    """Return the columns that are shown: those that the question names before others where there are many."""
    if len(table.columns) <= _MOST_COLUMNS:
        return list(table.columns)
    named = links.columns | {name for name, _ in links.values}
    chosen = sorted(table.columns, key=lambda column: column.name not in named)[:_MOST_COLUMNS]
    return [column for column in table.columns if column in chosen]


def _told(table: KeptTable) -> str:
    name = table.name if table.name and table.name != table.title else ""
    return " ".join(filter(None, (name, f"({table.title})" if name else table.title)))[:80]


def _column(column: Column, table: KeptTable, rows: Sequence[Row], current: tuple[str, frozenset[str]] | None) -> str:
    i = table.columns.index(column)
    kind = _TYPES.get(column.kind) or ("REAL" if column.decimals else "INTEGER")
    notes = [column.head] if column.head.casefold() != column.name.replace("_", " ") else []
    if column.kind == "text":
        notes.append(_examples([row.cells[i] for row in rows if row.values[i]]))
    elif column.kind == "yes or no":
        notes.append("'yes' or 'no'")
    else:
        notes.append(next((str(row.values[i]) for row in rows if row.values[i] is not None), ""))
    if current and column.name == current[0]:
        notes.append("holds now")
    return f" {column.name} {kind} -- {'; '.join(filter(None, notes))}".replace("\n", " ")


def _examples(cells: Sequence[str]) -> str:
    """Return all the different texts where they are few and short, else two of them."""
    counted = Counter(cells)
    few = len(counted) <= _MOST_VALUES and max(map(len, counted), default=0) <= _LONGEST_VALUE
    chosen = (
        list(counted) if few and len(counted) < max(4, len(cells)) else [value for value, _ in counted.most_common(2)]
    )
    told = ", ".join("'" + value[:_LONGEST_VALUE].replace("'", "''") + "'" for value in chosen)
    return told if few else f"e.g. {told}"


def _hints(asked: Asked, table: KeptTable, links: Links, current: tuple[str, frozenset[str]] | None) -> str:
    """Return what is known of the question: the values that it names, and what its words mean here."""
    hints = []
    by_column: dict[str, list[str]] = {}
    for name, value in links.values:
        if value and len(by_column.setdefault(name, [])) < 3:
            by_column[name].append("'" + value[:80].replace("'", "''") + "'")
    for column in table.columns:
        if column.kind == "yes or no" and column.name in links.columns and asked.kind != "lookup":
            by_column[column.name] = ["'no'" if denies(asked.question, column.head) else "'yes'"]
    if by_column:
        hints.append(
            "Named: " + "; ".join(f"{name} = {' or '.join(values)}" for name, values in by_column.items() if values)
        )
    dates = [column.name for column in table.columns if column.kind == "date"]
    if dates and asked.kind == "extreme" and asked.is_about_time:
        hints.append(f"The longest or oldest has the smallest {dates[0]}, the newest the largest.")
    if (way := _FALLEN.search(asked.question) or _RISEN.search(asked.question)) and current:
        named = sorted(name for name in (*current[1], current[0]) if name in links.columns)
        if len(named) == 2:
            earlier, later = named
            sign = "<" if _FALLEN.search(asked.question) else ">"
            hints.append(f'"{way[0]}" means {later} {sign} {earlier}.')
    elif current and (_NOW.search(asked.question) or not _YEAR.search(asked.question)):
        hints.append(f"Use {current[0]}, not {' or '.join(sorted(current[1]))}, unless an earlier time is asked for.")
    return "\n".join(f"-- {hint}" for hint in hints)
