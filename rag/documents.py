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
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is read. Beyond it a file is data rather than a document: embedding it would take
hours, and every edit would do so again, since a file is indexed whole."""
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 1_000_000  # bytes by which an encoding is told
_FEW = 3  # bytes beyond ASCII that are too few to tell an encoding by
_TITLE = 80  # characters
_BEGINNING = 20_000  # characters among which a title is looked for
_TITLE_LINES = 20  # lines of text among which a heading is looked for
_HEADING = re.compile(r"#{1,6}\s+(.*?)(?:\s+#+)?")
_FRONT_MATTER = re.compile(r"---\n(.*?)\n(?:---|\.\.\.)(?:\n|$)", re.DOTALL)
_FRONT_MATTER_TITLE = re.compile(r"^title:\s*[\"']?(.*?)[\"']?\s*$", re.MULTILINE)


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

    Hidden files and folders are left out, linked folders, and linked files that lie outside.
    """
    root = folder.resolve()
    yield from sorted(_walk(root), key=lambda entry: entry.path)


def _walk(root: Path) -> Iterator[FileEntry]:
    pending = [root]
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
    """Read one file of `folder`, every line end as a newline; raises DocumentError that says what is wrong with it."""
    try:
        with (folder / path).open("rb") as file:
            data = file.read(LARGEST + 1)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError as error:
        raise DocumentError(f"{path} is no longer there.") from error
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}. Check its permissions.") from error
    if len(data) > LARGEST:
        raise DocumentError(
            f"{path} has {size / 1e6:,.0f} MB; at most {LARGEST / 1e6:,.0f} MB of one file are read. "
            "Split it into smaller files."
        )
    text = _decode(data, path).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DocumentError(f"{path} is empty.")
    return Document(path, _title(text, Path(path).stem), text, hashlib.sha256(data).hexdigest())


def _decode(data: bytes, path: str) -> str:
    """Return the text of `data`: by its byte-order mark, as UTF-8, else in the encoding that fits best.

    Bytes that the encoding does not know become U+FFFD.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data:
        raise DocumentError(f"{path} is not text but binary data. If it is UTF-16 without a mark, save it as UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        first_odd = error.start
    damaged = data.decode("utf-8", "replace")
    beyond_ascii = sum(1 for character in damaged if character > "\x7f")
    if beyond_ascii > 10 * damaged.count("\ufffd"):  # other encodings seldom look like UTF-8, so this one is damaged
        return damaged
    return _decode_by_guess(data, first_odd, path)


def _decode_by_guess(data: bytes, first_odd: int, path: str) -> str:
    from charset_normalizer import from_bytes

    start = max(data.rfind(b"\n", 0, first_odd) + 1, first_odd - 1000)
    sample = data[start : start + _SAMPLE]
    if start + _SAMPLE < len(data):  # not in the middle of a character, if there is a line end or a space at all
        sample = sample[: max(sample.rfind(b"\n"), sample.rfind(b" ")) + 1] or sample
    candidates = [match.encoding for match in from_bytes(sample)]
    if candidates and len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100)))) <= _FEW:
        candidates.insert(0, "cp1252")
    if not candidates:
        raise DocumentError(f"{path} is text in no encoding that is known, or binary data. Save it as UTF-8.")
    for encoding in candidates:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(candidates[0], "replace")


def _title(text: str, stem: str) -> str:
    """Return the first Markdown heading near the start, or else the first line, or else the file's name.

    A first line that runs on is text, not a title: passages carry the title, and it would speak for each of them.
    """
    beginning = text[:_BEGINNING]
    if matter := _FRONT_MATTER.match(beginning):
        if (named := _FRONT_MATTER_TITLE.search(matter[1])) and named[1]:
            return _shortened(named[1])
        beginning = beginning[matter.end() :]
    found: list[str] = []
    fenced = False
    for line in map(str.strip, beginning.splitlines()):
        fenced ^= line.startswith(("```", "~~~"))
        if fenced or not any(map(str.isalnum, line)):
            continue
        if (heading := _HEADING.fullmatch(line)) and heading[1]:
            return _shortened(heading[1])
        found.append(line)
        if len(found) == _TITLE_LINES:
            break
    return found[0] if found and len(found[0]) <= _TITLE else stem


def _shortened(title: str) -> str:
    title = " ".join(title.split())
    if len(title) <= _TITLE:
        return title
    words = title[: _TITLE + 1].rsplit(" ", 1)[0]
    kept = words if _TITLE // 2 <= len(words) <= _TITLE else title[:_TITLE]
    return kept.rstrip(" ,;:–-") + "…"
