"""HTML → blocks, with lxml (BSD-3). Nothing that a page names is fetched; scripts, styles, hidden parts are left out.

Also used for e-books and for mails that are written in HTML.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from lxml import etree
from lxml import html as lxml_html

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.elements import BREAKING, HEADINGS, LEFT_OUT, is_data, is_hidden, text_of
from rag.documents.formats.main_content import decoration
from rag.documents.formats.parts import Parts, RefusedError, Text, in_one_line
from rag.documents.formats.pictures_inside import Texts, texts_of
from rag.documents.formats.plain import decode

_AUTHOR = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author")
_DATE = ("article:published_time", "datepublished", "date", "dc.date", "dcterms.date", "citation_publication_date")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LONGEST_ABOUT = 200  # characters
_INSIDE = re.compile(r"""src\s*=\s*["']?(data:image/[\w.+-]+;base64,([A-Za-z0-9+/=\s]+))""")
_SPACE = re.compile(r"\s+")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding=[\"']([\w.:-]+)|<meta[^>]*?charset=[\"']?([\w.:-]+)", re.IGNORECASE)


def read(file: BinaryIO, name: str) -> Parts:
    """Yield the page's text."""
    text = page_text(file.read())
    yield page(text, (yield from texts_of(_pictures(text))))


def page(text: str, pictures: Texts | None = None) -> Text:
    """Return what a page is about, without the menus around it; `pictures` by their `src`. Raises RefusedError."""
    blocks = Blocks()
    root = _parsed(text)
    named = ""
    if root is not None:
        blocks.row(*_about(root))
        named = _title(root)
        _Page(blocks, decoration(root), pictures or {}).walk(root)
    found = blocks.text()
    if not found.text:
        raise RefusedError("holds no text. A page that a script fills has to be saved by a browser first.")
    return replace(found, title=named or found.title)


def _pictures(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures that stand inside a page itself, each by its `src`."""
    for found in _INSIDE.finditer(text):
        with suppress(binascii.Error):
            yield found[1], base64.b64decode(found[2])


def words_of(piece: str) -> str:
    """Return the words of a piece of HTML on one line."""
    blocks = Blocks()
    add(blocks, piece)
    return in_one_line(blocks.text().text)


def page_text(data: bytes) -> str:
    """Return the page's characters: in the encoding that it declares, else in the one that fits."""
    if (found := _DECLARED.search(data[:4096])) and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        named = (found[1] or found[2]).decode("ascii").lower()
        try:
            if not named.startswith(("utf-16", "utf-32")):  # it would not have been found then
                return data.decode(named)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def add(blocks: Blocks, page: str) -> None:
    """Add all the blocks of a page, or of a piece of one."""
    if (root := _parsed(page)) is not None:
        _Page(blocks).walk(root)


def _parsed(page: str) -> etree._Element | None:
    # An encoding declared inside of decoded text is refused by lxml, and means nothing.
    page = re.sub(r"^\s*<\?xml[^>]*\?>", "", page.lstrip("\ufeff"))
    parser = lxml_html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return lxml_html.document_fromstring(page.replace("\0", ""), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):  # no element at all
        return None


def _title(root: etree._Element) -> str:
    """Return the title of the head; without the site's name, where the page's one heading is a part of it."""
    title = root.find(".//title")
    named = text_of(title) if title is not None else ""
    heads = [text_of(head) for head in root.iter("h1")]
    return heads[0] if len(heads) == 1 and heads[0] and heads[0] in named else named


def _about(root: etree._Element) -> tuple[list[str], list[str]]:
    """Return who wrote a page and when, as far as its head says so, and the names of both."""
    said = {
        (meta.get("name") or meta.get("property") or meta.get("itemprop") or "").lower(): meta.get("content") or ""
        for meta in root.iter("meta")
    }
    author = next((in_one_line(said[name]) for name in _AUTHOR if said.get(name)), "")
    date = next((found[0] for name in _DATE if (found := _DAY.match(said.get(name, "").strip()))), "")
    return ["" if author.startswith("http") else author[:_LONGEST_ABOUT], date], ["Author", "Published"]


class _Page:
    """One walk over the elements, without recursion: pages may be nested as deep as they like."""

    def __init__(
        self, blocks: Blocks, left_out: Set[etree._Element] = frozenset(), pictures: Texts | None = None
    ) -> None:
        self._blocks = blocks
        self._pictures = pictures or {}
        self._left_out = left_out
        self._run: list[str] = []
        self._begins = "p"
        self._depth = 0

    def walk(self, root: etree._Element) -> None:
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "end":
                if self._is_out(element, tag):
                    pass
                elif tag in BREAKING or tag in HEADINGS:
                    self._flush()
                    self._depth -= tag in {"ul", "ol"}
                self._say(element.tail)
                continue
            if self._is_out(element, tag) or _is_mark(element):
                walker.skip_subtree()
            elif tag == "table" and is_data(element):
                self._flush()
                self._table(element)
                walker.skip_subtree()
            elif tag == "pre":
                self._flush()
                self._blocks.lines("".join(element.itertext()))
                walker.skip_subtree()
            elif tag == "br":
                self._run.append("\n")
            elif tag in BREAKING or tag in HEADINGS:
                self._flush()
                self._depth += tag in {"ul", "ol"}
                self._begins = (
                    tag if tag in HEADINGS or tag == "li" else "p" if tag not in {"p", "div"} else self._begins
                )
                self._say(element.text)
            else:
                if tag == "img" and (shown := self._pictures.get(element.get("src"))) is not None:
                    self._flush()
                    self._blocks.picture(shown)
                elif tag == "img" and (alt := in_one_line(element.get("alt") or "")):
                    self._run.append(f" {alt} ")
                self._say(element.text)
        self._flush()

    def _is_out(self, element: etree._Element, tag: str) -> bool:
        return tag in LEFT_OUT or is_hidden(element) or element in self._left_out

    def _say(self, text: str | None) -> None:
        if text:
            self._run.append(_SPACE.sub(" ", text))  # line ends of the source mean nothing, <br> does

    def _flush(self) -> None:
        text = "\n".join(filter(None, map(in_one_line, "".join(self._run).split("\n"))))
        self._run.clear()
        if not text:
            return
        begins, self._begins = self._begins, "p"
        if begins in HEADINGS:
            self._blocks.heading(text, HEADINGS[begins])
        elif begins == "li":
            self._blocks.item(text, self._depth - 1)
        else:
            self._blocks.paragraph(text)

    def _table(self, table: etree._Element) -> None:
        rows, heads = [], []
        name = ""
        for caption in table.iterfind("caption"):
            name = text_of(caption)
            self._blocks.paragraph(name)
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in {"td", "th"}]
            rows.append([text for cell in cells for text in [text_of(cell)] + [""] * (_span(cell) - 1)])
            heads.append(len(cells) > 1 and all(cell.tag == "th" for cell in cells))
        has_head = True if heads and heads[0] else None
        self._blocks.table(rows, has_head=has_head, name=name)


def _is_mark(element: etree._Element) -> bool:
    """Tell the number that leads to a note or back, which would stand behind its word as one of its digits."""
    if element.tag == "a":
        roles = f"{element.get('role') or ''} {element.get('epub:type') or ''} {element.get('class') or ''}"
        return any(role in roles for role in ("noteref", "doc-backlink", "footnote-ref", "footnote-back", "sdfootnote"))
    return element.tag == "sup" and element.find(".//a") is not None


def _span(cell: etree._Element) -> int:
    try:
        return min(max(int(cell.get("colspan") or 1), 1), 100)
    except ValueError:
        return 1
