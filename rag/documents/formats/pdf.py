"""PDF → lines with their places, by PDFium (pypdfium2: Apache-2.0 and BSD-3; the engine of Chrome).

pypdf is slower by an order of magnitude and loses columns; PyMuPDF is under the AGPL. `layout` makes text of the lines.
"""

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from rag.documents.formats import ocr
from rag.documents.formats.layout import lay_out
from rag.documents.formats.limits import LONGEST_TEXT, MOST_PAGES
from rag.documents.formats.lines import CELL_GAP, PIECE_GAP, Cell, Line
from rag.documents.formats.parts import Parts, Refusal, RefusedError, Wishes, clean, in_one_line
from rag.documents.formats.pdf_notes import notes
from rag.documents.formats.recognised import recognised
from rag.documents.formats.right_to_left import as_read

_ENDS = {0x0A, 0x0D, 0x0B, 0x0C, 0x2028, 0x2029}
_HYPHENS = {0x02, 0xFFFE, 0xAD}
"""What PDFium gives for a hyphen at a line's end where it takes both sides for one word."""
_HYPHEN = 0x03
_SPACE = 0x20
_MONOSPACED_GAP = 1.0  # in place of PIECE_GAP
_SOME = 16  # characters
_FEWEST = 8  # characters below which a page with a picture is a scan
_PASSWORD = (
    "is protected by a password. Give it as RAG_PDF_PASSWORD, or as pdf_password in rag.toml; or save a copy without "
    "one: qpdf --decrypt --password=… IN.pdf OUT.pdf"
)
_OTHER_PASSWORD = "is protected by another password than the one in the settings (pdf_password)."
_OCR = "To have it read by OCR: pip install 'rag-answers[ocr]', or ocrmypdf SCAN.pdf READABLE.pdf"
_NO_TITLE = re.compile(
    r"microsoft (word|powerpoint|excel) - .*|untitled.*|.*\.(docx?|tex|dvi|indd|qxd|pptx?|xlsx?|html?)", re.I
)


def read(file: BinaryIO, name: str, wishes: Wishes) -> Parts:
    """Yield the text with its pages, and which pages are pictures only."""
    document = opened(file, wishes.password)
    document.init_forms()  # which does nothing where there are none
    count = len(document)
    if count > MOST_PAGES:
        raise RefusedError(f"has {count:,} pages; at most {MOST_PAGES:,} are read. Split it.")
    pages: list[list[Line]] = []
    pictures: list[int] = []
    unsure: list[int] = []
    characters = 0
    for number in range(count):
        lines, is_picture = _page(document, number)
        if is_picture and ocr.available():
            lines = yield from recognised(*picture_of(document, number), number + 1, count)
            is_picture = not lines
            unsure += [number + 1] if ocr.is_unsure(lines) else []
        pages.append(lines)
        if is_picture:
            pictures.append(number + 1)
        characters += _size(lines)
        if characters > LONGEST_TEXT:
            raise RefusedError(f"holds more than {LONGEST_TEXT:,} characters. Split it.")
    if not characters:
        raise RefusedError(_nothing(pictures))
    if pictures:
        yield Refusal(f"has pages that are only pictures ({_ranges(pictures)}); the others are read. {_help()}")
    if unsure:
        yield Refusal(f"has pages that OCR read with little certainty ({_ranges(unsure)}): check them on paper.")
    text = lay_out(pages)
    title = in_one_line(document.get_metadata_value("Title") or "")
    if _NO_TITLE.fullmatch(title):
        title = ""
    yield replace(text, title=text.title or title)


def opened(file: BinaryIO, password: str = "") -> Any:
    """Open a PDF. Raises RefusedError."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(file, password or None)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise RefusedError(_OTHER_PASSWORD if password else _PASSWORD) from error
        raise RefusedError(f"is damaged or no PDF ({str(error).rstrip('.')}).") from error


def _nothing(pictures: Sequence[int]) -> str:
    if not pictures:
        return "holds no text."
    if ocr.available():
        return "holds pictures of pages in which OCR finds no text."
    return f"holds pictures of pages but no text: it is a scan. {_OCR}"


def _help() -> str:
    return "OCR finds no text in them." if ocr.available() else _OCR


def picture_of(document: Any, number: int) -> tuple[Any, float]:
    """Return the picture of a page that OCR reads, as an array of colours, and its dots an inch."""
    page = document[number]
    try:
        longest = max(page.get_width(), page.get_height(), 1.0)
        scale = min(ocr.DPI / 72, ocr.LARGEST_SIDE / longest)
        return page.render(scale=scale).to_numpy(), 72 * scale
    finally:
        page.close()


def _page(document: Any, number: int) -> tuple[list[Line], bool]:
    """Return a page's lines as they stand in the file, and whether it is only a picture."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError:  # one damaged page
        return [], False
    try:
        lines = [line for run in _runs(text.raw, text.count_chars(), raw) if (line := _line(text.raw, run, raw))]
        beside = notes(document, page, number, min((line.size for line in lines), default=10.0))
        few = _size(lines) < _FEWEST and not beside
        picture = few and holds_picture(page)
        return ([] if picture else lines + beside), picture
    finally:
        text.close()
        page.close()


