"""A result → the answer's words, each with the rows that it rests on. Written by code: it says what was computed."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rag.answering.tables.amounts import amount, with_unit
from rag.answering.tables.checking import sql
from rag.answering.tables.working import Cell, Result, conditions
from rag.documents.columns import Column, Row
from rag.index.tables import KeptTable

_MOST_LINES = 50
_MOST_CELLS = 10  # of a row that is told whole because nothing names it
_APART = 0.9  # share of the rows that differ in columns which name them
_FEW = 8  # names that are told in one line
_GIVEN = re.compile(r"first|given|vor(?:name)?|pr[eé]nom|nombre|nome", re.IGNORECASE)
_DONE: dict[type[exp.Expression], str] = {
    exp.Sum: "the sum", exp.Avg: "the mean", exp.Min: "the least", exp.Max: "the most", exp.Median: "the median",
}  # fmt: skip
_SIGNS: dict[type[exp.Expression], str] = {
    exp.GT: "more than", exp.GTE: "at least", exp.LT: "less than", exp.LTE: "at most", exp.NEQ: "not", exp.EQ: "",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A piece of the answer and the positions of the rows that it rests on."""

    text: str
    rows: tuple[int, ...]


def tell(result: Result, table: KeptTable, rows: Sequence[Row], more: Sequence[str] = ()) -> tuple[Line, ...]:
    """Return the answer in lines; where it is one row, the columns `more` of it are told as well."""
    teller = _Teller(result, table, rows, more)
    if result.kind == "value":
        return (teller.value(),)
    if result.kind == "verdict":
        return (teller.verdict(),)
    return tuple(teller.groups() if result.kind == "groups" else teller.rows_told())


