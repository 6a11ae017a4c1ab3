"""A saved web page → which of its elements are menus, banners and the like. With trafilatura (Apache-2.0).

trafilatura finds what a page is about, and loses something now and then: a headline, a list of features. So what lies
between the first and the last that it found is kept, too, unless it is links or stands in a part of that name; and a
block with an address to write to, wherever it stands.
"""

import copy
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from rag.documents.formats.elements import BREAKING, HEADINGS, LEFT_OUT, is_data, is_hidden, text_of

_LEAST = 200  # characters: where less is found, the page is no article
_LEAST_SHARE = 0.25  # of the text that is not links
_MOST_LOST = 0.4  # of what is found: where paragraphs of more would go, the page is no article
_PARAGRAPH = 80  # characters
_LINKS = 0.6  # share of a block's characters that are links
_LINKS_IN_ROWS = 0.95
_ADDRESS = ("http://", "https://", "www.")
"""How a link begins that is its own text: a reference, and no menu."""
_TEXT = frozenset({"p", "ul", "ol", "li", "dl", "dt", "dd", "table", "blockquote", "pre", *HEADINGS})
_LARGEST = 5_000_000  # bytes of a page; what is larger is no page that a site serves
_DECORATION = re.compile(
    r"(?:^|[^a-z])(?:nav|navbar|menu|breadcrumbs?|share|sharing|sharedaddy|social|cookies?|consent|gdpr|ads?|advert\w*|"
    r"promo\w*|sponsor\w*|newsletter\w*|subscri\w+|related|recommend\w*|sidebar|toolbar|popup|modal|pagination|toc|"
    r"skip|footer|feedback|paywall|login|signup|editsection|catlinks)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "menu", "menubar", "dialog", "alert"})
_SIGNS = frozenset({"nav", "aside", "footer", "header", "form", "button", "script"})
_LETTERS = re.compile(r"[\W_]+")
_MAIL = re.compile(r"\w@\w[\w.-]*\.\w")  # whom to write to is asked for, and mostly stands in the foot


@dataclass
class _Block:
    """An element with the text that stands in it and in none of the blocks inside."""

    element: Any
    pieces: list[str] = field(default_factory=list)
    linked: int = 0
    within: int = 0
    links: int = 0
    found: bool = False

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    @property
    def is_links(self) -> bool:
        most = _LINKS_IN_ROWS if self.element.tag == "table" else _LINKS  # a table of data has links in a column
        return self.linked >= most * max(1, len(self.text))

    @property
    def is_menu(self) -> bool:
        """Tell a row of links, or links to places in the same page, whoever took it for text."""
        only = self.linked + self.links * 3 >= len(self.text) > 0 and self.links > 2 and self.is_links
        return only or (self.links > 0 and self.within >= 0.9 * len(self.text))


def decoration(root: Any) -> frozenset[Any]:
    """Return the elements of a page that are not what it is about; none where that cannot be told."""
    blocks = _blocks(root)
    if not any(block.is_menu for block in blocks) and not any(map(_is_sign, root.iter("*"))):
        return frozenset()  # a document that was exported, not a page of a site
    told = _letters(_main_text(root))
    for block in blocks:
        block.found = bool(told) and _is_in(block, told) and not block.is_menu
    size = sum(len(block.text) for block in blocks if block.found)
    if size < max(_LEAST, _LEAST_SHARE * sum(len(block.text) for block in blocks if not block.is_links)):
        return frozenset()
    kept = _kept(blocks)
    gone = [block for block in blocks if id(block) not in kept]
    lost = sum(len(block.text) for block in gone if _is_paragraph(block))
    if lost > _MOST_LOST * size:
        return frozenset()
    holding = {ancestor for block in blocks if id(block) in kept for ancestor in block.element.iterancestors()}
    return frozenset(each for block in gone for each in _parts(block.element, holding))


def _parts(element: Any, holding: Set[Any]) -> list[Any]:
    """Return what of a block goes: all of it, or the words in it that stand beside what is kept."""
    if element not in holding:
        return [element]
    return [child for child in element if child.tag not in BREAKING and child.tag not in HEADINGS
            and child not in holding]  # fmt: skip


def _kept(blocks: Sequence[_Block]) -> set[int]:
    found = [number for number, block in enumerate(blocks) if block.found]
    first, last = found[0], found[-1]
    heads = [number for number, block in enumerate(blocks[:first]) if block.element.tag == "h1" and not block.is_links]
    first = heads[-1] if heads else first
    while first > 0 and blocks[first - 1].element.tag in HEADINGS:
        first -= 1
    region = _common([blocks[number].element for number in found])
    behind = _behind(region, blocks[last].element)
    kept = set()
    for number, block in enumerate(blocks):
        near = first <= number <= last or (number > last and block.element in behind)
        written_to = _MAIL.search(block.text) is not None and not block.is_links
        if (
            block.found
            or written_to
            or (near and not block.is_links and not block.is_menu and not _is_decoration(block.element))
        ):
            kept.add(id(block))
    heads = [number for number, block in enumerate(blocks) if block.element.tag in HEADINGS]
    for head, following in pairwise([*heads, len(blocks)]):
        below = blocks[head + 1 : following]
        if below and not any(id(block) in kept for block in below) and blocks[head].element.tag != "h1":
            kept.discard(id(blocks[head]))  # of a part that is not kept
    return kept


def _behind(region: Any, last: Any) -> set[Any]:
    """Return the elements that may belong to a text behind its last block that was found.

    Those of the division that it stands in; where it stands in the body itself, the text that does so, too.
    """
    if region is None:
        return set()
    if region.tag not in {"body", "html"}:
        return set(region.iter())
    path = [last, *last.iterancestors()]
    if any(each.tag not in _TEXT for each in path if each.tag not in {"body", "html"}):
        return set()
    return {each for child in region.iter("body") for part in child if part.tag in _TEXT for each in part.iter()}


def _blocks(root: Any) -> list[_Block]:
    """Return the blocks in order, a table of data as one. Without recursion."""
    from lxml import etree

    blocks: list[_Block] = []
    open_: list[_Block] = [_Block(root)]
    links: list[Any] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "end":
            if open_[-1].element is element and len(open_) > 1:
                open_.pop()
            if links and links[-1] is element:
                links.pop()
            _say(open_[-1], element.tail, links)
            continue
        if tag in LEFT_OUT or is_hidden(element):
            walker.skip_subtree()
            continue
        if tag in BREAKING or tag in HEADINGS:
            open_.append(_Block(element))
            blocks.append(open_[-1])
        if tag == "a" and element.get("href") is not None:
            links.append(element)
            open_[-1].links += 1
        if (tag == "table" and is_data(element)) or tag == "pre":
            _whole(open_[-1])
            walker.skip_subtree()
            continue
        _say(open_[-1], element.text, links)
    return [block for block in blocks if block.text]


def _whole(block: _Block) -> None:
    block.pieces.append(text_of(block.element))
    for link in block.element.iter("a"):
        if not text_of(link).startswith(_ADDRESS):
            block.linked += len(text_of(link))
        block.links += 1


def _say(block: _Block, text: str | None, links: Sequence[Any]) -> None:
    if text:
        block.pieces.append(text)
        if links and not text.lstrip().startswith(_ADDRESS):
            size = len(" ".join(text.split()))
            block.linked += size
            block.within += size if links[-1].get("href", "").startswith("#") else 0


def _main_text(root: Any) -> str:
    """Return the text that the page is about, by the library; empty where it finds none."""
    from trafilatura import bare_extraction

    if sum(len(piece) for piece in root.itertext()) > _LARGEST:
        return ""
    try:
        found = bare_extraction(copy.deepcopy(root), include_comments=True, include_tables=True, with_metadata=False)
    except MemoryError:
        raise
    except Exception:  # of a page that it was not made for; then all of it is read
        return ""
    return f"{found.text or ''}\n{found.comments or ''}" if found is not None else ""


def _is_in(block: _Block, told: str) -> bool:
    if block.element.tag == "table":
        cells = [letters for cell in block.element.iter("td", "th") if (letters := _letters(text_of(cell)))]
        return sum(cell in told for cell in cells) > len(cells) / 2
    letters = _letters(block.text)
    if len(letters) < _PARAGRAPH or letters in told:
        return bool(letters) and letters in told
    # Of a cell or a division that holds paragraphs, too, the text stands in several places.
    return sum(len(piece) for piece in map(_letters, block.pieces) if piece in told) > len(letters) / 2


def _is_paragraph(block: _Block) -> bool:
    """Tell what would be a loss: text of some length that is no part of the site around it."""
    return len(block.text) >= _PARAGRAPH and not block.is_links and not _is_decoration(block.element)


def _is_decoration(element: Any) -> bool:
    for each in (element, *element.iterancestors()):
        if each.tag in {"body", "html"}:
            return False
        if each.tag in {"footer", "aside"} or _is_named_so(each):
            return True
    return False


def _is_sign(element: Any) -> bool:
    """Tell an element as sites have them and exported documents do not."""
    return element.tag in _SIGNS or (element.tag not in {"body", "html"} and _is_named_so(element))


def _is_named_so(element: Any) -> bool:
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.get("role") in _ROLES or _DECORATION.search(named) is not None


def _common(elements: Sequence[Any]) -> Any:
    """Return the innermost element that holds all of them."""
    path = [*reversed([elements[0], *elements[0].iterancestors()])]
    for element in elements[1:]:
        around = {element, *element.iterancestors()}
        path = [each for each in path if each in around]
    return path[-1] if path else None


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).casefold()
