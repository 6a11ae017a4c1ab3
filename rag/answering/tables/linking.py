"""A question and a table → which of its words the table knows: as names, columns or cells. It does not know SQL."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from rag.answering.tables.asked import WORDED, Asked, folded
from rag.answering.tables.loaded import LoadedTable
from rag.documents.values import DATES, date, is_month

_MOST_VALUES = 20_000
"""Different texts of a column that are looked at."""
_LONG = 6  # words of a value that names nothing
_FEW = 3  # values that one word of the question may point at
_SEPARATORS = re.compile(r"(?<=\d)[,.'’](?=\d{3}\b)")  # of thousands
_NEAR = 86  # of 100: how like a word has to be to be taken for a misspelling
_UNITS = {
    word: frozenset(units.split())
    for words, units in (
        ("euro euros", "eur €"), ("dollar dollars", "usd $"), ("pound pounds", "gbp £ lb lbs"),
        ("franken francs", "chf"),
        ("degree degrees grad", "°c c °f f"), ("percent percentage prozent", "%"), ("hour hours stunden", "h hrs"),
        ("kilo kilos kilogram kilograms", "kg"), ("gram grams gramm", "g"), ("litre litres liter liters", "l"),
        ("minute minutes minuten", "min"), ("second seconds sekunden", "s sec"), ("metre metres meter meters", "m"),
        ("kilometre kilometres kilometers kilometer", "km"), ("watt watts", "w"), ("days tage", "d"), ("spin", "rpm"),
        ("price preis money fee charge worth", "eur usd gbp chf € $ £"), ("ton tons tonnes tonnen", "t"),
    )
    for word in words.split()
}  # fmt: skip


@dataclass(frozen=True)
class Links:
    """What a table knows of a question's words."""

    explained: frozenset[str]
    unexplained: tuple[str, ...]
    columns: frozenset[str]
    """Names of columns that the question names."""
    values: tuple[tuple[str, str], ...]
    """(column, value as it is written) that the question names, each column's in the question's order."""
    by_name: frozenset[str]
    """Words that the document's or the table's name explains."""
    only_by_name: frozenset[str] = frozenset()
    """Those that no column and no cell does."""
    by_unit: frozenset[str] = frozenset()
    """Names of columns that the question names by their unit alone."""

    @property
    def beyond_name(self) -> tuple[tuple[str, str], ...]:
        """Return the values that the question names and the table's name does not."""
        return tuple(
            (column, value) for column, value in self.values if value and not set(folded(value).split()) <= self.by_name
        )

    @property
    def pair(self) -> tuple[str, str, str] | None:
        """Return (column, value, other value) where the question names two values of one column, in its order."""
        named: dict[str, list[str]] = {}
        for column, value in self.values:
            if value:
                named.setdefault(column, []).append(value)
        pairs = [(column, *told) for column, values in named.items() if len(told := dict.fromkeys(values)) == 2]
        return pairs[0] if len(pairs) == 1 else None  # type: ignore[return-value]

    @property
    def share(self) -> float:
        """Return the share of the question's words that the table knows."""
        return len(self.explained) / max(1, len(self.explained) + len(self.unexplained))


def link(asked: Asked, loaded: LoadedTable) -> Links:
    """Return what a table knows of the question."""
    table = loaded.table
    explained: set[str] = set()
    path = table.document.rsplit(".", 1)[0].replace("_", " ")
    named = set(folded(f"{path} {table.title} {table.name}").split())
    by_name = {word for word in asked.telling if _knows(named, word)}
    columns, by_unit = set(), set()
    for column in table.columns:
        heads = {*folded(column.head).split(), *column.name.split("_")}
        units = set(column.unit.casefold().split())
        if found := {word for word in asked.telling if _knows(heads, word) or _is_unit(word, units)}:
            columns.add(column.name)
            explained |= found
            if not any(_knows(heads, word) for word in found):
                by_unit.add(column.name)
    values, by_value = _values(asked, loaded, by_name)
    only_by_name = by_name - explained - by_value
    explained |= by_name | by_value
    if asked.kind != "lookup":  # a number that cells are compared with
        beyond = asked.kind == "check" and asked.compares  # nothing may be as large, which is an answer
        numbers = {word: float(WORDED.get(word, word)) for word in asked.telling if word.isdigit() or word in WORDED}
        explained |= {word for word, number in numbers.items() if beyond or loaded.reaches(number)}
    left = tuple(word for word in asked.telling if word not in explained | asked.whatever)
    return Links(
        frozenset(explained),
        left,
        frozenset(columns),
        values,
        frozenset(by_name),
        frozenset(only_by_name),
        frozenset(by_unit),
    )


def _knows(known: set[str], word: str) -> bool:
    """Tell whether `word` is among `known`, or one form of a word that is."""
    return any(_alike(word, each) for each in known)


@lru_cache(maxsize=50_000)
def _alike(word: str, other: str) -> bool:
    if word == other:
        return True
    if word[:1].isdigit() or other[:1].isdigit():
        return False
    word, other = (each[:-3] + "y" if each.endswith("ies") else each for each in (word, other))
    short, long = sorted((word, other), key=len)
    if len(short) == 3 and long == f"{short}s":
        return True
    if len(short) >= 4 and (long.startswith(short) or short[:6] == long[:6] or _stem(short) == _stem(long)):
        return True
    if len(short) >= 5 and long.endswith(short):  # "Waschprogramme": programme
        return True
    return len(short) >= 5 and short[0] == long[0] and fuzz.ratio(word, other) >= _NEAR


