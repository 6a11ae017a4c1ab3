"""What goes wrong is said in words, where it happened, and the page lives on."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import NOTES, SENTENCE, Site, ask, browser_needed, two_in_line, visit
from rag.errors import DocumentError, WeightsError
from rag.ui.models import AnswerModels
from rag.ui.render import question_html
from rag.ui.uploads import about, clean_name

DREDGED = "When was the harbour of Lysa dredged?"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, {"notes.txt": NOTES})
    yield site
    site.close()


@browser_needed
def test_waiting_looks_different_from_an_answer(browser: Any, site: Site) -> None:
    site.reader.go.clear()
    one, two = two_in_line(browser, site.address)
    two.locator("#chat .hint[role=status]", has_text="Waiting: 1 answer before yours").wait_for()
    one.locator("#chat .bot", has_text="The harbour").wait_for()
    assert one.locator("#chat .hint").count() == 0
    site.reader.go.set()
    for tab in (one, two):
        tab.locator("#chat .answer .marker").wait_for()
        assert tab.locator("#chat .hint").count() == 0
        tab.close()


@browser_needed
def test_what_nobody_foresaw_is_said_and_the_next_question_answered(
    browser: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Iterator[Any]:
        raise OSError(28, "No space left on device")

    tab = visit(browser, site.address)
    with monkeypatch.context() as patched:
        patched.setattr(site.engine, "ask", full)
        ask(tab, DREDGED)
    assert "Unexpected OSError: [Errno 28] No space left" in tab.locator("#chat .problem").inner_text()
    tab.locator("#question .submit-button").wait_for()
    ask(tab, DREDGED)
    assert tab.locator("#chat .marker").count() == 1
    tab.close()


@browser_needed
def test_a_program_that_ended_or_was_started_again_is_said(browser: Any, site: Site) -> None:
    tab = visit(browser, site.address)
    ask(tab, DREDGED)
    with tab.expect_response("**/app_id"):
        pass
    assert tab.locator("#gone").inner_text() == ""
    tab.context.set_offline(True)
    tab.locator("#gone", has_text="cannot be reached any more").wait_for()
    assert tab.locator("#chat .answer").is_visible()
    tab.context.set_offline(False)
    tab.locator("#gone", has_text="cannot be reached").wait_for(state="detached")
    assert tab.locator("#gone").inner_text() == ""
    site.page.app_id += 1
    tab.locator("#gone", has_text="was started again").wait_for()
    tab.close()


@browser_needed
def test_an_answer_is_copied_where_the_browser_keeps_its_clipboard_from_the_page(browser: Any, site: Site) -> None:
    tab = visit(browser, site.address)
    tab.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    ask(tab, DREDGED)
    tab.click("#chat button.copy")
    tab.locator("#chat button.copy", has_text="Copied").wait_for()
    tab.locator("#question .submit-button").wait_for()
    tab.focus("#question textarea")
    tab.keyboard.press("Control+V")
    assert f"1. “{SENTENCE}” — notes.txt" in tab.locator("#question textarea").input_value()
    assert tab.complaints == []
    tab.close()


@browser_needed
def test_a_file_that_is_too_large_costs_only_itself_and_kinds_that_hold_pictures_may_be_larger(
    browser: Any, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.documents.folder.LARGEST", 1000)
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(Path(__file__).parent.parent / "data" / "formats" / "letter.pdf", mine)
    assert (mine / "letter.pdf").stat().st_size > 1000
    (mine / "big.txt").write_text("Too much of it. " * 100, encoding="utf-8")
    (mine / "old.mobi").write_bytes(b"\xd0\xcf\x11\xe0")
    tab = visit(browser, site.address)
    tab.get_by_role("tab", name="Documents").click()
    tab.set_input_files("#files input[type=file]", [mine / name for name in ("big.txt", "letter.pdf", "old.mobi")])
    tab.locator("#listing .documents", has_text="letter.pdf").wait_for()
    assert "1 of 3 files taken, 2 not" in tab.locator("#brought h2").evaluate("e => e.textContent")
    assert "at most 0 MB are read" in tab.locator("#brought li.failed", has_text="big.txt").inner_text()
    assert "Convert it to EPUB" in tab.locator("#brought li.failed", has_text="old.mobi").inner_text()
    assert tab.complaints == []
    tab.close()


@browser_needed
def test_a_model_whose_file_is_gone_is_said_when_it_is_chosen_and_when_it_is_asked(
    browser: Any, tmp_path: Path
) -> None:
    def load(name: str) -> Any:
        raise WeightsError(f"The model file {name} is not there. Run `rag models`.")

    site = Site(tmp_path, {"notes.txt": NOTES}, models=lambda own: AnswerModels(own, lambda: ["lost"], load))
    tab = visit(browser, site.address)
    tab.wait_for_selector("#welcome button")
    tab.get_by_role("tab", name="Settings").click()
    tab.locator("#model input").click()
    tab.get_by_role("option", name="lost").click()
    tab.locator("#model-state .problem", has_text="The model file lost is not there. Run rag models.").wait_for()
    ask(tab, DREDGED)
    assert "is not there" in tab.locator("#chat .problem").inner_text()
    tab.locator("#question .submit-button").wait_for()
    tab.get_by_role("tab", name="Settings").click()
    tab.click("#reset")
    tab.locator("#model-state .problem").wait_for(state="detached")
    ask(tab, DREDGED)
    assert tab.locator("#chat .marker").count() == 1
    tab.close()
    site.close()


def test_a_message_beside_a_name_does_not_say_it_again() -> None:
    mine = "uploads/of-0123456789abcdef/a.pdf"
    assert about(mine, f"{mine} is empty.") == "It is empty."
    assert about("a.pdf", f"{mine} is empty.") == "It is empty."
    assert about("a.pdf", "The disk is full.") == "The disk is full."
    assert about("a", "a.pdf is empty.") == "a.pdf is empty."
    with pytest.raises(DocumentError, match=r"^Files of this kind are not read\. PDF, .{80,120}$"):
        clean_name("program.exe")


def test_a_question_that_would_fill_the_window_scrolls_also_by_the_keyboard() -> None:
    assert 'tabindex="0"' in question_html("Why? " * 1000, 1)
    assert "tabindex" not in question_html("Why?", 1)
