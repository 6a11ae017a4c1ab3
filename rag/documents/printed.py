"""A page of a document as it is printed, drawn by the child process, which may break. It does not know who looks."""

import base64
import binascii
import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.documents.child import Child
from rag.documents.formats.frames import Frame
from rag.documents.formats.kinds import PICTURES, suffix
from rag.documents.formats.limits import CPU_SECONDS, MEMORY
from rag.documents.formats.lines import Place
from rag.documents.formats.parts import Wishes
from rag.documents.kept_pages import KeptPages
from rag.errors import DocumentError

_PATIENCE_S = 60.0
_LARGEST = 16 * 1024 * 1024  # bytes of a picture
_MOST_SIDE = 10_000  # dots
_MOST_MARKS = 5_000
_ONE_AT_A_TIME = threading.Lock()
"""However many people look: a page may take a gigabyte while it is drawn."""


@dataclass(frozen=True)
class PrintedPage:
    """The picture of a page."""

    image: bytes
    """A WebP file."""
    width: int
    height: int
    """Dots."""
    number: int
    """From 1."""
    count: int
    """Pages of the document."""
    marks: tuple[Place, ...]
    """Where the sentence stands, as shares of the page: left, top, right, bottom side; none where it is not found."""


def is_printable(path: str) -> bool:
    """Tell whether a document of this path can be looked at as it is printed."""
    return suffix(path) == ".pdf" or suffix(path) in PICTURES


def printed_sentence(
    folder: Path,
    path: str,
    text: str,
    pages: Sequence[int],
    page: int | None,
    place: tuple[int, int],
    wishes: Wishes,
    kept: KeptPages,
) -> PrintedPage:
    """Return a page of the document `path` with the characters at `place` (start, end) of its `text` marked.

    `pages` are the offsets at which pages begin; without a `page`, from 1, it is the one that `place` begins on. Raises
    DocumentError.
    """
    start, end = place
    pages = pages or (0,)
    number = page or bisect_right(pages, start)
    first = pages[number - 1] if number <= len(pages) else len(text)
    last = pages[number] if number < len(pages) else len(text)
    words = text[max(first, start) : min(last, end)]
    share = (max(first, start) - first) / max(1, last - first)
    return printed(folder, path, number, words, share, wishes, kept)


def printed(
    folder: Path, path: str, number: int, words: str, share: float, wishes: Wishes, kept: KeptPages
) -> PrintedPage:
    """Return page `number`, from 1, with `words` marked, which stand about `share` (0 to 1) of the way through it.

    Raises DocumentError.
    """
    file, inside = _file_of(folder, path)
    request: Frame = {"file": str(file), "name": file.name, "inside": inside, "cpu_seconds": CPU_SECONDS, "skip": []}
    request |= {"wishes": vars(wishes), "page": number, "words": words, "share": share}
    with _ONE_AT_A_TIME:
        try:
            child = Child(MEMORY)
        except OSError as error:
            raise DocumentError(f"No process can be started to draw the page: {error}. Close programs.") from error
        try:
            frames = list(child.ask(request, _PATIENCE_S, kept.get))
        finally:
            child.end()
    for frame in frames:
        if "image" in frame and (page := _checked(frame, number)) is not None:
            return page
    why = next((str(frame.get("reason")) for frame in frames if "refused" in frame), child.why)
    raise DocumentError(f"Page {number} of {path} cannot be shown: it {why or 'has no picture.'}")


def _file_of(folder: Path, path: str) -> tuple[Path, str]:
    """Return the file that the document `path` is, or lies in, and its path inside that."""
    outer, inside = path, ""
    while not (folder / outer).is_file():
        outer, slash, last = outer.rpartition("/")
        if not slash:
            raise DocumentError(f"{path} is no longer there.")
        inside = f"{last}/{inside}" if inside else last
    return folder / outer, inside


def _checked(frame: Frame, number: int) -> PrintedPage | None:
    """Return what a child says of a page; None where it cannot be: it may have been taken over."""
    try:
        image = base64.b64decode(frame["image"], validate=True)
        width, height, count = (int(frame[key]) for key in ("width", "height", "of"))
        marks = tuple(_place(each) for each in frame["marks"][:_MOST_MARKS])
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    fits = 0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE and len(image) <= _LARGEST
    return PrintedPage(image, width, height, number, count, marks) if fits and _is_webp(image) else None


def _is_webp(image: bytes) -> bool:
    return image[:4] == b"RIFF" and image[8:12] == b"WEBP"


def _place(told: Any) -> Place:
    left, top, right, bottom = (min(1.0, max(0.0, float(side))) for side in told)
    return left, top, right, bottom
