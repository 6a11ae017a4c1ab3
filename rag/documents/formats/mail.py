"""EML → the message, and its attachments as members. With Python's own `email`.

Nothing that a mail names is fetched: no picture, no style, no link.
"""

import email.policy
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from typing import BinaryIO

from rag.documents.formats.archive import is_hidden
from rag.documents.formats.blocks import Blocks
from rag.documents.formats.kinds import SUFFIXES, suffix
from rag.documents.formats.limits import LARGEST_MEMBER, MIB
from rag.documents.formats.parts import Member, Part, Refusal, RefusedError, Text, in_one_line
from rag.documents.formats.zipped import inside

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_ATTACHMENTS = 200
_LONGEST_HEADER = 2_000  # characters


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the attachments, then the message's own text."""
    message = BytesParser(policy=email.policy.default.clone(max_line_length=0)).parse(file)
    if not any(header in message for header in (*_HEADERS, "Received", "Message-ID", "Content-Type")):
        raise RefusedError("is not a mail.")
    assert isinstance(message, EmailMessage)
    yield from _attachments(message)
    blocks = Blocks()
    heads = [(header, _header(message, header)) for header in _HEADERS]
    blocks.paragraph("\n".join(f"{header}: {value}." for header, value in heads if value))
    _body(blocks, message)
    yield Text(blocks.text().text, dict(heads)["Subject"])


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message[name]) if message[name] is not None else ""
    except Exception:  # the parser of headers raises many kinds for addresses and dates that are none
        value = next((str(raw) for header, raw in message.raw_items() if header.lower() == name.lower()), "")
    return in_one_line(value)[:_LONGEST_HEADER]


def _body(blocks: Blocks, message: EmailMessage) -> None:
    from rag.documents.formats import html

    body = message.get_body(("plain", "html"))
    if body is None:
        return
    text = _content(body)
    if body.get_content_type() == "text/html":
        html.add(blocks, text)
        return
    for paragraph in text.replace("\r\n", "\n").split("\n\n"):
        blocks.lines(paragraph)


def _content(part: MIMEPart) -> str:
    from rag.documents.formats.plain import decode

    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return ""
    try:
        return data.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return decode(data)


def _attachments(message: EmailMessage) -> Iterator[Part]:
    names: set[str] = set()
    body = message.get_body(("plain", "html"))
    for part in message.walk():
        if part is body or part.is_multipart() or len(names) >= _MOST_ATTACHMENTS:
            continue
        name = inside(in_one_line(_name(part)).replace("/", "_").replace("\\", "_"))
        if name is None or name in names or is_hidden(name) or suffix(name) not in SUFFIXES:
            continue
        names.add(name)
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            continue
        if len(data) > LARGEST_MEMBER:
            yield Refusal(f"has {len(data) / MIB:,.0f} MiB; at most {LARGEST_MEMBER / MIB:,.0f} MiB are read.", name)
        else:
            yield Member(name, data)


def _name(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # as for headers
        return ""
