"""A checked query for the rows of which something is so → whether it is, and the rows that decide it.

It does not know questions. Rows that fit say yes. Where none does, the answer is no only if the rows that it is about
exist: those that fit all conditions but one, or, where there is one condition alone, the row that comes nearest to it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from sqlglot import exp

from rag.answering.tables.checking import sql
from rag.answering.tables.loaded import LoadedTable
from rag.answering.tables.memory import NAME, ROW, Memory, QueryError
from rag.answering.tables.working import Result, conditions
from rag.documents.columns import Column

_UP = (exp.GT, exp.GTE)
_DOWN = (exp.LT, exp.LTE)
ORDERS: tuple[type[exp.Expression], ...] = (*_UP, *_DOWN, exp.Between)


def decide(select: exp.Select, memory: Memory) -> Result:
    """Run the query. Raises QueryError where it fails, asks nothing, or its rows do not exist either way."""
    parts = conditions(select)
    if not parts or select.args.get("group") is not None or select.args.get("having") is not None:
        raise QueryError("Select rows of data, with all that is asked in WHERE.")
    shown = tuple(dict.fromkeys(column.copy() for part in parts for column in _columns(part)))
    query = exp.select(*(each.copy() for each in shown)).from_(NAME).where(*(part.copy() for part in parts))
    others = [row for inner in select.find_all(exp.Subquery) for row in _inner(inner, memory)]
    if found := _rows(parts, memory):
        return Result("verdict", query, shown, (), _joined(found, others), says_yes=True)
    if about := _about(parts, memory):
        return Result("verdict", query, shown, (), _joined(about, others), says_yes=False)
    if len(parts) == 1 and (nearest := _nearest(parts[0], memory)):
        return Result("verdict", query, shown, (), _joined(nearest, others), says_yes=False)
    raise QueryError("The query finds no row, and none that it is about.")


def compare(
    select: exp.Select,
    loaded: LoadedTable,
    pair: tuple[str, str, str],
    outdated: Collection[str],
    more: Callable[[Column], bool | None],
) -> Result:
    """Compare the two rows that `pair` names in the column that the query selects, leaving out those `outdated`.

    Which of two is more is not left to the model's SQL. Raises QueryError where it selects no such column, or several.
    """
    name, *values = pair
    columns = {column.name: column for column in loaded.table.columns}
    used = dict.fromkeys(each.name for each in select.find_all(exp.Column) if each.name != name)
    found = [columns[each] for each in used if each in columns and each not in outdated]
    ways = [(column, way) for column in found if (way := more(column)) is not None]
    ways = [(column, way) for column, way in ways if column.kind in {"number", "date"}]
    if len(ways) != 1:
        raise QueryError(f"Select {name} and the one column of numbers or dates in which they are compared.")
    ((column, way),) = ways
    place, key = loaded.places[column.name], loaded.places[name]
    rows = [[i for i, row in enumerate(loaded.rows) if row.cells[key] == value] for value in values]
    if any(len(each) != 1 for each in rows):
        raise QueryError("Each of the two has to be one row.")
    first, second = (loaded.rows[i].values[place] for (i,) in rows)
    if first is None or second is None:
        raise QueryError(f"{column.name} is empty in one of the two rows.")
    both = exp.In(this=exp.column(name), expressions=[exp.Literal.string(value) for value in values])
    query = exp.select(name, column.name).from_(NAME).where(both)
    says_yes = first > second if way else first < second  # type: ignore[operator]
    decisive = tuple(i for (i,) in rows)
    return Result("verdict", query, (exp.column(column.name),), (), decisive, says_yes=says_yes)


def _columns(part: exp.Expression) -> Iterator[exp.Column]:
    for column in part.find_all(exp.Column):
        if column.find_ancestor(exp.Subquery) is None:
            yield column


def _about(parts: Sequence[exp.Expression], memory: Memory) -> list[int]:
    """Return the rows that fit all conditions but one: the fewest, and those without an amount before others."""
    best: list[int] = []
    least = (9, 0)
    for part in parts if len(parts) > 1 else ():
        rows = _rows([each for each in parts if each is not part], memory)
        if rows and (_weight(part), len(rows)) < least:
            best, least = rows, (_weight(part), len(rows))
    return best


def _weight(part: exp.Expression) -> int:
    """Return how much a condition says what a question is about rather than what it asks: amounts do so least."""
    if isinstance(part, ORDERS):
        return 0
    return 1 if isinstance(part, exp.EQ) and part.expression.name in {"yes", "no"} else 2


def _rows(parts: Sequence[exp.Expression], memory: Memory) -> list[int]:
    query = exp.select(ROW).from_(NAME).where(*(part.copy() for part in parts))
    return [int(row[0] or 0) for row in memory.run(sql(query))]


def _inner(inner: exp.Subquery, memory: Memory) -> list[int]:
    """Return the rows of a select within the select: what is compared with."""
    return (
        _rows(conditions(inner.this), memory) if isinstance(inner.this, exp.Select) and conditions(inner.this) else []
    )


def _nearest(part: exp.Expression, memory: Memory) -> list[int]:
    """Return the row that comes nearest to being more, or less, than a limit."""
    if not isinstance(part, (*_UP, *_DOWN)) or not isinstance(part.this, exp.Column):
        return []
    order = exp.Ordered(this=part.this.copy(), desc=isinstance(part, _UP))
    there = exp.not_(exp.Is(this=part.this.copy(), expression=exp.null()))
    query = exp.select(ROW).from_(NAME).where(there).order_by(order).limit(1)
    return [int(row[0] or 0) for row in memory.run(sql(query))]


def _joined(rows: Sequence[int], others: Sequence[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys((*rows, *others)))
