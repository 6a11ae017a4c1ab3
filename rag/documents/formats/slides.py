"""PPTX → blocks, with python-pptx (MIT): a slide is a page; titles, text, tables, groups, and the speaker's notes.

Charts and SmartArt are left out; of pictures OCR reads what it can.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Parts, RefusedError, in_one_line
from rag.documents.formats.pictures_inside import Texts, texts_of
from rag.documents.formats.word import refuse_compound
from rag.documents.formats.zipped import open_package

_DEEPEST_GROUP = 20


def read(file: BinaryIO, name: str) -> Parts:
    """Yield the slides' text, a page each."""
    refuse_compound(file)
    open_package(file)
    file.seek(0)
    from pptx import Presentation

    presentation = Presentation(file)
    blocks = Blocks()
    pictures = yield from texts_of(
        picture for slide in presentation.slides for shape in slide.shapes for picture in _pictures(shape, 0)
    )
    for slide in presentation.slides:
        blocks.page()
        title = slide.shapes.title
        if title is not None:
            blocks.heading(title.text_frame.text, 2)
        for shape in slide.shapes:
            if title is None or shape.shape_id != title.shape_id:
                _shape(blocks, shape, 0, pictures)
        if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
            blocks.paragraph(notes.text)
    text = blocks.text()
    if not text.text:
        raise RefusedError(
            "holds no text. If its slides are pictures, export it as PDF and run OCR over that (ocrmypdf)."
        )
    yield replace(text, title=text.title or in_one_line(presentation.core_properties.title or ""))


def _shape(blocks: Blocks, shape: Any, depth: int, pictures: Texts) -> None:
    if hasattr(shape, "shapes") and depth < _DEEPEST_GROUP:
        for inner in shape.shapes:
            _shape(blocks, inner, depth + 1, pictures)
    elif (text := pictures.get(_key(shape))) is not None:
        blocks.picture(text)
    elif getattr(shape, "has_table", False):
        blocks.table(
            [[in_one_line(cell.text) for cell in row.cells] for row in shape.table.rows],
            has_head=shape.table.first_row or None,
        )
    elif shape.has_text_frame and not (shape.is_placeholder and _repeats(shape)):
        for paragraph in shape.text_frame.paragraphs:
            text = paragraph.text.replace("\v", "\n")
            if shape.is_placeholder or paragraph.level:
                blocks.item(text, paragraph.level)
            else:
                blocks.paragraph(text)


def _pictures(shape: Any, depth: int) -> Iterator[tuple[str, bytes]]:
    if hasattr(shape, "shapes") and depth < _DEEPEST_GROUP:
        for inner in shape.shapes:
            yield from _pictures(inner, depth + 1)
    elif _key(shape):
        yield _key(shape), shape.part.related_part(_key(shape).partition(" ")[0]).blob


def _key(shape: Any) -> str:
    """Return what a picture inside the file is called by its slide; empty for other shapes."""
    shown = getattr(shape, "_pic", None)
    name = shown.blip_rId if shown is not None else None
    return f"{name} {shape.part.partname}" if name else ""


def _repeats(shape: Any) -> bool:
    """Tell the date, the footer and the number of a slide."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    kinds = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER)
    return shape.placeholder_format.type in kinds
