"""RTF → text, with striprtf (BSD-3; pure Python). Paragraphs are kept; headings and tables are paragraphs."""

from collections.abc import Iterator
from typing import BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the document's text."""
    from striprtf.striprtf import rtf_to_text

    data = file.read()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise RefusedError("is another kind of file than its name says.")
    blocks = Blocks()
    for line in rtf_to_text(data.decode("latin-1"), errors="replace").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 2 and not cells[-1]:  # a row of a table, as striprtf writes it
            blocks.row(cells)
        else:
            blocks.paragraph(line)
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no text.")
    yield text
