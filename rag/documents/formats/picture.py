"""Pictures of pages (PNG, JPEG, TIFF …) → text, by OCR, with Pillow (MIT-CMU). One without text is named."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from rag.documents.formats import ocr
from rag.documents.formats.layout import lay_out
from rag.documents.formats.limits import MOST_DOTS, MOST_PAGES
from rag.documents.formats.parts import Page, Part, Refusal, RefusedError, Text


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the text, a page for each picture in the file."""
    from PIL import Image, ImageSequence

    Image.MAX_IMAGE_PIXELS = None  # checked here, before anything is unpacked
    pages, unsure = [], []
    with Image.open(file) as picture:
        for number, frame in enumerate(ImageSequence.Iterator(picture), 1):
            if number > MOST_PAGES or frame.width * frame.height > MOST_DOTS:
                raise RefusedError(f"has more than {MOST_DOTS / 1e6:,.0f} million dots or {MOST_PAGES:,} pages.")
            lines, certainty = ocr.lines_of(_upright(frame))
            pages.append(lines)
            unsure += [number] if lines and certainty < ocr.UNSURE else []
            yield Page(number)
    text, offsets, title, tables = lay_out(pages)
    if not text:
        raise RefusedError("holds no text that OCR finds.")
    if unsure:
        yield Refusal("was read by OCR with little certainty: check what it is cited for against the picture.")
    yield Text(text, title, offsets if len(pages) > 1 else (), tables)


def _upright(frame: Any) -> Any:
    """Return a picture as an array of colours, turned as its camera says, and not too large."""
    import numpy
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(frame).convert("RGB")
    turned.thumbnail((ocr.LARGEST_SIDE, ocr.LARGEST_SIDE))
    return numpy.asarray(turned)[:, :, ::-1].copy()
