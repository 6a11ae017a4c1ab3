"""Saved web pages: what they are about is kept, and the menus around it are not."""

from pathlib import Path

import pytest

from pages import PAGES, PARAGRAPHS
from rag.documents.parsing import Parser
from reading import SAMPLES, document


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_every_maker(parser: Parser, tmp_path: Path, name: str) -> None:
    page, kept, gone = PAGES[name]
    text = document(parser, tmp_path, f"{name}.html", page.encode()).text
    assert [part for part in kept if part not in text] == []
    assert [part for part in gone if part in text] == []
    assert all(text.count(paragraph) <= 1 for paragraph in PARAGRAPHS)


def test_title_author_and_date(parser: Parser, tmp_path: Path) -> None:
    found = document(parser, tmp_path, "a.html", PAGES["wordpress"][0].encode())
    assert found.text.startswith("Author: Åsa Lind; Published: 2024-05-17.\n\n# The harbour of Skarholm")
    found = document(parser, tmp_path, "b.html", PAGES["news"][0].encode())
    assert found.title == "Harbour of Skarholm turns 290"  # without the name of the site


@pytest.mark.parametrize(
    "body",
    [
        "<p>Short.</p>",
        "<ul>" + "".join(f"<li>Entry {n} of the register: a boat of {n} metres.</li>" for n in range(9)) + "</ul>",
        "<table><tr><th>Ship<th>Crew<tr><td>Aurora<td>84</table>",
        "".join(f"<section class='card'><h3>Boat {n}</h3><p>It is {n} metres long.</p></section>" for n in range(20)),
    ],
)
def test_a_page_that_is_no_article_is_read_whole(parser: Parser, tmp_path: Path, body: str) -> None:
    around = "<header><a href='/'>Home page</a></header>{}<footer><p>Written by Bo in Skarholm.</p></footer>"
    plain = document(parser, tmp_path, "a.html", body.encode()).text
    assert plain in document(parser, tmp_path, "b.html", around.format(body).encode()).text


def test_an_exported_document_loses_nothing(parser: Parser) -> None:
    text = document(parser, SAMPLES, "letter.html").text
    assert "Children pay nothing on Sundays." in text and text.startswith("# The Harbour Museum")
