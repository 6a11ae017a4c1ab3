"""SRT and WebVTT → what is said, in paragraphs: no times, numbers, styles and notes; a long pause parts paragraphs."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError, Text, in_one_line
from rag.documents.formats.plain import decode

_TIMES = re.compile(r"\s*(?:(\d+):)?(\d+):(\d+)[.,](\d+)\s*-->\s*(?:(\d+):)?(\d+):(\d+)[.,](\d+)")
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)\b")
_VOICE = re.compile(r"<v(?:\.[^ >]*)? ([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>|<[\d:.]+>|\{\\[^}]*\}")
_ENTITIES = {"&nbsp;": " ", "&lrm;": "", "&rlm;": "", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
_PAUSE = 3.0  # seconds
_LONGEST = 600  # characters of a paragraph, after which the next sentence begins another
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield what is said."""
    blocks = Blocks()
    said: list[str] = []
    length, ended = 0, 0.0
    before = ""
    for start, end, lines in _cues(decode(file.read())):
        if said and (start - ended > _PAUSE or (length > _LONGEST and _ENDED.search(said[-1]))):
            blocks.paragraph(" ".join(said))
            said, length = [], 0
        for line in lines:
            if line != before:  # captions that roll up show a line twice
                said.append(line)
                length += len(line)
            before = line
        ended = end
    blocks.paragraph(" ".join(said))
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no subtitles.")
    yield Text(text.text)


def _cues(text: str) -> Iterator[tuple[float, float, list[str]]]:
    """Yield (start, end, lines) of every cue; times are in seconds."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.strip("\n").split("\n")
        at = next((number for number, line in enumerate(lines[:3]) if _TIMES.match(line)), None)
        if at is None or _NO_CUE.match(lines[0]):
            continue
        times = _TIMES.match(lines[at])
        assert times is not None
        numbers = [int(number or 0) for number in times.groups()]
        start, end = (60.0 * (60 * hours + minutes) + seconds for hours, minutes, seconds, _ in
                      (numbers[:4], numbers[4:]))  # fmt: skip
        yield start, end, [line for line in map(_plain, lines[at + 1 :]) if line]


def _plain(line: str) -> str:
    line = _TAG.sub("", _VOICE.sub(lambda found: f"{found[1]}: ", line))
    for entity, character in _ENTITIES.items():
        line = line.replace(entity, character)
    return in_one_line(line)
