"""A question → an answer computed from one table, with its rows as sources; None where that is not to be trusted.

The model writes one SELECT, which is checked, run over a copy of the table, and told by code. It does not know how
passages are found, nor what is answered where there is no table (`rag.answering.engine`).
"""

import datetime
import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rag.answering.answer import Answer, Computation, Event, ShownTable, Timings, Token
from rag.answering.citations import Source, Statement
from rag.answering.prompting import prompt
from rag.answering.reader import Excerpt, Reader, never
from rag.answering.retriever import Passage
from rag.answering.tables.asked import Asked, asked, folded
from rag.answering.tables.checking import checked
from rag.answering.tables.choosing import Chosen, choose
from rag.answering.tables.deciding import compare, decide
from rag.answering.tables.loaded import LoadedTable, Shelf
from rag.answering.tables.memory import QueryError
from rag.answering.tables.requesting import request
from rag.answering.tables.showing import MOST_SOURCES, grids, shown, sources
from rag.answering.tables.telling import Line, tell
from rag.answering.tables.times import current_column
from rag.answering.tables.trust import trust
from rag.answering.tables.working import Result, work_out
from rag.index.index import Index

_QUERY_TOKENS = 120
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MOST_CELLS = 10
"""Of a row that is told whole."""


@dataclass(frozen=True)
class TableAnswer:
    """An answer that was computed."""

    text: str
    statements: tuple[Statement, ...]
    sources: tuple[Source, ...]
    computation: Computation
    tables: tuple[ShownTable, ...]
    confidence: float

    def events(self, question: str, standalone: str, model: str, begun: float, retrieval_s: float) -> Iterator[Event]:
        """Yield the answer as the engine does: its words, then the whole; `begun` is by `time.perf_counter`."""
        first = time.perf_counter() - begun
        yield Token(self.text)
        total = time.perf_counter() - begun
        yield Answer(
            question=question,
            standalone_question=standalone,
            answer=self.text,
            abstained=False,
            confidence=self.confidence,
            statements=self.statements,
            sources=self.sources,
            timings=Timings(round(retrieval_s, 3), round(first, 3), round(total, 3), 0, 0, 0),
            model=model,
            computation=self.computation,
            tables=self.tables,
        )


def answer_from_tables(
    question: str,
    passages: Sequence[Passage],
    index: Index,
    shelf: Shelf,
    reader: Reader,
    *,
    documents: Collection[str] | None = None,
    stopped: Callable[[], bool] = never,
    today: datetime.date | None = None,
) -> TableAnswer | None:
    """Answer `question` from a table that `passages` or its words lead to; None where none answers it surely."""
    wanted = asked(question)
    chosen = choose(wanted, passages, index, shelf, documents)
    if chosen is None:
        return None
    wanted = wanted.beside({word for column in chosen.loaded.table.columns for word in folded(column.head).split()})
    found = _ask(wanted, chosen, reader, stopped, today or datetime.date.today())
    if found is None or stopped():
        return None
    result, sure = found
    more = _more(wanted, chosen, result, today or datetime.date.today())
    lines = tell(result, chosen.loaded.table, chosen.loaded.rows, more)
    return _told(lines, result, chosen.loaded, index, sure)


def _more(wanted: Asked, chosen: Chosen, result: Result, today: datetime.date) -> list[str]:
    """Return what is told of one row beside what the query selects: all of it where the question names no column."""
    columns = chosen.loaded.table.columns
    found_by = {name for name, _ in chosen.links.values}
    if wanted.kind != "lookup" or chosen.links.columns - found_by or len(columns) > _MOST_CELLS:
        return []
    current = current_column(columns, today)
    return [column.name for column in columns if current is None or column.name not in current[1]]


def _ask(
    wanted: Asked, chosen: Chosen, reader: Reader, stopped: Callable[[], bool], today: datetime.date
) -> tuple[Result, float] | None:
    """Let the model write a query, and once more where it fails or leaves out what the question names."""
    opening, asks = request(wanted, chosen.loaded.table, chosen.loaded.rows, chosen.links, today)
    said, wrong = _write(opening, asks, reader, stopped), ""
    first: tuple[Result, float] | None = None
    for _ in range(2):
        try:
            result = _run(said, wanted, chosen, today)
            sure, wrong = trust(wanted, chosen, result, today)
            if not wrong:
                return result, sure
            first = max(first, (result, sure), key=lambda each: each[1]) if first else (result, sure)
        except QueryError as error:
            wrong = str(error)
        if stopped():
            return None
        if _ == 0:
            again = prompt("table_again", request=asks, tried=said.strip(), error=wrong)
            said = _write(opening, again, reader, stopped)
    return first


def _write(opening: Excerpt, asks: str, reader: Reader, stopped: Callable[[], bool]) -> str:
    written = reader.complete(prompt("table_writer"), asks, max_tokens=_QUERY_TOKENS, stopped=stopped, opening=opening)
    return "".join(written)


def _run(said: str, wanted: Asked, chosen: Chosen, today: datetime.date) -> Result:
    loaded, pair = chosen.loaded, chosen.links.pair
    select: exp.Select = checked(said, loaded)
    columns = {column.name: column for column in loaded.table.columns}
    if wanted.kind == "check" and wanted.compares and pair:
        current = current_column(loaded.table.columns, today)
        outdated = current[1] if current and not _YEAR.search(wanted.question) else frozenset()
        return compare(select, loaded, pair, outdated, lambda each: wanted.more(is_time=loaded.is_time(each)))
    if wanted.kind == "check":
        return decide(select, loaded.memory)

    def largest(name: str) -> bool | None:
        return wanted.largest(is_time=loaded.is_time(columns[name])) if name in columns else None

    return work_out(select, loaded.memory, list(columns), largest)


def _told(lines: Sequence[Line], result: Result, loaded: LoadedTable, index: Index, sure: float) -> TableAnswer | None:
    """Return the answer with its sources: the rows that each line rests on, the first of them."""
    places = shown(list(dict.fromkeys(i for line in lines for i in line.rows))[:MOST_SOURCES], loaded)[:MOST_SOURCES]
    numbers = {place: number for number, place in enumerate(places, 1)}
    found = sources(places, loaded, index)
    text, statements = "", []
    for line in lines:
        text += "\n" if text else ""
        cited = tuple(sorted(numbers[place] for place in shown(line.rows, loaded) if place in numbers))
        statements.append(Statement(line.text, len(text), len(text) + len(line.text), True, cited))
        text += line.text
    if not found and result.rows:
        return None
    table = loaded.table
    name = f"{table.document}, {table.name}" if table.name and table.name != table.title else table.document
    computation = Computation(result.sql, name, len(result.rows))
    return TableAnswer(text, tuple(statements), found, computation, grids(places, loaded), sure)
