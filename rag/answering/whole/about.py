"""A document → what it is: kind, length, what it begins with, its headings or its columns and first rows. No model."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from rag.answering.naming import title_of
from rag.answering.whole.line import Line, compressed
from rag.answering.whole.outline import Sentence, content, headings, is_table
from rag.answering.whole.workshop import Workshop
from rag.index.index import DocumentRecord

_KINDS = {
    **dict.fromkeys(("xlsx", "ods", "xls"), "a spreadsheet"), **dict.fromkeys(("csv", "tsv"), "a table"),
    **dict.fromkeys(("pptx", "odp"), "a presentation"), **dict.fromkeys(("docx", "odt", "rtf"), "a text document"),
    **dict.fromkeys(("html", "htm"), "a web page"), **dict.fromkeys(("eml", "mbox"), "an e-mail"), "pdf": "a PDF document",
    "epub": "an e-book", "md": "a text with headings", "json": "a data file", "txt": "a text",
}  # fmt: skip
_ROWS = 3
_OPENING = 2
_HEADINGS = 12


def about(shop: Workshop, record: DocumentRecord, sentences: Sequence[Sentence]) -> Iterator[Line]:
    """Yield what is in a document."""
    kind = _KINDS.get(PurePosixPath(record.path).suffix.lstrip(".").casefold(), "a document")
    said = content(sentences)
    table = is_table(sentences)
    size = f"{len(said):,} {'rows' if table else 'sentences'}" if len(said) != 1 else "one sentence"
    pages = max((page for each in said if (page := each.chunk.page) is not None), default=0)
    length = f"{size} on {pages} pages" if pages > 1 else size
    yield Line(f"{title_of(record)} is {kind} with {length}.", before="")
    if table:
        yield from _table(sentences)
    elif said:
        yield from _text(shop, sentences)


def _text(shop: Workshop, sentences: Sequence[Sentence]) -> Iterator[Line]:
    titles = headings(sentences)
    if titles and titles[0] is sentences[0]:
        yield Line(titles[0].said, (titles[0],), "Title: ")
        titles = titles[1:]
    opening = [each for each in content(sentences) if len(each.said.split()) > 3][:_OPENING] or content(sentences)[
        :_OPENING
    ]
    if not shop.stopped():
        yield compressed(shop, opening)
    shallow = min((each.level for each in titles), default=0)
    parts = [each for each in titles if each.level == shallow]
    if parts:
        named = "; ".join(each.said for each in parts[:_HEADINGS])
        more = f" and {len(parts) - _HEADINGS} more" if len(parts) > _HEADINGS else ""
        yield Line(named, tuple(parts[:_HEADINGS]), f"Parts{more and ' (first ' + str(_HEADINGS) + more + ')'}: ")


def _table(sentences: Sequence[Sentence]) -> Iterator[Line]:
    """Yield sheets, columns and first rows."""
    sheets: dict[tuple[str, ...], list[Sentence]] = {}
    for each in content(sentences):
        sheets.setdefault(each.section, []).append(each)
    for section, rows in sheets.items():
        name = section[-1] if section else "The table"
        first = rows[0]
        heads = columns(first) or [cell.strip(" .") for cell in first.said.split(";")]
        yield Line(
            ", ".join(heads), (first,), f"{name}, {len(rows):,} rows; columns: " if len(rows) > 1 else f"{name}: "
        )
        for row in rows[: _ROWS + 1]:
            if row is not first or columns(first):
                yield Line(row.said, (row,))


def columns(row: Sentence) -> list[str]:
    """Return the names of the columns that a row tells with its cells; empty where it tells none."""
    return [found[1].strip() for cell in row.said.split("; ") if (found := re.match(r"([^:;]{1,60}): ", cell))]
