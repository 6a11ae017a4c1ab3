"""MHT, a web page saved with what belongs to it → the page, through the reader of HTML. With Python's own `email`."""

import email.policy
from collections.abc import Iterator
from email.parser import BytesParser
from typing import BinaryIO

from rag.documents.formats import html
from rag.documents.formats.mail import in_its_charset
from rag.documents.formats.parts import Part, RefusedError


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the page's text."""
    message = BytesParser(policy=email.policy.compat32).parse(file)
    for part in message.walk():
        data = part.get_payload(decode=True)
        if part.get_content_type() in {"text/html", "application/xhtml+xml"} and isinstance(data, bytes):
            charset = part.get_content_charset() or ""
            yield html.page(in_its_charset(data, charset) if charset else html.page_text(data))
            return  # those behind it are frames, most of them advertisements
    raise RefusedError("holds no web page.")
