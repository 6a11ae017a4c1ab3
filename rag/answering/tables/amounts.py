"""Values → words, with the unit and the decimals of the columns that they come from. It does not know results."""

import re
from collections.abc import Mapping

from sqlglot import exp

from rag.documents.columns import Column, Value

MONEY = frozenset("EUR USD GBP CHF CAD AUD € $ £ Euro Euros".split())
"""Units that are money."""


def with_unit(cell: str, column: Column) -> str:
    """Return a cell as it is written, with the unit of its column where it has none and nothing else tells it."""
    if column.kind != "number" or not column.unit or not re.fullmatch(r"[-+−\d.,'’\s]+", cell):
        return cell
    told = column.unit.casefold() in column.head.casefold() and column.unit not in MONEY
    return cell if told else f"{cell} {column.unit}"


def amount(expression: exp.Expression, value: Value, columns: Mapping[str, Column]) -> str:
    """Return a computed value with the unit and the decimals of what it was computed from."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    found = [columns[column.name] for column in expression.find_all(exp.Column) if column.name in columns]
    numbers = [column for column in found if column.kind == "number"]
    counts = isinstance(expression, exp.Count) or (expression.find(exp.Count) is not None and not numbers)
    units = {column.unit for column in numbers if column.unit}
    unit = next(iter(units)) if len(units) == 1 and not counts else ""
    decimals = 0 if counts else max((column.decimals for column in numbers), default=0)
    if expression.find(exp.Avg, exp.Div) is not None:
        decimals = max(decimals + 1, 2)
    if unit in MONEY and (decimals or value != int(value)):
        return f"{value:.{max(decimals, 2)}f} {unit}"
    text = f"{value:.{decimals}f}" if decimals else f"{value:.10g}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {unit}".strip()
