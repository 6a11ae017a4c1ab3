"""The page in a real browser, over a real engine with fakes at its seams."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from browsing import NOTES, SENTENCE, UNKNOWN, Site, ask, browser_needed, two_in_line, visit
from hostile import HOSTILE
from rag.answering.abstain import REFUSAL
from rag.errors import UsageError
from rag.settings import Settings


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), {"harbour notes.txt": NOTES})
    yield site
    site.close()


@pytest.fixture
def tab(browser: Any, site: Site) -> Iterator[Any]:
    tab = visit(browser, site.address)
    yield tab
    outside = [url for url in tab.requested if not url.startswith((site.address, "data:", "blob:"))]
    complaints = tab.complaints
    tab.close()
    assert outside == []
    assert complaints == []


@browser_needed
class TestInTheBrowser:
    def test_an_answer_streams_and_ends_with_markers_and_its_exact_sentence(self, tab: Any, site: Site) -> None:
        site.reader.go.clear()
        tab.fill("#question textarea", "slow: when was the harbour of Lysa dredged?")
        tab.press("#question textarea", "Enter")
        tab.locator("#chat .bot", has_text="The harbour").wait_for()
        assert tab.locator("#chat .marker").count() == 0
        site.reader.go.set()
        tab.wait_for_selector("#chat .answer")
        assert tab.locator("#chat .marker .figure").all_inner_texts() == ["[1]"]
        assert tab.locator("#chat .unsupported").inner_text().replace("\n", " ").split() == [
            *UNKNOWN.split(),
            *"not found in the documents".split(),
        ]
        assert tab.locator("#panel mark").evaluate_all("marks => marks.map(m => m.lastChild.data)") == [SENTENCE]
        panel = tab.locator("#panel").inner_text()
        start = NOTES.index(SENTENCE)
        assert "harbour notes.txt" in panel and f"characters {start}–{start + len(SENTENCE)}" in panel
        assert "Karin Holt led the work." in panel
        assert "1 document, 4 sentences" in tab.locator("#head").inner_text()

    def test_a_marker_shows_its_sentence_and_leads_to_it(self, tab: Any) -> None:
        ask(tab, "When was the harbour of Lysa dredged?")
        marker, quote = tab.locator("#chat .marker").first, tab.locator("#chat .quote").first
        assert not quote.is_visible()
        marker.hover()
        assert quote.is_visible() and SENTENCE in quote.inner_text()
        tab.mouse.move(0, 0)
        marker.focus()
        tab.keyboard.press("Enter")
        tab.wait_for_function("document.activeElement.id === 'source-1-1'")
        assert tab.locator("#source-1-1").is_visible()

    def test_a_marker_keeps_the_conversation_when_the_address_has_a_query(self, browser: Any, site: Site) -> None:
        tab = visit(browser, site.address, query="?__theme=dark")
        ask(tab, "When was the harbour of Lysa dredged?")
        tab.locator("#chat .marker").first.click()
        assert tab.locator("#chat .answer").count() == 1
        tab.close()

    def test_silence_shows_the_nearest_sentences(self, tab: Any) -> None:
        ask(tab, "What does nobody know of the harbour of Lysa?")
        assert tab.locator("#chat .abstained .text").inner_text() == REFUSAL
        assert SENTENCE in tab.locator("#chat .nearest").inner_text()
        assert "NEAREST SENTENCES" in tab.locator("#panel").inner_text().upper()

    def test_an_error_is_shown_and_the_next_question_is_answered(self, tab: Any) -> None:
        ask(tab, "When does it fail?")
        assert "The model failed. Run rag doctor." in tab.locator("#chat .problem").inner_text()
        ask(tab, "When was the harbour of Lysa dredged?")
        assert tab.locator("#chat .marker").count() == 1

    def test_stop_ends_the_model_and_keeps_what_was_said(self, tab: Any, site: Site) -> None:
        site.reader.stopped.clear()
        tab.fill("#question textarea", "endless?")
        tab.press("#question textarea", "Enter")
        tab.locator("#chat .bot", has_text="and on and on").wait_for()
        tab.click("#question .stop-button")
        assert site.reader.stopped.wait(30)
        tab.wait_for_selector("#chat .answer")
        assert "Stopped before the end." in tab.locator("#chat .answer").inner_text()
        assert "and on and on" in tab.locator("#chat .answer").inner_text()
        tab.wait_for_selector("#question .submit-button")

    def test_closing_the_page_ends_the_model(self, browser: Any, site: Site) -> None:
        site.reader.stopped.clear()
        tab = visit(browser, site.address)
        tab.fill("#question textarea", "endless?")
        tab.press("#question textarea", "Enter")
        tab.locator("#chat .bot", has_text="and on and on").wait_for()
        tab.close()
        assert site.reader.stopped.wait(60)

    def test_retry_asks_again_and_a_new_conversation_is_empty(self, tab: Any, site: Site) -> None:
        site.reader.go.set()
        ask(tab, "slow: when was the harbour of Lysa dredged?")
        site.reader.go.clear()
        tab.click("#chat button[aria-label=Retry]")
        tab.locator("#fresh").wait_for(state="hidden")
        assert tab.locator("#chat .answer").count() == 0
        site.reader.go.set()
        tab.locator("#fresh").wait_for()
        assert tab.locator("#chat .answer").count() == 1
        tab.click("#fresh")
        tab.wait_for_selector("#welcome button")
        assert tab.locator("#chat .answer").count() == 0
        assert tab.locator("#panel mark").count() == 0

    def test_an_example_question_is_asked(self, tab: Any) -> None:
        tab.locator("#welcome button", has_text="Summarize").click()
        tab.wait_for_selector("#chat .answer")
        assert "Summarize the document" in tab.locator("#chat .user").inner_text()

    def test_earlier_markers_lead_to_folded_sources(self, tab: Any) -> None:
        ask(tab, "When was the harbour of Lysa dredged?")
        ask(tab, "And who dredged the harbour of Lysa?")
        tab.locator("#source-1-1").wait_for(state="hidden")
        tab.locator("#chat .marker").first.click()
        assert tab.locator("#source-1-1").is_visible()

    @pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
    def test_nothing_overflows(self, browser: Any, site: Site, width: int, height: int) -> None:
        tab = visit(browser, site.address, width, height)
        for question in ("When was the harbour of Lysa dredged?", "nobody " + "w" * 300):
            ask(tab, question)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
        chat, panel = tab.locator("#conversation").bounding_box(), tab.locator("#reading").bounding_box()
        if width < 600:
            assert panel["y"] >= chat["y"] + chat["height"]
        else:
            assert panel["x"] >= chat["x"] + chat["width"]
        tab.close()


@browser_needed
class TestDocumentsAndConversations:
    def test_a_source_opens_the_whole_document_at_its_place(self, tab: Any) -> None:
        ask(tab, "When was the harbour of Lysa dredged?")
        tab.locator("#panel button.open").first.click()
        tab.wait_for_selector("#panel .document mark.at")
        before = """e => { const r = document.createRange(); const w = e.closest('.whole');
            r.setStart(w, 0); r.setEndBefore(e); return r.toString(); }"""
        mark = tab.locator("#panel mark.at")
        assert mark.evaluate("e => e.textContent") == SENTENCE
        assert mark.evaluate(before) == NOTES[: NOTES.index(SENTENCE)]
        assert tab.locator("#panel .whole").evaluate("e => e.textContent") == NOTES
        tab.click("#panel button.back")
        tab.wait_for_selector("#panel .sources mark")

    def test_an_answer_is_copied_with_its_sources(self, browser: Any, site: Site) -> None:
        tab = visit(browser, site.address)
        tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
        ask(tab, "When was the harbour of Lysa dredged?")
        tab.click("#chat button.copy")
        tab.locator("#chat button.copy", has_text="Copied").wait_for()
        copied = tab.evaluate("navigator.clipboard.readText()")
        assert "1931.[1]" in copied and f"1. “{SENTENCE}” — harbour notes.txt" in copied
        tab.close()

    def test_a_conversation_is_exported_and_comes_back_after_a_reload(self, tab: Any) -> None:
        ask(tab, "When was the harbour of Lysa dredged?")
        tab.locator("#about").wait_for()
        for button, ending in (("#as-markdown", "md"), ("#as-json", "json")):
            with tab.expect_download() as download:
                tab.click(button)
            assert download.value.suggested_filename == f"conversation.{ending}"
            assert SENTENCE in Path(download.value.path()).read_text(encoding="utf-8")
        tab.reload()
        tab.get_by_role("tab", name="Earlier").click()
        tab.locator("#earlier label", has_text="harbour of Lysa dredged").first.click()
        tab.wait_for_selector("#chat .answer .marker")
        ask(tab, "And who led the work?")
        assert "Understood as:" in tab.locator("#chat .answer").last.inner_text()
        tab.click("#forget")
        tab.wait_for_selector("#welcome button")

    def test_a_question_is_edited_and_sent_again(self, tab: Any) -> None:
        ask(tab, "What does nobody know of the harbour of Lysa?")
        tab.locator("#about").wait_for()
        tab.locator("#chat .user button.edit").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_function("document.querySelector('#question textarea').value.includes('nobody')")
        tab.fill("#question textarea", "When was the harbour of Lysa dredged?")
        tab.press("#question textarea", "Enter")
        tab.wait_for_selector("#chat .answer .marker")
        assert tab.locator("#chat .user").count() == 1

    def test_search_needs_no_model(self, tab: Any) -> None:
        tab.get_by_role("tab", name="Search").click()
        tab.fill("#words input, #words textarea", "harbour of Lysa")
        tab.press("#words input, #words textarea", "Enter")
        tab.locator("#found li", has_text=SENTENCE).wait_for()

    def test_uploads_are_checked_answered_from_private_and_removed(self, browser: Any, tmp_path: Path) -> None:
        site = Site(tmp_path, {"notes.txt": NOTES})
        mine = tmp_path / "mine"
        mine.mkdir()
        (mine / "mill.txt").write_text("The mill of Orba burned down in 1877.", encoding="utf-8")
        (mine / "empty.txt").write_text("", encoding="utf-8")
        (mine / "program.exe").write_bytes(b"MZ")
        evil = "<img src=x onerror=window.ran=1>.txt"
        (mine / evil).write_text("Evil names stay text.", encoding="utf-8")
        one = visit(browser, site.address)
        two_context = browser.new_context()
        two = two_context.new_page()
        try:
            one.get_by_role("tab", name="Documents").click()
            one.set_input_files("#files input[type=file]", [mine / name for name in ("mill.txt", "empty.txt", evil)])
            one.locator("#listing", has_text="mill.txt").wait_for()
            assert "is empty" in one.locator("#brought li.failed", has_text="empty.txt").inner_text()
            assert one.locator("#brought li.ready").count() == 2
            assert one.evaluate("window.ran") is None
            two.goto(site.address)
            two.get_by_role("tab", name="Documents").click()
            two.locator("#listing", has_text="notes.txt").wait_for()
            assert "mill" not in two.locator("body").inner_text()
            for person, markers in ((one, 1), (two, 0)):
                person.wait_for_selector("#question textarea")
                ask(person, "What does nobody know of the mill of Orba that burned down?")
                assert person.locator("#panel mark", has_text="1877").count() == markers
            one.get_by_role("tab", name="Documents").click()
            row = one.locator("#listing li", has_text="mill.txt")
            row.locator("summary").click()
            row.locator("button[data-act=remove]").click()
            one.locator("#head", has_text="2 documents").wait_for()
            assert not list((tmp_path / "docs").rglob("mill.txt"))
        finally:
            one.close()
            two_context.close()
            site.close()


def test_names_of_uploads_are_made_harmless() -> None:
    from rag.errors import DocumentError
    from rag.ui.uploads import clean_name

    assert clean_name("../../etc/passwd.txt") == "passwd.txt"
    assert clean_name("C:\\a\\b\u202etxt.md") == "btxt.md"
    assert clean_name("..hidden.txt") == "hidden.txt"
    assert clean_name("con.txt") == "_con.txt"
    assert clean_name('a<b>"c.txt') == "a_b__c.txt"
    assert len(clean_name("é" * 400 + ".txt").encode()) <= 150
    for bad in ("program.exe", "..", "", "a.txt\0.exe", ".txt"):
        with pytest.raises(DocumentError):
            clean_name(bad)


@browser_needed
def test_nothing_hostile_runs(browser: Any, tmp_path: Path) -> None:
    """Documents, their names, the model's words and questions stay text; not even a picture is asked for."""
    name = "<img src=x onerror=window.ran=1>.txt"
    site = Site(tmp_path, {name: "\n\n".join(f"The hostile harbour {text} of Lysa." for text in HOSTILE)})
    said = f"nobody {' '.join(HOSTILE)}"
    try:
        tab = visit(browser, site.address)
        for question in ("hostile harbour of Lysa", said, *HOSTILE[:3], "${window.ran=1}"):
            ask(tab, question)
        tab.locator("#chat .marker").first.hover()
        tab.fill("#question textarea", "slow hostile harbour of Lysa")
        tab.press("#question textarea", "Enter")
        tab.locator("#chat .bot", has_text=HOSTILE[0]).last.wait_for()
        site.reader.go.set()
        tab.locator("#fresh").wait_for()
        assert tab.evaluate("window.ran") is None
        assert HOSTILE[0] in tab.locator("#chat .answer").first.inner_text()
        assert tab.locator("#chat .asked p").nth(1).inner_text() == said
        assert name in tab.locator("#panel").inner_text()
        made = "#chat :is(script, img, iframe, object, style:not(svg style)), #panel :is(script, img, iframe, object)"
        assert tab.locator(made).evaluate_all("found => found.map(e => e.outerHTML)") == []
        assert [url for url in tab.requested if not url.startswith((site.address, "data:", "blob:"))] == []
        tab.close()
    finally:
        site.close()


