"""A question → an answer computed from one table, with its rows as sources; None where that is not to be trusted.

The model writes one SELECT, which is checked, run over a copy of the table, and told by code. It does not know how
passages are found, nor what is answered where there is no table (`rag.answering.engine`).
"""

import datetime
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rag.answering.answer import Answer, Computation, Event, Timings, Token
from rag.answering.citations import Source, Statement
from rag.answering.prompting import prompt
from rag.answering.reader import Reader, never
from rag.answering.retriever import Passage
from rag.answering.tables.asked import Asked, asked
from rag.answering.tables.checking import checked
from rag.answering.tables.choosing import Chosen, choose
from rag.answering.tables.loaded import LoadedTable, Shelf
from rag.answering.tables.memory import QueryError
from rag.answering.tables.requesting import request
from rag.answering.tables.telling import Line, tell
from rag.answering.tables.times import current_column
from rag.answering.tables.trust import trust
from rag.answering.tables.working import Result, work_out
from rag.documents.columns import Row
from rag.documents.formats.certainty import certainty_of
from rag.errors import StoreError
from rag.index.index import Index

MOST_SOURCES = 20
"""Rows that are shown; how many there are is told beside them."""
_QUERY_TOKENS = 120
_MOST_CELLS = 10
"""Of a row that is told whole."""
_TOGETHER = 3  # rows apart


@dataclass(frozen=True)
class TableAnswer:
    """An answer that was computed."""

    text: str
    statements: tuple[Statement, ...]
    sources: tuple[Source, ...]
    computation: Computation
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
    asked_for = request(wanted, chosen.loaded.table, chosen.loaded.rows, chosen.links, today)
    said, wrong = _write(asked_for, reader, stopped), ""
    first: tuple[Result, float] | None = None
    for _ in range(2):
        try:
            result = _run(said, wanted, chosen.loaded)
            sure, wrong = trust(wanted, chosen, result, today)
            if not wrong:
                return result, sure
            first = max(first, (result, sure), key=lambda each: each[1]) if first else (result, sure)
        except QueryError as error:
            wrong = str(error)
        if stopped():
            return None
        if _ == 0:
            said = _write(prompt("table_again", request=asked_for, tried=said.strip(), error=wrong), reader, stopped)
    return first


def _write(asked_for: str, reader: Reader, stopped: Callable[[], bool]) -> str:
    return "".join(reader.complete(prompt("table_writer"), asked_for, max_tokens=_QUERY_TOKENS, stopped=stopped))


def _run(said: str, wanted: Asked, loaded: LoadedTable) -> Result:
    select: exp.Select = checked(said, loaded)
    columns = {column.name: column for column in loaded.table.columns}

    def largest(name: str) -> bool | None:
        return wanted.largest(is_time=loaded.is_time(columns[name])) if name in columns else None

    return work_out(select, loaded.memory, list(columns), largest)


def _told(lines: Sequence[Line], result: Result, loaded: LoadedTable, index: Index, sure: float) -> TableAnswer | None:
    """Return the answer with its sources: the rows that each line rests on, the first of them."""
    shown = list(dict.fromkeys(i for line in lines for i in line.rows))[:MOST_SOURCES]
    numbers = {row: number for number, row in enumerate(shown, 1)}
    sources = _sources(shown, loaded, index)
    text, statements = "", []
    for line in lines:
        text += "\n" if text else ""
        cited = tuple(sorted(numbers[row] for row in line.rows if row in numbers))
        statements.append(Statement(line.text, len(text), len(text) + len(line.text), True, cited))
        text += line.text
    if not sources and result.rows:
        return None
    table = loaded.table
    name = f"{table.document}, {table.name}" if table.name and table.name != table.title else table.document
    return TableAnswer(text, tuple(statements), sources, Computation(result.sql, name, len(result.rows)), sure)


def _sources(shown: Sequence[int], loaded: LoadedTable, index: Index) -> tuple[Source, ...]:
    """Return rows as exact slices of their document; rows that stand near one another in one passage."""
    table, rows = loaded.table, loaded.rows
    try:
        text, marks = index.text(table.document), index.marks(table.document)
    except StoreError:  # it went while it was asked
        return ()
    around = _passages(shown, rows)
    sources = []
    for number, i in enumerate(shown, 1):
        row, (start, end) = rows[i], around[i]
        page = sum(offset <= row.start for offset in marks.pages) or None
        slices = text[row.start : row.end], text[start:end]
        if not slices[0].strip():  # the document changed since
            return ()
        told, where = (table.document, table.title, page), (row.start, row.end)
        sure = certainty_of(marks.scanned, *where)
        sources.append(Source(number, *told, *where, slices[0], 1.0, start, slices[1], sure))
    return tuple(sources)


def _passages(shown: Sequence[int], rows: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """Return for each row the offsets of the passage that shows it: its neighbours, and rows near it."""
    groups: list[list[int]] = []
    for i in sorted(shown):
        if groups and i - groups[-1][-1] <= _TOGETHER:
            groups[-1].append(i)
        else:
            groups.append([i])
    return {
        i: (rows[max(0, group[0] - 1)].start, rows[min(len(rows) - 1, group[-1] + 1)].end)
        for group in groups
        for i in group
    }
