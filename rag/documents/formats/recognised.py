"""The picture of a page → its lines, by OCR or as they were found before. It does not know where that is kept."""

import hashlib
from collections.abc import Generator
from functools import cache
from importlib.metadata import version
from typing import Any

from rag.documents.formats import ocr
from rag.documents.formats.lines import Cell, Line
from rag.documents.formats.parts import Asked, Found, Page

_VERSION = 1
"""Goes up when the same picture would be read otherwise by our own part in it."""


def recognised(
    picture: Any, dpi: float, number: int = 1, of: int = 1
) -> Generator[Asked | Page, Found | None, list[Line]]:
    """Return the lines of page `number` (an array of height, width, colours), after asking whether they are known."""
    digest = digest_of(picture, dpi)
    kept = yield Asked(digest)
    lines = None if kept is None else lines_of(kept)
    if lines is not None:
        yield Page(number, of, digest, None)
        return lines
    found = as_data(ocr.lines_of(picture, dpi))
    yield Page(number, of, digest, found)
    return lines_of(found) or []  # as they will be when they are known


def recalled(picture: Any, dpi: float) -> Generator[Asked, Found | None, list[Line]]:
    """Return the lines of a page as they were found before; none where they are not known."""
    kept = yield Asked(digest_of(picture, dpi))
    return (lines_of(kept) if kept is not None else None) or []


def digest_of(picture: Any, dpi: float) -> str:
    """Return what a picture is known by: its dots, and by what it is read."""
    about = f"{_VERSION} {_library()} {dpi:.2f} {picture.shape}"
    return hashlib.sha256(about.encode() + picture.tobytes()).hexdigest()


@cache
def _library() -> str:
    return version("rapidocr")


def as_data(lines: list[Line]) -> Found:
    """Return lines that OCR has read, each of one cell, as JSON has them."""
    return [
        [line.text, round(line.left, 2), round(line.right, 2), round(line.base, 2), round(line.size, 2), line.certainty,
         line.place and list(line.place)]
        for line in lines
    ]  # fmt: skip


def lines_of(found: Found) -> list[Line] | None:
    """Return the lines that were kept; None where they are not as they should be."""
    try:
        return [_line(*each) for each in found]
    except (TypeError, ValueError):
        return None


def _line(text: str, left: float, right: float, base: float, size: float, certainty: float, place: list[float]) -> Line:
    cell = Cell(str(text), float(left), float(right))
    a, b, c, d = map(float, place)
    hyphen = cell.text.endswith("-")
    return Line((cell,), float(base), float(size), hyphen, (cell,), float(certainty), (a, b, c, d))
