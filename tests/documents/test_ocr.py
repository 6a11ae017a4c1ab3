"""Scans and pictures of pages through the real recogniser in the real child process."""

import difflib
import io
from pathlib import Path

import numpy
import pypdfium2
import pytest
from PIL import Image, ImageFilter

from rag.documents.chunks import page_at
from rag.documents.folder import Document, Unread, list_files
from rag.documents.formats import ocr
from rag.documents.parsing import Parser
from reading import SAMPLES, document, read, reason

pytestmark = pytest.mark.skipif(
    not ocr.available(), reason="the extra is not installed: pip install 'rag-answers[ocr]'"
)


def picture(name: str, page: int = 0, dpi: float = ocr.DPI) -> Image.Image:
    drawn = pypdfium2.PdfDocument(SAMPLES / name)[page].render(scale=dpi / 72).to_numpy()
    return Image.fromarray(drawn[:, :, ::-1])


def bad(image: Image.Image) -> Image.Image:
    """Return a picture as a bad scanner makes it: askew, blurred, noisy."""
    turned = image.rotate(1.3, fillcolor=(245, 245, 240), resample=Image.Resampling.BICUBIC, expand=True)
    dots = numpy.asarray(turned.filter(ImageFilter.GaussianBlur(0.7))).astype(float)
    dots += numpy.random.default_rng(0).normal(0, 18, dots.shape)
    return Image.fromarray(dots.clip(0, 255).astype("uint8"))


def saved(images: list[Image.Image], kind: str) -> bytes:
    made = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if kind in {"TIFF", "PDF"} else {}
    images[0].save(made, kind, resolution=ocr.DPI, **more)
    return made.getvalue()


def share_read(found: str, meant: str) -> float:
    """Return which share of the characters is found, in their order; spaces do not count."""
    matcher = difflib.SequenceMatcher(None, letters(found), letters(meant), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(letters(meant))


def letters(text: str) -> str:
    return "".join(text.replace("#", "").replace("’", "'").split())


@pytest.mark.long
@pytest.mark.parametrize(("name", "is_bad"), [("columns.pdf", False), ("columns.pdf", True), ("tides.pdf", False)])
def test_a_scan_of_two_columns(parser: Parser, tmp_path: Path, name: str, is_bad: bool) -> None:
    drawn = picture(name)
    meant = document(parser, SAMPLES, name)
    end = meant.pages[1] if len(meant.pages) > 1 else len(meant.text)
    found = document(parser, tmp_path, "a.pdf", saved([bad(drawn) if is_bad else drawn], "PDF"))
    assert share_read(found.text, meant.text[:end]) > 0.95


@pytest.mark.long
def test_scanned_pages_have_their_numbers(parser: Parser, tmp_path: Path) -> None:
    found = document(parser, tmp_path, "a.tiff", saved([picture("columns.pdf", page) for page in (0, 1)], "TIFF"))
    assert len(found.pages) == 2 and page_at(found, len(found.text) - 1) == 2
    assert "lighthouse keeper" in found.text


@pytest.mark.long
@pytest.mark.parametrize("quarters", [1, 2])
def test_a_page_that_was_laid_down_otherwise(parser: Parser, tmp_path: Path, quarters: int) -> None:
    turned = picture("tides.pdf").rotate(90 * quarters, expand=True)
    found = document(parser, tmp_path, "a.png", saved([turned], "PNG"))
    assert share_read(found.text, document(parser, SAMPLES, "tides.pdf").text) > 0.9


@pytest.mark.long
def test_rows_of_a_table(parser: Parser, tmp_path: Path) -> None:
    found = document(parser, tmp_path, "a.jpg", saved([picture("letter.pdf")], "JPEG"))
    assert "Ship: Aurora; Built: 1911; Crew: 84.\n\nShip: Zephyr; Built: 1923; Crew: 31." in found.text


@pytest.mark.long
def test_pictures_without_words(parser: Parser, tmp_path: Path) -> None:
    plain = Image.new("RGB", (300, 300), (200, 220, 240))
    for kind, name in (("PNG", "a.png"), ("WEBP", "a.webp"), ("BMP", "a.bmp"), ("PDF", "a.pdf")):
        assert "no text" in reason(parser, tmp_path, name, saved([plain], kind))
    assert "is damaged" in reason(parser, tmp_path, "b.png", b"\x89PNG\r\n\x1a\n" + b"x" * 99)
    wide = Image.new("1", (20_000, 6_000))
    assert "million dots" in reason(parser, tmp_path, "c.png", saved([wide], "PNG"))


def test_without_the_extra_pictures_are_passed_over_and_scans_named(
    parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    assert [file.path for file in list_files(tmp_path)] == ["a.png"]
    monkeypatch.setattr(ocr, "available", lambda: False)
    assert list(list_files(tmp_path)) == []


def test_a_page_among_others(parser: Parser) -> None:
    why, found = read(parser, SAMPLES, "mixed.pdf")
    assert isinstance(why, Unread) and "OCR finds no text in them" in why.reason
    assert isinstance(found, Document) and found.text == "The second page says that the ferry is blue."
