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


def test_what_stands_behind_the_text_that_was_found_is_kept(parser: Parser, tmp_path: Path) -> None:
    rules = "<h2>Good to know</h2><ul><li>Swim caps are not required.<li>Lost keys cost 20 euros.</ul>"
    links = "".join(
        f"<tr><td>10.{n}</td><td><a href='/{n}'>Lease agreement of the quay, number {n}, and more</a></td>"
        f"<td>8-K</td></tr>"
        for n in range(12)
    )
    sources = "".join(f"<p>[{n}] <a href='https://example.org/{n}'>https://example.org/{n}</a></p>" for n in range(3))
    page = (
        f"<nav><a href='#a'>Hours</a> | <a href='#b'>Fees</a> | <a href='/c'>Rules of it</a></nav><h1>The pool</h1>"
        f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p><table><tr><th>Exhibit<th>Description<th>Form</tr>{links}</table>"
        f"<p>{PARAGRAPHS[2]}</p>{sources}<p>{PARAGRAPHS[3]}</p>{rules}<footer>Town of Otterbrook</footer>"
    )
    text = document(parser, tmp_path, "a.html", f"<html><body>{page}</body></html>".encode()).text
    for part in (
        "Lost keys cost 20 euros.",
        "Exhibit: 10.7; Description: Lease agreement",
        "[2] https://example.org/2",
    ):
        assert part in text
    assert "Rules of it" not in text and "Town of Otterbrook" not in text
    page = page.replace("Town of Otterbrook", "Town of Otterbrook, sports office – pool@example.org")
    text = document(parser, tmp_path, "b.html", f"<html><body>{page}</body></html>".encode()).text
    assert text.endswith("Town of Otterbrook, sports office – pool@example.org") and "Rules of it" not in text


def test_an_exported_document_loses_nothing(parser: Parser) -> None:
    text = document(parser, SAMPLES, "letter.html").text
    assert "Children pay nothing on Sundays." in text and text.startswith("# The Harbour Museum")
