"""Notebooks (IPYNB) → their cells in order: what is written, code, and outputs that are text. With Python's `json`."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError, Text
from rag.documents.formats.plain import decode, title

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TEXTS = ("text/plain", "text/markdown", "text/latex")
_LONGEST_OUTPUT = 20_000  # characters; what is longer is a log


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the notebook's text."""
    try:
        book = json.loads(decode(file.read()))
    except (json.JSONDecodeError, RecursionError) as error:
        raise RefusedError(f"is no notebook ({error}).") from error
    blocks = Blocks()
    written = []
    for cell in _cells(book):
        text = _joined(cell.get("source", cell.get("input")))
        if cell.get("cell_type") == "heading":  # in notebooks before 2015
            level = cell.get("level", 1)
            text = f"{'#' * (level if isinstance(level, int) and 0 < level < 7 else 1)} {text}"
        blocks.lines(text)
        if cell.get("cell_type") != "code":
            written.append(text)
        for output in _list(cell.get("outputs")):
            blocks.lines(_COLOURS.sub("", _output(output))[:_LONGEST_OUTPUT])
    found = blocks.text()
    if not found.text:
        raise RefusedError("holds no text.")
    heading = "\n".join(line for text in written for line in text.splitlines() if line.startswith("#"))
    yield Text(found.text, title(heading, "") if heading else "")


def _cells(book: Any) -> list[dict[str, Any]]:
    if not isinstance(book, dict):
        raise RefusedError("is no notebook.")
    sheets = [sheet.get("cells") for sheet in _list(book.get("worksheets"))]
    return [cell for cells in [book.get("cells"), *sheets] for cell in _list(cells)]


def _output(output: dict[str, Any]) -> str:
    if output.get("ename"):
        return f"{output['ename']}: {output.get('evalue', '')}"
    data = output.get("data", output)
    if isinstance(data, dict):
        for kind in (*_TEXTS, "text", "latex"):  # the last two: in notebooks before 2015
            if text := _joined(data.get(kind)):
                return text
    return ""


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _joined(value: Any) -> str:
    """Return a text, which stands in the file as one or as a list of its lines."""
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""
