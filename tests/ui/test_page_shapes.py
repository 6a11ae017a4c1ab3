"""The page holds whatever comes: zoom, phones, other scripts, long words, much text, the keyboard alone, axe-core."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import NOTES, SENTENCE, Site, ask, browser_needed, visit

ARABIC = "ميناء ليسا عُمِّق في عام 1931. قادت كارين هولت العمل كله."
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
SHIPS = " ".join(f"Ship {i} carries {i} tons." for i in range(1, 56))
DREDGED = "When was the harbour of Lysa dredged?"
SIZES = [(1280, 800), (390, 844)]
ZOOMED = (640, 400)
"""What a page of 1280 by 800 has at 200 %."""
TABS = ("Sources", "Documents", "Search", "Earlier", "Settings")
pytestmark = browser_needed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    documents = {
        "harbour notes.txt": NOTES,
        "ميناء.txt": ARABIC,
        f"{LONG_WORD[:150]}.txt": f"The word is {LONG_WORD}. It is long.",
        "fleet.txt": SHIPS,
    }
    site = Site(tmp_path_factory.mktemp("shapes"), documents, budget=400)
    yield site
    site.close()


@pytest.fixture
def opened(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    tabs: list[Any] = []

    def open_(width: int = 1280, height: int = 800, theme: str = "light") -> Any:
        tabs.append(visit(browser, site.address, width, height, f"?__theme={theme}"))
        return tabs[-1]

    yield open_
    for tab in tabs:
        complaints = tab.complaints
        tab.close()
        assert complaints == []


def assert_nothing_overflows(tab: Any, width: int) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    wider = """width => [...document.querySelectorAll('#chat .answer *, #chat .asked *, #panel *')].filter(e => {
        const box = e.getBoundingClientRect();
        return box.width && (box.right > width + 1 || box.left < -1); }).map(e => e.outerHTML.slice(0, 120))"""
    assert tab.evaluate(wider, width) == []


@pytest.mark.parametrize(("width", "height"), [*SIZES, ZOOMED])
def test_long_words_fifty_sources_and_two_thousand_words_fit(opened: Any, site: Site, width: int, height: int) -> None:
    tab = opened(width, height)
    ask(tab, "echo Donaudampfschifffahrt: which word is long?")
    assert LONG_WORD in tab.locator("#chat .answer").first.inner_text()
    assert_nothing_overflows(tab, width)
    ask(tab, "echo: how many tons does each ship carry?")
    answer = tab.locator("#chat .answer").nth(1)
    numbers = answer.locator(".marker .figure").all_inner_texts()
    assert len(numbers) == len(set(numbers)) >= 50
    assert tab.locator("#panel > div .sources > article mark").count() == len(numbers)
    assert_nothing_overflows(tab, width)
    answer.locator(".marker").last.click()
    tab.wait_for_function("document.activeElement.matches('mark.shown')")
    seen = "e => { const box = e.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"
    assert tab.locator("mark.shown").evaluate(seen)
    ask(tab, "wordy: what is said?")
    assert len(tab.locator("#chat .answer").nth(2).inner_text().split()) > 2000
    assert_nothing_overflows(tab, width)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_right_to_left_answers_and_sources_read_so(opened: Any, width: int, height: int) -> None:
    tab = opened(width, height)
    ask(tab, "echo ميناء ليسا عُمِّق")
    direction = "e => getComputedStyle(e).direction"
    first = "ميناء ليسا عُمِّق في عام 1931."
    assert tab.locator("#chat .answer .text").evaluate(direction) == "rtl"
    passage = tab.locator("#panel .passage", has_text=first).first
    assert passage.evaluate(direction) == "rtl"
    assert passage.locator("mark").first.evaluate("e => e.lastChild.data") == first
    tab.locator("#chat .marker").first.focus()
    assert tab.locator("#chat .quote").first.evaluate(direction) == "rtl"
    assert_nothing_overflows(tab, width)
    tab.locator("#panel .source", has_text=first).first.locator("button.open").first.click()
    tab.wait_for_selector("#panel .document mark.at")
    assert tab.locator("#panel .whole").evaluate(direction) == "rtl"


def press_until(tab: Any, key: str, reached: str, most: int = 60) -> None:
    for _ in range(most):
        if tab.evaluate("sought => document.activeElement?.matches(sought)", reached):
            return
        tab.keyboard.press(key)
    raise AssertionError(f"{key} never leads to {reached}")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_keyboard_alone_leads_from_question_to_source_to_document_and_back(
    opened: Any, width: int, height: int
) -> None:
    tab = opened(width, height)
    tab.wait_for_function("document.activeElement.matches('#question textarea')")
    tab.keyboard.type(DREDGED)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#chat .answer")
    tab.wait_for_selector("#question .submit-button")
    press_until(tab, "Shift+Tab", "#chat a.marker")
    assert tab.locator("#chat .quote").first.is_visible()
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.activeElement.id === 'source-1-1'")
    press_until(tab, "Tab", "#panel button.open")
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.activeElement.matches('#panel mark.at')")
    assert tab.evaluate("document.activeElement.textContent") == SENTENCE
    press_until(tab, "Shift+Tab", "#panel button.back")
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.activeElement.matches('#panel mark[id]')")


def test_a_marker_leads_to_its_source_whatever_stands_beside_the_conversation(opened: Any) -> None:
    tab = opened()
    ask(tab, DREDGED)
    tab.get_by_role("tab", name="Settings").click()
    tab.locator("#panel").wait_for(state="hidden")
    tab.locator("#chat .marker").first.click()
    tab.wait_for_function("document.activeElement.id === 'source-1-1'")
    assert tab.locator("#panel").is_visible()
    tab.locator("#panel button.open").first.click()
    tab.wait_for_selector("#panel .document")
    tab.locator("#chat .marker").first.click()
    tab.wait_for_function("document.activeElement.id === 'source-1-1'")


def findings(tab: Any, where: str) -> list[Any]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tab.wait_for_timeout(400)  # fades: half-faded text has too little contrast
    return [
        (where, v["id"], [n["html"][:160] for n in v["nodes"]])
        for v in axe.Axe().run(tab).response["violations"]
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_page_is_accessible(opened: Any, width: int, height: int, theme: str) -> None:
    tab = opened(width, height, theme)
    found = findings(tab, "start")
    ask(tab, "What does nobody know?")
    found += findings(tab, "silence")
    ask(tab, "When does it fail?")
    ask(tab, DREDGED)
    for name in TABS:
        tab.get_by_role("tab", name=name, exact=True).click()
        found += findings(tab, name)
    tab.get_by_role("tab", name="Sources", exact=True).click()
    tab.locator("#panel button.open").first.click()
    tab.wait_for_selector("#panel .document")
    found += findings(tab, "document")
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_empty_page_is_accessible_too(browser: Any, tmp_path: Path, width: int, height: int, theme: str) -> None:
    bare = Site(tmp_path, {})
    try:
        tab = visit(browser, bare.address, width, height, f"?__theme={theme}")
        tab.wait_for_selector("#welcome .bare")
        assert findings(tab, "empty") == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.close()
    finally:
        bare.close()
