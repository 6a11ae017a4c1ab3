"""A checked query → its result and the rows that it rests on. It does not know questions or how a result is told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from rag.answering.tables.checking import sql
from rag.answering.tables.memory import NAME, ROW, Memory, QueryError

_AGGREGATES = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Median)
_MOST_TIES = 10  # rows that share the last place with the last one asked for

Cell = str | float | int | None


@dataclass(frozen=True)
class Result:
    """What a query gave."""

    kind: Literal["rows", "value", "groups", "verdict"]
    """Rows of the table; one row of computed values; one such row for each group; or whether something is so."""
    query: exp.Select
    """As it was run, with all that made it right."""
    shown: tuple[exp.Expression, ...]
    """What is asked for, a column or a computation each."""
    values: tuple[tuple[Cell, ...], ...]
    """As many in each row as `shown`."""
    rows: tuple[int, ...]
    """Positions of the rows that it rests on; those of `values` where it is made of rows."""
    ordered: exp.Expression | None = None
    says_yes: bool = False
    """Of a verdict."""

    @property
    def sql(self) -> str:
        """Return the query as text."""
        return sql(self.query)


Direction = Callable[[str], bool | None]
"""Whether the largest of a column is asked for, the smallest, or neither."""


def work_out(select: exp.Select, memory: Memory, columns: Sequence[str], largest: Direction) -> Result:
    """Run a query. Raises QueryError when it fails or gives nothing.

    `largest` says of a column whether the question asks for its largest value: a model that orders the wrong way round
    is put right.
    """
    query = _extreme_by_order(select.copy())
    _put_right(query, largest)
    if any(isinstance(each.unalias(), exp.Star) for each in query.expressions):
        stars = [exp.column(name) for name in columns]
        others = [each for each in query.expressions if not isinstance(each.unalias(), (exp.Star, exp.Column))]
        query.set("expressions", [*stars, *others])
    shown = tuple(each.unalias() for each in query.expressions)
    grouped = query.args.get("group") is not None
    computed = any(_is_computed(each) for each in shown)
    ordered = _order_of(query)
    if ordered is not None and isinstance(ordered, exp.Column):
        query = query.where(exp.not_(exp.Is(this=ordered.copy(), expression=exp.null())))
    if grouped and not computed:  # a DISTINCT by another name
        query.set("group", None)
        grouped = False
    if grouped or computed:
        found = list(_limited(query, ordered, (), memory))
        rows = tuple(int(row[0] or 0) for row in memory.run(sql(_rows_below(query))))
        _check_said(found, rows, memory, columns)
        return Result("groups" if grouped else "value", query, shown, tuple(found), rows, ordered)
    distinct = query.args.get("distinct") is not None
    query.set("distinct", None)
    found = list(_limited(query, ordered, (exp.column(ROW),), memory, distinct=distinct))
    if not found:
        raise QueryError("The query finds no row.")
    values = tuple(row[:-1] for row in found)
    _check_said(values, [int(row[-1] or 0) for row in found], memory, columns)
    return Result("rows", query, shown, values, tuple(int(row[-1] or 0) for row in found), ordered)


def _check_said(
    values: Sequence[tuple[Cell, ...]], rows: Sequence[int], memory: Memory, columns: Sequence[str]
) -> None:
    """Raise QueryError where nothing is found, or all that is found are empty cells."""
    if any(cell is not None for row in values for cell in row):
        return
    if not rows:
        raise QueryError("The query finds no row.")
    place = exp.EQ(this=exp.column(ROW), expression=exp.Literal.number(rows[0]))
    (first,) = memory.run(sql(exp.select(*columns).from_(NAME).where(place)))
    filled = [name for name, cell in zip(columns, first, strict=True) if cell is not None]
    raise QueryError(f"What it selects is empty in that row. Select another column: {', '.join(filled)}.")


def _put_right(query: exp.Select, largest: Direction) -> None:
    order = query.args.get("order")
    if order is None or query.args.get("limit") is None or not isinstance(order.expressions[0].this, exp.Column):
        return
    wanted = largest(order.expressions[0].this.name)
    if wanted is not None:
        order.expressions[0].set("desc", wanted)
        order.expressions[0].set("nulls_first", not wanted)


def _is_computed(expression: exp.Expression) -> bool:
    """Tell whether a value is computed over several rows."""
    return any(
        isinstance(node, _AGGREGATES) and node.find_ancestor(exp.Subquery) is None
        for node in expression.find_all(*_AGGREGATES)
    )


def _order_of(query: exp.Select) -> exp.Expression | None:
    """Return what the result is ordered by first, if only the first few are wanted."""
    order = query.args.get("order")
    if order is None or query.args.get("limit") is None:
        return None
    key: exp.Expression = order.expressions[0].this
    named: dict[str, exp.Expression] = {
        each.alias.casefold(): each.this for each in query.expressions if isinstance(each, exp.Alias)
    }
    if isinstance(key, exp.Column) and key.name.casefold() in named:
        return named[key.name.casefold()].copy()
    if isinstance(key, exp.Literal):
        return None
    return key.copy()


def _limited(
    query: exp.Select,
    ordered: exp.Expression | None,
    more: Sequence[exp.Expression],
    memory: Memory,
    *,
    distinct: bool = False,
) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows with `more` behind them, and beyond the limit those that are like the last one."""
    run = query.copy()
    run.set("expressions", [*run.expressions, *(each.copy() for each in more), *([ordered.copy()] if ordered else [])])
    limit = query.args.get("limit")
    if ordered is not None:
        run.set("limit", None)
    wanted = int(limit.expression.this) if limit is not None and isinstance(limit.expression, exp.Literal) else None
    seen = set()
    last: Cell = None
    for n, row in enumerate(memory.run(sql(run))):
        beyond = ordered is not None and wanted is not None and n >= wanted
        if beyond and (row[-1] != last or n >= (wanted or 0) + _MOST_TIES):
            return
        last = row[-1] if ordered is not None else None
        told = row[:-1] if ordered is not None else row
        key = told[: len(told) - len(more)]
        if not (distinct and key in seen):
            yield told
        seen.add(key)


