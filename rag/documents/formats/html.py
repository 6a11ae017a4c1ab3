"""HTML → blocks, with lxml (BSD-3). Nothing that a page names is fetched; scripts, styles, hidden parts are left out.

Also used for e-books and for mails that are written in HTML.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree
from lxml import html as lxml_html

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError, Text, in_one_line
from rag.documents.formats.plain import decode

_LEFT_OUT = frozenset(
    "script style head template noscript iframe object embed svg math canvas audio video map select button input nav "
    "dialog form".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKING = frozenset(
    "html body address article aside blockquote center dd details div dl dt fieldset figcaption figure footer header "
    "hr li main ol p pre section summary table tbody thead tfoot tr td th caption ul".split()
)
_SPACE = re.compile(r"\s+")
_LONGEST_CELL = 300  # characters of a cell of data
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding=[\"']([\w.:-]+)|<meta[^>]*?charset=[\"']?([\w.:-]+)", re.IGNORECASE)


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the page's text."""
    yield page(page_text(file.read()))


def page(text: str) -> Text:
    """Return a whole page's text. Raises RefusedError."""
    blocks = Blocks()
    named = add(blocks, text)
    found = blocks.text()
    if not found.text:
        raise RefusedError("holds no text. A page that a script fills has to be saved by a browser first.")
    return Text(found.text, named or found.title)


def text_of(piece: str) -> str:
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


def add(blocks: Blocks, page: str) -> str:
    """Add a page's blocks; return the title that its head names."""
    # An encoding declared inside of decoded text is refused by lxml, and means nothing.
    page = re.sub(r"^\s*<\?xml[^>]*\?>", "", page.lstrip("\ufeff"))
    parser = lxml_html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(page.replace("\0", ""), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):  # no element at all
        return ""
    _Page(blocks).walk(root)
    title = root.find(".//title")
    return in_one_line("".join(title.itertext())) if title is not None else ""


class _Page:
    """One walk over the elements, without recursion: pages may be nested as deep as they like."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._run: list[str] = []
        self._begins = "p"
        self._depth = 0

    def walk(self, root: etree._Element) -> None:
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "end":
                if tag in _LEFT_OUT or _is_hidden(element):
                    pass
                elif tag in _BREAKING or tag in _HEADINGS:
                    self._flush()
                    self._depth -= tag in {"ul", "ol"}
                self._say(element.tail)
                continue
            if tag in _LEFT_OUT or _is_hidden(element) or _is_mark(element):
                walker.skip_subtree()
            elif tag == "table" and _is_data(element):
                self._flush()
                self._table(element)
                walker.skip_subtree()
            elif tag == "pre":
                self._flush()
                self._blocks.lines("".join(element.itertext()))
                walker.skip_subtree()
            elif tag == "br":
                self._run.append("\n")
            elif tag in _BREAKING or tag in _HEADINGS:
                self._flush()
                self._depth += tag in {"ul", "ol"}
                self._begins = (
                    tag if tag in _HEADINGS or tag == "li" else "p" if tag not in {"p", "div"} else self._begins
                )
                self._say(element.text)
            else:
                if tag == "img" and (alt := in_one_line(element.get("alt") or "")):
                    self._run.append(f" {alt} ")
                self._say(element.text)
        self._flush()

    def _say(self, text: str | None) -> None:
        if text:
            self._run.append(_SPACE.sub(" ", text))  # line ends of the source mean nothing, <br> does

    def _flush(self) -> None:
        text = "\n".join(filter(None, map(in_one_line, "".join(self._run).split("\n"))))
        self._run.clear()
        if not text:
            return
        begins, self._begins = self._begins, "p"
        if begins in _HEADINGS:
            self._blocks.heading(text, _HEADINGS[begins])
        elif begins == "li":
            self._blocks.item(text, self._depth - 1)
        else:
            self._blocks.paragraph(text)

    def _table(self, table: etree._Element) -> None:
        rows, heads = [], []
        for caption in table.iterfind("caption"):
            self._blocks.paragraph(_text(caption))
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in {"td", "th"}]
            rows.append([text for cell in cells for text in [_text(cell)] + [""] * (_span(cell) - 1)])
            heads.append(len(cells) > 1 and all(cell.tag == "th" for cell in cells))
        has_head = True if heads and heads[0] else None
        self._blocks.table(rows, has_head=has_head)


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _is_mark(element: etree._Element) -> bool:
    """Tell the number that leads to a note or back, which would stand behind its word as one of its digits."""
    if element.tag == "a":
        roles = f"{element.get('role') or ''} {element.get('epub:type') or ''} {element.get('class') or ''}"
        return any(role in roles for role in ("noteref", "doc-backlink", "footnote-ref", "footnote-back", "sdfootnote"))
    return element.tag == "sup" and element.find(".//a") is not None


def _is_data(table: etree._Element) -> bool:
    """Tell a table of data from one that only lays out a page."""
    if table.get("role") == "presentation" or table.find(".//table") is not None:
        return False
    if table.find(".//th") is not None:
        return True
    rows = [[len(_text(cell)) for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
    longest = max((size for row in rows for size in row), default=0)
    return sum(len(row) > 1 for row in rows) > 1 and longest <= _LONGEST_CELL


def _span(cell: etree._Element) -> int:
    try:
        return min(max(int(cell.get("colspan") or 1), 1), 100)
    except ValueError:
        return 1


def _text(element: etree._Element) -> str:
    return in_one_line(" ".join(element.itertext()))
