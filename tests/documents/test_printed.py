"""Pages as they are printed: the picture from the real child process, and the sentence found on it again."""

import base64
import io
import zipfile
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from rag.documents.chunks import page_at
from rag.documents.formats.found_again import find
from rag.documents.formats.parts import Wishes
from rag.documents.kept_pages import KeptPages
from rag.documents.parsing import Parser
from rag.documents.printed import PrintedPage, _checked, is_printable, printed
from rag.documents.sentences import split_sentences
from rag.errors import DocumentError
from reading import SAMPLES, document


def found(words: str, page: str, share: float = 0.0) -> str:
    return "".join(page[at] for at in find(words, page, share))


@pytest.mark.parametrize(
    ("words", "page", "share", "meant"),
    [
        ("The crane is blue.", "Page 3\nA ship. The crane is\nblue. More.", 0.0, "Thecraneisblue"),
        ("It was considered.", "It was con-\nsi\x02dered.", 0.0, "Itwasconsidered"),
        ("# The ﬁrst “quay”", 'The first "quay"', 0.0, "Thefirstquay"),
        ("Ship: Aurora; Built: 1911; Crew: 84.", "Ship Built Crew Aurora 1911 84 Zephyr 1923 31", 0.0, "Aurora191184"),
        ("Yes.", "Yes. No. No. No. Yes!", 0.9, "Yes"),
        ("The harbour master paid 40.", "The harb0ur master paid 40. Nobody saw it.", 0.0, "Theharburmasterpaid40"),
        ("A sentence that stands nowhere here.", "Quite other words fill this page from top to end.", 0.0, ""),
        ("…", "No letters are asked for.", 0.0, ""),
        ("Anything at all", "", 0.0, ""),
    ],
)  # fmt: skip
def test_words_are_found_again(words: str, page: str, share: float, meant: str) -> None:
    assert found(words, page, share) == meant


def test_of_several_places_it_is_the_nearest() -> None:
    page = "Total: 5. " * 20
    assert find("Total: 5.", page, 0.0)[0] < find("Total: 5.", page, 0.5)[0] < find("Total: 5.", page, 1.0)[0]


def drawn(name: str, words: str, number: int = 1, folder: Path = SAMPLES, **more: object) -> PrintedPage:
    kept = KeptPages(Path("/nowhere/scans.sqlite"))
    return printed(folder, name, number, words, 0.0, more.get("wishes") or Wishes(), kept)  # type: ignore[arg-type]


@pytest.mark.long
@pytest.mark.parametrize("name", ["letter.pdf", "columns.pdf", "tides.pdf", "tables.pdf", "tables-office.pdf"])
def test_every_sentence_is_found_on_its_page(parser: Parser, name: str) -> None:
    read = document(parser, SAMPLES, name)
    sentences = split_sentences(read.text)
    for span in sentences[:: max(1, len(sentences) // 6)]:
        number = page_at(read, span.start) or 1
        end = min(span.end, [*read.pages, len(read.text)][number])
        assert drawn(name, read.text[span.start : end], number).marks, read.text[span.start : end]


def test_the_mark_is_where_the_words_are(parser: Parser) -> None:
    page = drawn("columns.pdf", "Annals of the Lighthouse")
    picture = Image.open(io.BytesIO(page.image))
    assert (picture.format, picture.size) == ("WEBP", (page.width, page.height)) and page.count == 3
    pdf = pypdfium2.PdfDocument(SAMPLES / "columns.pdf")[0]
    text = pdf.get_textpage()
    index, length = text.search("Annals of the Lighthouse").get_next()
    assert text.count_rects(index, length) == 1
    left, bottom, right, top = text.get_rect(0)
    (mark,) = page.marks
    meant = left / pdf.get_width(), 1 - top / pdf.get_height(), right / pdf.get_width(), 1 - bottom / pdf.get_height()
    assert all(abs(a - b) < 0.03 for a, b in zip(mark, meant, strict=True))


def test_a_turned_page_is_marked_as_it_is_shown(tmp_path: Path) -> None:
    pdf = pypdfium2.PdfDocument(SAMPLES / "columns.pdf")
    pdf[0].set_rotation(90)
    pdf.save(tmp_path / "turned.pdf")
    (mark,) = drawn("turned.pdf", "Annals of the Lighthouse", folder=tmp_path).marks
    (upright,) = drawn("columns.pdf", "Annals of the Lighthouse").marks
    assert mark[3] - mark[1] > mark[2] - mark[0]  # it runs down the page
    assert abs(mark[1] - upright[0]) < 0.02 and abs(mark[3] - upright[2]) < 0.02


def test_pages_of_files_in_files_and_with_a_password(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.write(SAMPLES / "letter.pdf", "deep/letter.pdf")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    assert drawn("all.zip/inner.zip/deep/letter.pdf", "Sextants from Genoa", folder=tmp_path).marks
    assert drawn("locked.pdf", "Sextants from Genoa", wishes=Wishes("secret")).marks
    with pytest.raises(DocumentError, match="password"):
        drawn("locked.pdf", "Sextants")


def test_what_cannot_be_shown_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nnothing")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.txt", "Beta.")
    for path, number, why in (
        ("a.pdf", 1, "is damaged"), ("gone.pdf", 1, "no longer there"), ("a.zip/c.pdf", 1, "no longer there"),
    ):  # fmt: skip
        with pytest.raises(DocumentError, match=why):
            drawn(path, "x", number, tmp_path)
    with pytest.raises(DocumentError, match="has no page 9"):
        drawn("letter.pdf", "x", 9)
    assert [is_printable(name) for name in ("a.PDF", "b/c.jpeg", "d.docx")] == [True, True, False]


@pytest.mark.parametrize(
    "lie",
    [
        {"image": "<svg onload=x>"},
        {"image": base64.b64encode(b"<svg onload=x>").decode()},
        {"width": 10**9},
        {"marks": [["x", 0, 0, 0]]},
        {"marks": [[0, 0, 0]]},
    ],
)
def test_a_child_that_was_taken_over_is_not_believed(lie: dict[str, object]) -> None:
    webp = io.BytesIO()
    Image.new("RGB", (4, 4)).save(webp, "WEBP")
    told: dict[str, object] = {"image": base64.b64encode(webp.getvalue()).decode(), "width": 4, "height": 4, "of": 1}
    told["marks"] = [[0, 0, 5, 1]]
    honest = _checked(told, 1)
    assert honest is not None and honest.marks == ((0.0, 0.0, 1.0, 1.0),)
    assert _checked(told | lie, 1) is None
