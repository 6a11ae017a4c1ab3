"""A source on the page as it is printed: opened, turned, made larger, and read as text again."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from browsing import NOTES, Site, ask, browser_needed, visit
from reading import SAMPLES

pytestmark = browser_needed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), {"notes.txt": NOTES})
    shutil.copy(SAMPLES / "columns.pdf", site.engine.docs)
    site.engine.refresh()
    yield site
    site.close()


def inside(tab: Any, mark: Any) -> bool:
    """Tell whether a mark lies within the picture, and has a size that can be seen."""
    paper, box = tab.locator("#panel .printed img").bounding_box(), mark.bounding_box()
    across = paper["x"] - 1 <= box["x"] and box["x"] + box["width"] <= paper["x"] + paper["width"] + 1
    down = paper["y"] - 1 <= box["y"] and box["y"] + box["height"] <= paper["y"] + paper["height"] + 1
    return across and down and box["width"] > 20 and box["height"] > 5


@pytest.mark.parametrize("width", [1280, 390])
def test_a_source_is_seen_on_its_page(browser: Any, site: Site, width: int) -> None:
    tab = visit(browser, site.address, width)
    ask(tab, "echo: manufacturer delivered forty-two replacement prisms")
    tab.locator("#question .submit-button").wait_for()
    first = tab.locator("#panel mark[id]").first.evaluate("mark => mark.lastChild.data")
    tab.locator("#panel button", has_text="See the page").first.click()
    marks = tab.locator("#panel .printed mark.at")
    marks.first.wait_for()
    assert tab.locator("#panel .printed img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1400
    assert all(inside(tab, marks.nth(i)) for i in range(marks.count()))
    assert marks.first.text_content() == first  # for who hears the page
    tab.wait_for_function("document.activeElement.matches('mark.at')")
    assert tab.locator("#panel .views").inner_text().split("\n")[0].startswith("As text")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    small = marks.first.bounding_box()["width"]
    tab.locator("#panel button.larger").click()
    tab.wait_for_function(
        "before => document.querySelector('mark.at').getBoundingClientRect().width > 1.5 * before", arg=small
    )
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")  # the paper scrolls, not the page
    tab.locator("#panel button", has_text="As text").click()
    tab.locator("#panel .whole mark.at", has_text=first[:30]).wait_for()
    tab.locator("#panel button", has_text="As printed").click()
    marks.first.wait_for()
    tab.locator("#panel button", has_text="Next").click()
    tab.locator("#panel .views", has_text="Page 2 of 3").wait_for()
    assert tab.locator("#panel .note").count() == 0
    tab.locator("#panel button.back").click()
    tab.locator("#panel .source").first.wait_for()
    assert tab.complaints == []
    tab.close()


def test_where_there_is_no_page_none_is_offered(browser: Any, site: Site) -> None:
    tab = visit(browser, site.address)
    ask(tab, "echo: when was the harbour of Lysa dredged?")
    cards = tab.locator("#panel .source", has_text="notes.txt")
    cards.first.wait_for()
    assert cards.locator("button[data-act=page]").count() == 0
    tab.get_by_role("tab", name="Documents").click()
    tab.locator("#listing button.name", has_text="columns.pdf").click()
    tab.locator("#panel button", has_text="As printed").click()
    tab.locator("#panel .views", has_text="Page 1 of 3").wait_for()
    assert tab.locator("#panel .printed mark").count() == 0  # no sentence was asked for
    assert tab.locator("#panel .open", has_text="Previous").is_disabled()
    tab.close()


def test_what_went_wrong_is_said_and_the_text_is_shown(browser: Any, site: Site, tmp_path: Path) -> None:
    tab = visit(browser, site.address)
    tab.get_by_role("tab", name="Documents").click()
    tab.locator("#listing button.name", has_text="columns.pdf").click()
    tab.locator("#panel button", has_text="As printed").wait_for()
    away = Path(shutil.move(site.engine.docs / "columns.pdf", tmp_path))
    try:
        tab.locator("#panel button", has_text="As printed").click()
        tab.locator("#panel .problem", has_text="no longer there").wait_for()
        assert "Annals of the Lighthouse" in tab.locator("#panel .whole").inner_text()
    finally:
        shutil.move(away, site.engine.docs)
    tab.close()


def test_the_page_of_a_source_that_changed_since_is_not_marked(site: Site) -> None:
    from types import SimpleNamespace

    from rag.ui.conversations import Turn
    from rag.ui.document_handlers import DocumentHandlers
    from rag.ui.uploads import Uploads

    answer = list(site.rag.stream("echo: replacement prisms"))[-1]
    source = next(each for each in answer.sources if each.document == "columns.pdf")
    cited = replace(answer, sources=(replace(source, text="Other words."),))
    handlers = DocumentHandlers(site.rag, Uploads(site.rag))
    request: Any = SimpleNamespace(request=SimpleNamespace(cookies={}), username=None)
    shown = handlers.open_page("columns.pdf", source.start, source.end, 0, (Turn("?", answer=cited),), request)
    assert "has changed since" in shown and "<mark" not in shown
    marked = handlers.open_page("columns.pdf", source.start, source.end, 0, (Turn("?", answer=answer),), request)
    assert "<mark" in marked and "has changed since" not in marked
    assert "no longer there" in handlers.open_page("uploads/of-0123456789abcdef/a.pdf", 0, 0, 0, (), request)
