"""SQL that a model wrote → a query that may run: one SELECT over one table, its literals values that exist.

Whatever the model makes of the question, or a cell of a hostile sheet makes of the model, only this subset gets
through; `memory` bounds what it can do besides. It does not know questions.
"""

import re
from collections.abc import Sequence

import sqlglot
from rapidfuzz import fuzz, process
from sqlglot import exp

from rag.answering.tables.asked import folded
from rag.answering.tables.loaded import LoadedTable
from rag.answering.tables.memory import FUNCTIONS, NAME, QueryError
from rag.documents.columns import Column, plain_name
from rag.documents.values import date, number, yes_or_no
from rag.index.tables import KeptTable

_LONGEST = 2_000  # characters of SQL
_DEEPEST = 3  # selects within selects
_NEAR = 88  # of 100: a literal that is so like a value is taken for it
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_FENCE = re.compile(r"```(?:sql)?\s*(.*?)(?:```|$)", re.DOTALL | re.IGNORECASE)
_REFUSED = (
    exp.With, exp.Join, exp.Into, exp.Lock, exp.Window, exp.Command, exp.Pragma, exp.DDL, exp.DML, exp.Lateral,
    exp.Parameter, exp.Placeholder, exp.SessionParameter, exp.SetOperation, exp.Values, exp.Hint,
)  # fmt: skip
_COMPARISONS: tuple[type[exp.Expression], ...] = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Like,
    exp.ILike,
    exp.Glob,
)
_MIRRORED: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ,
}  # fmt: skip


def checked(said: str, loaded: LoadedTable) -> exp.Select:
    """Return the query that `said` holds, ready to run. Raises QueryError that says what is wrong, for the model."""
    table = loaded.table
    select = _parsed(said)
    for node in select.walk():
        if isinstance(node, _REFUSED):
            raise QueryError(f"Only one SELECT from {NAME} is allowed, without {type(node).__name__.upper()}.")
        if isinstance(node, exp.Func) and not isinstance(node, (exp.And, exp.Or, exp.Case, exp.If)):
            called = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).casefold()
            if called not in FUNCTIONS and type(node).__name__.casefold() not in _known_by_sqlglot():
                raise QueryError(f"There is no function {called}.")
    if sum(1 for _ in select.find_all(exp.Select)) > _DEEPEST:
        raise QueryError("That is too deep: one SELECT is enough.")
    _name_the_table(select)
    _name_the_columns(select, table)
    for comparison in list(select.find_all(*_COMPARISONS, exp.In, exp.Between)):
        _match(comparison, loaded)
    return select


def sql(expression: exp.Expression) -> str:
    """Return an expression as SQLite's SQL."""
    return expression.sql(dialect="sqlite")


def _known_by_sqlglot() -> frozenset[str]:
    """Return how sqlglot calls functions of SQLite that it writes otherwise."""
    return frozenset(
        "timetostr tsordstodate tsordstotimestamp cast trycast strposition substring length datestrtodate date "
        "distinct avg count sum min max round abs lower upper trim replace coalesce nullif median glob like "
        "currentdate strtotime timestamp tsordstodatestr concat dpipe exists".split()
    )


def _parsed(said: str) -> exp.Select:
    found = _FENCE.search(said)
    text = (found[1] if found else said).strip()
    start = re.search(r"\bselect\b", text, re.IGNORECASE)
    if not start:
        raise QueryError("Write one SELECT.")
    text = text[start.start() : start.start() + _LONGEST].split(";")[0]
    try:
        (tree,) = sqlglot.parse(text, dialect="sqlite")
    except (sqlglot.errors.SqlglotError, ValueError, RecursionError) as error:
        raise QueryError(f"That is not SQL: {_ESCAPES.sub('', str(error))[:120]}") from error
    if not isinstance(tree, exp.Select):
        raise QueryError("Write one SELECT.")
    return tree


def _name_the_table(select: exp.Select) -> None:
    """There is one table: whatever the query calls it is meant."""
    aliases = set()
    for table in list(select.find_all(exp.Table)):
        if table.args.get("db") or not isinstance(table.this, exp.Identifier):
            raise QueryError(f"There is only the table {NAME}.")
        aliases.add(table.alias_or_name.casefold())
        table.replace(exp.to_table(NAME))
    for one in select.find_all(exp.Select):
        if one.args.get("from_") is None and one.args.get("from") is None:
            raise QueryError(f"Select FROM {NAME}.")
    for column in select.find_all(exp.Column):
        if column.table:
            if column.table.casefold() not in aliases | {NAME}:
                raise QueryError(f"There is only the table {NAME}.")
            column.set("table", None)


def _name_the_columns(select: exp.Select, table: KeptTable) -> None:
    """Let every column be one of the table's; a slip of the pen is mended, a word that is none is a text."""
    names = [column.name for column in table.columns]
    heads = {plain_name(column.head): column.name for column in table.columns}
    aliases = {alias.alias.casefold() for alias in select.find_all(exp.Alias)}
    for column in list(select.find_all(exp.Column)):
        name = column.name
        if isinstance(column.this, exp.Star) or (name.casefold() in aliases and name.casefold() not in names):
            continue
        plain = plain_name(name)
        if plain in names or plain in heads:
            column.replace(exp.column(plain if plain in names else heads[plain]))
        elif column.this.args.get("quoted"):
            column.replace(exp.Literal.string(name))
        elif near := process.extractOne(plain, names, scorer=fuzz.ratio, score_cutoff=80):
            column.replace(exp.column(near[0]))
        else:
            raise QueryError(f"There is no column {name}. There are {', '.join(names)}.")


