"""CSV and TSV → a sentence a row, with Python's own `csv`."""

import csv
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from rag.documents.formats.blocks import Blocks, names_columns
from rag.documents.formats.kinds import suffix
from rag.documents.formats.parts import Part, Text
from rag.documents.formats.plain import decode

_SAMPLE = 20_000  # characters by which the separator is told
_LONGEST_CELL = 1_000_000  # characters


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the table's text."""
    text = decode(file.read())
    csv.field_size_limit(_LONGEST_CELL)
    blocks = Blocks()
    # One table, whatever rows are empty: a file of this kind has no other.
    rows = [row for row in csv.reader(text.splitlines(keepends=True), delimiter=_separator(text, name)) if any(row)]
    blocks.table(rows, has_head=names_columns(rows, pairs=False))
    found = blocks.text()
    yield Text(found.text, PurePosixPath(name).stem, tables=found.tables)


def _separator(text: str, name: str) -> str:
    """Return what parts the columns: what stands as often in every one of the first lines."""
    if suffix(name) == ".tsv":
        return "\t"
    rows = text[:_SAMPLE].splitlines()[:20]
    best, most = ",", 0.0
    for separator in ",;\t|":
        counts = [len(row) for row in csv.reader(rows, delimiter=separator) if row]
        usual = max(set(counts), key=counts.count, default=1)
        score = counts.count(usual) / max(1, len(counts)) * (usual > 1) + usual / 1000
        if usual > 1 and score > most:
            best, most = separator, score
    return best
