"""Old office files, by a real LibreOffice: skipped where there is none."""

import io
import os
import socket
import zipfile
from pathlib import Path

import pytest

from rag.documents import office
from rag.documents.chunks import page_at
from rag.documents.folder import is_parsed, read_documents
from rag.documents.formats.kinds import CONVERTED, FOREIGN
from rag.documents.formats.parts import RefusedError
from rag.documents.parsing import Parser
from rag.errors import DocumentError
from reading import SAMPLES, document, reason

needs_office = pytest.mark.skipif(
    office.program() is None, reason="LibreOffice is not installed (apt-get install libreoffice-writer)"
)


@needs_office
def test_a_letter(parser: Parser) -> None:
    found = document(parser, SAMPLES, "letter.doc")
    assert found.title == "The Harbour Museum" and found.path == "letter.doc"
    for part in ["The museum opens at nine o’clock.", "- Sextants from Genoa", "Ship: Aurora; Built: 1911; Crew: 84."]:
        assert part in found.text
    assert "Children pay nothing on Sundays." in found.text
    assert list(SAMPLES.glob(".~lock*")) == []


@needs_office
def test_slides(parser: Parser) -> None:
    found = document(parser, SAMPLES, "slides.ppt")
    assert found.title == "Harbour plans" and "The crane costs 3 million euros." in found.text
    assert page_at(found, found.text.index("crane")) == 2


@needs_office
def test_a_file_that_is_another_or_damaged_costs_that_file(parser: Parser, tmp_path: Path) -> None:
    assert "another kind of file" in reason(parser, tmp_path, "a.doc", b"\x89not what it says\0\1" * 50)
    assert "could not be converted" in reason(parser, tmp_path, "b.ppt", b"PK\x03\x04" + b"x" * 500)
    with pytest.raises(RefusedError, match="too long"), office.converted(SAMPLES / "letter.doc", ".docx", seconds=0.05):
        pass


@needs_office
def test_nothing_is_fetched(parser: Parser, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.png".encode()
        picture = (
            b'<draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="3cm"><draw:image xlink:href="%s" '
            b'xlink:type="simple" xlink:actuate="onLoad"/></draw:frame>' % url
        )
        made = io.BytesIO()
        with zipfile.ZipFile(SAMPLES / "letter.odt") as before, zipfile.ZipFile(made, "w") as after:
            for each in before.infolist():
                data = before.read(each)
                if each.filename == "content.xml":
                    assert b"The museum opens" in data
                    data = data.replace(b"The museum opens", picture + b"The museum opens")
                after.writestr(each, data)
        assert "The museum opens" in document(parser, tmp_path, "a.doc", made.getvalue()).text
        with pytest.raises(TimeoutError):
            server.accept()


@needs_office
def test_closing_does_not_wait_for_libreoffice() -> None:
    with Parser() as parser:
        pass
    with pytest.raises(DocumentError, match="being closed"):
        list(read_documents(SAMPLES, "letter.doc", parser))


@pytest.mark.skipif(os.name != "posix", reason="a shell stands in for LibreOffice")
def test_it_gets_no_secret_and_its_folder_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = tmp_path / "soffice"
    stand_in.write_text('#!/bin/sh\nenv > "$HOME/made/document.docx"\n')
    stand_in.chmod(0o700)
    monkeypatch.setattr(office, "program", lambda: str(stand_in))
    monkeypatch.setenv("RAG_API_KEY", "very-secret")
    with office.converted(SAMPLES / "letter.doc", ".docx") as made:
        told = made.read_text()
    assert "PATH=" in told and "very-secret" not in told
    assert not made.exists() and not made.parent.parent.exists()


def test_without_libreoffice_they_are_named(parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "program", lambda: None)
    for kind in CONVERTED:
        assert not is_parsed(f"a{kind}")
        told = reason(parser, tmp_path, f"a{kind}", b"x")
        assert FOREIGN[kind] in told and "Where LibreOffice is installed" in told
