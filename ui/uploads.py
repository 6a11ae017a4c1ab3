"""Files that people bring through the page → the corpus folder, checked. It does not know the page or HTML.

The rule: what lies in the folder is for everybody who may open the page; what somebody brings through the page lies
in `uploads/of-<owner>/` of that folder and is shown to, asked by and removed by that browser alone. Programs that read
the folder itself (`rag ask`, `rag serve`) read all of it.
"""

import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rag.api import DocumentRecord, Rag
from rag.documents.folder import SUFFIXES, is_parsed, largest_of
from rag.documents.formats.kinds import FOREIGN
from rag.documents.formats.kinds import suffix as kind_of
from rag.errors import DocumentError, RagError

MOST_FILES = 200
"""Files taken at once."""
MOST_BYTES = 1024**3
"""Bytes that one person may keep."""
_PRIVATE = re.compile(r"uploads/of-([0-9a-f]{16})/")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # names that Windows keeps for itself
_LONGEST = 150  # bytes of a name
_READ = "PDF, Word, PowerPoint, spreadsheets, web pages, e-books, mail, text, source code and ZIP archives are."


@dataclass(frozen=True)
class Upload:
    """What became of one file: `state` is "waiting", "reading", "ready" or "failed"; `note` says more."""

    name: str
    state: str
    note: str = ""


def owner_in(path: str) -> str | None:
    """Return whose upload `path` is; None for what is everybody's."""
    found = _PRIVATE.match(path)
    return found[1] if found else None


def shown_path(path: str) -> str:
    """Return a document's path as people know it."""
    return _PRIVATE.sub("", path)


def about(path: str, text: str) -> str:
    """Return a message about the document `path` as it stands beside its name, other paths as people know them."""
    text, name = re.sub(_PRIVATE.pattern, "", text), shown_path(path)
    return f"It {text.removeprefix(f'{name} ')}" if text.startswith(f"{name} ") else text


def clean_name(name: str) -> str:
    """Return a file name without folders, control characters or leading dots that every file system takes.

    Raises DocumentError when no name is left or its kind is not read.
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(character for character in name if unicodedata.category(character)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "_", name).lstrip(". ").rstrip(". ")
    stem, suffix = Path(name).stem, Path(name).suffix
    if kind_of(name) not in SUFFIXES and not is_parsed(name):
        raise DocumentError(f"Files of this kind are not read. {FOREIGN.get(kind_of(name), _READ)}")
    if _RESERVED.match(name):
        stem = f"_{stem}"
    while len(f"{stem}{suffix}".encode()) > _LONGEST:
        stem = stem[:-1]
    return f"{stem}{suffix}"


class Uploads:
    """Documents by whose they are, in one folder."""

    def __init__(self, rag: Rag) -> None:
        """Bring files into the folder of `rag`."""
        self._rag = rag

    def documents(self, owner: str | None) -> dict[str, DocumentRecord]:
        """Return the documents that `owner` may see, by path."""
        found = self._rag.documents()
        return {path: record for path, record in found.items() if owner_in(path) in (None, owner)}

    def scope(self, owner: str | None, chosen: Sequence[str] = ()) -> list[str] | None:
        """Return the paths to answer from, for `Rag.ask`: those chosen, or all of the owner's; None means all."""
        everything = self._rag.documents()
        seen = [path for path in everything if owner_in(path) in (None, owner)]
        if chosen:
            return [path for path in seen if path in set(chosen)]
        return None if len(seen) == len(everything) else seen

    def add(self, owner: str, files: Sequence[tuple[str, Path]]) -> Iterator[list[Upload]]:
        """Take (name, file) pairs in, one by one; yields the state of all of them each time one changes."""
        states = [Upload(name, "waiting") for name, _ in files]
        taken: set[str] = set()
        for i, (name, file) in enumerate(files):
            states[i] = replace(states[i], state="reading")
            yield list(states)
            try:
                if i >= MOST_FILES:
                    raise DocumentError(f"At most {MOST_FILES} files are taken at once. Bring it with the next ones.")
                states[i] = Upload(name, "ready", self._take(owner, clean_name(name), file, taken))
            except (RagError, OSError) as error:
                reason = f"It cannot be written: {error.strerror}." if isinstance(error, OSError) else str(error)
                states[i] = Upload(name, "failed", about(name, reason))
            yield list(states)

    def _take(self, owner: str, name: str, file: Path, taken: set[str]) -> str:
        folder = self._folder(owner)
        size = file.stat().st_size
        if size > (largest := largest_of(name)):
            raise DocumentError(f"It has {size / 1e6:,.0f} MB; at most {largest / 1e6:,.0f} MB are read. Split it.")
        if size + sum(other.stat().st_size for other in folder.iterdir()) > MOST_BYTES:
            raise DocumentError("There is no room for it: you keep 1 GB here already. Remove some documents first.")
        target = _free(folder / name, taken)
        taken.add(target.name.casefold())
        before = target.exists()
        kept = folder / ".before"
        if before:
            target.replace(kept)
        part = folder / ".part"
        shutil.copyfile(file, part)
        part.replace(target)
        path = target.relative_to(self._rag.folder.resolve()).as_posix()
        try:
            done = self._rag.refresh()
            if problem := dict(done.skipped).get(path):
                raise DocumentError(problem)
        except RagError:
            target.unlink(missing_ok=True)
            if before:  # the earlier version stays
                kept.replace(target)
            with suppress(RagError):
                self._rag.refresh()
            raise
        kept.unlink(missing_ok=True)
        known = self._rag.documents()  # an archive holds several
        sentences = sum(record.sentences for other, record in known.items() if f"{other}/".startswith(f"{path}/"))
        renamed = "" if target.name == name else f"Kept as {target.name}. "
        return f"{'Replaced. ' if before else renamed}{sentences:,} sentence{'' if sentences == 1 else 's'}."

    def remove(self, owner: str | None, path: str) -> None:
        """Delete a document that `owner` brought. Raises DocumentError when it is not theirs."""
        if owner is None or owner_in(path) != owner or path not in self._rag.documents():
            raise DocumentError("Only documents that you brought through the page can be removed here.")
        target = (self._rag.folder / path).resolve()
        if target.parent != self._folder(owner):
            raise DocumentError("This document lies elsewhere and is not removed.")
        target.unlink(missing_ok=True)
        self._rag.refresh()

    def _folder(self, owner: str) -> Path:
        root = self._rag.folder.resolve()
        folder = root / "uploads" / f"of-{owner}"
        folder.mkdir(parents=True, exist_ok=True)
        if folder.resolve() != folder:
            raise DocumentError("The folder for uploads is a link to elsewhere. Nothing is written there.")
        return folder


def _free(target: Path, taken: set[str]) -> Path:
    """Return a name that no other file of the same batch has: folders may hold two files of one name."""
    number, free = 2, target
    while free.name.casefold() in taken:
        free = target.with_stem(f"{target.stem} ({number})")
        number += 1
    return free
