"""Writes compound files ([MS-CFB]), of which an Outlook message is one: no program that writes any is free."""

import struct
from itertools import pairwise

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
Storage = dict[str, "bytes | Storage"]


class _Writer:
    def __init__(self) -> None:
        self.entries: list[tuple[str, int, int, int, int, int]] = []  # name, kind, right, child, start, size
        self.fat: list[int] = []
        self.sectors: list[bytes] = []
        self.mini_fat: list[int] = []
        self.mini = b""

    def add(self, name: str, content: "bytes | Storage", *, root: bool = False) -> int:
        number = len(self.entries)
        self.entries.append((name, 0, _FREE, _FREE, 0, 0))
        if isinstance(content, bytes):
            start = self.put_mini(content) if len(content) < _CUTOFF else self.put(content)
            self.entries[number] = (name, 2, _FREE, _FREE, start, len(content))
            return number
        children = [self.add(each, inner) for each, inner in content.items()]
        for left, right in pairwise(children):  # a tree that is a chain
            self.entries[left] = (*self.entries[left][:2], right, *self.entries[left][3:])
        kind = 5 if root else 1
        self.entries[number] = (name, kind, _FREE, children[0] if children else _FREE, 0, 0)
        return number

    def put(self, data: bytes, mark: int = 0) -> int:
        start, count = len(self.sectors), max(1, -(-len(data) // _SECTOR))
        padded = data.ljust(count * _SECTOR, b"\0")
        self.sectors += [padded[at * _SECTOR : (at + 1) * _SECTOR] for at in range(count)]
        chain = [start + at + 1 for at in range(count - 1)]
        self.fat += [mark] * count if mark else [*chain, _END]
        return start

    def put_mini(self, data: bytes) -> int:
        if not data:
            return _END
        start, count = len(self.mini_fat), -(-len(data) // _MINI)
        self.mini += data.ljust(count * _MINI, b"\0")
        self.mini_fat += [*(start + at + 1 for at in range(count - 1)), _END]
        return start


def compound(content: Storage) -> bytes:
    """Return a compound file that holds streams (bytes) and storages (dictionaries) by name."""
    writer = _Writer()
    writer.add("Root Entry", content, root=True)
    mini = writer.put(writer.mini) if writer.mini else _END
    mini_fat = writer.put(struct.pack(f"<{len(writer.mini_fat)}I", *writer.mini_fat).ljust(_SECTOR, b"\xff"))
    name, kind, right, child, _, _ = writer.entries[0]
    writer.entries[0] = (name, kind, right, child, mini, len(writer.mini))
    directory = b"".join(map(_entry, writer.entries))
    directory += _entry(("", 0, _FREE, _FREE, 0, 0)) * (-len(writer.entries) % 4)
    root = writer.put(directory)
    count = -(-(len(writer.fat) + 8) // (_SECTOR // 4))
    fat_start = writer.put(bytes(count * _SECTOR), _FAT)
    table = struct.pack(f"<{len(writer.fat)}I", *writer.fat).ljust(count * _SECTOR, b"\xff")
    for at in range(count):
        writer.sectors[fat_start + at] = table[at * _SECTOR : (at + 1) * _SECTOR]
    minis = len(writer.mini_fat) * 4 // _SECTOR + 1
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, count, root, 0, _CUTOFF, mini_fat, minis, _END, 0)
    places = [fat_start + at for at in range(count)] + [_FREE] * (109 - count)
    return head + struct.pack("<109I", *places) + b"".join(writer.sectors)


def _entry(entry: tuple[str, int, int, int, int, int]) -> bytes:
    name, kind, right, child, start, size = entry
    written = name.encode("utf-16-le") + b"\0\0" if name else b""
    fixed = struct.pack("<HBB3I", len(written), kind, 1, _FREE, right, child)
    return written.ljust(64, b"\0") + fixed + bytes(36) + struct.pack("<IQ", start, size)


def message(
    texts: dict[str, str | bytes], numbers: dict[int, int] | None = None, *, head: int = 32, **more: Storage
) -> Storage:
    """Return a message of Outlook: texts by property, in UTF-16, or bytes by property and kind; then storages."""
    entries = b"".join(struct.pack("<HHIQ", 3, name, 6, value) for name, value in (numbers or {}).items())
    streams: Storage = {"__properties_version1.0": bytes(head) + entries}
    for name, value in texts.items():
        whole = value if isinstance(value, bytes) else value.encode("utf-16-le")
        streams[f"__substg1.0_{name if isinstance(value, bytes) else name + '001F'}"] = whole
    return {**streams, **more}
