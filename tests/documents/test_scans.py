"""What OCR reads: how sure it is of it, that it is kept, pictures inside documents, and how well pages are read."""

import base64
import io
import time
from pathlib import Path

import docx
import numpy
import pptx
import pytest
from PIL import Image
from rapidfuzz.distance import Levenshtein
from test_ocr import bad, picture, saved

import scan_pages
from rag.documents.chunks import make_chunks
from rag.documents.folder import Document, Unread
from rag.documents.formats import ocr
from rag.documents.formats.certainty import UNSURE, certainty_of
from rag.documents.formats.layout import lay_out
from rag.documents.formats.lines import Cell, Line
from rag.documents.formats.parts import Wishes
from rag.documents.formats.recognised import digest_of
from rag.documents.kept_pages import KeptPages, Pages
from rag.documents.parsing import Parser
from rag.documents.printed import printed
from rag.documents.sentences import split_sentences
from reading import document, read

needs_ocr = pytest.mark.skipif(not ocr.available(), reason="the extra is not installed: pip install 'rag-answers[ocr]'")


def line(text: str, base: float, certainty: float, left: float = 50.0) -> Line:
    cell = Cell(text, left, left + 6 * len(text))
    return Line((cell,), base, 10.0, False, (cell,), certainty, (0.1, 0.1, 0.9, 0.2))


def test_each_sentence_is_as_sure_as_its_worst_line() -> None:
    page = [
        line("The ferry leaves at seven in the morning and it returns", 700, 0.99),
        line("at half past nine. Dogs travel free of any charge, but on", 688, 0.62),
        line("Sundays they do not. The crane is", 676, 0.97),
    ]
    laid = lay_out([page])
    spans = split_sentences(laid.text)
    read = Document("a.png", "A", laid.text, "x", laid.pages, laid.tables, laid.scanned)
    (chunk,) = make_chunks(read, spans, 200, lambda text: len(text.split()))
    assert [laid.text[span.start : span.end].split()[0] for span in spans] == ["The", "Dogs", "The"]
    assert chunk.certainties == (0.62, 0.62, 0.97)
    assert certainty_of((), 0, 9) is None and certainty_of(laid.scanned, 10_000, 10_001) is None


def test_rows_of_a_table_are_as_sure_as_their_lines() -> None:
    cells = [("Ship", "Crew", 0.99), ("Aurora", "84", 0.7), ("Zephyr", "31", 0.98), ("Heron", "12", 0.97)]
    page = [
        made
        for row, (left, right, sure) in enumerate(cells)
        for made in (line(left, 700 - 14 * row, sure), line(right, 700 - 14 * row, sure, 250.0))
    ]
    laid = lay_out([page])
    (table,) = laid.tables
    assert [certainty_of(laid.scanned, *span) for span in table.spans] == [0.7, 0.98, 0.97]


def test_what_was_found_is_kept_as_long_as_a_file_has_the_page(tmp_path: Path) -> None:
    kept = KeptPages(tmp_path / "scans.sqlite")
    assert kept.get("1", "a.pdf") is None and not (tmp_path / "scans.sqlite").exists()
    kept.put("1", "a.pdf", [["Grüße", 1.0]])
    assert kept.get("1", "b.pdf") == [["Grüße", 1.0]]
    kept.keep_only(["b.pdf"])
    assert kept.get("1") == [["Grüße", 1.0]]  # a.pdf is gone, b.pdf has the page, too
    kept.settle("b.pdf", ["2"])
    assert kept.get("1") is None
    kept.put("3", "c.pdf", [["A secret", 1.0]])
    kept.keep_only([])
    assert b"A secret" not in (tmp_path / "scans.sqlite").read_bytes()
    (tmp_path / "scans.sqlite").write_bytes(b"no database at all" * 100)
    assert kept.get("1") is None  # and is begun anew
    kept.put("1", "a.pdf", [])
    assert kept.get("1") == []
    nowhere = KeptPages(tmp_path / "not" / "there.sqlite")
    nowhere.put("1", "a.pdf", [])
    assert nowhere.get("1") is None


def test_a_child_cannot_put_in_what_was_not_asked_for(tmp_path: Path) -> None:
    kept, told = KeptPages(tmp_path / "scans.sqlite"), []
    pages = Pages("in/a.pdf", kept, lambda *said: told.append(said))
    assert pages.recall("1") is None
    pages.note({"page": 1, "of": 3, "digest": "1", "found": [[1]]})
    pages.note({"page": 2, "of": 3, "digest": "2", "found": []})
    pages.note({"page": "x", "of": None, "digest": [], "found": "no"})
    assert kept.get("1") == [[1]] and kept.get("2") is None
    pages.end()
    assert told == [("Reading a.pdf by OCR", done, of, "pages") for done, of in ((1, 3), (2, 3), (1, 1))]


@needs_ocr
@pytest.mark.long
def test_a_scan_is_read_once_page_by_page_and_seen_with_its_sentence(tmp_path: Path) -> None:
    pages = [picture("letter.pdf").crop((0, 0, 1200, 800)), picture("tides.pdf").crop((0, 0, 1180, 500))]
    kept, told = KeptPages(tmp_path / "scans.sqlite"), []
    with Parser(kept=kept, report=lambda *said: told.append(said[:3])) as parser:
        first = document(parser, tmp_path, "a.pdf", saved(pages, "PDF"))
        assert told == [("Reading a.pdf by OCR", 1, 2), ("Reading a.pdf by OCR", 1, 1)]
        start = first.text.index("The museum opens")
        sure = certainty_of(first.scanned, start, start + 10)
        assert sure is not None and UNSURE < sure <= 1
        begun = time.process_time()
        assert document(parser, tmp_path, "b.pdf", saved(pages, "PDF")).text == first.text
        # Nothing is recognised again: what is kept is what is read.
        rows = kept._run("SELECT digest, found FROM pages WHERE file = 'a.pdf'")
        assert len(rows) == 2 and time.process_time() - begun < 60
        for digest, found in rows:
            kept._run("UPDATE pages SET found = ? WHERE digest = ?", found.replace("museum", "muzeum"), digest)
        assert "The muzeum opens" in document(parser, tmp_path, "c.pdf", saved(pages, "PDF")).text
    page = printed(tmp_path, "a.pdf", 1, "Sextants from Genoa", 0.5, Wishes(), kept)
    (mark,) = page.marks
    assert 0.05 < mark[0] < 0.3 and mark[2] - mark[0] < 0.4 and mark[3] - mark[1] < 0.1


