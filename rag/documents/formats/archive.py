"""ZIP archives → their members. Links in them are text files of a path, as `zipfile` reads them, and are left out."""

import stat
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from rag.documents.formats.kinds import FOREIGN, is_named, suffix
from rag.documents.formats.parts import Member, Part, Refusal, RefusedError
from rag.documents.formats.zipped import files, open_zip, read_member


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the members that are documents, and why others are not read. Hidden ones are passed over, as in folders."""
    archive = open_zip(file)
    found = False
    for member, path in files(archive):
        if path is None:
            yield Refusal("leads out of its archive, or has a name that is no path; it is not read.", _shown(member))
            continue
        if is_hidden(path) or not is_named(path):
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            continue
        found = True
        try:
            yield Member(path, b"" if suffix(path) in FOREIGN else read_member(archive, member))
        except RefusedError as refused:
            yield Refusal(str(refused), path)
    if not found:
        raise RefusedError("holds no documents.")


def is_hidden(path: str) -> bool:
    """Tell whether a part of the path is hidden, or the shadow of a file that macOS adds."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def _shown(member: zipfile.ZipInfo) -> str:
    return "".join(character if character.isprintable() else "?" for character in member.filename)[:200]
