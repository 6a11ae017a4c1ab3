"""Opening a ZIP file that may have been made to hurt: its limits, and names that stay inside. Nothing is written.

Office files and e-books are ZIP files, too, and come through here before a library sees them.
"""

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from rag.documents.formats.limits import LARGEST_MEMBER, LARGEST_UNPACKED, LONGEST_NAME, MIB, MOST_MEMBERS, MOST_RATIO
from rag.documents.formats.parts import RefusedError


def open_zip(file: BinaryIO, *, largest: int = LARGEST_UNPACKED) -> zipfile.ZipFile:
    """Open a ZIP file whose list of members is within the limits. Raises RefusedError."""
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise RefusedError(f"is damaged, or another kind of file than its name says ({error}).") from error
    if len(members) > MOST_MEMBERS:
        raise RefusedError(f"holds {len(members):,} files; at most {MOST_MEMBERS:,} are read. Unpack it.")
    total = sum(member.file_size for member in members)
    if total > largest:
        raise RefusedError(
            f"would take {total / MIB:,.0f} MiB unpacked; at most {largest / MIB:,.0f} MiB are read. Unpack it."
        )
    return archive


def open_package(file: BinaryIO) -> zipfile.ZipFile:
    """Open an office file or an e-book, no member of which is a bomb. Raises RefusedError."""
    archive = open_zip(file)
    for member in archive.infolist():
        if too_dense(member):
            raise RefusedError("holds a part that is packed too densely to be a document.")
        if member.flag_bits & 1:
            raise RefusedError("is protected by a password. Save a copy without one.")
    return archive


def too_dense(member: zipfile.ZipInfo) -> bool:
    """Tell whether a member is packed as only bombs are."""
    return member.file_size > MIB and member.file_size > MOST_RATIO * max(1, member.compress_size)


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, largest: int = LARGEST_MEMBER) -> bytes:
    """Return a member's bytes. Raises RefusedError when they are too many or damaged.

    `zipfile` never returns more bytes than the member's entry declares, which is what the limits were held against.
    """
    if member.file_size > largest:
        raise RefusedError(f"has {member.file_size / MIB:,.0f} MiB; at most {largest / MIB:,.0f} MiB are read.")
    if too_dense(member):
        raise RefusedError("is packed too densely to be a document.")
    if member.flag_bits & 1:
        raise RefusedError("is protected by a password. Unpack it.")
    try:
        with archive.open(member) as opened:
            return opened.read(largest + 1)[:largest]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
        raise RefusedError(f"is damaged ({error}).") from error


def files(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, str | None]]:
    """Yield every file with its path inside, None where the path leads outside or cannot be one."""
    for member in archive.infolist():
        if not member.is_dir():
            yield member, inside(member.filename)


def inside(name: str) -> str | None:
    """Return a member's path with forward slashes; None when it leads out of its archive or is no path."""
    parts = name.replace("\\", "/").split("/")
    absolute = not parts[0] or (len(parts[0]) == 2 and parts[0][1] == ":")
    unfit = any(part in {"", ".", ".."} or not part.isprintable() for part in parts)
    return None if absolute or unfit or len(name) > LONGEST_NAME else "/".join(parts)
