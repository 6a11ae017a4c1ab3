"""A page of a PDF, or a scan → its picture, and where a sentence stands on it. It does not know who looks at it."""

import ctypes
import io
from collections.abc import Generator, Sequence
from typing import Any, BinaryIO, NamedTuple

from rag.documents.formats import ocr
from rag.documents.formats.found_again import find
from rag.documents.formats.kinds import PICTURES, suffix
from rag.documents.formats.limits import MOST_DOTS
from rag.documents.formats.lines import Line, Place
from rag.documents.formats.parts import Asked, Found, Parts, Picture, RefusedError, Wishes
from rag.documents.formats.pdf import holds_picture, opened, picture_of
from rag.documents.formats.picture import upright
from rag.documents.formats.recognised import recalled

_WIDTH = 1_400  # dots: legible when a phone's window is filled with half of it
_TALLEST = 2_400
_QUALITY = 80
_FINE = 100_000  # steps in which PDFium tells places on a page
_MOST_LETTERS = 200_000
_FEWEST_LETTERS = 8  # below which a page is a picture
_SHARED = 0.5  # of the smaller letter
_ROOM = 0.12  # of a line's height
_NEAR = 0.06  # of the page's width: more is another cell


class _Letter(NamedTuple):
    text: str
    place: Place


def draw(file: BinaryIO, name: str, number: int, words: str, share: float, wishes: Wishes) -> Parts:
    """Yield the picture of page `number`, counted from 1, with the places of `words` on it. Raises RefusedError.

    Where they stand there several times, it is the place nearest to `share`, 0 to 1, of the way through the page. What
    stands on a scan is known from when it was read; it is not recognised anew while somebody waits.
    """
    pages = _scan if suffix(name) in PICTURES else _page
    shown, count, letters = yield from pages(file, number, wishes, wanted=bool(words))
    shown.thumbnail((_WIDTH, _TALLEST))
    image = io.BytesIO()
    shown.save(image, "WEBP", quality=_QUALITY)
    found = find(words, [letter.text for letter in letters], share)
    yield Picture(image.getvalue(), shown.width, shown.height, count, _marks([letters[at].place for at in found]))


_Drawn = Generator[Asked, Found | None, tuple[Any, int, Sequence[_Letter]]]


def _page(file: BinaryIO, number: int, wishes: Wishes, *, wanted: bool) -> _Drawn:
    document = opened(file, wishes.password)
    document.init_forms()
    if not 0 < number <= len(document):
        raise RefusedError(f"has no page {number}.")
    page = document[number - 1]
    letters = _letters(page)
    if wanted and len(letters) < _FEWEST_LETTERS and holds_picture(page) and ocr.available():
        letters = _letters_of((yield from recalled(*picture_of(document, number - 1))))
    scale = min(_WIDTH / max(1.0, page.get_width()), _TALLEST / max(1.0, page.get_height()))
    return page.render(scale=scale).to_pil(), len(document), letters


def _scan(file: BinaryIO, number: int, wishes: Wishes, *, wanted: bool) -> _Drawn:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # checked here, before anything is unpacked
    with Image.open(file) as picture:
        count = getattr(picture, "n_frames", 1)
        if not 0 < number <= count or picture.width * picture.height > MOST_DOTS:
            raise RefusedError(f"has no page {number}, or one that is too large to be shown.")
        picture.seek(number - 1)
        dots = upright(picture)
    lines = (yield from recalled(dots, ocr.DPI)) if wanted and ocr.available() else []
    return Image.fromarray(dots[:, :, ::-1]), count, _letters_of(lines)


def _letters(page: Any) -> list[_Letter]:
    """Return the characters of a page in the order of the file."""
    from pypdfium2 import raw

    text = page.get_textpage()
    letters = []
    box, across, down = raw.FS_RECTF(), ctypes.c_int(), ctypes.c_int()
    for index in range(min(text.count_chars(), _MOST_LETTERS)):
        code = raw.FPDFText_GetUnicode(text.raw, index)
        if code <= 0x20 or 0xD800 <= code < 0xE000:
            continue
        raw.FPDFText_GetLooseCharBox(text.raw, index, ctypes.byref(box))
        sides = []
        for x, y in ((box.left, box.top), (box.right, box.bottom)):
            raw.FPDF_PageToDevice(
                page.raw, 0, 0, _FINE, _FINE, 0, x, y, ctypes.byref(across), ctypes.byref(down)
            )  # which knows how the page is turned and cut
            sides.append((across.value / _FINE, down.value / _FINE))
        (a, b), (c, d) = sides
        letters.append(_Letter(chr(code), (min(a, c), min(b, d), max(a, c), max(b, d))))
    return letters


def _letters_of(lines: Sequence[Line]) -> list[_Letter]:
    """Return the letters of lines that OCR has read, each with its share of the line."""
    letters = []
    for line in lines:
        if line.place is None:
            continue
        left, top, right, bottom = line.place
        step = (right - left) / len(line.text)
        letters += [
            _Letter(letter, (left + at * step, top, left + (at + 1) * step, bottom))
            for at, letter in enumerate(line.text)
        ]
    return letters


def _marks(places: Sequence[Place]) -> tuple[Place, ...]:
    """Return the places of letters joined to runs, one for each line: across the page, or down one that is turned."""
    marks: list[Place] = []
    for number, place in enumerate(places):
        if marks and _goes_on(places[number - 1], place):
            a, b, c, d = marks[-1]
            marks[-1] = (min(a, place[0]), min(b, place[1]), max(c, place[2]), max(d, place[3]))
        else:
            marks.append(place)
    return tuple(_roomy(*mark) for mark in marks)


def _goes_on(before: Place, letter: Place) -> bool:
    """Tell whether a letter stands near the one before it, at the same height or, in a line that runs down, below."""
    across = min(before[2], letter[2]) - max(before[0], letter[0])  # what both share; below 0, how far they are apart
    down = min(before[3], letter[3]) - max(before[1], letter[1])
    width = min(before[2] - before[0], letter[2] - letter[0])
    height = min(before[3] - before[1], letter[3] - letter[1])
    return (down > _SHARED * height and across > -_NEAR) or (across > _SHARED * width and down > -height)


def _roomy(left: float, top: float, right: float, bottom: float) -> Place:
    """Return the place of a line with a little room at its long sides, within the page."""
    down = bottom - top > right - left
    across, above = (_ROOM * (right - left), 0.0) if down else (0.0, _ROOM * (bottom - top))
    sides = left - across, top - above, right + across, bottom + above
    first, second, third, fourth = (round(min(1.0, max(0.0, side)), 4) for side in sides)
    return first, second, third, fourth
