"""What the process that parses and the one that asks it send each other: JSON in frames. It knows no documents."""

import json
import sys
from typing import Any, BinaryIO

Frame = dict[str, Any]


def read_frame(stream: BinaryIO, largest: int = sys.maxsize) -> Frame | None:
    """Return the next frame, None at the end. Raises ValueError for what is none."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    if size > largest:
        raise ValueError("the frame is too large")
    body = stream.read(size)
    if len(body) < size:
        return None
    frame = json.loads(body)
    if not isinstance(frame, dict):
        raise ValueError("the frame is no object")
    return frame


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Write one frame: its length in eight bytes, then JSON."""
    body = json.dumps(frame, ensure_ascii=True).encode("ascii")
    stream.write(len(body).to_bytes(8, "big") + body)
    stream.flush()
