"""Whether weights lie on disk, and whether they are the right ones.

A file is used only when its SHA-256 is the one that the catalogue (`rag.weights.catalogue`) names. A small stamp beside
the weights keeps the hash of a file by its size and time of change, so that a later start costs one look at the file,
not the reading of a gigabyte. It does not know how a file is fetched.
"""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from rag.errors import WeightsError
from rag.settings import Settings
from rag.weights.catalogue import Entry, load_catalogue
from rag.weights.download import folder_size


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
        return "partial" if folder_size(partial_folder(entry, settings)) else "missing"
    if entry.bytes is not None and path.stat().st_size != entry.bytes:
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
