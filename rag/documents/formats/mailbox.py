"""mbox → its messages as members. A line "From …" behind an empty one begins a message, as RFC 4155 says."""

from collections.abc import Iterator
from typing import BinaryIO

from rag.documents.formats.limits import LARGEST_MEMBER, MIB, MOST_MEMBERS
from rag.documents.formats.parts import Member, Part, Refusal, RefusedError


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield each message."""
    number = 0
    for number, message in enumerate(_messages(file), 1):
        member = f"{number}.eml"
        if number > MOST_MEMBERS:
            yield Refusal(f"holds more than {MOST_MEMBERS:,} messages; the rest is not read. Split it.")
            return
        if len(message) > LARGEST_MEMBER:
            yield Refusal(f"has more than {LARGEST_MEMBER / MIB:,.0f} MiB.", member)
        else:
            yield Member(member, message)
    if not number:
        raise RefusedError("is not a mailbox.")


def _messages(file: BinaryIO) -> Iterator[bytes]:
    lines: list[bytes] | None = None
    size, empty_before = 0, True
    for line in file:
        if line.startswith(b"From ") and empty_before:
            if lines is not None:
                yield b"".join(lines)
            lines, size = [], 0
        elif lines is not None and size <= LARGEST_MEMBER:
            if line.startswith(b">") and line.lstrip(b">").startswith(b"From "):
                line = line[1:]
            lines.append(line)
            size += len(line)
        empty_before = not line.strip()
    if lines is not None:
        yield b"".join(lines)
