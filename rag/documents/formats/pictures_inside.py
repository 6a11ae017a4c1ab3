"""Pictures inside documents → their text, by OCR, where they are large enough to hold any. It knows no format."""

import io
from collections.abc import Generator, Hashable, Iterable
from contextlib import suppress
from typing import Any

from rag.documents.formats import ocr
from rag.documents.formats.layout import lay_out
from rag.documents.formats.limits import FEWEST_DOTS, MOST_DOTS, MOST_PICTURES
from rag.documents.formats.parts import Asked, Found, Page, Text
from rag.documents.formats.picture import upright
from rag.documents.formats.recognised import recognised

_SHORTEST = 100  # dots of a side: what is narrower is a line or an icon
Texts = dict[Hashable, Text]


def texts_of(pictures: Iterable[tuple[Hashable, bytes]]) -> Generator[Asked | Page, Found | None, Texts]:
    """Return the text of each picture in which OCR finds some, by its key; nothing where there is no OCR."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # checked here, before anything is unpacked
    texts: Texts = {}
    read = 0
    for key, data in pictures if ocr.available() else ():
        if key in texts or read >= MOST_PICTURES:
            continue
        picture: Any = None
        # Not a drawing in vectors, nor a damaged one: neither could be read.
        with suppress(Exception), Image.open(io.BytesIO(data)) as opened:
            if _may_hold_text(*opened.size):
                picture = upright(opened)
        if picture is None:
            continue
        read += 1
        text = lay_out([(yield from recognised(picture, ocr.DPI))])
        if text.text:
            texts[key] = text
    return texts


def _may_hold_text(width: int, height: int) -> bool:
    return min(width, height) >= _SHORTEST and FEWEST_DOTS <= width * height <= MOST_DOTS
