"""What a reader of a format yields. It does not know formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, BinaryIO

from rag.documents.formats.limits import LONGEST_TEXT

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
"""Control characters that no text needs, and what is no character by itself."""
_BULLETS = re.compile(r"^[ \t]*[\ue000-\uf8ff](?=\s)", re.MULTILINE)
"""Where fonts of symbols have theirs: among the characters for private use."""
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x85\u2028\u2029]")


@dataclass(frozen=True)
class Table:
    """A table that was read, and where each of its rows stands in the text."""

    name: str
    """The heading above it, or the sheet's; empty where there is none."""
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Cells as they are written, as many as `heads`."""
    spans: tuple[tuple[int, int], ...]
    """Offsets of each row's sentence: `text[start:end]`."""

    def moved(self, by: int, name: str = "") -> Table:
        """Return the table for a text in which it stands so many characters later, named where it has no name."""
        spans = tuple((start + by, end + by) for start, end in self.spans)
        return Table(self.name or name, self.heads, self.rows, spans)


Scanned = tuple[int, int, float]
"""A run of text that OCR read, `text[start:end]`, and how sure it is of it, 0 to 1."""


@dataclass(frozen=True)
class Text:
    """The file's own text."""

    text: str
    title: str = ""
    """Empty where the format tells none: the beginning of the text or the file's name then stands for it."""
    pages: tuple[int, ...] = ()
    """Offset in `text` at which each page starts, ascending, the first 0; empty where there are none."""
    tables: tuple[Table, ...] = ()
    """Those whose columns have names, in their order."""
    scanned: tuple[Scanned, ...] = ()
    """What of it OCR read, in order."""


@dataclass(frozen=True)
class Member:
    """A file inside the file: an archive's member, a message of a mailbox, an attachment."""

    name: str
    """Its path inside, with forward slashes, none of them at an end, and no `..`."""
    data: bytes


@dataclass(frozen=True)
class Refusal:
    """What is not read, and why, in a sentence that goes on behind the name: "is …", "has …"."""

    reason: str
    member: str = ""
    """Path inside the file; empty for the file itself, of which other parts may well be read."""


@dataclass(frozen=True)
class Asked:
    """A question to who reads the parts: what was found on the picture of this hash, when it was read before?

    The answer is sent into the reader, which is a generator: the `found` of a `Page`, or None.
    """

    digest: str


@dataclass(frozen=True)
class Page:
    """A page was read by OCR, which takes long: the time for the next one is counted anew."""

    number: int
    of: int
    """How many pages there are, as far as is known."""
    digest: str
    """Of the page's picture."""
    found: Found | None
    """What was found on it; None where that was known."""


@dataclass(frozen=True)
class Picture:
    """A page as it is printed."""

    image: bytes
    """A WebP file."""
    width: int
    height: int
    """Dots."""
    of: int
    """How many pages there are."""
    marks: tuple[tuple[float, float, float, float], ...]
    """Where the words stand that were asked for: left, top, right, bottom side, as shares of the page."""


@dataclass(frozen=True)
class Wishes:
    """What a person wants of the readers."""

    password: str = ""
    """Opens the PDFs that have one."""
    margins: bool = False
    """Whether comments, headers and footers of Word's documents are read, too."""


Found = list[list[Any]]
"""The lines of a page as plain data."""
Part = Text | Member | Refusal | Page | Asked | Picture
Parts = Generator[Part, Found | None, None]
Reader = Callable[[BinaryIO, str], Parts]
"""(an open file, its name for the title and the suffix) → parts. Raises RefusedError, or whatever a library raises."""


class RefusedError(Exception):
    """The whole file cannot be read; the message is a `Refusal.reason`."""


def clean(text: str) -> str:
    """Return `text` without control characters and lone surrogates, every line end a newline.

    Raises RefusedError when it is too long.
    """
    if len(text) > LONGEST_TEXT:
        raise RefusedError(f"holds {len(text):,} characters of text; at most {LONGEST_TEXT:,} of one file are read.")
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", _BULLETS.sub("•", text)))


def in_one_line(text: str) -> str:
    """Return `text` with every run of white space as one space."""
    return " ".join(text.split())
