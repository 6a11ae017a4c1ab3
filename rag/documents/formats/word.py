"""DOCX → blocks, with python-docx (MIT): headings, lists, tables, equations, notes, and text boxes' words.

Its XML parser resolves no entities. Tracked changes count as accepted. Headers, footers and comments are read, behind
the rest, where a person wants them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.equations import MATH, linear
from rag.documents.formats.numbering import Numbering
from rag.documents.formats.parts import Parts, RefusedError, Wishes, in_one_line
from rag.documents.formats.pictures_inside import Texts, texts_of
from rag.documents.formats.zipped import open_package

if TYPE_CHECKING:
    from docx.document import Document

_COMPOUND = b"\xd0\xcf\x11\xe0"  # an old office file, or an encrypted new one
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WITH_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
_NOTES = ("footnotes", "endnotes")
_WRAPPERS = frozenset({"ins", "moveTo", "customXml", "smartTag"})
_SAID = (*(f"{_W}{tag}" for tag in ("t", "tab", "br", "cr", "noBreakHyphen", "p")), f"{MATH}oMath")


def read(file: BinaryIO, name: str, wishes: Wishes) -> Parts:
    """Yield the document's text."""
    refuse_compound(file)
    open_package(file)
    file.seek(0)
    document = _open(file)
    blocks = Blocks()
    pictures = yield from texts_of(_pictures(document))
    _Body(document, blocks, pictures).add(document.element.body)
    for note in (*_notes(document), *(_margins(document) if wishes.margins else ())):
        blocks.paragraph(note)
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no text.")
    title = in_one_line(document.core_properties.title or "")
    yield replace(text, title=text.title or title)


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


class _Body:
    """The body's paragraphs and tables, shown in order to what counts the lists."""

    def __init__(self, document: "Document", blocks: Blocks, pictures: Texts) -> None:
        self._blocks = blocks
        self._pictures = pictures
        self._document = document
        self._numbering = Numbering(next(_parts(document, "numbering"), None), document.styles.element)
        self._joined = ""
        """A paragraph whose end was deleted: it goes on in the next."""

    def add(self, body: Any) -> None:
        for element in _content(body):
            if element.tag == f"{_W}p":
                self._paragraph(element)
            elif element.tag == f"{_W}tbl":
                self._table(element)
            for shown in element.iter(_BLIP):
                if (text := self._pictures.get(shown.get(_EMBED))) is not None:
                    self._blocks.picture(text)
        self._blocks.paragraph(self._joined)

    def _paragraph(self, element: Any) -> None:
        from docx.text.paragraph import Paragraph

        text, self._joined = self._joined + _words(element), ""
        if element.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None:
            self._joined = text
            return
        mark = self._numbering.mark(element)
        style = Paragraph(element, self._document._body).style
        kind, _, level = ((style.name if style is not None else "") or "").lower().partition(" ")
        numbered = f"{mark.label.rstrip('.')} {text}" if mark is not None and mark.label and text.strip() else text
        if kind == "title":
            self._blocks.heading(numbered, 1)
        elif kind == "heading" and level.isdigit():
            self._blocks.heading(numbered, int(level))
        elif mark is not None:
            self._blocks.item(text, mark.depth, mark.label)
        elif kind == "list":
            self._blocks.item(text)
        else:
            self._blocks.paragraph(text)

    def _table(self, table: Any) -> None:
        rows, heads = [], []
        for row in _content(table):
            if row.tag != f"{_W}tr" or row.find(f"{_W}trPr/{_W}del") is not None:
                continue
            cells = []
            for cell in (each for each in _content(row) if each.tag == f"{_W}tc"):
                if cell.find(f"{_W}tcPr/{_W}cellDel") is None:
                    cells.append(in_one_line(_words(cell, self._numbering)))
                    cells += [""] * (min(cell.grid_span, 100) - 1)
            rows.append(cells)
            heads.append(row.find(f"{_W}trPr/{_W}tblHeader") is not None)
        self._blocks.table(rows, has_head=(bool(heads) and heads[0]) or None)


def _content(parent: Any) -> Iterator[Any]:
    """Yield what stands in an element, in fields to be filled in, too, and what was inserted with tracking."""
    pending = list(reversed(parent))
    while pending:
        element = pending.pop()
        tag = element.tag.removeprefix(_W) if isinstance(element.tag, str) else ""
        if tag == "sdt":
            gallery = element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
            if gallery is None or gallery.get(f"{_W}val") != "Table of Contents":
                pending += reversed(element.findall(f"{_W}sdtContent/*"))
        elif tag in _WRAPPERS:
            pending += reversed(element)
        elif tag:
            yield element


def _words(element: Any, numbering: Numbering | None = None) -> str:
    """Return the text of everything inside, in links, fields, and boxes too, but not what was deleted.

    With `numbering` the paragraphs inside have their numbers.
    """
    # What a text box says stands there twice, for old and new programs, and what was moved in both places.
    gone = {node for copy in element.iter(_FALLBACK, f"{_W}moveFrom", f"{_W}del") for node in copy.iter()}
    pieces: list[str] = []
    for node in element.iter(*_SAID):
        if node in gone:
            continue
        tag = node.tag.removeprefix(_W)
        if tag == "t":
            pieces.append(node.text or "")
        elif node.tag == f"{MATH}oMath":
            pieces.append(f" {linear(node)} " if _is_apart(node) else linear(node))
            gone |= set(node.iter())
        elif tag == "p":
            mark = numbering.mark(node) if numbering is not None else None
            pieces.append((" " if pieces else "") + (f"{mark.label} " if mark is not None and mark.label else ""))
        else:
            pieces.append({"tab": " ", "noBreakHyphen": "-"}.get(tag, "\n"))
    return "".join(pieces)


def _is_apart(equation: Any) -> bool:
    parent = equation.getparent()
    return parent is not None and parent.tag == f"{MATH}oMathPara"


def _parts(document: "Document", name: str) -> Iterator[Any]:
    """Yield the roots of other parts of the file."""
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.rpartition("/")[2] == name:
            yield parse_xml(relation.target_part.blob)


def _pictures(document: "Document") -> Iterator[tuple[str, bytes]]:
    """Yield the pictures in the body, each by what the body calls it."""
    related = document.part.rels
    for shown in document.element.body.iter(_BLIP):
        name = shown.get(_EMBED)
        if name in related and not related[name].is_external:
            yield name, related[name].target_part.blob


def _margins(document: "Document") -> Iterator[str]:
    """Yield what stands in comments, headers and footers, each text once."""
    said: dict[str, None] = {}
    for name in ("comments", "header", "footer"):
        for root in _parts(document, name):
            for part in root.iterfind(f"{_W}comment") if name == "comments" else (root,):
                by = f" by {in_one_line(author)}" if (author := part.get(f"{_W}author")) else ""
                if words := in_one_line(_words(part)):
                    said[f"{name.removesuffix('s').capitalize()}{by}: {words}"] = None
    yield from said


def _notes(document: "Document") -> Iterator[str]:
    for name in _NOTES:
        for note in (each for root in _parts(document, name) for each in root):
            if note.get(f"{_W}type") is None:  # else the line above the notes
                yield in_one_line(_words(note))
