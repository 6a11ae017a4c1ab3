"""RTF → text, with striprtf (BSD-3; pure Python). Paragraphs are kept; headings and tables are paragraphs."""

from collections.abc import Iterator
from typing import BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the document's text."""
    data = file.read()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise RefusedError("is another kind of file than its name says.")
    blocks = Blocks()
    add(blocks, data)
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no text.")
    yield text


def add(blocks: Blocks, data: bytes) -> None:
    """Add a document's paragraphs and rows."""
    from striprtf.striprtf import rtf_to_text

    for line in rtf_to_text(data.decode("latin-1"), errors="replace").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 2 and not cells[-1]:  # a row of a table, as striprtf writes it
            blocks.row(cells)
        else:
            blocks.paragraph(line)
