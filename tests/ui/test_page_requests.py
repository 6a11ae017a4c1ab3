"""Requests about whole documents on the page, in a real browser: each kind as a person sees it, and its sources."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from browsing import Site, ask, browser_needed, visit

FERRY = """# The ferry of Lysa

## Crew

Karin Holt has been the captain since 4 March 2011. Jon Aas keeps the engine of the ferry in order.

## Things on board

- a bell of brass
- forty life jackets
- a chart of the sound

## History

The first ferry was built in 1902 by carpenters of the island. A storm sank it on 9 January 1921.
"""
MILL = (
    "# The mill of Orba\n\nThe mill of Orba burned down in 1877. Anders Vik built a new one of stone within a year.\n"
)
TOWNS = "Town,People,Founded\nAldmere,4120,1204\nBrack,980,1388\nCorvo,15300,1150\n"
BOOK = "# Harbours\n\n" + "\n\n".join(
    f"## Chapter {n}\n\n"
    + " ".join(f"The master of harbour {n} counted {i} boats at the long quay." for i in range(90))
    for n in range(1, 5)
)
pytestmark = browser_needed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    documents = {"ferry.md": FERRY, "mill.md": MILL, "towns.csv": TOWNS, "harbours.md": BOOK}
    site = Site(tmp_path_factory.mktemp("requests"), documents)
    yield site
    site.close()


@pytest.fixture
def tab(browser: Any, site: Site) -> Iterator[Any]:
    tab = visit(browser, site.address)
    yield tab
    complaints = tab.complaints
    tab.close()
    assert complaints == []


def assert_each_line_shows_its_sentences(tab: Any, lines: int) -> None:
    answer = tab.locator("#chat .answer").last
    assert answer.locator(".statement").count() == lines
    assert answer.locator(".unsupported").count() == 0
    targets = answer.locator(".marker").evaluate_all("all => all.map(each => each.getAttribute('href').slice(1))")
    assert targets and all(tab.locator(f"#panel mark#{target}").count() == 1 for target in targets)


@pytest.mark.parametrize(
    ("question", "lines", "holds"),
    [
        ("Summarize the ferry in two sentences", 2, "ferry"),
        ("What is in ferry.md?", 2, "Parts: Crew; Things on board; History"),
        ("What is in towns.csv?", 4, "Town, People, Founded"),
        ("List the things on board of the ferry", 3, "forty life jackets"),
        ("Give me a timeline of the ferry", 3, "9 January 1921"),
        ("How many things on board are there in ferry.md?", 3, "things on board: 3."),
        ("Summarize all documents", 4, "mill.md"),
    ],
)
def test_each_kind_shows_its_lines_with_their_sentences(tab: Any, question: str, lines: int, holds: str) -> None:
    ask(tab, question)
    assert holds in tab.locator("#chat .answer").last.inner_text()
    assert_each_line_shows_its_sentences(tab, lines)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_a_comparison_is_a_table_with_markers_that_lead_to_both_sides(
    browser: Any, site: Site, width: int, height: int
) -> None:
    tab = visit(browser, site.address, width, height)
    ask(tab, "Compare the captain Karin Holt with Anders Vik of the mill")
    table = tab.locator("#chat .answer table")
    assert table.locator("th[scope=col]").all_inner_texts() == ["captain Karin Holt", "Anders Vik of the mill"]
    assert table.locator("td .marker").count() >= 2
    assert_each_line_shows_its_sentences(tab, 2)
    panel = tab.locator("#panel").inner_text()
    assert "ferry.md" in panel and "mill.md" in panel
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    copied = tab.locator("#chat .answer .copy").get_attribute("data-copy")
    assert copied.startswith("|  | captain Karin Holt | Anders Vik of the mill |\n|---|---|---|\n")
    table.locator(".marker").first.click()
    tab.wait_for_function("document.activeElement.matches('mark.shown')")
    tab.close()


def test_talk_has_no_sources_and_an_edit_those_of_the_answer_before(tab: Any) -> None:
    ask(tab, "Hello!")
    assert tab.locator("#chat .answer .marker").count() == 0 and tab.locator("#chat .answer .note").count() == 0
    ask(tab, "Summarize the ferry")
    before = tab.locator("#chat .answer").last.locator(".statement").count()
    ask(tab, "shorter")
    assert_each_line_shows_its_sentences(tab, before // 2)


def test_a_long_document_says_how_far_it_is_and_stops_when_asked(tab: Any, site: Site) -> None:
    go, reached = threading.Event(), threading.Event()

    def write(request: str) -> str:
        if "Chapter 2" in request:
            reached.set()
            go.wait(60)
        return ""

    site.reader.writes = write
    try:
        tab.fill("#question textarea", "Summarize harbours.md")
        tab.press("#question textarea", "Enter")
        tab.locator("#chat .bot .hint", has_text="Reading Chapter 2 (2 of 4) …").wait_for()
        assert "Chapter 1:" in tab.locator("#chat .bot").first.inner_text()
        assert reached.wait(60)
        tab.click("#question .stop-button")
        tab.wait_for_timeout(300)  # the click has to arrive before the model goes on
    finally:
        go.set()
        site.reader.writes = lambda request: ""
    tab.wait_for_selector("#chat .answer")
    text = tab.locator("#chat .answer").inner_text()
    assert "Chapter 1:" in text and "Chapter 2" not in text and "Stopped before the end." in text


def test_what_is_not_there_is_said(tab: Any) -> None:
    ask(tab, "Summarize chapter 12 of harbours.md")
    text = tab.locator("#chat .answer").last.inner_text()
    assert "has no chapter 12. It has: Chapter 1; Chapter 2; Chapter 3; Chapter 4." in text
