"""ODT and ODP → blocks: headings, lists, tables, foot- and endnotes; a slide of a presentation is a page.

What was deleted with tracking, comments, headers and footers are left out. There is no well-kept library: odfpy's last
release is of 2020. The format is a ZIP with one XML file of text.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError, Text, in_one_line
from rag.documents.formats.xml import local, parse
from rag.documents.formats.zipped import open_package, read_member

_LEFT_OUT = frozenset(
    "tracked-changes annotation annotation-end forms sequence-decls table-of-content alphabetical-index date-time-decl "
    "footer-decl header-decl illustration-index table-index bibliography".split()
)
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_MOST_REPEATED = 1_000


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the document's text."""
    archive = open_package(file)
    members = {member.filename: member for member in archive.infolist()}
    if "content.xml" not in members:
        raise RefusedError("is damaged, or another kind of file than its name says.")
    manifest = members.get("META-INF/manifest.xml")
    if manifest is not None and b"encryption-data" in read_member(archive, manifest):
        raise RefusedError("is protected by a password. Save a copy without one.")
    body = parse(read_member(archive, members["content.xml"])).find(f"{_OFFICE}body")
    blocks = Blocks()
    if body is not None:
        _walk(blocks, body)
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no text.")
    title = text.title
    if not title and (about := members.get("meta.xml")) is not None:
        for named in parse(read_member(archive, about)).iter("{http://purl.org/dc/elements/1.1/}title"):
            title = in_one_line("".join(named.itertext()))
    yield Text(text.text, title, text.pages, text.tables)


def _walk(blocks: Blocks, body: Any) -> None:
    """Add every block in order. Without recursion: a list of (element, depth of lists)."""
    notes: list[str] = []
    pending = [(body, 0)]
    while pending:
        element, depth = pending.pop()
        tag = local(element)
        if tag in _LEFT_OUT:
            continue
        if tag == "h":
            level = element.get(f"{_TEXT}outline-level", "1")
            blocks.heading(_words(element, notes), int(level) if level.isdigit() else 1)
        elif tag == "p":
            text = _words(element, notes)
            if _is_title(element):
                blocks.heading(text, 1)
            elif depth:
                blocks.item(text, depth - 1)
            else:
                blocks.paragraph(text)
        elif tag == "table":
            blocks.table(_rows(element, notes), has_head=element.find(f"{_TABLE}table-header-rows") is not None or None)
        else:
            if tag == "page":
                blocks.page()
            pending += [(child, depth + (tag == "list")) for child in reversed(element)]
    for note in notes:
        blocks.paragraph(note)


def _is_title(paragraph: Any) -> bool:
    if paragraph.get(f"{_TEXT}style-name") == "Title":
        return True
    box = paragraph.getparent()
    frame = box.getparent() if box is not None else None
    return frame is not None and frame.get(f"{_PRESENTATION}class") == "title"


def _rows(table: Any, notes: list[str]) -> list[list[str]]:
    rows = []
    for row in table.iter(f"{_TABLE}table-row"):
        cells = []
        for cell in row:
            if local(cell) in {"table-cell", "covered-table-cell"}:
                text = " ".join(_words(paragraph, notes) for paragraph in cell.iter(f"{_TEXT}p", f"{_TEXT}h"))
                repeated = cell.get(f"{_TABLE}number-columns-repeated", "1")
                cells += [text] * (min(int(repeated), _MOST_REPEATED) if repeated.isdigit() else 1)
        rows.append(cells)
    return rows


def _words(paragraph: Any, notes: list[str]) -> str:
    """Return a paragraph's text; what its notes say goes to the end of the document."""
    pieces = [paragraph.text or ""]
    pending = list(reversed(paragraph))
    while pending:
        element = pending.pop()
        if isinstance(element, str):
            pieces.append(element)
            continue
        tag = local(element)
        if element.tail:
            pending.append(element.tail)
        if tag == "note":
            notes += [in_one_line("".join(body.itertext())) for body in element.iter(f"{_TEXT}note-body")]
        elif tag in {"s", "tab"}:
            pieces.append(" ")
        elif tag == "line-break":
            pieces.append("\n")
        elif tag not in _LEFT_OUT:
            pieces.append(element.text or "")
            pending += reversed(element)
    return "".join(pieces)
