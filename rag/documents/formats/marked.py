"""Markdown text → its tables, with the offsets of their lines. It reads no files and changes no text."""

import re

from rag.documents.formats.kinds import suffix
from rag.documents.formats.parts import Table

_MARKDOWN = frozenset({".md", ".markdown", ".txt", ".text", ".org"})
_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:[|+]\s*:?-{2,}:?\s*)*\|?\s*")
_CELL = re.compile(r"(?<!\\)\|")
_HEADING = re.compile(r"#{1,6}\s+(.*?)(?:\s+#+)?\s*")
_MARKS = re.compile(r"\*\*|__|`")


def marked_tables(text: str, path: str) -> tuple[Table, ...]:
    """Return the pipe tables of a Markdown or text file: a line of names, a line of dashes, lines of cells."""
    if suffix(path) not in _MARKDOWN or "|" not in text:
        return ()
    tables = []
    lines = text.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    heading, i = "", 0
    while i < len(lines):
        if found := _HEADING.fullmatch(lines[i]):
            heading = found[1]
        if "|" not in lines[i] or i + 1 == len(lines) or "|" not in lines[i + 1] or not _RULE.fullmatch(lines[i + 1]):
            i += 1
            continue
        heads = _cells(lines[i])
        rows, spans = [], []
        i += 2
        while i < len(lines) and "|" in lines[i]:
            if not _RULE.fullmatch(lines[i]):
                cells = (_cells(lines[i]) + [""] * len(heads))[: len(heads)]
                start = offsets[i] + len(lines[i]) - len(lines[i].lstrip())
                rows.append(tuple(cells))
                spans.append((start, offsets[i] + len(lines[i].rstrip())))
            i += 1
        if len(heads) > 1 and rows:
            tables.append(Table(heading, tuple(heads), tuple(rows), tuple(spans)))
    return tuple(tables)


def _cells(line: str) -> list[str]:
    return [_MARKS.sub("", cell.replace("\\|", "|")).strip() for cell in _CELL.split(line.strip().strip("|"))]
