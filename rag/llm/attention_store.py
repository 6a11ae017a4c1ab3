"""States of a model's attention cache on disk, by the document they go away with. It does not know what is in one.

Written in one piece or not at all, read memory-mapped and checked, the least recently used out first. The checksum is
CRC-32: entries lie in a folder of the owner's alone, so it has to find damage, not forgery, and it takes half the time
of SHA-256 in the way of the first word. What an entry belongs to stands in it as a whole hash.
"""

import hashlib
import mmap
import os
import shutil
import struct
import tempfile
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

State = bytes | memoryview
_HEAD = struct.Struct("<8s32sQI")
"""Magic, hash of the key, bytes of the state, checksum of the state."""
_MAGIC = b"RAGKV002"
_SLICE = 32
"""The folder is measured again each time that this part of the limit was written."""


class AttentionStore:
    """A bounded folder of states. A damaged or foreign entry reads as absent; a full disk only costs the keeping.

    The answer never depends on what is in here. Several processes may share it.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Keep at most `limit_bytes` under `folder`; 0 keeps nothing."""
        self._folder = folder
        self._limit = limit_bytes
        self._unmeasured: int | None = None  # bytes written since the folder was last measured

    def _place(self, document: str) -> Path:
        return self._folder / hashlib.sha256(document.encode("utf-8", "surrogateescape")).hexdigest()[:24]

    def size(self) -> int:
        """Return the bytes in use."""
        return sum(size for _, size, _ in self._entries())

    def count(self) -> int:
        """Return the number of entries."""
        return len(self._entries())

    def _entries(self) -> list[tuple[int, int, str]]:
        """Return (time of last use, bytes, path) of each file, the least recently used first."""
        entries = []
        for place in _scan(self._folder):
            for file in _scan(place.path):
                with suppress(OSError):  # another process may have removed it
                    stat = file.stat()
                    entries.append((stat.st_mtime_ns, stat.st_size, file.path))
        return sorted(entries)

    def has(self, document: str, key: str) -> bool:
        """Tell whether there is an entry, without reading it."""
        return (self._place(document) / key).is_file()

    def get(self, document: str, key: str) -> State | None:
        """Return the state kept under `key`, memory-mapped, or None."""
        path = self._place(document) / key
        try:
            with path.open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            os.utime(path)
        except (OSError, ValueError):
            return None
        state = data[_HEAD.size :]
        return state if data[: _HEAD.size] == _head(key, state) else None

    def put(self, document: str, key: str, state: State) -> bool:
        """Keep `state`, if it fits, and tell whether it was kept; the least recently used entries make room."""
        size = len(state) + _HEAD.size
        if size > self._limit:
            return False
        place = self._place(document)
        try:
            self._make_room(size)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            place.mkdir(exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=place, prefix=".")
            written = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    target.write(_head(key, state))
                    target.write(state)
                written.replace(place / key)
            finally:
                written.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _make_room(self, size: int) -> None:
        """Remove entries until `size` bytes more fit, and some beyond, so that the next few need no look around."""
        self._unmeasured = None if self._unmeasured is None else self._unmeasured + size
        if self._unmeasured is not None and self._unmeasured <= self._limit // _SLICE:
            return
        entries = self._entries()
        used = sum(bytes_ for _, bytes_, _ in entries) + size
        most = max(size, self._limit - self._limit // _SLICE)
        for _, bytes_, path in entries:
            if used <= most:
                break
            with suppress(OSError):  # on some systems not while another process reads it
                Path(path).unlink(missing_ok=True)
                used -= bytes_
        self._unmeasured = 0

    def has_room(self, size: int) -> bool:
        """Tell whether a state of `size` bytes can be kept without another's going."""
        return self.size() + size + _HEAD.size <= self._limit - self._limit // _SLICE

    def forget(self, documents: Collection[str]) -> None:
        """Remove every state of these documents."""
        for document in documents:
            shutil.rmtree(self._place(document), ignore_errors=True)

    def forget_others(self, documents: Collection[str]) -> None:
        """Remove the states of all documents but these: what a process left that was killed before it could forget."""
        places = {self._place(document).name for document in documents}
        for place in _scan(self._folder):
            if place.name not in places:
                shutil.rmtree(place.path, ignore_errors=True)


def _scan(folder: Path | str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _head(key: str, state: State) -> bytes:
    return _HEAD.pack(_MAGIC, hashlib.sha256(key.encode()).digest(), len(state), zlib.crc32(state))