@needs_ocr
@pytest.mark.long
def test_what_was_read_before_it_was_stopped_is_kept(tmp_path: Path) -> None:
    pages = [picture("letter.pdf").crop((0, 0, 1200, height)) for height in (300, 400)]
    kept = KeptPages(tmp_path / "scans.sqlite")
    with Parser(kept=kept, report=lambda *_: parser.close()) as parser:  # ended when the first page is told
        (refused,) = read(parser, tmp_path, "a.pdf", saved(pages, "PDF"))
    assert isinstance(refused, Unread)
    assert len(kept._run("SELECT digest FROM pages")) == 1
    with Parser(kept=kept) as parser:
        assert "The museum opens" in document(parser, tmp_path, "a.pdf").text
    assert len(kept._run("SELECT digest FROM pages")) == 2


@needs_ocr
@pytest.mark.long
def test_pictures_inside_documents(parser: Parser, tmp_path: Path) -> None:
    drawn = picture("letter.pdf", dpi=150).crop((0, 0, 1200, 420))
    data, icon = saved([drawn], "PNG"), saved([drawn.resize((80, 28))], "PNG")
    word = docx.Document()
    word.add_paragraph("Before the picture.")
    word.add_picture(io.BytesIO(data))
    word.add_picture(io.BytesIO(icon))
    word.add_paragraph("Behind the picture.")
    word.save(str(tmp_path / "a.docx"))
    deck = pptx.Presentation()
    for _ in range(2):  # one picture on two slides
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = "Plan"
        slide.shapes.add_picture(io.BytesIO(data), 0, 0)
    deck.save(str(tmp_path / "a.pptx"))
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    (tmp_path / "a.html").write_text(f"<p>Before the picture.<img alt=x src='{source}'><p>Behind the picture.")
    for name in ("a.docx", "a.pptx", "a.html"):
        found = document(parser, tmp_path, name)
        at = found.text.index("The museum opens at nine")
        assert (certainty_of(found.scanned, at, at + 9) or 0) > UNSURE
        assert found.text.count("The museum opens at nine") == (2 if name == "a.pptx" else 1)
        if name != "a.pptx":
            assert found.text.index("Before the") < at < found.text.index("Behind the")
            assert certainty_of(found.scanned, 0, 9) is None


def test_without_ocr_documents_with_pictures_are_read_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.documents.formats.pictures_inside import texts_of

    monkeypatch.setattr(ocr, "available", lambda: False)
    asked = texts_of([("a", b"x")])
    with pytest.raises(StopIteration) as over:
        next(asked)
    assert over.value.value == {}


@needs_ocr
@pytest.mark.long
def test_a_page_that_can_hardly_be_read_is_named_and_its_sentences_are_marked(parser: Parser, tmp_path: Path) -> None:
    small = picture("letter.pdf", dpi=60).resize((1700, 2200)).crop((0, 0, 1700, 900))
    dots = numpy.asarray(small).astype(float) + numpy.random.default_rng(1).normal(0, 60, (900, 1700, 3))
    parts = read(parser, tmp_path, "a.png", saved([Image.fromarray(dots.clip(0, 255).astype("uint8"))], "PNG"))
    for part in parts:
        if isinstance(part, Unread):
            assert "little certainty" in part.reason or "no text" in part.reason
        else:
            assert min(sure for _, _, sure in part.scanned) < 0.97


def plain(text: str) -> str:
    """Return the characters that are compared: OCR tells no shape of quotes and dashes, and marks no headings."""
    return " ".join(text.translate({ord(a): b for a, b in zip("’“”–—#", '\'""-- ', strict=True)}).split())


def error(found: str, meant: str) -> float:
    return Levenshtein.distance(plain(found), plain(meant)) / len(plain(meant))


@needs_ocr
@pytest.mark.long
@pytest.mark.parametrize("page", range(len(scan_pages.PAGES)))
@pytest.mark.parametrize(("is_bad", "most"), [(False, 0.03), (True, 0.08)])
def test_pages_in_10_pt_at_200_dpi(page: int, is_bad: bool, most: float) -> None:
    drawn = picture("print.pdf", page)
    dots = numpy.asarray(bad(drawn) if is_bad else drawn)[:, :, ::-1].copy()
    assert error(lay_out([ocr.lines_of(dots)]).text, scan_pages.prose(page)) <= most


@needs_ocr
@pytest.mark.long
def test_a_printed_table_has_its_rows() -> None:
    dots = numpy.asarray(picture("print.pdf", len(scan_pages.PAGES)))[:, :, ::-1].copy()
    laid = lay_out([ocr.lines_of(dots)])
    (table,) = laid.tables
    meant = [cell for row in scan_pages.ROWS for cell in row]
    assert sum(a == b for a, b in zip(meant, (cell for row in table.rows for cell in row), strict=True)) >= 0.95 * len(
        meant
    )
    assert digest_of(dots, 200.0) != digest_of(dots[1:], 200.0)
