"""What stands on a PDF's page but not in its text: the values of form fields, and what people noted."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

from rag.documents.formats.lines import Cell, Line
from rag.documents.formats.parts import clean, in_one_line

_MOST = 2_000  # fields and notes of one page
_LONGEST = 20_000  # characters of one
_FAR_BELOW = -1000.0  # points: behind everything else, each by itself
_APART = 50.0
_UNNAMED = "Field"


def notes(document: Any, page: Any, number: int, size: float) -> list[Line]:
    """Return a line of that size for each field that is filled in and each note, as if they stood below the page."""
    from pypdfium2 import raw

    texts: list[str] = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            try:
                texts += _said(document, annotation, raw)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)
    texts = list(dict.fromkeys(texts))
    # Places differ from page to page, so that none of them is taken for a running head.
    return [
        Line((Cell(text, 0, 1),), _FAR_BELOW - number * _APART / 7 - at * _APART, size) for at, text in enumerate(texts)
    ]


def _said(document: Any, annotation: Any, raw: Any) -> Iterator[str]:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET:
        if document.formenv is not None and (field := _field(document.formenv.raw, annotation, raw)):
            yield field
    elif kind not in {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP} and (
        note := _text(raw.FPDFAnnot_GetStringValue, annotation, b"Contents")
    ):
        yield f"Note: {_ended(note)}"


def _field(form: Any, annotation: Any, raw: Any) -> str:
    name = _text(raw.FPDFAnnot_GetFormFieldAlternateName, form, annotation) or _text(
        raw.FPDFAnnot_GetFormFieldName, form, annotation
    )
    name = name.rpartition(".")[2] or _UNNAMED
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    value = _text(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
    if kind in {raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON}:
        if not raw.FPDFAnnot_IsChecked(form, annotation):
            return ""
        value = "yes" if kind == raw.FPDF_FORMFIELD_CHECKBOX else value
    elif kind in {raw.FPDF_FORMFIELD_PUSHBUTTON, raw.FPDF_FORMFIELD_SIGNATURE}:
        return ""
    return f"{name}: {_ended(value)}" if value else ""


def _text(read: Callable[..., int], *about: Any) -> str:
    """Return what a function of PDFium writes into a buffer, in UTF-16."""
    size = read(*about, None, 0)
    if not 2 < size <= 2 * _LONGEST:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(*about, buffer, size)
    return in_one_line(clean(bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")))


def _ended(text: str) -> str:
    return text if text[-1] in ".!?。" else f"{text}."
