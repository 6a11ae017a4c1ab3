"""A question and passages → the table that can answer it, if there is one. It does not know SQL or the model."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.answering.retriever import Passage
from rag.answering.tables.asked import WORDED, Asked
from rag.answering.tables.joining import joined
from rag.answering.tables.linking import Links, link
from rag.answering.tables.loaded import LoadedTable, Shelf
from rag.documents.columns import Column
from rag.documents.values import DATES, date
from rag.documents.words import stems
from rag.index.index import Index

_SEARCHED = 6
"""Tables found by their words, beside those of the passages."""
_FIRST_PASSAGES = 3
_BY_NAME = 0.6  # what a word counts that only a name of the table or its document holds
_SHOWN = 0.5  # what a table gains whose rows are among the best passages
_LATER_SHOWN = 0.1  # what it gains less with each passage before that
_PEOPLE = 0.5  # what it gains where people are asked for and its rows are people
_SINGLE = 0.4  # what it gains where the question names one row of it, unless something is computed over many
_ENOUGH = {"count": 0.6, "sum": 0.6, "mean": 0.6, "extreme": 0.5, "list": 0.6, "lookup": 0.7, "check": 0.99}
"""Share of the question's telling words that the table has to know, by what is asked."""
_COMPARED = 0.75
"""The same where a yes-or-no question compares: what is compared is told by its numbers and values, not by a verb."""
_JOINED = 0.8
"""The same where two tables are joined and nothing is computed over many rows."""
_PICKED = 0.5
"""The same where the question names a value that only one row has."""


_TABLE = re.compile(
    r"\b(?:list|table|sheet|spreadsheet|workbook|directory|register|catalogue|csv|excel|liste|tabelle|tableau|lista|tabla)\b",
    re.IGNORECASE,
)
"""How people call a table: then no passage of running text is meant."""


@dataclass(frozen=True)
class Chosen:
    """A table, and what it knows of the question."""

    loaded: LoadedTable
    links: Links

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the table's columns."""
        return self.loaded.table.columns


def choose(
    asked: Asked, passages: Sequence[Passage], index: Index, shelf: Shelf, documents: Collection[str] | None
) -> Chosen | None:
    """Return the table that knows most of the question's words; None where none knows enough."""
    if not asked.telling:
        return None
    days = (date(phrase[0]) for phrase in DATES.finditer(asked.question))
    sought = " ".join([*asked.telling, *filter(None, days)])
    tables = {table.number: table for table in index.find_tables(sought, _SEARCHED, documents)}
    tables |= {table.number: table for table in index.tables_of({passage.chunk.document for passage in passages})}
    found = [
        Chosen(loaded, link(asked, loaded)) for each in tables.values() if (loaded := shelf.load(each)) is not None
    ]
    if not found:
        return None
    best = max(found, key=lambda each: _score(asked, each, passages))
    best = _joined(asked, best, found) or best
    return best if _is_enough(asked, best, passages) else None


def _score(asked: Asked, chosen: Chosen, passages: Sequence[Passage]) -> float:
    links = chosen.links
    score = len(links.explained) - (1 - _BY_NAME) * len(links.only_by_name)
    places = (i for i, passage in enumerate(passages[:_FIRST_PASSAGES]) if _shows(passage, chosen.loaded))
    if (place := next(places, None)) is not None:
        score += _SHOWN - _LATER_SHOWN * place
    score += _PEOPLE * (asked.seeks_people and chosen.loaded.names_people)
    score += 0.3 * len({value for _, value in links.values if value})
    if asked.kind == "check" and (pair := chosen.links.pair):
        return score + _SINGLE * all(_is_one(chosen.loaded, pair[0], value) for value in pair[1:])
    return score + _SINGLE * (not asked.computes and _picks_one(chosen))


def _joined(asked: Asked, best: Chosen, found: Sequence[Chosen]) -> Chosen | None:
    """Return the best table joined with one that knows words which it does not; None where there is none."""
    missing = set(best.links.unexplained)
    others = [each for each in found if each is not best and missing & _known(each.links)]
    for other in sorted(others, key=lambda each: -len(missing & _known(each.links))):
        for many, one in ((best, other), (other, best)):
            if (loaded := joined(many.loaded, one.loaded)) is not None:
                links = link(asked, loaded)
                surely = asked.computes or links.share >= _JOINED
                if surely and missing & _known(links) and not _known(best.links) - _known(links):
                    return Chosen(loaded, links)
    return None


def _known(links: Links) -> frozenset[str]:
    """Return the words that a table's columns or cells explain."""
    return links.explained - links.only_by_name


def _picks_one(chosen: Chosen) -> bool:
    """Tell whether the question names a value that only one row has."""
    return any(_is_one(chosen.loaded, column, value) for column, value in chosen.links.beyond_name)


def _is_one(loaded: LoadedTable, column: str, value: str) -> bool:
    place = loaded.places[column]
    return sum(row.cells[place] == value for row in loaded.rows) == 1


def _shows(passage: Passage, loaded: LoadedTable) -> bool:
    """Tell whether a passage shows rows of the table."""
    chunk = passage.chunk
    return any(
        chunk.document == part.table.document and chunk.start < part.table.end and chunk.end > part.table.start
        for part in loaded.parts
    )


def _is_by_time(asked: Asked, chosen: Chosen) -> bool:
    """Tell whether the oldest or newest of what the table's name says is asked for, and it has one column of time."""
    times = sum(map(chosen.loaded.is_time, chosen.columns))
    return asked.kind == "extreme" and asked.is_about_time and chosen.links.share == 1 and times == 1


def _is_enough(asked: Asked, chosen: Chosen, passages: Sequence[Passage]) -> bool:
    """Tell whether the table is what the question is about: it knows its words, and better than running text does."""
    links = chosen.links
    single = _picks_one(chosen)
    enough = _ENOUGH[asked.kind]
    if asked.kind == "check":
        enough = _COMPARED if asked.compares else enough
    elif single:
        enough = _PICKED
    if not (links.columns or links.values or _is_by_time(asked, chosen)) or links.share < enough:
        return False
    if asked.kind == "check":
        if asked.is_sweeping or not (links.columns or len(links.beyond_name) > 1):
            return False
    elif not asked.computes:
        numbers = any(word[0].isdigit() or word in WORDED for word in asked.telling)
        truths = any(column.kind == "yes or no" and column.name in links.columns for column in chosen.columns)
        enough_named = asked.kind == "list" and (numbers or truths or links.share == 1)
        if not (links.beyond_name or (links.columns and enough_named)):
            return False
    if asked.computes and _TABLE.search(asked.question):
        return True
    told = stems(" ".join(asked.telling))
    for passage in passages[:_FIRST_PASSAGES]:
        held = len(told & stems(passage.chunk.titled_text)) / max(1, len(told))
        if not _shows(passage, chosen.loaded) and held > links.share + 0.01:
            return False
    return True
