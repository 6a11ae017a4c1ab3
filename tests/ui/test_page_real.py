"""The page in a real browser over the real thing: a small model, embedder, cross-encoder and Chroma on disk."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import ask, browser_needed, visit
from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer
from rag.answering.engine import Engine
from rag.api import Rag
from rag.compose import open_engine, open_reader
from rag.llm.llama_reader import LlamaReader
from rag.settings import Settings, read_settings
from rag.ui.models import AnswerModels
from rag.ui.serving import serve

MODEL = "smollm2-135m"
DOCUMENTS = {
    "lysa.txt": "The Harbour of Lysa\n\nThe harbour of Lysa was dredged in 1931. Karin Holt led the work, and forty "
    "men from the island did it in two summers. The bridge to the mainland is 412 metres long and was opened by the "
    "king in 1955. Before the bridge there was a ferry, which went twice a day and carried the post, the milk and the "
    "schoolchildren. The ferry was called Havfruen and lies in the museum now.\n",
    "orba.txt": "The Mill of Orba\n\nThe mill of Orba burned down in 1877. Nobody was hurt, but the harvest of that "
    "year was lost. The miller, Jon Aas, built a new one of stone within a year, and it grinds oats to this day.\n",
}
BRIDGE = "How long is the bridge?"
LONG = "Tell me everything about the bridge, the ferry and the harbour of Lysa, sentence by sentence."
pytestmark = [browser_needed, pytest.mark.long]

_GROWING = """() => {
  window.grown = [];
  const chat = document.getElementById("chat");
  new MutationObserver(() => {
    const last = [...chat.querySelectorAll(".bot")].at(-1);
    if (last && !last.querySelector(".answer")) window.grown.push(last.innerText.trim());
  }).observe(chat, { childList: true, subtree: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def real_settings(tmp_path_factory: pytest.TempPathFactory, weights: Callable[[str], Path]) -> Settings:
    for name in (MODEL, "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    folder = tmp_path_factory.mktemp("real")
    docs = folder / "docs"
    docs.mkdir()
    for name, text in DOCUMENTS.items():
        (docs / name).write_text(text, encoding="utf-8")
    # So small a model is rarely sure of anything: it is let speak all the same, and of one passage.
    return read_settings(docs=docs, data_dir=folder / "data", model=MODEL, threshold=0.0, passages=1)


@pytest.fixture(scope="module")
def engine(real_settings: Settings) -> Iterator[Engine]:
    with open_engine(real_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(engine: Engine, real_settings: Settings) -> Iterator[str]:
    page, address = serve(Rag.over(engine), real_settings.data_dir / "conversations")
    yield address
    page.close(verbose=False)


@pytest.fixture
def tab(browser: Any, address: str) -> Iterator[Any]:
    tab = visit(browser, address)
    tab.set_default_timeout(180_000)
    yield tab
    outside = [url for url in tab.requested if not url.startswith((address, "data:", "blob:"))]
    complaints = tab.complaints
    tab.close()
    assert outside == []
    assert complaints == []


def said_by(engine: Engine, question: str) -> Answer:
    answer = list(engine.ask(question))[-1]
    assert isinstance(answer, Answer)
    return answer


def test_an_answer_streams_and_is_the_engines_own_with_its_exact_sources(tab: Any, engine: Engine) -> None:
    expected = said_by(engine, BRIDGE)
    assert expected.sources
    tab.evaluate(_GROWING)
    ask(tab, BRIDGE, timeout_s=300)
    grown = [text for text in tab.evaluate("window.grown") if text and expected.answer.startswith(text)]
    assert len(set(grown)) > 1 and grown == sorted(grown, key=len)
    assert grown[0] != expected.answer
    shown = tab.locator("#chat .answer .text").evaluate(
        "e => { const c = e.cloneNode(true); c.querySelectorAll('.marker, .verdict').forEach(m => m.remove());"
        " return c.textContent; }"
    )
    assert "".join(shown.replace("\u2060", "").split()) == "".join(expected.answer.split())
    marks = tab.locator("#panel mark").evaluate_all("marks => marks.map(m => m.lastChild.data)")
    assert sorted(marks) == sorted(source.text for source in expected.sources)
    for source in expected.sources:
        assert source.text == DOCUMENTS[source.document][source.start : source.end]
    places = re.findall(r"characters (\d+)–(\d+)", tab.locator("#panel").inner_text())
    assert sorted((int(a), int(b)) for a, b in places) == sorted((s.start, s.end) for s in expected.sources)


def test_a_marker_leads_to_the_sentence_and_that_to_the_document(tab: Any) -> None:
    ask(tab, BRIDGE, timeout_s=300)
    marker = tab.locator("#chat .marker").first
    sentence = marker.get_attribute("aria-label").removeprefix("Source 1: ")
    marker.click()
    tab.wait_for_function("document.activeElement.matches('mark.shown')")
    assert tab.evaluate("document.activeElement.lastChild.data") == sentence
    tab.locator("#panel button.open").first.click()
    opened = tab.locator("#panel .document mark.at")
    opened.wait_for()
    assert opened.inner_text() == sentence
    assert tab.locator("#panel .whole").evaluate("e => e.textContent") in DOCUMENTS.values()


def test_stop_ends_the_model_which_then_answers_the_next_and_a_follow_up(tab: Any, engine: Engine) -> None:
    whole = said_by(engine, LONG).answer
    tab.fill("#question textarea", LONG)
    tab.press("#question textarea", "Enter")
    tab.locator("#chat .bot", has_text=" ".join(whole.split()[:3])).wait_for()
    tab.click("#question .stop-button")
    tab.wait_for_selector("#chat .answer")
    text = tab.locator("#chat .answer").inner_text()
    assert "Stopped before the end." in text
    assert len(tab.locator("#chat .answer .text").inner_text()) < len(whole)
    assert engine.at_work.is_quiet()
    ask(tab, BRIDGE, timeout_s=300)
    ask(tab, "And who led it?", timeout_s=300)
    assert "Understood as:" in tab.locator("#chat .answer").last.inner_text()
    assert tab.locator("#chat .answer").count() == 3


def test_the_threshold_of_the_drawer_makes_it_silent(tab: Any) -> None:
    tab.get_by_role("tab", name="Settings").click()
    tab.locator("#threshold input[type=range]").focus()
    tab.keyboard.press("End")
    ask(tab, BRIDGE, timeout_s=300)
    assert tab.locator("#chat .abstained .text").inner_text() == REFUSAL
    assert tab.locator("#chat .nearest li").count() > 0


def test_another_model_is_loaded_beside_the_engines_own(real_settings: Settings, engine: Engine) -> None:
    loads: list[str] = []

    def load(name: str) -> LlamaReader:
        loads.append(name)
        return open_reader(real_settings, name)

    assert isinstance(engine.reader, LlamaReader)
    own, engine.reader.name = engine.reader.name, "the program's own"
    models = AnswerModels(engine.reader, lambda: [MODEL], load)
    try:
        assert models.names() == ["the program's own", MODEL]
        other = models.get(MODEL)
        assert models.get(MODEL) is other is not engine.reader and loads == [MODEL]
        answer = list(engine.ask(BRIDGE, reader=other))[-1]
        assert isinstance(answer, Answer)
        assert answer.model == MODEL and answer.answer == said_by(engine, BRIDGE).answer
    finally:
        models.close()
        engine.reader.name = own
    assert said_by(engine, BRIDGE).answer
