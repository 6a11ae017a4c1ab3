"""Files → documents: which files a folder holds, and the text of each. It does not know sentences or the index."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from rag.documents import office
from rag.documents.formats import ocr
from rag.documents.formats.kinds import CODE, CONVERTED, FOREIGN, PACKED, PARSED, PICTURES, SUFFIXES, suffix
from rag.documents.formats.limits import LARGEST, LARGEST_PACKED
from rag.documents.formats.marked import marked_tables
from rag.documents.formats.parts import RefusedError, Table
from rag.documents.formats.plain import decode, shortened, title
from rag.documents.parsing import Parsed, Parser, Refused
from rag.errors import DocumentError

__all__ = ["SUFFIXES", "Document", "FileEntry", "Unread", "list_files", "read_document", "read_documents", "sha256_of"]

IGNORE_FILE = ".ragignore"
"""What is passed over below the folder that it lies in, in the manner of `.gitignore`."""
PASSED_OVER = frozenset({"node_modules", "__pycache__"})
"""Folders that programs fill."""

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


@dataclass(frozen=True)
class Unread:
    """A file, a file in one, or a part of one that is not read."""

    path: str
    reason: str
    """A sentence that names it."""
    lasting: bool = True
    """Whether it stays so while the file stays as it is."""


@dataclass(frozen=True)
class FileEntry:
    """A file of the folder, by one look at the file system."""

    path: str
    size: int
    mtime_ns: int


def list_files(folder: Path) -> Iterator[FileEntry]:
    """Yield the files below `folder` that are documents, sorted by path; of some it can only be said how to read them.

    Hidden files and folders are left out, what `.ragignore` names, linked folders, and linked files that lie outside.
    """
    root = folder.resolve()
    yield from sorted(_walk(root), key=lambda entry: entry.path)


_Rules = tuple[tuple[str, GitIgnoreSpec], ...]


def _walk(root: Path) -> Iterator[FileEntry]:
    pending: list[tuple[str, _Rules]] = [("", ())]
    while pending:
        current, rules = pending.pop()
        try:
            with os.scandir(root / current) as entries:
                found = list(entries)
        except OSError:
            continue  # a folder that cannot be listed holds nothing for us
        if any(entry.name == IGNORE_FILE for entry in found):
            rules = (*rules, (current, _read_rules(root / current / IGNORE_FILE)))
        for entry in found:
            name = entry.name
            if name.startswith("."):
                continue
            path = f"{current}{name}"
            if entry.is_dir(follow_symlinks=False):
                if name not in PASSED_OVER and not _is_ignored(f"{path}/", rules):
                    pending.append((f"{path}/", rules))
                continue
            kind = suffix(name)
            if (kind in SUFFIXES or kind in FOREIGN or is_picture(path)) and not _is_ignored(path, rules):
                yield from _entry(root, path, entry)


def _read_rules(file: Path) -> GitIgnoreSpec:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return GitIgnoreSpec.from_lines([])
    kept = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:  # a line that is no pattern; git passes over it, too
            continue
        kept.append(line)
    return GitIgnoreSpec.from_lines(kept)


def _is_ignored(path: str, rules: _Rules) -> bool:
    """Tell what the rules say, those of the nearest folder first."""
    for base, spec in reversed(rules):
        verdict = spec.check_file(path[len(base) :]).include
        if verdict is not None:
            return verdict
    return False


def _entry(root: Path, path: str, entry: os.DirEntry[str]) -> Iterator[FileEntry]:
    try:
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
            return
        if not entry.is_file():
            return
        stat = entry.stat()
    except OSError:
        return
    yield FileEntry(path, stat.st_size, stat.st_mtime_ns)


def is_parsed(path: str) -> bool:
    """Tell whether a file of this name is read by the child process, and may hold several documents."""
    return suffix(path) in PARSED or is_converted(path) or is_picture(path)


def is_picture(path: str) -> bool:
    """Tell whether a file of this name is a picture that OCR, which is there, reads."""
    return suffix(path) in PICTURES and ocr.available()


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
            yield from _parts(parser.parse(file, name), path, sha256)
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
            yield Document(where, part.title, part.text, part.sha256 or sha256, part.pages, part.tables)


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
