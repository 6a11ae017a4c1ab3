"""EML → the message, and its attachments as members. With Python's own `email`.

Nothing that a mail names is fetched: no picture, no style, no link.
"""

import email.policy
import io
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from typing import BinaryIO

from rag.documents.formats.archive import is_hidden
from rag.documents.formats.blocks import Blocks
from rag.documents.formats.kinds import FOREIGN, is_named, suffix
from rag.documents.formats.limits import LARGEST_MEMBER, MIB
from rag.documents.formats.parts import Member, Part, Refusal, RefusedError, Text, in_one_line
from rag.documents.formats.plain import decode, wide_encoding
from rag.documents.formats.zipped import inside

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_ATTACHMENTS = 200
_LONGEST_HEADER = 2_000  # characters
_BEGINNING = 65_536  # bytes by which a whole mail in UTF-16 is told
_BYTE_BY_BYTE = ("cp125", "iso-8859", "windows-125", "us-ascii", "latin")
_WIDER = {"iso-8859-1": "cp1252", "us-ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
          "euc-kr": "cp949", "ks_c_5601-1987": "cp949"}  # fmt: skip
"""The charset that programs mean by a name: it has every character of the named one, and more."""
_FEW = 50  # characters for each one that may be damaged


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the attachments, then the message's own text."""
    message = BytesParser(policy=email.policy.default.clone(max_line_length=0)).parse(_in_bytes(file))
    if not any(header in message for header in (*_HEADERS, "Received", "Message-ID", "Content-Type")):
        raise RefusedError("is not a mail.")
    assert isinstance(message, EmailMessage)
    yield from _attachments(message)
    blocks = Blocks()
    heads = [(header, _header(message, header)) for header in _HEADERS]
    blocks.paragraph("\n".join(f"{header}: {value}." for header, value in heads if value))
    _body(blocks, message)
    yield Text(blocks.text().text, dict(heads)["Subject"])


def _in_bytes(file: BinaryIO) -> BinaryIO:
    """Return the mail as mail is written: some programs save one as a text in UTF-16."""
    begins = file.read(_BEGINNING)
    file.seek(0)
    if begins.startswith((b"\xff\xfe", b"\xfe\xff")) or wide_encoding(begins):
        return io.BytesIO(decode(file.read()).encode("utf-8"))
    return file


def _header(message: EmailMessage, name: str) -> str:
    raw = next((str(raw) for header, raw in message.raw_items() if header.lower() == name.lower()), "")
    try:
        value = str(message[name]) if raw else ""
    except Exception:  # the parser of headers raises many kinds for addresses and dates that are none
        value = raw
    if any("\udc80" <= character <= "\udcff" for character in raw):  # bytes that no header may have
        value = _by_body(raw, message)
    return in_one_line(value)[:_LONGEST_HEADER]


def _by_body(raw: str, message: EmailMessage) -> str:
    """Return a header in UTF-8, or in the encoding that fits it and the body: it is often too short to tell."""
    line = in_one_line(raw).encode("utf-8", "surrogateescape")
    with suppress(UnicodeDecodeError):
        return line.decode("utf-8")
    body = message.get_body(("plain", "html"))
    data = body.get_payload(decode=True) if body is not None else b""
    charset = body.get_content_charset() or "" if body is not None else ""
    return in_its_charset(line + b"\n" + (data if isinstance(data, bytes) else b""), charset).partition("\n")[0]


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
    data = part.get_payload(decode=True)
    return in_its_charset(data, part.get_content_charset() or "") if isinstance(data, bytes) and data.strip() else ""


def in_its_charset(data: bytes, charset: str) -> str:
    """Return the text of `data`: mostly in the charset that a mail names, which may be missing, unknown or wrong."""
    charset = _WIDER.get(charset.lower(), charset.lower())
    encoding = wide_encoding(data)
    if encoding is None and charset.startswith(_BYTE_BY_BYTE) and not data.isascii():
        encoding = "utf-8"  # other text is no valid UTF-8 by chance
    for candidate in filter(None, (encoding, charset, "utf-8")):
        try:
            return data.decode(candidate)
        except (LookupError, UnicodeDecodeError):
            continue
    try:
        text = data.decode(charset or "utf-8", "replace")
    except LookupError:
        return decode(data)
    return text if text.count("\ufffd") * _FEW < len(text) else decode(data)


def _attachments(message: EmailMessage) -> Iterator[Part]:
    names: set[str] = set()
    body = message.get_body(("plain", "html"))
    for part in message.walk():
        if part is body or part.is_multipart() or len(names) >= _MOST_ATTACHMENTS:
            continue
        name = inside(in_one_line(_name(part)).replace("/", "_").replace("\\", "_"))
        if name is None or name in names or is_hidden(name) or not is_named(name):
            continue
        names.add(name)
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            continue
        if len(data) > LARGEST_MEMBER:
            yield Refusal(f"has {len(data) / MIB:,.0f} MiB; at most {LARGEST_MEMBER / MIB:,.0f} MiB are read.", name)
        else:
            yield Member(name, b"" if suffix(name) in FOREIGN else data)


def _name(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # as for headers
        return ""
