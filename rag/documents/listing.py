"""Which files of a folder are documents. It does not know what they hold."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from rag.documents.formats import ocr
from rag.documents.formats.kinds import FOREIGN, PICTURES, SUFFIXES, suffix

IGNORE_FILE = ".ragignore"
"""What is passed over below the folder that it lies in, in the manner of `.gitignore`."""
PASSED_OVER = frozenset({"node_modules", "__pycache__"})
"""Folders that programs fill."""


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


def is_picture(path: str) -> bool:
    """Tell whether a file of this name is a picture that OCR, which is there, reads."""
    return suffix(path) in PICTURES and ocr.available()
