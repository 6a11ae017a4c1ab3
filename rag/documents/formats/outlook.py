"""Outlook's MSG → the message, and its attachments as members, with olefile (BSD-2) and compressed-rtf (MIT).

extract-msg is under the GPL. The format is a file of streams, a property each, whose names tell which ([MS-OXMSG]).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from rag.documents.formats import html
from rag.documents.formats.archive import is_hidden
from rag.documents.formats.blocks import Blocks
from rag.documents.formats.kinds import FOREIGN, is_named, suffix
from rag.documents.formats.limits import LARGEST_MEMBER, LONGEST_NAME, MIB
from rag.documents.formats.mail import in_its_charset
from rag.documents.formats.parts import Member, Part, Refusal, RefusedError, Text, in_one_line
from rag.documents.formats.zipped import inside

_SUBJECT, _SENDER, _SENDER_ADDRESS, _SENDER_SMTP = "0037", "0C1A", "0C1F", "5D01"
_TO, _CC, _HEADERS = "0E04", "0E03", "007D"
_BODY, _HTML, _RTF = "1000", "1013", "1009"
_DATA, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME = "3701", "3707", "3704", "3001"
_SENT, _RECEIVED, _START, _END, _CODE_PAGE, _BODY_CODE_PAGE = 0x0039, 0x0E06, 0x0060, 0x0061, 0x3FFD, 0x3FDE
_RECIPIENT_KIND = 0x0C15
_CODE_PAGES = {20127: "us-ascii", 28591: "iso-8859-1", 65001: "utf-8", 20866: "koi8-r", 50220: "iso-2022-jp",
               51932: "euc-jp", 54936: "gb18030"} | {28590 + n: f"iso-8859-{n}" for n in range(2, 16)}  # fmt: skip
_MOST_ATTACHMENTS = 200
_DEEPEST = 3
_LONGEST_HEADER = 2_000  # characters


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the attachments, then the message's own text."""
    import olefile

    try:
        compound = olefile.OleFileIO(file)
    except OSError as error:
        raise RefusedError(f"is damaged, or another kind of file than its name says ({error}).") from error
    message = _Message(compound, (), 32)
    if not message.properties:
        raise RefusedError("is no message of Outlook.")
    yield from _attachments(message, set())
    yield _text(message)


