"""What a person wants of the readers, through a real index: a password for PDFs, Word's margins, OCR's certainty."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import HashEmbedder
from index_samples import make
from rag.answering.citations import source
from rag.answering.retriever import Passage
from rag.compose import _fingerprint, wishes_of
from rag.documents.chunks import make_chunks
from rag.documents.folder import Document
from rag.documents.formats.parts import Wishes
from rag.documents.kept_pages import SCANS, KeptPages
from rag.documents.sentences import split_sentences
from rag.index.index import Index
from rag.index.indexing import IndexReport, update_index
from rag.settings import read_settings
from reading import SAMPLES


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", dimensions=64, fingerprint="x") as index:
        yield index


def update(docs: Path, index: Index, password: str = "", *, first: bool = True) -> IndexReport:
    wishes = Wishes(password)
    count = lambda text: len(text.split())  # noqa: E731
    return update_index(
        docs, index, HashEmbedder(), budget=60, count=count, may_be_empty=True, wishes=wishes,
        try_locked=first and bool(password),
    )  # fmt: skip


def test_a_password_opens_what_was_locked_before(tmp_path: Path, index: Index) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(SAMPLES / "locked.pdf", docs)
    (why,) = [reason for _, reason in update(docs, index).skipped]
    assert "pdf_password" in why and "qpdf" in why
    assert update(docs, index).skipped  # noted, and not opened again
    (why,) = [reason for _, reason in update(docs, index, "wrong").skipped]
    assert "another password" in why
    done = update(docs, index, "secret")
    assert (done.added, done.skipped) == (1, ()) and "12 euros" in index.text("locked.pdf")
    assert update(docs, index).unchanged == 1  # it stays readable from the index


def test_what_ocr_found_goes_with_the_file(tmp_path: Path, index: Index) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("Alpha.")
    kept = KeptPages(index.place / SCANS)
    kept.put("1", "gone.pdf", [])
    kept.put("2", "a.txt", [])
    update(docs, index)
    assert kept.get("1") is None and kept.get("2") == []


def test_how_sure_ocr_is_comes_with_the_source(index: Index) -> None:
    text = "The ferry is blue. Dogs travel free. The crane is red."
    read = Document("a.png", "A", text, "0" * 64, (0,), (), ((0, 18, 0.99), (19, 36, 0.5)))
    chunks = make_chunks(read, split_sentences(text), 60, lambda each: len(each.split()))
    index.add(read, chunks, HashEmbedder().embed([chunk.titled_text for chunk in chunks]), 1, 1)
    assert index.marks("a.png").scanned == read.scanned and index.marks("b.png").pages == ()
    (chunk,) = index.chunks_of("a.png")
    sources = [source(Passage(chunk, 1.0, 1.0), i, 0.9, i + 1) for i in range(3)]
    assert [each.certainty for each in sources] == [0.99, 0.5, None]
    assert [each.is_unsure for each in sources] == [False, True, False]
    assert [each.to_dict().get("read_by_ocr") for each in sources] == [0.99, 0.5, None]
    assert "read_by_ocr" not in sources[2].to_dict()
    assert [each.how_read for each in sources] == [
        "read by OCR, 99 % sure", "read by OCR, only 50 % sure: check it on the page", "",
    ]  # fmt: skip
    plain, parts = make("b.txt", "One.")
    assert plain.scanned == () and parts[0].certainties == ()


def test_settings_become_wishes_and_margins_another_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PDF_PASSWORD", "secret")
    given = read_settings(margins=True)
    assert wishes_of(given) == Wishes("secret", True) and "secret" not in repr(given)
    plain = read_settings()
    assert _fingerprint(HashEmbedder(), given) != _fingerprint(HashEmbedder(), plain)
