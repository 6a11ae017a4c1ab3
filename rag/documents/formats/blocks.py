"""Paragraphs, headings, lists and tables → one text, in the manner of Markdown. It does not know formats."""

from collections.abc import Iterable, Sequence

from rag.documents.formats.heads import headed, is_value, names_columns
from rag.documents.formats.limits import MOST_CELLS, MOST_COLUMNS
from rag.documents.formats.parts import Scanned, Table, Text, clean, in_one_line

__all__ = ["Blocks", "is_value", "names_columns"]

_ENDED = ".!?:;…。！？"


class Blocks:
    """Collects the blocks of a document in their order."""

    def __init__(self) -> None:
        """Begin without text."""
        self.title = ""
        """The first heading of the highest level so far, unless someone knows better."""
        self._level = 99
        self._pieces: list[str] = []
        self._length = 0
        self._pages: list[int] = []
        self._in_list = False
        self._heading = ""
        self._tables: list[Table] = []
        self._scanned: list[Scanned] = []
        self._cells = 0
        self._records: list[tuple[dict[str, str], tuple[int, int]]] = []

    def page(self) -> None:
        """Begin a page."""
        self._pages.append(self._length)

    def heading(self, text: str, level: int = 1) -> None:
        """Add a heading; 1 is the highest level."""
        if text := in_one_line(text):
            self._keep_records()
            level = min(max(level, 1), 6)
            if level < self._level:
                self.title, self._level = text, level
            self._put(f"{'#' * level} {text}")
            self._heading = text

    def paragraph(self, text: str) -> None:
        """Add a paragraph; its own line ends stay."""
        self._put("\n".join(filter(None, map(in_one_line, text.splitlines()))))

    def lines(self, text: str) -> None:
        """Add text whose white space means something, as in code."""
        self._put(text.strip("\n").rstrip())

    def item(self, text: str, depth: int = 0, label: str = "") -> None:
        """Add an item of a list; `label` is its number, if it has one."""
        if text := in_one_line(text):
            self._put(f"{'  ' * min(depth, 3)}{label or '-'} {text}", in_list=True)

    def row(self, cells: Sequence[str], heads: Sequence[str] = ()) -> tuple[int, int] | None:
        """Add a row of a table as a sentence: "Head: cell; head: cell."; returns where it stands."""
        told = []
        for i, cell in enumerate(map(in_one_line, cells)):
            head = in_one_line(heads[i]) if i < len(heads) else ""
            if cell:
                told.append(f"{head}{'' if head.endswith(':') else ':'} {cell}" if head else cell)
        if not told:
            return None
        row = "; ".join(told)
        return self._put(row if row[-1] in _ENDED else row + ".")

    def table(self, rows: Iterable[Sequence[str]], *, has_head: bool | None = None, name: str = "") -> None:
        """Add a table; None lets the first row tell whether it names the columns."""
        kept = [list(row) for row in rows if any(cell.strip() for cell in row)]
        if not kept:
            return
        width = max(map(len, kept))
        while len(kept) > 2 and width > 2 and sum(map(bool, map(str.strip, kept[0]))) == 1:  # the table's title
            title = in_one_line(" ".join(kept.pop(0)))
            self.paragraph(title)
            name, has_head = name or title, None
        if has_head is None:
            has_head = names_columns(kept)
        if has_head and len(kept) > 1:
            self.records(*headed(kept), name=name)
        elif width == 2:  # names and values
            for row in kept:
                self.row(row[1:], row[:1]) if len(row) == 2 and row[0].strip() else self.row(row)
        else:
            for row in kept:
                self.row(row)

    def records(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, name: str = "") -> None:
        """Add a table whose columns have the names `heads`, and keep it as a table, unless it is huge."""
        kept, spans = [], []
        for row in rows:
            if (span := self.row(row, heads)) is not None:
                kept.append(tuple(in_one_line(row[i]) if i < len(row) else "" for i in range(len(heads))))
                spans.append(span)
        self._cells += len(kept) * len(heads)
        if 1 < len(heads) <= MOST_COLUMNS and self._cells <= MOST_CELLS:
            self._tables.append(Table(name or self._heading, tuple(map(in_one_line, heads)), tuple(kept), tuple(spans)))

    def record(self, names: Sequence[str], values: Sequence[str]) -> None:
        """Add a record as a row: those of one heading are a table, where they have most of their names in common."""
        if (span := self.row(values, names)) is not None:
            self._records.append((dict(zip(map(in_one_line, names), map(in_one_line, values), strict=True)), span))

    def picture(self, text: Text) -> None:
        """Add what OCR read on a picture."""
        if (span := self._put(text.text)) is not None and span[1] - span[0] == len(text.text):
            self._scanned += [(span[0] + start, span[0] + end, sure) for start, end, sure in text.scanned]
            self._tables += [table.moved(span[0], self._heading) for table in text.tables]

    def _keep_records(self) -> None:
        records, self._records = self._records, []
        heads = list(dict.fromkeys(name for record, _ in records for name in record))
        filled = sum(len(record) for record, _ in records)
        self._cells += len(records) * len(heads)
        alike = len(records) > 1 and 2 * filled >= len(records) * len(heads)
        if alike and all(heads) and 1 < len(heads) <= MOST_COLUMNS and self._cells <= MOST_CELLS:
            rows = tuple(tuple(record.get(head, "") for head in heads) for record, _ in records)
            self._tables.append(Table(self._heading, tuple(heads), rows, tuple(span for _, span in records)))

    def _put(self, text: str, *, in_list: bool = False) -> tuple[int, int] | None:
        """Add a block; returns where it stands."""
        if not text.strip():
            return None
        before = ("\n" if in_list and self._in_list else "\n\n") if self._length else ""
        text = clean(before + text)
        self._in_list = in_list
        self._pieces.append(text)
        start = self._length + len(before)
        self._length += len(text)
        return start, self._length

    def text(self) -> Text:
        """Return everything."""
        self._keep_records()
        pages = tuple(self._pages)
        text = clean("".join(self._pieces))
        tables = tuple(self._tables) if len(text) == self._length else ()
        scanned = tuple(self._scanned) if len(text) == self._length else ()
        return Text(text, self.title, (0, *pages[1:]) if pages else (), tables, scanned)
