"""Text in every encoding that people have, with a mark and without, and mail that names the wrong one."""

import base64
import os
from pathlib import Path

import pytest

from rag.documents.parsing import Parser
from reading import document, reason

WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
TEXTS = [
    "The museum opens at nine.\nGrüße aus Köln.\n",
    "Паром уходит в семь часов, и билет стоит 12 евро.",
    "博物馆九点开门。门票十二欧元，儿童免费。",
    "😀 smile, and go",
]


@pytest.mark.parametrize("encoding", WIDE)
def test_wide_text_with_and_without_a_mark(parser: Parser, tmp_path: Path, encoding: str) -> None:
    for text in TEXTS:
        assert document(parser, tmp_path, "a.txt", text.encode(encoding)).text == text
    rows = "Name;Ort\nÅsa;Köln\nBo;Oslo\n".encode(encoding)
    assert document(parser, tmp_path, "a.csv", rows).text == "Name: Åsa; Ort: Köln.\n\nName: Bo; Ort: Oslo."
    page = "<html><head><meta charset='utf-16'><title>Hafen</title></head><p>Die Fähre ist blau.</p></html>"
    assert document(parser, tmp_path, "a.html", page.encode(encoding)).text == "Die Fähre ist blau."


def test_a_page_that_says_it_is_wide_and_is_not(parser: Parser, tmp_path: Path) -> None:
    page = "<meta charset=utf-16><p>Die Fähre ist blau.</p>".encode()
    assert document(parser, tmp_path, "a.html", page).text == "Die Fähre ist blau."


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\2",
        b"\x7fELF\2\1\1\0" + bytes(8),
        b"Text\0with a nul.",
        bytes(99),
    ],
)
def test_what_is_no_wide_text_is_still_told(parser: Parser, tmp_path: Path, data: bytes) -> None:
    assert "is not text but binary data" in reason(parser, tmp_path, "a.txt", data)


def test_random_bytes_are_no_wide_text(parser: Parser, tmp_path: Path) -> None:
    for _ in range(20):
        assert "binary data" in reason(parser, tmp_path, "a.txt", b"\0" + os.urandom(400))


BODY = "Grüße vom Müller, 12 € für Öl."


def mail(head: str, body: bytes) -> bytes:
    return f"Subject: Öl für Müller\n{head}\n\n".encode() + body


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("X-Charset: none", BODY.encode()),
        ("Content-Type: text/plain; charset=iso-8859-1", BODY.encode()),
        ("Content-Type: text/plain; charset=us-ascii", BODY.encode()),
        ("Content-Type: text/plain; charset=iso-8859-1", BODY.encode("cp1252")),
        ("Content-Type: text/plain; charset=utf-8", BODY.encode("cp1252")),
        ("Content-Type: text/plain; charset=nonsense", BODY.encode()),
        ("Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64",
         base64.b64encode(BODY.encode("utf-16-be"))),
    ],
)  # fmt: skip
def test_a_mail_with_a_wrong_charset_or_none(parser: Parser, tmp_path: Path, head: str, body: bytes) -> None:
    found = document(parser, tmp_path, "a.eml", mail(head, body))
    assert found.text.endswith("\n\n" + BODY) and found.title == "Öl für Müller"


def test_a_mail_in_an_old_encoding_that_it_does_not_name(parser: Parser, tmp_path: Path) -> None:
    data = "Subject: Паром\n\nПаром уходит в семь часов утра.".encode("cp1251")
    found = document(parser, tmp_path, "a.eml", data)
    assert found.title == "Паром" and found.text.endswith("Паром уходит в семь часов утра.")
    data = "Subject: x\nContent-Type: text/plain; charset=gb2312\n\n朱镕基参观了博物馆。".encode("gb18030")
    assert "朱镕基参观了博物馆。" in document(parser, tmp_path, "a.eml", data).text


@pytest.mark.parametrize("encoding", WIDE)
def test_a_whole_mail_in_wide_text(parser: Parser, tmp_path: Path, encoding: str) -> None:
    found = document(parser, tmp_path, "a.eml", f"From: a@example.org\nSubject: Öl\n\n{BODY}".encode(encoding))
    assert found.title == "Öl" and found.text == f"From: a@example.org.\nSubject: Öl.\n\n{BODY}"