@browser_needed
def test_two_people_have_their_own_conversations(browser: Any, site: Site) -> None:
    one, two = visit(browser, site.address), visit(browser, site.address)
    ask(one, "When was the harbour of Lysa dredged?")
    ask(two, "What does nobody know?")
    assert one.locator("#chat .answer").count() == two.locator("#chat .answer").count() == 1
    assert one.locator("#chat .abstained").count() == 0
    one.close()
    two.close()


@browser_needed
def test_the_second_in_line_sees_it_and_may_leave_without_stopping_the_first(browser: Any, site: Site) -> None:
    site.reader.go.clear()
    one, two = two_in_line(browser, site.address)
    two.locator("#chat .bot", has_text="Waiting: 1 answer before yours").wait_for()
    two.click("#question .stop-button")
    two.locator("#chat .bot", has_text="Stopped before it began.").wait_for()
    assert one.locator("#chat .answer").count() == 0
    two.fill("#question textarea", "When was the harbour of Lysa dredged?")
    two.press("#question textarea", "Enter")
    two.locator("#chat .bot", has_text="Waiting: 1 answer before yours").wait_for()
    site.reader.go.set()
    for tab in (one, two):
        tab.locator("#chat .answer .marker").first.wait_for()
        tab.close()


def test_the_server_connects_to_nothing_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            tried.append(address)
            raise OSError("no network in this test")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    site = Site(tmp_path, {"notes.txt": NOTES})
    time.sleep(1)  # threads that would call home start with the page
    site.close()
    assert tried == []


def test_it_does_not_listen_for_others_without_a_password(settings: Settings) -> None:
    from rag.ui.serving import launch

    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):
        with pytest.raises(UsageError, match="--auth USER:PASSWORD"):
            launch(settings, host=host, open_browser=False)
    with pytest.raises(UsageError, match="--auth USER:PASSWORD"):
        launch(settings, host="0.0.0.0", auth="nobody", open_browser=False)


def test_a_port_in_use_is_said(settings: Settings) -> None:
    from rag.ui.serving import launch

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {port} .*--port"):
            launch(settings, port=port, open_browser=False)


def test_a_foreign_host_is_refused(site: Site) -> None:
    """A name of somebody else's that was pointed at this machine (DNS rebinding) gets nothing, also not by MCP."""
    for path in ("", "config", "gradio_api/info", "gradio_api/mcp"):
        answers = [
            httpx.get(site.address + path, headers={"Host": host})
            for host in ("evil.example", "127.0.0.1.evil.example:80")
        ]
        assert [answer.status_code for answer in answers] == [400, 400]
    assert httpx.get(site.address).status_code == 200
