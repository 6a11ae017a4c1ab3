"""Lines with their places on pages → paragraphs and headings. It does not know PDF.

Lines come in the order of the file, which programs write column by column. Running heads and page numbers go, words
that were parted at a line's end are joined, and so are paragraphs across columns and pages.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.grids import continues, with_tables
from rag.documents.formats.lines import ITEM, Line, in_rows, least, without_running_heads
from rag.documents.formats.parts import Scanned, Table, Text
from rag.documents.formats.wrapped import with_wrapped_tables

_TABLE = -1  # as level of a block
_LARGER = 1.12  # times the usual size: a heading
_WIDE_WORD = 1.3  # times the usual width of a word's letters: it may not have fitted
_LONGEST_HEADING = 200  # characters
_ENDED = re.compile(r"[.!?:;。！？…][\"'”’»)\]]*$")
_MARKS = ".,;:!?()[]\"'“”‘’"
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\u3040-\u30ff]")


@dataclass(frozen=True)
class _Block:
    """A paragraph (level 0), a heading or a table (level -1): its lines, each with the number of its page, from 0."""

    level: int
    lines: list[tuple[Line, int]]


def lay_out(pages: Sequence[Sequence[Line]]) -> Text:
    """Return the text with the offset of each page; its title is the first heading of the highest level, or ""."""
    pages = without_running_heads([in_rows(page) for page in pages])
    blocks = _blocks(pages)
    words = _whole_words(pages)
    pieces: list[str] = []
    offsets: list[int] = []
    tables: list[Table] = []
    scanned: list[Scanned] = []
    length, heading = 0, ""

    def begin(page: int, text: str) -> None:
        while len(offsets) <= page:
            offsets.append(length + len(text))

    def note(start: int, end: int, *lines: Line) -> None:
        if (sure := least(*(line.certainty for line in lines))) is not None:
            scanned.append((start, end, sure))

    for block in blocks:
        text = "\n\n" if pieces else ""
        if block.level == _TABLE:
            begin(block.lines[0][1], text)
            table = _table(block)
            for each in table.tables:
                moved = each.moved(length + len(text), heading)
                for (start, end), (line, page) in zip(moved.spans, block.lines[-len(moved.spans) :], strict=True):
                    while len(offsets) <= page:
                        offsets.append(start)
                    note(start, end, line)
                tables.append(moved)
            if not table.tables:
                note(length + len(text), length + len(text) + len(table.text), *(line for line, _ in block.lines))
            text += table.text
        else:
            text += f"{'#' * block.level} " if block.level else ""
            for i, (line, page) in enumerate(block.lines):
                if i:
                    text = _joined(text, block.lines[i - 1][0], line, words)
                begin(page, text)
                note(length + len(text), length + len(text) + len(line.text), line)
                text += line.text
            heading = text.strip().lstrip("#").strip() if block.level else heading
        pieces.append(text)
        length += len(text)
    offsets += [length] * (len(pages) - len(offsets))
    heads = [(block.level, number) for number, block in enumerate(blocks) if block.level > 0]
    title = pieces[min(heads)[1]].strip().lstrip("#").strip() if heads else ""
    return Text("".join(pieces), title, (0, *offsets[1:]), tuple(tables), tuple(scanned))


def _blocks(pages: Sequence[Sequence[Line]]) -> list[_Block]:
    usual = _usual_size([line for page in pages for line in page])
    levels = _levels(pages, usual)
    leading = _leading(pages)
    blocks: list[_Block] = []
    before: Line | None = None
    edge = 0.0
    for number, whole_page in enumerate(pages):
        page, rows = with_wrapped_tables(*with_tables(whole_page))
        page = [_with_certainty(line, whole_page) for line in page]
        edges = _right_edges(page)
        for i, line in enumerate(page):
            level = _TABLE if rows[i] else levels.get(_rounded(line.size), 0)
            if before is None or level != blocks[-1].level:
                goes_on = False
            elif level == _TABLE:
                goes_on = len(line.cells) == len(before.cells) and (i > 0 or continues(line, before))
            elif level:
                goes_on = i > 0 and 0 < before.base - line.base < 2 * line.size
            else:
                goes_on = _goes_on(before, line, edge, leading, new_page=i == 0)
            if goes_on and level == _TABLE and _texts(line) == _texts(blocks[-1].lines[0][0]):
                pass  # the names of the columns, once more on every page
            elif goes_on:
                blocks[-1].lines.append((line, number))
            else:
                blocks.append(_Block(level, [(line, number)]))
            before, edge = line, edges[i]
    return [_not_too_long(block) for block in blocks]


def _with_certainty(line: Line, page: Sequence[Line]) -> Line:
    """Return a line that was made anew, as a row of a table is, as sure as the lines of the page at its height."""
    if line.certainty is not None:
        return line
    sure = least(*(each.certainty for each in page if abs(each.base - line.base) < line.size))
    return line if sure is None else replace(line, certainty=sure)


def _texts(line: Line) -> list[str]:
    return [cell.text for cell in line.cells]


def _table(block: _Block) -> Text:
    blocks = Blocks()
    blocks.table([[cell.text for cell in line.cells] for line, _ in block.lines])
    return blocks.text()


def _not_too_long(block: _Block) -> _Block:
    """Return `block`, as a paragraph where it is too long for a heading."""
    too_long = sum(len(line.text) for line, _ in block.lines) > _LONGEST_HEADING
    return _Block(0, block.lines) if block.level > 0 and too_long else block


def _goes_on(before: Line, line: Line, edge: float, leading: float, *, new_page: bool) -> bool:
    """Tell whether `line` belongs to the paragraph of `before`, whose column ends at `edge`."""
    if before.hyphen and not ITEM.match(line.text):
        return True
    ended = _ENDED.search(before.text) is not None
    first_word = len(line.text.split(maxsplit=1)[0]) + 1
    room = first_word * (before.right - before.left) / max(1, len(before.text)) * (1.0 if ended else _WIDE_WORD)
    early = before.right + room < edge and not _runs_on(before, line, edge)  # the next word would have fitted
    # A number at the beginning of a line is one of a list, unless a sentence goes on there.
    if ITEM.match(line.text) and (early or ended or not line.text.lstrip("(")[0].isdigit() or ITEM.match(before.text)):
        return False
    if early:
        return False
    down = before.base - line.base
    if new_page or down <= 0:  # a new page or column
        return not ended
    if down > 1.3 * leading * max(before.size, line.size):
        return False
    indented = line.left - before.left > 0.8 * line.size and not ITEM.match(before.text)
    return not (indented and ended)


def _runs_on(before: Line, line: Line, edge: float) -> bool:
    """Tell whether a sentence goes on in `line` though `before` ends early, as where a paragraph is indented."""
    long = before.right - before.left > 0.5 * (edge - before.left)
    return long and line.text[0].islower() and not _ENDED.search(before.text)


def _joined(text: str, before: Line, line: Line, words: frozenset[str]) -> str:
    """Return `text`, which ends with the line `before`, ready for `line` to be put behind it."""
    if before.text.endswith(("-", "‐")) and line.text[:1].isalpha():
        head = before.text[:-1].rsplit(maxsplit=1)[-1] if before.text[:-1].strip() else ""
        tail = line.text.split(maxsplit=1)[0].rstrip(_MARKS)
        compound = f"{head.lstrip(_MARKS)}-{tail}".casefold() in words
        if line.text[0].islower() and not compound:
            return text[:-1]
        return text
    if _WIDE.match(before.text[-1]) and _WIDE.match(line.text[0]):
        return text
    return text + " "


def _whole_words(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    """Return the words with a hyphen that stand within lines: such a hyphen stays at a line's end, too."""
    return frozenset(
        word.strip(_MARKS).casefold()
        for page in pages
        for line in page
        for word in line.text.split()
        if "-" in word[1:-1]
    )


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _usual_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 1.0


def _levels(pages: Sequence[Sequence[Line]], usual: float) -> dict[float, int]:
    """Return the level of heading of every size that is larger than the usual one, by size: 1, 2, 3, 3 …"""
    larger = sorted(
        {_rounded(line.size) for page in pages for line in page if line.size > _LARGER * usual}, reverse=True
    )
    return {size: min(level, 3) for level, size in enumerate(larger, 1)}


def _leading(pages: Sequence[Sequence[Line]]) -> float:
    """Return the usual distance of a line from the next, in heights of its font."""
    distances = [
        (line.base - after.base) / line.size
        for page in pages
        for line, after in pairwise(page)
        if 0.5 < (line.base - after.base) / line.size < 3
    ]
    return median(distances) if distances else 1.2


def _right_edges(page: Sequence[Line]) -> list[float]:
    """Return for each line where its column ends: the farthest right that lines like it reach."""
    edges = []
    for line in page:
        middle = (line.left + line.right) / 2
        column = [
            other.right
            for other in page
            if other.left <= middle <= other.right and _rounded(other.size) == _rounded(line.size)
        ]
        edges.append(max(column, default=line.right))
    return edges
