"""Pictures of pages (PNG, JPEG, TIFF …) → text, by OCR, with Pillow (MIT-CMU). One without text is named."""

from dataclasses import replace
from typing import Any, BinaryIO

from rag.documents.formats import ocr
from rag.documents.formats.layout import lay_out
from rag.documents.formats.limits import MOST_DOTS, MOST_PAGES
from rag.documents.formats.parts import Parts, Refusal, RefusedError
from rag.documents.formats.recognised import recognised


def read(file: BinaryIO, name: str) -> Parts:
    """Yield the text, a page for each picture in the file."""
    from PIL import Image, ImageSequence

    Image.MAX_IMAGE_PIXELS = None  # checked here, before anything is unpacked
    pages = []
    with Image.open(file) as picture:
        count = getattr(picture, "n_frames", 1)
        for number, frame in enumerate(ImageSequence.Iterator(picture), 1):
            if number > MOST_PAGES or frame.width * frame.height > MOST_DOTS:
                raise RefusedError(f"has more than {MOST_DOTS / 1e6:,.0f} million dots or {MOST_PAGES:,} pages.")
            pages.append((yield from recognised(upright(frame), ocr.DPI, number, count)))
    text = lay_out(pages)
    if not text.text:
        raise RefusedError("holds no text that OCR finds.")
    if any(map(ocr.is_unsure, pages)):
        yield Refusal("was read by OCR with little certainty: check what it is cited for against the picture.")
    yield text if len(pages) > 1 else replace(text, pages=())


def upright(frame: Any) -> Any:
    """Return a picture as an array of colours, turned as its camera says, and not too large."""
    import numpy
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(frame).convert("RGB")
    turned.thumbnail((ocr.LARGEST_SIDE, ocr.LARGEST_SIDE))
    return numpy.asarray(turned)[:, :, ::-1].copy()
