"""Files → documents: the text of each file, and what is not read. It does not know sentences or the index."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.documents import office
from rag.documents.formats.kinds import CODE, CONVERTED, FOREIGN, PACKED, PARSED, SUFFIXES, suffix
from rag.documents.formats.limits import LARGEST, LARGEST_PACKED
from rag.documents.formats.marked import marked_tables
from rag.documents.formats.parts import RefusedError, Scanned, Table
from rag.documents.formats.plain import decode, shortened, title
from rag.documents.listing import FileEntry, is_picture, list_files
from rag.documents.parsing import Parsed, Parser, Refused
from rag.errors import DocumentError

__all__ = ["SUFFIXES", "Document", "FileEntry", "Unread", "list_files", "read_document", "read_documents", "sha256_of"]

_BY_OFFICE = " Where LibreOffice is installed, it is read as it is."


@dataclass(frozen=True)
class Document:
    """One file's text. Every offset in the program is a character offset into `text`."""

    path: str
    """Relative to the folder, with forward slashes; a file's in an archive goes on behind that of the archive."""
    title: str
    text: str
    sha256: str
    """Hexadecimal hash of the file's bytes."""
    pages: tuple[int, ...] = ()
    """Offset at which each page starts, ascending, the first 0; empty where the format has no pages."""
    tables: tuple[Table, ...] = ()
    """Tables whose columns have names; their rows' offsets lie in `text`."""
    scanned: tuple[Scanned, ...] = ()
    """What of it OCR read, and how sure it is."""


@dataclass(frozen=True)
class Unread:
    """A file, a file in one, or a part of one that is not read."""

    path: str
    reason: str
    """A sentence that names it."""
    lasting: bool = True
    """Whether it stays so while the file stays as it is."""


def is_parsed(path: str) -> bool:
    """Tell whether a file of this name is read by the child process, and may hold several documents."""
    return suffix(path) in PARSED or is_converted(path) or is_picture(path)


def is_converted(path: str) -> bool:
    """Tell whether LibreOffice, which is there, has to convert a file of this name before it is read."""
    return suffix(path) in CONVERTED and office.program() is not None


def largest_of(path: str) -> int:
    """Return how many bytes a file of this name may have to be read."""
    return LARGEST_PACKED if suffix(path) in PACKED or suffix(path) in CONVERTED else LARGEST


def sha256_of(folder: Path, path: str) -> str:
    """Return the hash of a file's bytes. Raises DocumentError."""
    try:
        with (folder / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DocumentError(_os_reason(path, error)) from error


def read_documents(
    folder: Path, path: str, parser: Parser, *, size: int = 0, sha256: str = ""
) -> Iterator[Document | Unread]:
    """Yield the documents of one file: those in it first, its own last, and what of it is not read.

    `size` is in bytes, `sha256` the hash of what `parser` is going to read. Raises DocumentError when the file
    cannot be opened.
    """
    kind = suffix(path)
    if kind in FOREIGN and not is_converted(path):
        more = _BY_OFFICE if kind in CONVERTED else ""
        yield Unread(path, f"{path} is of a kind that is not read. {FOREIGN[kind]}{more}", lasting=False)
        return
    if size > (largest := largest_of(path)):
        yield Unread(path, _too_large(path, size, largest), lasting=False)
        return
    if not is_parsed(path):
        yield _read_plain(folder, path)
        return
    try:
        with _as_it_is_read(folder / path, parser) as file:
            name = PurePosixPath(path).with_suffix(file.suffix).name if is_converted(path) else PurePosixPath(path).name
            yield from _parts(parser.parse(file, name, path), path, sha256)
    except RefusedError as refused:
        yield Unread(path, f"{path} {refused}")


def _as_it_is_read(file: Path, parser: Parser) -> AbstractContextManager[Path]:
    """Give the file itself, or what LibreOffice makes of it."""
    if is_converted(file.name):
        return office.converted(file, CONVERTED[suffix(file.name)], parser.is_over)
    return nullcontext(file)


def _parts(parts: Iterator[Parsed | Refused], path: str, sha256: str) -> Iterator[Document | Unread]:
    for part in parts:
        where = f"{path}/{part.inside}" if part.inside else path
        if isinstance(part, Refused):
            yield Unread(where, f"{where} {part.reason}", part.lasting)
        else:
            hashed = part.sha256 or sha256
            yield Document(where, part.title, part.text, hashed, part.pages, part.tables, part.scanned)


def read_document(folder: Path, path: str) -> Document:
    """Read one file of plain text; raises DocumentError that says what is wrong with it."""
    read = _read_plain(folder, path)
    if isinstance(read, Unread):
        raise DocumentError(read.reason)
    return read


def _read_plain(folder: Path, path: str) -> Document | Unread:
    try:
        with (folder / path).open("rb") as file:
            data = file.read(LARGEST + 1)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise DocumentError(_os_reason(path, error)) from error
    if len(data) > LARGEST:
        return Unread(path, _too_large(path, size, LARGEST), lasting=False)
    try:
        text = decode(data)
    except RefusedError as refused:
        return Unread(path, f"{path} {refused}")
    name = PurePosixPath(path)
    named = shortened(name.name) if suffix(path) in CODE else title(text, name.stem)
    return Document(path, named, text, hashlib.sha256(data).hexdigest(), tables=marked_tables(text, path))


def _os_reason(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} is no longer there."
    return f"{path} cannot be read: {error.strerror or error}. Check its permissions."


def _too_large(path: str, size: int, largest: int) -> str:
    return (
        f"{path} has {size / 1e6:,.0f} MB; at most {largest / 1e6:,.0f} MB of one file are read. "
        "Split it into smaller files."
    )