class _Teller:
    def __init__(self, result: Result, table: KeptTable, rows: Sequence[Row], more: Sequence[str]) -> None:
        self._more = more
        self._result, self._table, self._rows = result, table, rows
        self._columns = {column.name: column for column in table.columns}
        self._place = {column.name: i for i, column in enumerate(table.columns)}
        self._conditions = conditions(result.query)
        self._fixed = {
            each.this.name: each.expression.this
            for each in self._conditions
            if isinstance(each, exp.EQ)
            and isinstance(each.this, exp.Column)
            and isinstance(each.expression, exp.Literal)
        }

    # What was computed

    def value(self) -> Line:
        """Tell one row of computed values."""
        shown, values = self._result.shown, self._result.values[0]
        if len(shown) == 1:
            return Line(f"{amount(shown[0], values[0], self._columns)} – {self._done(shown[0])}.", self._result.rows)
        told = "; ".join(f"{self._head(e)}: {amount(e, v, self._columns)}" for e, v in zip(shown, values, strict=True))
        return Line(f"{told} – in {self._over()}.", self._result.rows)

    def groups(self) -> Iterator[Line]:
        """Tell computed values, group by group."""
        for values in self._result.values[:_MOST_LINES]:
            cells = list(zip(self._result.shown, values, strict=True))
            names = ", ".join(amount(e, v, self._columns) for e, v in cells if isinstance(e, exp.Column))
            computed = "; ".join(
                f"{self._head(e)}: {amount(e, v, self._columns)}" for e, v in cells if not isinstance(e, exp.Column)
            )
            rows = [
                i for i in self._result.rows
                if all(self._rows[i].values[self._place[e.name]] == v for e, v in cells if isinstance(e, exp.Column))
            ]  # fmt: skip
            yield Line(f"{names} – {computed}." if names else f"{computed}.", tuple(rows))
        if (more := len(self._result.values) - _MOST_LINES) > 0:
            yield Line(f"… and {more} more.", ())

    def _done(self, expression: exp.Expression) -> str:
        inner = expression
        while isinstance(inner, (exp.Round, exp.Paren, exp.Cast, exp.Coalesce)):
            inner = inner.this
        if isinstance(inner, exp.Count):
            counted = inner.this
            if isinstance(counted, exp.Distinct):
                return f"the number of different values of “{self._head(counted.expressions[0])}” in {self._over()}"
            return f"the number of {self._over(number=False)}"
        if type(inner) in _DONE and isinstance(inner.this, exp.Column):
            return f"{_DONE[type(inner)]} of “{self._head(inner.this)}” over {self._over()}"
        return f"computed over {self._over()}"

    def _over(self, *, number: bool = True) -> str:
        n = len(self._result.rows)
        rows = f"{n:,} row{'s' if n != 1 else ''}" if number else "rows"
        return f"{rows} of {self._name()}{self._where()}"

    def _name(self) -> str:
        file = self._table.document.rsplit("/", 1)[-1]
        name = self._table.name
        return f"“{name}” in {file}" if name and name != self._table.title else file

    def _where(self) -> str:
        told = "; ".join(filter(None, map(self._condition, self._conditions)))
        return f" ({told})" if told else ""

    def _condition(self, part: exp.Expression) -> str:
        if isinstance(part, exp.Paren):
            return self._condition(part.this)
        if isinstance(part, exp.Or):
            return f"{self._condition(part.this)} or {self._condition(part.expression)}"
        if isinstance(part, exp.Not):
            return "" if isinstance(part.this, exp.Is) else f"not {self._condition(part.this)}"
        column = part.this
        while isinstance(column, exp.Func) and column.this is not None:
            column = column.this
        if not isinstance(column, exp.Column):
            return sql(part)
        head = self._head(column)
        if isinstance(part, exp.In):
            return f"{head}: {' or '.join(each.name for each in part.expressions)}"
        if isinstance(part, exp.Between):
            return f"{head}: {part.args['low'].name} to {part.args['high'].name}"
        if type(part) in _SIGNS and isinstance(part.expression, exp.Literal):
            return f"{head}: {_SIGNS[type(part)]} {part.expression.name}".replace("  ", " ")
        if isinstance(part, exp.Like):
            return f"{head}: {part.expression.name.strip('%')}"
        return sql(part)

    def verdict(self) -> Line:
        """Tell whether something is so, and the rows that decide it where they are few."""
        result = self._result
        word = "Yes" if result.says_yes else "No"
        if len(result.rows) > _FEW:
            over = self._over() if result.says_yes else f"no row of {self._name()}{self._where()}"
            return Line(f"{word}: {over}.", result.rows)
        label = self._naming()
        asked = [each for each in result.shown if each.name not in label]
        told = []
        for i in result.rows:
            cells = "; ".join(filter(None, (self._told(each, None, i) for each in asked)))
            told.append(f"{self._named(label, i)} – {cells}" if cells else self._named(label, i))
        return Line(f"{word}: {' · '.join(told)}.", result.rows)

    # Rows as they are

    def rows_told(self) -> Iterator[Line]:
        """Tell rows of the table by what names them, with the cells that are asked for."""
        result = self._result
        label = self._label()
        asked = self._asked(label)
        many = len(result.rows) > 1
        if not asked and many and len(result.rows) <= _FEW:
            names = ", ".join(self._named(label, i) for i in result.rows)
            yield Line(f"{names}{self._where()}.", result.rows)
            return
        if many:
            yield Line(f"{len(result.rows)} rows of {self._name()}{self._where()}:", result.rows)
        for values, i in list(zip(result.values, result.rows, strict=True))[:_MOST_LINES]:
            cells = [self._told(e, values[n] if n >= 0 else None, i) for n, e in asked]
            name, told = self._named(label, i), "; ".join(filter(None, cells))
            text = f"{name} – {told}" if name and told else name or told
            yield Line(f"- {text}" if many else f"{text}.", (i,))
        if (more := len(result.rows) - _MOST_LINES) > 0:
            yield Line(f"… and {more} more.", ())

    def _asked(self, label: Sequence[str]) -> list[tuple[int, exp.Expression]]:
        """Return what is told of each row beside its name, with its place in the result's values, -1 for none."""
        result = self._result
        whole = len(result.shown) >= len(self._table.columns)
        if whole and len(result.rows) > 1:
            return []
        known = {*label, *self._fixed}
        asked = [(i, e) for i, e in enumerate(result.shown) if not (isinstance(e, exp.Column) and e.name in known)]
        ordered = result.ordered
        if isinstance(ordered, exp.Column) and ordered.name not in known and ordered not in [e for _, e in asked]:
            asked.append((-1, ordered))
        if len(result.rows) == 1:
            if ordered is not None and not self._tells_apart(label) and len(self._table.columns) <= _MOST_CELLS:
                self._more = [column.name for column in self._table.columns]
            told = known | {e.name for _, e in asked if isinstance(e, exp.Column)}
            asked += [(-1, exp.column(name)) for name in self._more if name not in told]
        return asked

    def _label(self) -> list[str]:
        """Return the columns that name a row: those it was found by, if it is one, else the first texts that differ."""
        result = self._result
        if len(result.rows) == 1 and self._fixed and self._tells_apart(self._fixed):
            found = [self._columns[name] for name in self._fixed if name in self._columns]
            return [column.name for column in sorted(found, key=lambda column: not _GIVEN.search(column.head))]
        return self._naming()

    def _naming(self) -> list[str]:
        """Return the first columns of text that tell the rows apart."""
        texts = [column for column in self._table.columns if column.kind == "text" and self._is_name(column)]
        for width in (1, 2):
            for first in range(min(3, len(texts) - width + 1)):
                chosen = texts[first : first + width]
                if self._tells_apart([column.name for column in chosen]):
                    return [column.name for column in sorted(chosen, key=lambda c: not _GIVEN.search(c.head))]
        return [column.name for column in (texts or self._table.columns)[:1]]

    def _tells_apart(self, names: Collection[str]) -> bool:
        """Tell whether nearly every row has other texts in these columns."""
        places = [self._place[name] for name in names if name in self._place]
        found = {tuple(row.cells[i] for i in places) for row in self._rows}
        return len(found) >= _APART * len(self._rows)

    def _is_name(self, column: Column) -> bool:
        """Tell whether a column's texts are words rather than codes or addresses."""
        cells = [row.cells[self._place[column.name]] for row in self._rows[:200]]
        return 2 * sum(bool(re.search(r"[^\W\d_]{2}", cell)) and "@" not in cell for cell in cells) > len(cells)

    def _named(self, label: Sequence[str], i: int) -> str:
        return " ".join(filter(None, (self._rows[i].cells[self._place[name]] for name in label)))

    def _told(self, expression: exp.Expression, value: Cell, i: int) -> str:
        if isinstance(expression, exp.Column) and expression.name in self._place:
            cell = self._rows[i].cells[self._place[expression.name]]
            return f"{self._head(expression)}: {with_unit(cell, self._columns[expression.name])}" if cell else ""
        return f"{self._head(expression)}: {amount(expression, value, self._columns)}"

    def _head(self, expression: exp.Expression) -> str:
        if isinstance(expression, exp.Column):
            return self._columns[expression.name].head if expression.name in self._columns else expression.name
        if isinstance(expression, exp.Count):
            return "rows"
        if type(expression) in _DONE and isinstance(expression.this, exp.Column):
            return f"{_DONE[type(expression)].removeprefix('the ')} of {self._head(expression.this)}"
        for each in self._result.query.expressions:
            if isinstance(each, exp.Alias) and each.this == expression:
                return each.alias.replace("_", " ")
        return "result"