class _Message:
    """A message, a recipient or an attachment: a storage with its properties, those of fixed size in one stream."""

    def __init__(self, compound: Any, path: tuple[str, ...], head: int) -> None:
        self.compound, self.path = compound, path
        self.properties: Mapping[int, int] = {}
        data = self._stream("__properties_version1.0")
        entries = [data[at : at + 16] for at in range(head, len(data) - 15, 16)]
        self.properties = {
            int.from_bytes(entry[2:4], "little"): int.from_bytes(entry[8:16], "little") for entry in entries
        }

    def children(self, kind: str) -> list[str]:
        depth = len(self.path)
        below = [path[depth] for path in self.compound.listdir() if tuple(path[:depth]) == self.path]
        return sorted({name for name in below if name.startswith(kind)})

    def size(self, property_: str) -> int:
        path = [*self.path, f"__substg1.0_{property_}0102"]
        return int(self.compound.get_size(path)) if self.compound.exists(path) else 0

    def binary(self, property_: str) -> bytes:
        return self._stream(f"__substg1.0_{property_}0102")

    def text(self, property_: str) -> str:
        if data := self._stream(f"__substg1.0_{property_}001F"):
            return data.decode("utf-16-le", "replace").rstrip("\0")
        return in_its_charset(self._stream(f"__substg1.0_{property_}001E").rstrip(b"\0"), self.charset(_CODE_PAGE))

    def charset(self, property_: int) -> str:
        page = self.properties.get(property_, 0) & 0xFFFFFFFF
        return _CODE_PAGES.get(page, f"cp{page}" if page else "")

    def time(self, property_: int) -> str:
        try:
            microseconds = self.properties[property_] // 10  # a tenth of one is its unit, since 1601
            return (datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M")
        except (KeyError, OverflowError):
            return ""

    def _stream(self, name: str) -> bytes:
        path = [*self.path, name]
        if not self.compound.exists(path) or self.compound.get_size(path) > LARGEST_MEMBER:
            return b""
        with self.compound.openstream(path) as stream:
            return bytes(stream.read())


def _text(message: _Message) -> Text:
    blocks = Blocks()
    subject = in_one_line(message.text(_SUBJECT))
    heads = {"From": _sender(message), "To": _recipients(message, 1) or message.text(_TO)}
    heads |= {"Cc": _recipients(message, 2) or message.text(_CC), "Date": _date(message)}
    if message.text("001A").startswith("IPM.Appointment"):
        heads |= {"Start": message.time(_START), "End": message.time(_END)}
    heads["Subject"] = subject
    told = {head: in_one_line(value)[:_LONGEST_HEADER] for head, value in heads.items()}
    blocks.paragraph("\n".join(f"{head}: {value}." for head, value in told.items() if value))
    if body := message.text(_BODY).replace("\r\n", "\n"):
        for paragraph in body.split("\n\n"):
            blocks.lines(paragraph)
    elif page := message.binary(_HTML):
        charset = message.charset(_BODY_CODE_PAGE)
        html.add(blocks, in_its_charset(page, charset) if charset else html.page_text(page))
    elif page_text := message.text(_HTML):
        html.add(blocks, page_text)
    else:
        _rich(blocks, message.binary(_RTF))
    found = blocks.text().text
    if not found:
        raise RefusedError("holds no text.")
    return Text(found, subject)


def _rich(blocks: Blocks, data: bytes) -> None:
    from compressed_rtf import decompress

    from rag.documents.formats import rtf

    if data:
        rtf.add(blocks, decompress(data))


def _date(message: _Message) -> str:
    """Return when it was sent: as its head says, else as Outlook noted, which may be when the file was made."""
    if dated := re.search(r"^Date:(.*)$", message.text(_HEADERS), re.MULTILINE | re.IGNORECASE):
        return dated[1]
    time = message.time(_SENT) or message.time(_RECEIVED)
    return f"{time} UTC" if time else ""


def _sender(message: _Message) -> str:
    address = message.text(_SENDER_SMTP) or message.text(_SENDER_ADDRESS)
    return _person(message.text(_SENDER), address)


def _recipients(message: _Message, kind: int) -> str:
    found = []
    for name in message.children("__recip_version1.0_")[:_MOST_ATTACHMENTS]:
        recipient = _Message(message.compound, (*message.path, name), 8)
        if recipient.properties.get(_RECIPIENT_KIND, 1) & 0xFFFFFFFF == kind:
            found.append(_person(recipient.text(_SHOWN_NAME), recipient.text("39FE") or recipient.text("3003")))
    return ", ".join(filter(None, found))


def _person(name: str, address: str) -> str:
    """Return a person as mails name one; an address without @ means something to Exchange alone."""
    name, address = in_one_line(name).strip("'"), in_one_line(address)
    if "@" not in address or address == name:
        return name or address
    return f"{name} <{address}>" if name else address


def _attachments(message: _Message, names: set[str], depth: int = 0) -> Iterator[Part]:
    for number, child in enumerate(message.children("__attach_version1.0_")[:_MOST_ATTACHMENTS], 1):
        attachment = _Message(message.compound, (*message.path, child), 8)
        embedded = (*attachment.path, f"__substg1.0_{_DATA}000D")
        if message.compound.get_type(list(embedded)) and depth < _DEEPEST:
            mail = _Message(message.compound, embedded, 24)
            if mail.properties:
                yield from _attachments(mail, names, depth + 1)
                yield Member(f"attached mail {depth + 1}.{number}.txt", _text(mail).text.encode("utf-8", "replace"))
            continue
        name = next(filter(None, map(attachment.text, (_LONG_NAME, _SHORT_NAME, _SHOWN_NAME))), "")
        path = inside(in_one_line(name).replace("/", "_").replace("\\", "_")[-LONGEST_NAME:])
        if path is None or path in names or is_hidden(path) or not is_named(path):
            continue
        names.add(path)
        if (size := attachment.size(_DATA)) > LARGEST_MEMBER:
            yield Refusal(f"has {size / MIB:,.0f} MiB; at most {LARGEST_MEMBER / MIB:,.0f} MiB are read.", path)
        else:
            yield Member(path, b"" if suffix(path) in FOREIGN else attachment.binary(_DATA))
