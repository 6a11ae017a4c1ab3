"""Files → documents: which files a folder holds, and the text of each. It does not know sentences or the index."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """One file's text. Every offset in the program is a character offset into `text`."""

    path: str
    """Relative to the folder, with forward slashes."""
    title: str
    text: str
    sha256: str
    """Hexadecimal hash of the file's bytes."""
    pages: tuple[int, ...] = ()
    """Offset at which each page starts, ascending, the first 0; empty where the format has no pages."""