def _rows_below(query: exp.Select) -> exp.Select:
    below = exp.select(ROW).from_(NAME)
    where = query.args.get("where")
    return below.where(where.this.copy()) if where is not None else below


def _extreme_by_order(query: exp.Select) -> exp.Select:
    """Return "the row with the largest x" for "the largest x", however it is written: who it is matters as well."""
    if query.args.get("group") is not None:
        return query
    for part in conditions(query):
        wanted = _is_extreme(part)
        if wanted is not None and query.args.get("order") is None:
            rest = [each.copy() for each in conditions(query) if each is not part]
            query.set("where", exp.Where(this=exp.and_(*rest)) if rest else None)
            return _by_order(query, *wanted)
    extremes = [each for each in query.expressions if isinstance(each.unalias(), (exp.Max, exp.Min))]
    others = [each for each in query.expressions if each not in extremes]
    if len(extremes) == 1 and not any(map(_is_computed, others)):
        found = extremes[0].unalias()
        if isinstance(found.this, exp.Column) and not found.expressions:
            query.set("expressions", [*(each.copy() for each in others), found.this.copy()])
            return _by_order(query, found.this, isinstance(found, exp.Max))
    return query


def _is_extreme(part: exp.Expression) -> tuple[exp.Expression, bool] | None:
    """Return (column, whether the largest is meant) of `x = (SELECT MAX(x) FROM …)`."""
    if (
        not isinstance(part, exp.EQ)
        or not isinstance(part.this, exp.Column)
        or not isinstance(part.expression, exp.Subquery)
    ):
        return None
    inner = part.expression.this
    if not isinstance(inner, exp.Select) or len(inner.expressions) != 1:
        return None
    found = inner.expressions[0].unalias()
    if isinstance(found, (exp.Max, exp.Min)) and found.this == part.this:
        return part.this.copy(), isinstance(found, exp.Max)
    return None


def _by_order(query: exp.Select, key: exp.Expression, largest: bool) -> exp.Select:
    return query.order_by(exp.Ordered(this=key.copy(), desc=largest, nulls_first=not largest), append=False).limit(1)


def _conjuncts(condition: exp.Expression) -> Iterator[exp.Expression]:
    """Yield the parts of a condition that all have to hold."""
    if isinstance(condition, exp.Paren):
        yield from _conjuncts(condition.this)
    elif isinstance(condition, exp.And):
        yield from _conjuncts(condition.this)
        yield from _conjuncts(condition.expression)
    else:
        yield condition


def conditions(query: exp.Select) -> list[exp.Expression]:
    """Return the parts of the query's condition."""
    where = query.args.get("where")
    return list(_conjuncts(where.this)) if where is not None else []
