"""DOCX → blocks, with python-docx (MIT): headings, lists, tables, foot- and endnotes, and text boxes' words.

Its XML parser resolves no entities. Headers and footers, comments, and what was deleted with tracking are left out.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError, Text, in_one_line
from rag.documents.formats.zipped import open_package

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_COMPOUND = b"\xd0\xcf\x11\xe0"  # an old office file, or an encrypted new one
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WITH_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
_NOTES = ("footnotes", "endnotes")


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the document's text."""
    refuse_compound(file)
    open_package(file)
    file.seek(0)
    document = _open(file)
    blocks = Blocks()
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            _table(blocks, block)
        else:
            _paragraph(blocks, block)
    for note in _notes(document):
        blocks.paragraph(note)
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no text.")
    title = in_one_line(document.core_properties.title or "")
    yield Text(text.text, text.title or title, tables=text.tables)


def _open(file: BinaryIO) -> "Document":
    """Open a document, with macros or without; they are never run. `docx.Document` refuses those that have any."""
    from docx.opc.part import PartFactory
    from docx.package import Package
    from docx.parts.document import DocumentPart

    PartFactory.part_type_for[_WITH_MACROS] = DocumentPart
    part = Package.open(file).main_document_part
    if not isinstance(part, DocumentPart):
        raise RefusedError("is another kind of file than its name says.")
    return part.document


def refuse_compound(file: BinaryIO) -> None:
    """Refuse an encrypted office file, which looks like an old one."""
    begins = file.read(4)
    file.seek(0)
    if begins == _COMPOUND:
        raise RefusedError("is protected by a password, or an old file under a new name. Save a copy without password.")


def _paragraph(blocks: Blocks, paragraph: "Paragraph") -> None:
    text = _words(paragraph._p)
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    kind, _, level = style.lower().partition(" ")
    if kind == "title":
        blocks.heading(text, 1)
    elif kind == "heading" and level.isdigit():
        blocks.heading(text, int(level))
    elif paragraph._p.find(f"{_W}pPr/{_W}numPr") is not None or kind == "list":
        blocks.item(text, _depth(paragraph))
    else:
        blocks.paragraph(text)


def _words(element: Any) -> str:
    """Return the text of everything inside, in links, fields, and boxes too, but not what was deleted."""
    # What a text box says stands there twice, for old and new programs, and what was moved in both places.
    twice = {node for copy in element.iter(_FALLBACK, f"{_W}moveFrom") for node in copy.iter()}
    pieces = []
    for node in element.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen", f"{_W}p"):
        tag = node.tag.removeprefix(_W)
        if node in twice:
            continue
        if tag == "t":
            pieces.append(node.text or "")
        elif tag == "p":
            pieces.append(" " if pieces else "")
        else:
            pieces.append({"tab": " ", "noBreakHyphen": "-"}.get(tag, "\n"))
    return "".join(pieces)


def _depth(paragraph: "Paragraph") -> int:
    level = paragraph._p.find(f"{_W}pPr/{_W}numPr/{_W}ilvl")
    value = level.get(f"{_W}val", "0") if level is not None else "0"
    return int(value) if value.isdigit() else 0


def _table(blocks: Blocks, table: "Table") -> None:
    rows = []
    for row in table._tbl.tr_lst:
        cells = []
        for cell in row.tc_lst:
            cells.append(in_one_line(_words(cell)))
            cells += [""] * (min(cell.grid_span, 100) - 1)
        rows.append(cells)
    has_head = bool(rows) and table._tbl.tr_lst[0].find(f"{_W}trPr/{_W}tblHeader") is not None
    blocks.table(rows, has_head=has_head or None)


def _notes(document: "Document") -> Iterator[str]:
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if relation.is_external or relation.reltype.rpartition("/")[2] not in _NOTES:
            continue
        for note in parse_xml(relation.target_part.blob):
            if note.get(f"{_W}type") is None:  # else the line above the notes
                yield in_one_line(_words(note))