def holds_picture(page: Any) -> bool:
    """Tell whether a picture stands on a page."""
    from pypdfium2 import raw

    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _runs(text: Any, count: int, raw: Any) -> Iterator[list[tuple[int, int]]]:
    """Yield the lines, each as (index, code) of its characters; indexes are what PDFium knows places by."""
    run: list[tuple[int, int]] = []
    for index in range(count):
        code = raw.FPDFText_GetUnicode(text, index)
        if code in _ENDS or code in _HYPHENS:  # for a parted word PDFium gives no line end
            if code in _HYPHENS:
                run.append((index, _HYPHEN))
            if run:
                yield run
            run = []
        elif code:
            run.append((index, code))
    if run:
        yield run


def _line(text: Any, run: Sequence[tuple[int, int]], raw: Any) -> Line | None:
    visible = [index for index, code in run if not chr(code).isspace()]
    if not visible:
        return None
    run = as_read(run, lambda index: sum(_sides(text, index, raw)) / 2)
    size, base = _font(text, visible[len(visible) // 2], raw)
    cells: list[Cell] = []
    pieces: list[Cell] = []
    codes: list[int] = []
    begun = before = piece_begun = visible[0]
    piece = 0
    piece_gap = (_MONOSPACED_GAP if _is_monospaced(text, visible, raw) else PIECE_GAP) * size
    for index, code in run:
        if chr(code).isspace():
            if codes and codes[-1] != _SPACE:
                codes.append(_SPACE)
            continue
        if codes and codes[-1] == _SPACE:
            gap = _sides(text, index, raw)[0] - _sides(text, before, raw)[1]
            if gap > piece_gap:
                pieces.append(_cell(text, codes[piece:], piece_begun, before, raw))
                piece, piece_begun = len(codes), index
            if gap > CELL_GAP * size:
                cells.append(_cell(text, codes, begun, before, raw))
                codes, begun, piece = [], index, 0
        if chr(code).isdigit() and _is_behind_word(codes) and _font(text, index, raw)[0] < 0.75 * size:
            continue  # the number of a note, raised: it is no digit of the word before it
        codes.append(code)
        before = index
    cells.append(_cell(text, codes, begun, before, raw))
    pieces.append(_cell(text, codes[piece:], piece_begun, before, raw))
    cells = [cell for cell in cells if cell.text]
    pieces = [each for each in pieces if each.text]
    return Line(tuple(cells), base, size, codes[-1] == _HYPHEN, tuple(pieces)) if cells else None


def _cell(text: Any, codes: Sequence[int], first: int, last: int, raw: Any) -> Cell:
    sides = (*_sides(text, first, raw), *_sides(text, last, raw))
    return Cell(_words(codes), min(sides), max(sides))


def _is_monospaced(text: Any, visible: Sequence[int], raw: Any) -> bool:
    """Tell whether all characters are as wide as each other, as in code, where a space is as wide, too."""
    sides = [_sides(text, index, raw) for index in visible[:_SOME]]
    widths = [right - left for left, right in sides]
    return len(widths) > 4 and max(widths) - min(widths) < 0.02 * max(widths)


def _is_behind_word(codes: Sequence[int]) -> bool:
    """Tell whether a word ends here rather than a unit, whose raised number is its power."""
    return len(codes) > 2 and all(chr(code).isalpha() for code in codes[-3:])


def _words(codes: Sequence[int]) -> str:
    """Return the text: PDFium gives a code beyond the basic plane as two surrogates."""
    text = "".join(map(chr, codes)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return in_one_line(clean(text.replace("\x03", "-")))


def _size(lines: Sequence[Line]) -> int:
    return sum(len(line.text) for line in lines)


def _sides(text: Any, index: int, raw: Any) -> tuple[float, float]:
    """Return where a character begins and ends, in points from the page's left."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(box))
    return box.left, box.right


def _font(text: Any, index: int, raw: Any) -> tuple[float, float]:
    """Return a character's font size and the height of its base line, in points."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, index, ctypes.byref(matrix))
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text, index, ctypes.byref(x), ctypes.byref(y))
    size = raw.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
    return size if math.isfinite(size) and size > 0.1 else 0.1, y.value


def _ranges(numbers: Sequence[int]) -> str:
    """Return "3, 5–7" for 3, 5, 6, 7."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    told = [f"{first}" if first == last else f"{first}–{last}" for first, last in ranges]
    return ", ".join(told[:20]) + (" …" if len(told) > 20 else "")
