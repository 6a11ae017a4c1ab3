"""A question and what was computed for it → how far that is to be trusted, and what is wrong with it, if anything.

Nothing is asked of the model here: what the question names has to be in the query, and the query has to do what the
question asks for.
"""

import datetime
import re

from sqlglot import exp

from rag.answering.tables.amounts import MONEY
from rag.answering.tables.asked import Asked, denies, folded, is_said, numbers_said
from rag.answering.tables.choosing import Chosen
from rag.answering.tables.deciding import ORDERS
from rag.answering.tables.times import current_column
from rag.answering.tables.working import Result, conditions
from rag.documents.values import DATES, date

_SURE = 0.95
_UNUSED = 0.3  # what a value costs that the question names and the query leaves out
_UNKNOWN = 0.06  # what a word costs that the table does not know, where much is computed
_UNKNOWN_LOOKUP = 0.14  # and where a row is looked up
_UNKNOWN_UNNAMED = 0.2  # and where no column is named that it could be about
_UNKNOWN_SEVERAL = 0.26  # and where several rows are left
_UNKNOWN_CHECK = 0.2  # and where it is asked whether something is so
_OTHERWISE = 0.3  # what it costs that something else is computed than was asked for
_OUTDATED = 0.3  # what a column costs that held at another time than the one asked about
_CHANGED = re.compile(
    r"\b(?:ris\w+|rose|increas\w*|differ\w*|chang\w*|went up|go up|fell|fall\w*|drop\w*|cheaper|dearer|grow\w*"
    r"|grew|more)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\W*(?:when|since when|until when|by when|wann|seit wann|bis wann|quand|cu[aá]ndo)\b", re.IGNORECASE
)
_DEAR = re.compile(
    r"\b(?:cheapest|dearest|priciest|(?:most|least) expensive|billigste\w*|teuerste\w*)\b", re.IGNORECASE
)
_PRICE = re.compile(
    r"price|cost|fee|fare|rate|rent|charge|amount|value|preis|kosten|betrag|geb[uü]hr|prix|precio", re.I
)
_HEAVY = re.compile(r"\b(?:heaviest|lightest|schwerste\w*|leichteste\w*)\b", re.IGNORECASE)
_MASS = frozenset("kg g mg t lb lbs oz".split())
_WEIGHT = re.compile(r"weight|mass|load|gewicht|poids|peso", re.IGNORECASE)
_AGED = re.compile(
    r"\b(?:oldest|youngest|newest|latest|earliest|(?:most|least) recent\w*|[aä]lteste\w*|j[uü]ngste\w*)\b",
    re.IGNORECASE,
)
_AGE = re.compile(r"\bage\b|year|date|time|since|born|alter|jahr|datum|zeit|edad|[aâ]ge|ann[ée]e", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNFOUNDED = 0.3  # what a condition costs that nothing in the question calls for


def trust(wanted: Asked, chosen: Chosen, result: Result, today: datetime.date) -> tuple[float, str]:
    """Return (confidence from 0 to 1, what is wrong in words for the model, or "")."""
    sure, wrong = _SURE, []
    if unused := _unused(chosen, result):
        sure -= _UNUSED * len(unused)
        wrong.append("It leaves out " + " and ".join(f"{column} = '{value}'" for column, value in unused[:3]) + ".")
    if left_out := _truths_left_out(wanted, chosen, result):
        sure -= _UNUSED
        wrong.append(f"It should ask whether {left_out} is 'yes' or 'no'.")
    if what := _does_otherwise(wanted, chosen, result):
        sure -= _OTHERWISE
        wrong.append(what)
    if unfounded := _unfounded(wanted, chosen, result):
        sure -= _UNFOUNDED * len(unfounded)
        wrong.append(f"The question says nothing of {' or '.join(unfounded)}.")
    if outdated := _outdated(wanted, chosen, result, today):
        sure -= _OUTDATED
        wrong.append(f"{outdated[0]} does not hold now: use {outdated[1]} alone.")
    cost = _UNKNOWN if wanted.computes or wanted.kind == "list" else _UNKNOWN_LOOKUP
    if wanted.kind == "lookup" and not chosen.links.columns - {name for name, _ in chosen.links.values}:
        cost = _UNKNOWN_UNNAMED
    if wanted.kind == "lookup" and len(result.rows) > 1:
        cost = _UNKNOWN_SEVERAL
    if wanted.kind == "check":
        cost = _UNKNOWN_CHECK
        units = [column.unit for column in chosen.columns if column.name in chosen.links.by_unit]
        if len(units) != len(set(units)) and chosen.links.unexplained:  # 45,000 pounds of what?
            sure -= _OTHERWISE
    sure -= cost * len(chosen.links.unexplained)
    return round(max(0.0, min(_SURE, sure)), 4), " ".join(wrong)


def _outdated(wanted: Asked, chosen: Chosen, result: Result, today: datetime.date) -> tuple[str, str] | None:
    """Return (a column, the one that holds now) where the query uses what held at a time that nobody asked about."""
    current = current_column(chosen.loaded.table.columns, today)
    if current is None or _CHANGED.search(wanted.question):
        return None
    used = {column.name for column in result.query.find_all(exp.Column)} & current[1]
    asked = set(folded(wanted.question).split())
    holds = set(current[0].split("_"))
    for name in sorted(used):
        if not (set(name.split("_")) - holds) & asked:
            return name, current[0]
    return None


def _unused(chosen: Chosen, result: Result) -> list[tuple[str, str]]:
    """Return the values that the question names and no condition mentions, a word of them only in one column."""
    said = {folded(each.name) for each in result.query.find_all(exp.Literal)}
    told = " ".join(said)
    named: dict[str, list[str]] = {}
    for column, value in chosen.links.values:
        if value:
            named.setdefault(column, []).append(value)
    names = chosen.links.by_name
    missing = []
    for column, values in named.items():
        if any(folded(value) in said or folded(value) in told for value in values):
            continue
        if all(set(folded(value).split()) <= names or _is_said(value, told) for value in values):
            continue
        missing.append((column, values[0]))
    # One word may be a value of several columns: it is enough that one of them is used.
    return [each for each in missing if not _shares_word(each[1], told)]


def _is_said(value: str, told: str) -> bool:
    return any(word in told.split() for word in folded(value).split() if len(word) > 2)


def _shares_word(value: str, told: str) -> bool:
    return bool(set(folded(value).split()) & set(told.split()))


def _truths_left_out(wanted: Asked, chosen: Chosen, result: Result) -> str:
    """Return a column of yes and no that the question names, and no condition uses or one the wrong way round."""
    if wanted.kind == "lookup":
        return ""
    used = {column.name for column in result.query.find_all(exp.Column) if column.find_ancestor(exp.Where, exp.Case)}
    truths = [column.name for column in chosen.loaded.table.columns if column.kind == "yes or no"]
    if left_out := next((name for name in truths if name in chosen.links.columns and name not in used), ""):
        return left_out
    for part in conditions(result.query):
        if isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and part.this.name in truths:
            head = next(column.head for column in chosen.loaded.table.columns if column.name == part.this.name)
            if (part.expression.name == "no") != denies(wanted.question, head):
                return part.this.name
    return ""


def _says_when(chosen: Chosen, result: Result) -> bool:
    """Tell whether a date, a year or a time of day is selected."""
    columns = {column.name: column for column in chosen.loaded.table.columns}
    named = [columns[each.name] for each in result.shown if isinstance(each, exp.Column) and each.name in columns]
    return not named or any(
        chosen.loaded.is_time(column) or (column.kind == "text" and not _is_wording(column.name, chosen))
        for column in named
    )


def _is_wording(name: str, chosen: Chosen) -> bool:
    """Tell whether a column holds words, which are neither more nor less than others; times of day are."""
    if not any(column.name == name and column.kind == "text" for column in chosen.loaded.table.columns):
        return False
    values = list(chosen.loaded.values(name))
    return sum(bool(re.match(r"\W*\d", value)) for value in values) < 0.5 * len(values)


def _does_otherwise(wanted: Asked, chosen: Chosen, result: Result) -> str:
    """Say what the query should do and does not."""
    query = result.query
    if wanted.kind == "check":
        return _decides_otherwise(wanted, chosen, result)
    if wanted.kind == "mean" and query.find(exp.Avg, exp.Median) is None and query.find(exp.Div) is None:
        return "It should compute the mean with AVG."
    if wanted.kind == "sum" and result.kind == "rows" and len(result.rows) > 1:
        return "It should add up with SUM."
    if wanted.kind == "count" and result.kind == "rows" and len(result.rows) > 1:
        return "It should count with COUNT."
    if wanted.kind == "extreme" and result.ordered is None and query.find(exp.Max, exp.Min) is None:
        return "It should order by what is compared and take the first."
    if wanted.kind == "extreme" and isinstance(result.ordered, exp.Column) and _is_wording(result.ordered.name, chosen):
        return "It should order by a number or a date."
    if (
        wanted.kind == "extreme"
        and isinstance(result.ordered, exp.Column)
        and (what := _no_measure(wanted, chosen, result))
    ):
        return f"It should order by {what}."
    if wanted.kind == "lookup" and _WHEN.match(wanted.question) and not _says_when(chosen, result):
        return "It should select a date or a time."
    if wanted.kind in {"lookup", "list"} and result.kind == "value" and query.find(exp.Count) is not None:
        return "It should select the rows, not count them."
    return ""


def _no_measure(wanted: Asked, chosen: Chosen, result: Result) -> str:
    """Say by what should be ordered where the column that is cannot be it: the cheapest is no matter of dates."""
    column = next((each for each in chosen.columns if each.name == result.ordered.name), None)  # type: ignore[union-attr]
    if column is None:
        return ""
    if _DEAR.search(wanted.question) and not (column.unit in MONEY or _PRICE.search(column.head)):
        return "a price"
    if _HEAVY.search(wanted.question) and not (column.unit in _MASS or _WEIGHT.search(column.head)):
        return "a weight"
    of_day = column.kind == "text" and not _is_wording(column.name, chosen)
    if _AGED.search(wanted.question) and not (of_day or chosen.loaded.is_time(column) or _AGE.search(column.head)):
        return "a date or a year"
    return ""


def _decides_otherwise(wanted: Asked, chosen: Chosen, result: Result) -> str:
    """Say what the conditions of a yes-or-no question lack: rows that merely exist say nothing."""
    if chosen.links.pair and wanted.compares:  # compared without SQL
        return ""
    if wanted.compares and result.query.find(*ORDERS) is None:
        return "Its WHERE should compare with < or >."
    told = {each.name.removesuffix(".0") for each in result.query.find_all(exp.Literal)}
    if any(not any(number in each for each in told) for number in numbers_said(wanted.question)):
        return "It leaves out a number of the question."
    return ""


def _unfounded(wanted: Asked, chosen: Chosen, result: Result) -> list[str]:
    """Return the texts and numbers of conditions that the question does not hold in any form."""
    question = folded(wanted.question)
    spoken = set(question.split())
    linked = {folded(value) for _, value in chosen.links.values}
    days = {date(phrase[0]) for phrase in DATES.finditer(wanted.question)}
    found: list[str] = []
    for part in conditions(result.query):
        for literal in part.find_all(exp.Literal):
            said = folded(literal.name)
            if not said or said in linked or said in {"yes", "no"} or not _is_compared(literal):
                continue
            if literal.is_number and is_said(literal.name, wanted.question):
                continue
            if _DAY.fullmatch(literal.name) and isinstance(literal.parent, exp.EQ) and literal.name not in days:
                found.append(f"'{literal.name}'")
                continue
            if not any(_is_form(word, each) for word in said.split() for each in spoken):
                found.append(f"'{literal.name}'")
    return found


def _is_compared(literal: exp.Literal) -> bool:
    return isinstance(literal.parent, (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Like))


def _is_form(word: str, spoken: str) -> bool:
    if word == spoken or (word.isdigit() and word in spoken) or (spoken.isdigit() and spoken in word):
        return True
    return len(word) >= 3 and len(spoken) >= 3 and (word[:4] == spoken[:4] or word in spoken or spoken in word)
