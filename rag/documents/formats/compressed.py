"""TAR, and what gzip, bzip2 and xz packed → their members, with Python's own libraries and the limits that ZIP has."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from rag.documents.formats.archive import is_hidden
from rag.documents.formats.kinds import FOREIGN, is_named, suffix
from rag.documents.formats.limits import LARGEST_MEMBER, LARGEST_UNPACKED, MIB, MOST_MEMBERS, MOST_RATIO
from rag.documents.formats.parts import Member, Part, Refusal, RefusedError
from rag.documents.formats.zipped import inside

_TARS = frozenset({".tar", ".tgz", ".tbz", ".tbz2", ".txz"})
_UNPACK: dict[str, Any] = {"gz": gzip.open, "tgz": gzip.open, "bz2": bz2.open, "tbz": bz2.open, "tbz2": bz2.open,
           "xz": lzma.open, "txz": lzma.open}  # fmt: skip
_DAMAGED = (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the members that are documents, or the one file that was packed."""
    unpacked = _Counted(file, suffix(name))
    try:
        if suffix(name) in _TARS or suffix(PurePosixPath(name).stem) == ".tar":
            yield from _members(unpacked)
        else:
            yield _only(unpacked, PurePosixPath(name).stem)
    except _DAMAGED as error:
        raise RefusedError(f"is damaged, or another kind of file than its name says ({error}).") from error


class _Counted(io.RawIOBase):
    """What is unpacked of a file, as long as it is no more than the limits allow."""

    def __init__(self, file: BinaryIO, kind: str) -> None:
        self._packed = file
        self._file: BinaryIO = _UNPACK[kind[1:]](file, "rb") if kind[1:] in _UNPACK else file
        self._size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._size += len(data)
        if self._size > LARGEST_UNPACKED:
            raise RefusedError(f"would take more than {LARGEST_UNPACKED / MIB:,.0f} MiB unpacked. Unpack it.")
        if self._size > MIB and self._size > MOST_RATIO * max(1, self._packed.tell()):
            raise RefusedError("is packed too densely to be a document.")
        return data


def _only(unpacked: _Counted, name: str) -> Part:
    path = inside(name)
    if path is None or not is_named(path):
        raise RefusedError("holds no document, or its name does not tell which: NOTES.txt.gz would.")
    data = b"" if suffix(path) in FOREIGN else unpacked.read(LARGEST_MEMBER + 1)
    if len(data) > LARGEST_MEMBER:
        raise RefusedError(f"has more than {LARGEST_MEMBER / MIB:,.0f} MiB unpacked. Unpack it.")
    return Member(path, data)


def _members(unpacked: _Counted) -> Iterator[Part]:
    found = False
    with tarfile.open(fileobj=unpacked, mode="r|") as archive:
        for number, member in enumerate(archive):
            if number >= MOST_MEMBERS:
                raise RefusedError(f"holds more than {MOST_MEMBERS:,} files; the rest is not read. Unpack it.")
            if not member.isreg():  # folders, links and devices
                continue
            path = inside(member.name.removeprefix("./"))
            if path is None:
                shown = "".join(character if character.isprintable() else "?" for character in member.name)[:200]
                yield Refusal("leads out of its archive, or has a name that is no path; it is not read.", shown)
            elif not is_hidden(path) and is_named(path):
                found = True
                yield _member(archive, member, path)
    if not found:
        raise RefusedError("holds no documents.")


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Part:
    if suffix(path) in FOREIGN:
        return Member(path, b"")
    if member.size > LARGEST_MEMBER:
        return Refusal(f"has {member.size / MIB:,.0f} MiB; at most {LARGEST_MEMBER / MIB:,.0f} MiB are read.", path)
    opened = archive.extractfile(member)
    return Member(path, opened.read() if opened is not None else b"")
