"""Paragraphs, headings, lists and tables → one text, in the manner of Markdown. It does not know formats."""

import re
from collections.abc import Iterable, Sequence

from rag.documents.formats.parts import Text, clean, in_one_line

_NUMBER = re.compile(r"[\s(]*[-+−]?[$€£¥]?\s*\d[\d.,'\s  ]*(?:[%‰]|[eE][-+]?\d+)?\s*(?:[$€£¥]|[A-Z]{3})?\)?\s*")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ].*)?|\d{1,2}:\d{2}(?::\d{2})?")
_ENDED = ".!?:;…。！？"
_LONGEST_HEAD = 80  # characters; a longer cell is no column's name


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

    def page(self) -> None:
        """Begin a page."""
        self._pages.append(self._length)

    def heading(self, text: str, level: int = 1) -> None:
        """Add a heading; 1 is the highest level."""
        if text := in_one_line(text):
            level = min(max(level, 1), 6)
            if level < self._level:
                self.title, self._level = text, level
            self._put(f"{'#' * level} {text}")

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

    def row(self, cells: Sequence[str], heads: Sequence[str] = ()) -> None:
        """Add a row of a table as a sentence: "Head: cell; head: cell."."""
        told = []
        for i, cell in enumerate(map(in_one_line, cells)):
            head = in_one_line(heads[i]) if i < len(heads) else ""
            if cell:
                told.append(f"{head}{'' if head.endswith(':') else ':'} {cell}" if head else cell)
        if told:
            row = "; ".join(told)
            self._put(row if row[-1] in _ENDED else row + ".")

    def table(self, rows: Iterable[Sequence[str]], *, has_head: bool | None = None) -> None:
        """Add a table; None lets the first row tell whether it names the columns."""
        kept = [list(row) for row in rows if any(cell.strip() for cell in row)]
        if not kept:
            return
        if has_head is None:
            has_head = names_columns(kept)
        if has_head and len(kept) > 1:
            for row in kept[1:]:
                self.row(row, kept[0])
        elif max(map(len, kept)) == 2:  # names and values
            for row in kept:
                self.row(row[1:], row[:1]) if len(row) == 2 and row[0].strip() else self.row(row)
        else:
            for row in kept:
                self.row(row)

    def _put(self, text: str, *, in_list: bool = False) -> None:
        if not text.strip():
            return
        if self._length:
            text = ("\n" if in_list and self._in_list else "\n\n") + text
        text = clean(text)
        self._in_list = in_list
        self._pieces.append(text)
        self._length += len(text)

    def text(self) -> Text:
        """Return everything."""
        pages = tuple(self._pages)
        return Text(clean("".join(self._pieces)), self.title, (0, *pages[1:]) if pages else ())


def names_columns(rows: Sequence[Sequence[str]], *, pairs: bool = True) -> bool:
    """Tell whether the first of `rows` names the columns: short, different, and no values as they stand below.

    Two columns may be names and values (`pairs`): then the second has to hold values.
    """
    heads = [in_one_line(cell) for cell in rows[0]]
    named = [head for head in heads if head]
    if len(rows) < 2 or len(named) < 2 or len({head.casefold() for head in named}) < len(named):
        return False
    if any(len(head) > _LONGEST_HEAD or is_value(head) or (head[-1] in ".!?;" and " " in head) for head in named):
        return False
    if len(heads) > 2 or not pairs:
        return len(named) * 2 >= max(len(row) for row in rows[:20])
    return any(is_value(row[1]) for row in rows[1:20] if len(row) > 1 and row[1].strip())


def is_value(cell: str) -> bool:
    """Tell whether a cell holds a number, a date or a time."""
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))
