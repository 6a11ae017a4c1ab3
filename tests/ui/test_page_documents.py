"""Documents and choices on the page: bring, refuse, narrow, remove; models, settings, edited questions."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from browsing import NOTES, SENTENCE, Site, ask, browser_needed, visit
from fakes import ScriptedReader
from rag.documents.chunks import Chunk
from rag.ui.handlers import NO_DOCUMENTS
from rag.ui.models import AnswerModels

MILL = "The mill of Orba burned down in 1877."
pytestmark = browser_needed


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, {})
    yield site
    site.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, {"notes.txt": NOTES, "mill.txt": MILL})
    yield site
    site.close()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    (folder / "deeper").mkdir(parents=True)
    (folder / "mill.txt").write_text(f"{MILL} The miller was called Jon Aas.", encoding="utf-8")
    (folder / "deeper" / "tower.md").write_text("The tower of Vik is 40 metres high.", encoding="utf-8")
    return folder


def settled(tab: Any) -> Any:
    tab.locator("#question .submit-button").wait_for()
    return tab


class TestAnEmptyFolder:
    def test_it_invites_to_bring_documents_and_then_answers_from_them(
        self, browser: Any, bare: Site, mine: Path
    ) -> None:
        tab = visit(browser, bare.address)
        tab.wait_for_selector("#welcome .bare")
        assert "No documents yet" in tab.locator("#head").inner_text()
        ask(tab, "What burned down?")
        assert NO_DOCUMENTS in tab.locator("#chat .problem").inner_text()
        settled(tab).click("#fresh")
        with tab.expect_file_chooser() as chooser:
            tab.locator("#welcome button", has_text="Choose files").click()
        chooser.value.set_files(mine / "mill.txt")
        tab.locator("#welcome button", has_text="Summarize").first.wait_for()
        assert tab.locator("#brought li.ready").count() == 1
        ask(tab, "echo: what burned down at Orba?")
        assert tab.locator("#panel mark", has_text="1877").count() == 1
        settled(tab).click("#fresh")
        tab.get_by_role("tab", name="Documents").click()
        tab.locator("#listing summary").click()
        tab.locator("#listing button[data-act=remove]").click()
        tab.wait_for_selector("#welcome .bare")
        assert tab.complaints == []
        tab.close()

    def test_a_whole_folder_is_chosen(self, browser: Any, bare: Site, mine: Path) -> None:
        tab = visit(browser, bare.address)
        with tab.expect_file_chooser() as chooser:
            tab.locator("#welcome button", has_text="Choose a folder").click()
        chooser.value.set_files(mine)
        for name in ("mill.txt", "tower.md"):
            tab.locator("#brought li.ready", has_text=name).wait_for()
            tab.locator("#listing", has_text=name).wait_for()
        tab.close()

    def test_files_and_folders_may_be_dropped_anywhere(
        self, browser: Any, bare: Site, mine: Path, tmp_path: Path
    ) -> None:
        single = tmp_path / "bridge.txt"
        single.write_text("The bridge of Lom has three arches.", encoding="utf-8")
        tab = visit(browser, bare.address)
        tab.wait_for_selector("#welcome .bare")
        devtools = tab.context.new_cdp_session(tab)
        data = {"items": [], "files": [str(mine), str(single)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
        for name in ("mill.txt", "tower.md", "bridge.txt"):
            tab.locator("#brought li.ready", has_text=name).wait_for()
        assert not tab.locator("body.dropping").count()
        assert tab.complaints == []
        tab.close()


class TestUploads:
    def test_what_cannot_be_read_is_named_with_its_reason_and_the_rest_is_taken(
        self, browser: Any, site: Site, mine: Path
    ) -> None:
        evil = "..\\..\\<b>evil & co.txt"
        (mine / evil).write_text("Evil names stay text.", encoding="utf-8")
        (mine / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of the kind")
        (mine / "program.exe").write_bytes(b"MZ")
        tab = visit(browser, site.address)
        tab.get_by_role("tab", name="Documents").click()
        names = ("broken.pdf", "program.exe", evil, "mill.txt")
        tab.set_input_files("#files input[type=file]", [mine / name for name in names])
        tab.locator("#brought li.ready", has_text="mill.txt").wait_for()
        failed = {row.split()[0]: row for row in tab.locator("#brought li.failed").all_inner_texts()}
        assert set(failed) == {"broken.pdf", "program.exe"}
        assert "Files of this kind are not read" in failed["program.exe"]
        kept = list((site.engine.docs / "uploads").rglob("*.txt"))
        assert len(kept) == 2 and all(path.resolve().is_relative_to(site.engine.docs.resolve()) for path in kept)
        assert not list(site.engine.docs.parent.glob("*evil*")) and not list(site.engine.docs.glob("*evil*"))
        assert tab.locator("#listing b, #brought b").count() == 0
        assert tab.complaints == []
        tab.close()

    def test_too_many_and_too_large_files_are_refused_by_name(
        self, browser: Any, site: Site, mine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.ui.uploads.MOST_FILES", 2)
        monkeypatch.setattr("rag.documents.folder.LARGEST", 1000)
        (mine / "big.txt").write_text("Too much of it. " * 100, encoding="utf-8")
        (mine / "third.txt").write_text("One too many.", encoding="utf-8")
        tab = visit(browser, site.address)
        tab.get_by_role("tab", name="Documents").click()
        tab.set_input_files("#files input[type=file]", [mine / name for name in ("big.txt", "mill.txt", "third.txt")])
        tab.locator("#brought li.failed", has_text="third.txt").wait_for()
        assert "are read. Split it." in tab.locator("#brought li.failed", has_text="big.txt").inner_text()
        assert "At most 2 files" in tab.locator("#brought li.failed", has_text="third.txt").inner_text()
        assert tab.locator("#brought li.ready").count() == 1
        tab.close()

    def test_what_no_room_is_left_for_is_refused(
        self, browser: Any, site: Site, mine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.ui.uploads.MOST_BYTES", 10)
        tab = visit(browser, site.address)
        tab.get_by_role("tab", name="Documents").click()
        tab.set_input_files("#files input[type=file]", mine / "mill.txt")
        refused = tab.locator("#brought li.failed")
        refused.wait_for()
        assert "no room" in refused.inner_text()
        tab.close()

    def test_the_server_refuses_what_the_browser_should_not_have_sent(
        self, tmp_path: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import httpx

        monkeypatch.setattr("rag.ui.serving.LARGEST_PACKED", 1000)
        site = Site(tmp_path, {"notes.txt": NOTES})
        try:
            sent = {"files": ("big.txt", b"x" * 5000)}
            assert httpx.post(f"{site.address}gradio_api/upload", files=sent).status_code == 413
        finally:
            site.close()

    def test_what_in_the_folder_is_not_read_is_named(self, browser: Any, tmp_path: Path) -> None:
        site = Site(tmp_path, {"notes.txt": NOTES, "broken.pdf": "%PDF-1.7 no"})
        tab = visit(browser, site.address)
        tab.get_by_role("tab", name="Documents").click()
        tab.locator("#listing .skipped li", has_text="broken.pdf").wait_for()
        tab.close()
        site.close()


def only_in(tab: Any, name: str) -> None:
    tab.get_by_role("tab", name="Documents").click()
    tab.locator("#scope input").click()
    tab.get_by_role("option", name=name).click()
    tab.keyboard.press("Escape")


class TestChoices:
    def test_ask_only_in_one_document(self, browser: Any, site: Site) -> None:
        tab = visit(browser, site.address)
        only_in(tab, "mill.txt")
        ask(tab, "echo: the harbour of Lysa, and the mill of Orba?")
        assert tab.locator("#panel h3").all_inner_texts() == ["mill.txt"]
        tab.get_by_role("tab", name="Search").click()
        tab.fill("#words input, #words textarea", "harbour of Lysa")
        tab.press("#words input, #words textarea", "Enter")
        tab.locator("#found li", has_text="mill").wait_for()
        assert SENTENCE not in tab.locator("#found").inner_text()
        tab.close()

    def test_settings_are_used_and_survive_a_reload_and_can_be_taken_back(self, browser: Any, site: Site) -> None:
        tab = visit(browser, site.address)
        passages, threshold = tab.locator("#passages input[type=range]"), tab.locator("#threshold input[type=range]")
        ask(tab, "echo: harbour of Lysa, mill of Orba?")
        assert len(site.reader.passages) == 2
        tab.get_by_role("tab", name="Settings").click()
        own = passages.input_value(), threshold.input_value()
        passages.focus()
        tab.keyboard.press("Home")
        threshold.focus()
        tab.keyboard.press("End")
        ask(tab, "echo: harbour of Lysa, mill of Orba?")
        assert len(site.reader.passages) == 1
        assert tab.locator("#chat .abstained").count() == 1
        tab.reload()
        tab.wait_for_selector("#welcome button")
        ask(tab, "echo: harbour of Lysa, mill of Orba?")
        assert len(site.reader.passages) == 1 and tab.locator("#chat .abstained").count() == 1
        tab.get_by_role("tab", name="Settings").click()
        assert (passages.input_value(), threshold.input_value()) == ("1", "1")
        tab.click("#reset")
        tab.wait_for_function("own => document.querySelector('#passages input[type=range]').value === own", arg=own[0])
        assert threshold.input_value() == own[1]
        tab.close()

    def test_a_model_is_loaded_once_never_during_an_answer_and_for_who_chose_it(
        self, browser: Any, tmp_path: Path
    ) -> None:
        loads: list[str] = []

        def say_small(passages: Sequence[Chunk], question: str) -> tuple[float, list[str]]:
            return 0.999, ["Small: ", passages[0].text]

        def load(name: str) -> ScriptedReader:
            loads.append(name)
            reader = ScriptedReader(say_small)
            reader.name = name
            return reader

        site = Site(tmp_path, {"notes.txt": NOTES}, models=lambda own: AnswerModels(own, lambda: ["small"], load))
        site.reader.go.clear()
        one, two = visit(browser, site.address), visit(browser, site.address)
        try:
            one.fill("#question textarea", "slow: when was the harbour of Lysa dredged?")
            one.press("#question textarea", "Enter")
            one.locator("#chat .bot", has_text="The harbour").wait_for()
            two.get_by_role("tab", name="Settings").click()
            two.locator("#model input").click()
            offered = [text.strip(" ✓\n") for text in two.get_by_role("option").all_inner_texts()]
            assert offered == ["scripted", "small"]
            two.get_by_role("option", name="small").click()
            two.locator("#model-state", has_text="1 answer before yours").wait_for()
            assert loads == []
            site.reader.go.set()
            two.locator("#model-state", has_text="small is ready.").wait_for()
            ask(two, "When was the harbour of Lysa dredged?")
            assert "Small:" in two.locator("#chat .answer").inner_text()
            settled(one)
            ask(one, "When was the harbour of Lysa dredged?")
            assert "Small:" not in one.locator("#chat .answer").last.inner_text()
            two.reload()
            two.wait_for_selector("#welcome button")
            ask(two, "When was the harbour of Lysa dredged?")
            two.get_by_role("tab", name="Settings").click()
            assert two.locator("#model input").input_value() == "small"
            assert "Small:" in two.locator("#chat .answer").inner_text()
            assert loads == ["small"]
        finally:
            one.close()
            two.close()
            site.close()

    def test_any_earlier_question_is_edited_and_the_conversation_goes_on_from_there(
        self, browser: Any, site: Site
    ) -> None:
        tab = visit(browser, site.address)
        for question in ("Is a < b & c?", "When was the harbour of Lysa dredged?", "What burned at Orba?"):
            ask(tab, question)
            settled(tab)
        tab.locator("#chat .asked").nth(1).hover()
        tab.locator("#chat button.edit").nth(1).click()
        tab.locator("#editing", has_text="Editing question 2").wait_for()
        assert "1 later question" in tab.locator("#editing").inner_text()
        assert tab.locator("#question textarea").input_value() == "When was the harbour of Lysa dredged?"
        tab.locator("#editing button").click()
        tab.locator("#editing .editing").wait_for(state="detached")
        assert tab.locator("#question textarea").input_value() == ""
        tab.locator("#chat button.edit").nth(0).focus()
        tab.keyboard.press("Enter")
        tab.wait_for_function("document.querySelector('#question textarea').value === 'Is a < b & c?'")
        tab.wait_for_function("document.activeElement.matches('#question textarea')")
        tab.keyboard.press("End")
        tab.keyboard.type(" Or not?")
        tab.keyboard.press("Enter")
        tab.wait_for_function("document.querySelectorAll('#chat .answer').length === 1")
        assert tab.locator("#chat .asked p").all_inner_texts() == ["Is a < b & c? Or not?"]
        settled(tab)
        tab.reload()
        tab.get_by_role("tab", name="Earlier").click()
        tab.locator("#earlier label").first.click()
        tab.locator("#chat .asked p").first.wait_for()
        assert tab.locator("#chat .asked p").all_inner_texts() == ["Is a < b & c? Or not?"]
        tab.close()


def test_a_folder_that_went_away_is_said_and_the_page_lives_on(browser: Any, site: Site) -> None:
    tab = visit(browser, site.address)
    away = site.engine.docs.with_name("away")
    shutil.move(site.engine.docs, away)
    ask(tab, "When was the harbour of Lysa dredged?")
    assert "does not exist" in tab.locator("#chat .problem").inner_text()
    shutil.move(away, site.engine.docs)
    ask(settled(tab), "When was the harbour of Lysa dredged?")
    assert tab.locator("#chat .marker").count() == 1
    tab.close()
