"""A table with its rows in memory, and what is looked up in it again and again. It does not know questions."""

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from rag.answering.tables.asked import folded
from rag.answering.tables.memory import Memory
from rag.documents.columns import Column, Row
from rag.index.index import Index
from rag.index.tables import KeptTable

_WHEN = re.compile(
    r"year|since|founded|built|born|established|opened|jahr|seit|gegr[üu]ndet|baujahr|année|año|anno", re.IGNORECASE
)
MOST_VALUES = 200_000
"""Different texts of a column by which its cells are found: a sheet of a million must not fill the memory."""
_SAMPLE = 200  # cells by which it is told what a column holds
_PERSON = re.compile(r"(?:[^\W\d_][\w.'’-]*,? ){1,3}[^\W\d_][\w'’-]+")
_MOST_LOADED = 8
_MOST_CELLS_LOADED = 2_000_000


@dataclass(frozen=True)
class Beside:
    """The two tables that one was joined of (`rag.answering.tables.joining`)."""

    many: "LoadedTable"
    one: "LoadedTable"
    rows: tuple[int | None, ...]
    """For each row of `many`, and of the joined table, the position of its row in `one`, None where there is none."""


class LoadedTable:
    """A table that can be asked."""

    def __init__(self, table: KeptTable, rows: Sequence[Row], beside: Beside | None = None) -> None:
        """Hold the rows; everything else is made when it is first wanted."""
        self.table, self.rows, self.beside = table, rows, beside
        self.places = {column.name: i for i, column in enumerate(table.columns)}
        self._values: dict[str, dict[str, None]] = {}
        self._forms: dict[str, dict[str, list[str]]] = {}
        self._days: dict[str, frozenset[str]] = {}
        self._words: dict[str, dict[str, list[str]]] = {}

    @property
    def parts(self) -> "tuple[LoadedTable, ...]":
        """Return the table, or the two that it was joined of."""
        return (self.beside.many, self.beside.one) if self.beside else (self,)

    @cached_property
    def memory(self) -> Memory:
        """The copy that queries run over."""
        return Memory(self.table, self.rows)

    @cached_property
    def _ranges(self) -> list[tuple[float, float]]:
        """Least and most of each column of numbers."""
        ranges = []
        for i, column in enumerate(self.table.columns):
            numbers = [value for row in self.rows if isinstance(value := row.values[i], (int, float))]
            if column.kind == "number" and numbers:
                ranges.append((min(numbers), max(numbers)))
        return ranges

    def reaches(self, number: float) -> bool:
        """Tell whether some column of numbers has smaller and larger ones than `number`, or as large ones."""
        return any(least <= number <= most for least, most in self._ranges)

    def is_time(self, column: Column) -> bool:
        """Tell whether a column says when: dates, or years."""
        i = self.places[column.name]
        numbers = [row.values[i] for row in self.rows if row.values[i] is not None]
        years = all(isinstance(n, int) and 1000 <= n <= 2100 for n in numbers) and not column.unit
        return column.kind == "date" or (column.kind == "number" and years and bool(_WHEN.search(column.head)))

    @cached_property
    def names_people(self) -> bool:
        """Tell whether the first column of text that differs from row to row holds names as people have them."""
        for column in self.table.columns:
            cells = list(islice(self.values(column.name), _SAMPLE)) if column.kind == "text" else []
            if len(cells) >= 0.9 * min(len(self.rows), _SAMPLE):
                return sum(map(bool, map(_PERSON.fullmatch, cells))) > 0.7 * len(cells)
        return False

    def days(self, column: str) -> frozenset[str]:
        """Return the different days of a column of dates."""
        if column not in self._days:
            i = self.places[column]
            self._days[column] = frozenset(str(row.values[i])[:10] for row in self.rows if row.values[i] is not None)
        return self._days[column]

    def values(self, column: str) -> Mapping[str, None]:
        """Return the different texts of a column's cells, in order."""
        if column not in self._values:
            i = self.places[column]
            self._values[column] = dict.fromkeys(row.cells[i] for row in self.rows if row.values[i] is not None)
        return self._values[column]

    def forms(self, column: str) -> Mapping[str, Sequence[str]]:
        """Return the texts by their words in small letters without accents."""
        return self._made(self._forms, column, lambda form: [form])

    def words(self, column: str) -> Mapping[str, Sequence[str]]:
        """Return the texts by each of their words."""
        return self._made(self._words, column, lambda form: list(dict.fromkeys(form.split())))

    def _made(self, kept: dict[str, dict[str, list[str]]], column: str, keys) -> Mapping[str, Sequence[str]]:  # type: ignore[no-untyped-def]
        if column not in kept:
            found: dict[str, list[str]] = {}
            for value in islice(self.values(column), MOST_VALUES):
                for key in keys(folded(value)):
                    if key:
                        found.setdefault(key, []).append(value)
            kept[column] = found
        return kept[column]


class Shelf:
    """The tables that were asked last stay loaded. Thread-safe."""

    def __init__(self, index: Index) -> None:
        """Load from `index`."""
        self._index = index
        self._lock = threading.Lock()
        self._loaded: OrderedDict[int, LoadedTable] = OrderedDict()

    def load(self, table: KeptTable) -> LoadedTable | None:
        """Return a table with its rows; None when it is gone."""
        with self._lock:
            if table.number in self._loaded:
                self._loaded.move_to_end(table.number)
                return self._loaded[table.number]
        rows = self._index.rows(table.number)
        if not rows:
            return None
        loaded = LoadedTable(table, rows)
        with self._lock:
            self._loaded[table.number] = loaded
            while len(self._loaded) > 1 and (len(self._loaded) > _MOST_LOADED or self._cells() > _MOST_CELLS_LOADED):
                self._loaded.popitem(last=False)
        return loaded

    def _cells(self) -> int:
        return sum(len(loaded.rows) * len(loaded.table.columns) for loaded in self._loaded.values())
