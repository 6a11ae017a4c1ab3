"""RSS and Atom → their entries, through the reader of HTML. Any other XML stays as it stands.

feedparser would be the library; it takes a text for an address or a path and opens either.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from rag.documents.formats import html
from rag.documents.formats.blocks import Blocks
from rag.documents.formats.kinds import suffix
from rag.documents.formats.parts import Part, RefusedError, Text, in_one_line
from rag.documents.formats.plain import decode
from rag.documents.formats.xml import local, parse

_FEEDS = frozenset({"rss", "feed", "RDF"})
_ENTRIES = frozenset({"item", "entry"})
_TEXTS = ("encoded", "content", "description", "summary")
_ABOUT = {"author": "By", "creator": "By", "pubDate": "Date", "published": "Date", "updated": "Date", "date": "Date"}


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the feed's text, or that of the file."""
    data = file.read()
    is_feed = any(f"<{mark}".encode() in data[:4096] or f"<rdf:{mark}".encode() in data[:4096] for mark in _FEEDS)
    if suffix(name) == ".xml" and not is_feed:
        yield Text(decode(data), PurePosixPath(name).name)
        return
    try:
        root = parse(data)
        if local(root) not in _FEEDS:
            raise RefusedError("is no feed.")
        text, title = _entries(root)
    except RefusedError:
        if suffix(name) != ".xml":
            raise
        text, title = decode(data), PurePosixPath(name).name
    yield Text(text, title)


def _entries(root: Any) -> tuple[str, str]:
    blocks = Blocks()
    channel = next((each for each in root if local(each) == "channel"), root)
    title = _text(channel, "title")
    blocks.heading(title, 1)
    for name in ("description", "subtitle"):
        html.add(blocks, _text(channel, name) or " ")
    for entry in (each for each in root.iter() if local(each) in _ENTRIES):
        blocks.heading(html.words_of(_text(entry, "title")), 2)
        about = {_ABOUT[local(each)]: in_one_line(" ".join(each.itertext())) for each in entry if local(each) in _ABOUT}
        blocks.row(list(about.values()), list(about))
        told = next(filter(None, (_text(entry, name) for name in _TEXTS)), "")
        html.add(blocks, told or " ")
    text = blocks.text().text
    if not text:
        raise RefusedError("holds no entries.")
    return text, title


def _text(parent: Any, name: str) -> str:
    """Return what a child says: HTML that was escaped, or its elements' text."""
    found = next((each for each in parent if local(each) == name), None)
    return "".join(found.itertext()).strip() if found is not None else ""