def _stem(word: str) -> str:
    """Return a word without what it ends on: "driv" of "driven" and "driver"."""
    stem = word.rstrip("sendr")
    return stem if len(stem) >= 4 else word.rstrip("sen")


def _is_unit(word: str, units: set[str]) -> bool:
    return bool(units & _UNITS.get(word, frozenset()))


def _values(asked: Asked, loaded: LoadedTable, by_name: set[str]) -> tuple[tuple[tuple[str, str], ...], set[str]]:
    """Return the cells that the question names, and its words that they explain."""
    question = f" {folded(_SEPARATORS.sub('', asked.question))} "
    texts = [column.name for column in loaded.table.columns if column.kind == "text"]
    found: list[tuple[str, str]] = []
    explained: set[str] = set()
    for column in loaded.table.columns:
        if column.kind == "number":
            numbers = list(_numbers(question, loaded, column.name))
            found += [(column.name, value) for value in numbers]
            explained.update(numbers)
    for name, value, words_of_it in _dates(asked, loaded):
        found += [(name, value)] if value else []
        explained |= words_of_it & set(asked.telling)
    # Whole values first, the longest: a word of one is no hint at another.
    whole = [(name, value, form) for name in texts for value, form in _whole(question, loaded, name)]
    longest = [each for each in whole if not any(_is_within(each[2], other) for _, _, other in whole)]
    found += [(name, value) for name, value, _ in longest]
    said = {word for _, _, form in longest for word in form.split()}
    for name in texts:
        for value, word in _parts(question, loaded, asked, name, said, by_name):
            found.append((name, value))
            explained.add(word)
    return tuple(found), explained | (said & set(asked.telling))


def _numbers(question: str, loaded: LoadedTable, column: str) -> Iterator[str]:
    """Yield the numbers of a question that stand in the column, if they can tell rows apart: those of codes."""
    cells = loaded.values(column)
    if len(cells) < 0.9 * len(loaded.rows):
        return
    for number in re.findall(r"(?<= )\d{2,}(?= )", question):
        before = question[: question.find(f" {number} ")].split()[-1:]
        if number in cells and before and any(_alike(before[0], word) for word in column.split("_")):
            yield number


def _dates(asked: Asked, loaded: LoadedTable) -> Iterator[tuple[str, str, set[str]]]:
    """Yield (column, date that some row has or "", words) for the dates, months and years of a question."""
    for column in loaded.table.columns:
        if column.kind != "date":
            continue
        days = loaded.days(column.name)
        for phrase in DATES.finditer(asked.question):
            if (day := date(phrase[0])) in days:
                yield column.name, day or "", set(folded(phrase[0]).split())
        years = {day[:4] for day in days}
        yield column.name, "", {word for word in asked.telling if word in years or is_month(word)}


def _whole(question: str, loaded: LoadedTable, column: str) -> Iterator[tuple[str, str]]:
    """Yield (value, its words) for the values of a column that the question holds whole."""
    forms = loaded.forms(column)
    whole = [form for form in forms if f" {form} " in question and (len(form) > 1 or form.isdigit())]
    for form in sorted(whole, key=question.find):
        yield forms[form][0], form


def _is_within(form: str, other: str) -> bool:
    return form != other and f" {form} " in f" {other} "


def _parts(
    question: str, loaded: LoadedTable, asked: Asked, column: str, said: set[str], by_name: set[str]
) -> Iterator[tuple[str, str]]:
    """Yield (value, word) where a word of the question that no whole value has `said` stands in few values."""
    holding, head = loaded.words(column), set(column.split("_"))
    for word in asked.telling:
        if word in said or word in head:
            continue
        if word.isdigit():
            yield from ((value, word) for value in _coded(question, word, list(loaded.values(column)), column))
        elif len(word) < 3 and not any(map(str.isdigit, word)):
            continue
        elif word in holding:
            telling = word not in by_name and len(holding[word]) <= _FEW and all(map(_is_short, holding[word]))
            yield from ((value, word) for value in (holding[word] if telling else [""]))  # else known, but no hint
        elif len(word) >= 5 and len(holding) < _MOST_VALUES:
            near = process.extractOne(word, list(holding), scorer=fuzz.ratio, score_cutoff=_NEAR)
            if near and near[0][0] == word[0] and not re.search(r"\d", near[0]) and len(holding[near[0]]) <= _FEW:
                yield from ((value, word) for value in holding[near[0]])


def _is_short(value: str) -> bool:
    """Tell whether a value names something rather than telling of it."""
    return value.count(" ") < _LONG


def _coded(question: str, number: str, values: Sequence[str], column: str) -> Iterator[str]:
    """Yield the value "W37" for "week 37": the column's name stands before the number, and only one value has it."""
    before = question[: question.find(f" {number} ")].split()[-1:]
    if before and any(_alike(before[0], word) for word in column.split("_")):
        coded = [value for value in values if re.sub(r"\D", "", value) == number]
        if len(coded) == 1:
            yield coded[0]