def _column_of(node: exp.Expression | None, table: KeptTable) -> Column | None:
    """Return the column that is compared, as it is or in other letters."""
    while isinstance(node, (exp.Lower, exp.Upper, exp.Trim, exp.Paren)):
        node = node.this
    if not isinstance(node, exp.Column):
        return None
    return next((column for column in table.columns if column.name == node.name), None)


def _match(comparison: exp.Expression, loaded: LoadedTable) -> None:
    """Put values that exist in place of the literals of a comparison."""
    if type(comparison) in _MIRRORED and isinstance(comparison.this, exp.Literal):
        mirrored = _MIRRORED[type(comparison)](this=comparison.expression, expression=comparison.this)
        comparison.replace(mirrored)
        comparison = mirrored
    column = _column_of(comparison.this, loaded.table)
    if column is None:
        return
    if isinstance(comparison, exp.In):
        found = [_literal(each, column, loaded) for each in comparison.expressions]
        if found and all(isinstance(each, (exp.EQ, exp.Like)) for each in found):
            comparison.replace(exp.paren(exp.or_(*found)))
    elif isinstance(comparison, exp.Between):
        for side in ("low", "high"):
            comparison.set(side, _ordered(comparison.args[side], column))
    elif isinstance(comparison, (exp.EQ, exp.NEQ, exp.Like, exp.ILike, exp.Glob)):
        found_one = _literal(comparison.expression, column, loaded)
        if found_one is not None:
            is_not = isinstance(comparison, exp.NEQ)
            comparison.replace(exp.not_(exp.paren(found_one)) if is_not else found_one)
    else:
        comparison.set("expression", _ordered(comparison.expression, column))


def _ordered(literal: exp.Expression, column: Column) -> exp.Expression:
    """Return a literal that something is more or less than, as the column has its values."""
    if not isinstance(literal, exp.Literal):
        return literal
    if column.kind == "number" and literal.is_string and (found := number(literal.this, ".")):
        return _numeral(found[0])
    if column.kind == "date":
        return exp.Literal.string(date(literal.this) or literal.this)
    return literal


def _numeral(value: float) -> exp.Expression:
    return exp.Literal.number(int(value) if value == int(value) else value)


def _literal(literal: exp.Expression, column: Column, loaded: LoadedTable) -> exp.Expression | None:
    """Return the comparison with the value, or values, that a literal means; None where there is nothing to match."""
    if isinstance(literal, exp.Boolean):
        literal = exp.Literal.string("yes" if literal.this else "no")
    if not isinstance(literal, exp.Literal):
        return None
    said, place = literal.this.strip("%*").strip(), exp.column(column.name)
    if column.kind == "yes or no":
        truth = {"1": "yes", "0": "no"}.get(said) or yes_or_no(said)
        if truth is None:
            raise QueryError(f"{column.name} is 'yes' or 'no', not {said!r}.")
        return exp.EQ(this=place, expression=exp.Literal.string(truth))
    if column.kind == "number":
        found = number(said, ".")
        return exp.EQ(this=place, expression=_numeral(found[0])) if found else None
    if column.kind == "date":
        if whole := date(said):
            return exp.EQ(this=exp.func("substr", place, exp.Literal.number(1), exp.Literal.number(10)),
                          expression=exp.Literal.string(whole))  # fmt: skip
        return exp.Like(this=place, expression=exp.Literal.string(f"{said}%"))
    return _text(said, column, loaded)


def _text(said: str, column: Column, loaded: LoadedTable) -> exp.Expression:
    """Return the comparison of a column of text with the value that `said` means."""
    place, plain = exp.column(column.name), folded(said)
    if not plain:
        raise QueryError(f"{said!r} is no value of {column.name}.")
    forms, values = loaded.forms(column.name), list(loaded.values(column.name))
    inside = [value for form, of in forms.items() if f" {plain} " in f" {form} " for value in of]
    parts = sum("," in value or ";" in value or "/" in value for value in values)
    if plain in forms and not (parts * 3 > len(values) and len(inside) > len(forms[plain])):
        return _any(place, forms[plain])
    if inside:
        return _any(place, inside)
    digits = re.sub(r"\D", "", plain)
    if digits == plain:  # "37" for "W37"
        coded = [value for value in values if re.sub(r"\D", "", value) == digits]
        if coded:
            return _any(place, coded)
    near = process.extractOne(plain, list(forms), scorer=fuzz.ratio, score_cutoff=_NEAR)
    if near and re.sub(r"\D", "", near[0]) == digits and near[0][0] == plain[0]:
        return _any(place, forms[near[0]])
    if len(plain) >= 4 and (begun := [v for form, of in forms.items() if f" {plain}" in f" {form}" for v in of]):
        return _any(place, begun)
    shown = ", ".join(repr(value) for value in values[:8])
    raise QueryError(f"{column.name} has no value {said!r}. It has {shown}{' …' if len(values) > 8 else ''}.")


def _any(place: exp.Column, values: Sequence[str]) -> exp.Expression:
    if len(values) == 1:
        return exp.EQ(this=place, expression=exp.Literal.string(values[0]))
    return exp.In(this=place, expressions=[exp.Literal.string(value) for value in values[:200]])
