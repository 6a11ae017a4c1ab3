"""A document → what it is: kind, length, what it begins with, its headings or its columns and first rows."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from rag.answering.naming import title_of
from rag.answering.whole.central import groups, is_formal
from rag.answering.whole.line import LINE_TOKENS, Line, supports
from rag.answering.whole.outline import Sentence, content, headings, is_table
from rag.answering.whole.workshop import Workshop
from rag.index.records import DocumentRecord

_KINDS = {
    **dict.fromkeys(("xlsx", "ods", "xls"), "a spreadsheet"), **dict.fromkeys(("csv", "tsv"), "a table"),
    **dict.fromkeys(("pptx", "odp"), "a presentation"), **dict.fromkeys(("docx", "odt", "rtf"), "a text document"),
    **dict.fromkeys(("html", "htm"), "a web page"), **dict.fromkeys(("eml", "mbox"), "an e-mail"),
    "pdf": "a PDF document", "epub": "an e-book",
    "md": "a text with headings", "json": "a data file", "txt": "a text",
}  # fmt: skip
_ROWS = 3
_OPENING = 2
_HEADINGS = 8
_CENTRAL = 2


def about(shop: Workshop, record: DocumentRecord, sentences: Sequence[Sentence]) -> Iterator[Line]:
    """Yield what is in a document."""
    kind = kind_of(record.path)
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
    """Yield in one line what it is about, then its parts."""
    titles = headings(sentences)
    shallow = min((each.level for each in titles[1:]), default=0) if titles and titles[0] is sentences[0] else 0
    parts = [each for each in titles[1:] if each.level == shallow] if shallow else titles
    if not shop.stopped():
        yield gist(shop, sentences, parts)
    if parts:
        named = "; ".join(each.said for each in parts[:_HEADINGS])
        more = f" (the first {_HEADINGS} of {len(parts)})" if len(parts) > _HEADINGS else ""
        yield Line(named, tuple(parts[:_HEADINGS]), f"- Parts{more}: ")


def gist(shop: Workshop, sentences: Sequence[Sentence], parts: Sequence[Sentence] = ()) -> Line:
    """Return what the document is about: the model's line where title, beginning and centre support it."""
    first = sentences[0]
    said = [each for each in content(sentences) if len(each.said.split()) > 3 and not is_formal(each)]
    opening = said[:_OPENING] or content(sentences)[:1]
    central = [each for group in groups(shop, sentences, _CENTRAL) for each in group[:2] if each not in opening]
    read = [*([first] if first.level else []), *opening, *central]
    told = shop.write(
        "about",
        LINE_TOKENS,
        first.chunk.document,
        title=first.chunk.title,
        parts="; ".join(each.said for each in parts[:_HEADINGS]),
        text="\n".join(each.said for each in (*opening, *central)),
    )
    line = told.split("\n")[0].strip()
    resting = supports(shop, line, [*read, *parts[:_HEADINGS]]) if line else ()
    if resting:
        return Line(line, resting)
    if first.level:  # the title says what the model would have said in words of its own
        return Line(f"{first.said} – {opening[0].said}", (first, opening[0]))
    return Line(opening[0].said, (opening[0],))


def _table(sentences: Sequence[Sentence]) -> Iterator[Line]:
    """Yield sheets, columns and first rows."""
    sheets: dict[tuple[str, ...], list[Sentence]] = {}
    for each in content(sentences):
        sheets.setdefault(each.section, []).append(each)
    for section, rows in sheets.items():
        name = section[-1] if section else "The table"
        first = rows[0]
        heads = heads_of(first)
        yield Line(
            ", ".join(heads), (first,), f"{name}, {len(rows):,} rows; columns: " if len(rows) > 1 else f"{name}: "
        )
        for row in rows[: _ROWS + 1]:
            if row is not first or columns(first):
                yield Line(row.said, (row,))


def heads_of(row: Sentence) -> list[str]:
    """Return the names of a table's columns by its first row."""
    return columns(row) or [cell.strip(" .") for cell in row.said.split(";")]


def kind_of(path: str) -> str:
    """Return what kind of document a file of this name is, in words."""
    return _KINDS.get(PurePosixPath(path).suffix.lstrip(".").casefold(), "a document")


def columns(row: Sentence) -> list[str]:
    """Return the names of the columns that a row tells with its cells; empty where it tells none."""
    return [found[1].strip() for cell in row.said.split("; ") if (found := re.match(r"([^:;]{1,60}): ", cell))]
