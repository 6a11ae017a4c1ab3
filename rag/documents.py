"""Files → documents: which files a folder holds, and the text of each. It does not know sentences or the index."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import DocumentError

SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".rst", ".log"})
"""What is read as text. Other formats come with their own readers."""
LARGEST = 256 * 1024 * 1024
"""Bytes of the largest file that is read: its text, sentences and vectors must fit into memory at once."""
_TITLE = 80  # characters


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


@dataclass(frozen=True)
class FileEntry:
    """A file of the folder, by one look at the file system."""

    path: str
    size: int
    mtime_ns: int


def list_files(folder: Path) -> Iterator[FileEntry]:
    """Yield the readable kinds of files below `folder`, sorted by path.

    Hidden files and folders are left out, and links that lead out of the folder.
    """
    root = folder.resolve()
    yield from sorted(_walk(root, root), key=lambda entry: entry.path)


def _walk(root: Path, folder: Path) -> Iterator[FileEntry]:
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(Path(entry.path))
                    elif Path(entry.name).suffix.lower() in SUFFIXES and (found := _entry(root, entry)):
                        yield found
        except OSError:
            continue  # a folder that cannot be listed holds nothing for us


def _entry(root: Path, entry: os.DirEntry[str]) -> FileEntry | None:
    try:
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
            return None
        if not entry.is_file():
            return None
        stat = entry.stat()
    except OSError:
        return None
    return FileEntry(Path(entry.path).relative_to(root).as_posix(), stat.st_size, stat.st_mtime_ns)


def read_document(folder: Path, path: str) -> Document:
    """Read one file of `folder`; raises DocumentError that says what is wrong with it."""
    file = folder / path
    try:
        if (size := file.stat().st_size) > LARGEST:
            raise DocumentError(
                f"{path} has {size / 1e6:,.0f} MB; at most {LARGEST / 1e6:,.0f} MB of one file are read. Split it."
            )
        data = file.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
    text = _decode(data, path).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DocumentError(f"{path} is empty.")
    return Document(path, _title(text, Path(path).stem), text, hashlib.sha256(data).hexdigest())


def _decode(data: bytes, path: str) -> str:
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        if b"\0" in data[:65536]:
            raise DocumentError(f"{path} is not text but binary data.")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    from charset_normalizer import from_bytes

    best = from_bytes(data[:1_000_000]).best()
    if best is None:
        raise DocumentError(f"{path} is text in no encoding that is known, or binary data. Save it as UTF-8.")
    return data.decode(best.encoding, "replace").removeprefix("\ufeff")


def _title(text: str, stem: str) -> str:
    """Return the first Markdown heading near the start, or else the first line, cut at a word where it is long."""
    lines = [line.strip() for line in text[:20_000].splitlines() if line.strip()]
    heading = next((line.lstrip("# ").rstrip("# ") for line in lines[:20] if re.match(r"#{1,6}\s+\S", line)), "")
    title = heading or (lines[0] if lines else stem)
    if len(title) > _TITLE:
        title = title[:_TITLE].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
    return title or stem
