"""EPUB → blocks: the chapters in reading order, each through the reader of HTML.

The one well-kept library for EPUB is under the AGPL; the format is a ZIP of pages and a list of them.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import unquote

from rag.documents.formats import html
from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError, Text, in_one_line
from rag.documents.formats.xml import local, parse
from rag.documents.formats.zipped import open_package, read_member

_CONTAINER = "META-INF/container.xml"
_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the book's text."""
    archive = open_package(file)
    _refuse_protected(archive)
    container = parse(_member(archive, _CONTAINER))
    package_path = next((each.get("full-path") for each in container.iter() if local(each) == "rootfile"), None)
    if not package_path:
        raise RefusedError("is damaged (it names no package).")
    package = parse(_member(archive, package_path))
    items = [each for each in package.iter() if local(each) == "item"]
    pages = {each.get("id"): each.get("href", "") for each in items}
    navigation = {each.get("id") for each in items if "nav" in each.get("properties", "").split()}
    spine = [each.get("idref") for each in package.iter() if local(each) == "itemref"]
    title = next((in_one_line("".join(each.itertext())) for each in package.iter() if local(each) == "title"), "")
    blocks = Blocks()
    for page in dict.fromkeys(spine):
        if pages.get(page) and page not in navigation:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), unquote(pages[page])))
            html.add(blocks, html.page_text(_member(archive, path.partition("#")[0])))
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no text.")
    yield Text(text.text, title or text.title, tables=text.tables)


def _refuse_protected(archive: zipfile.ZipFile) -> None:
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    methods = parse(_member(archive, "META-INF/encryption.xml"))
    for method in methods.iter():
        if local(method) == "EncryptionMethod" and method.get("Algorithm") not in _FONTS_ONLY:
            raise RefusedError("is protected against copying. Only the shop's own reader opens it.")


def _member(archive: zipfile.ZipFile, path: str) -> bytes:
    """Return a member of the archive: a path that leads anywhere else is simply none of its names."""
    try:
        return read_member(archive, archive.getinfo(path))
    except KeyError as error:
        raise RefusedError(f"is damaged (it lacks {path[:100]}).") from error
