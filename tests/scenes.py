"""The states of the page that are worth a look, each as a function that brings a tab into it: see `screenshot.py`."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from browsing import ask
from fakes import ScriptedReader
from rag.answering.answer import Retrieved, Token
from rag.answering.engine import Engine
from rag.index.indexing import IndexReport

KNOWN = "How much methamphetamine was seized in Sistan-Baluchestan?"
SUMMARY = "Summarize the article about the drug seizure in four sentences"
COMPARISON = "Compare what Fedulov and Goudarzi said"
UNKNOWN = "What does a ticket to the moon cost?"
ALOUD = "Read aloud: "
"""A question that begins so is answered with the passages themselves: no small model writes so much, or Arabic."""
DOCUMENTS = {
    "fleet.txt": " ".join(f"Ship {i} of the fleet carries {i * 7} tons of cargo." for i in range(1, 61)),
    "ميناء ليسا.txt": "ميناء ليسا عُمِّق في عام 1931. قادت كارين هولت العمل كله. ويبلغ طول الجسر 412 مترا.",
}
"""Lie beside the sample."""
BROUGHT = {
    "a paper about the mill of Orba, second edition, revised.txt": b"The mill of Orba burned down in 1877.",
    "broken.pdf": b"%PDF-1.7\nnothing of the kind",
    "empty.txt": b"",
    "notes from the island.md": b"# The island\n\nKarin Holt led the work. The bridge is 412 metres long.",
    "program.exe": b"MZ",
}
"""Files that somebody brings, good and bad ones."""


class Held:
    """Lets an engine's answers and readings of the folder come only as far as a picture needs them."""

    def __init__(self, engine: Engine) -> None:
        self._ask, self._refresh = engine.ask, engine.refresh
        self._aloud = ScriptedReader(lambda passages, _: (0.999, [f"{passage.text}\n\n" for passage in passages]))
        self._before = ""
        self._go = threading.Event()
        engine.ask, engine.refresh = self.ask, self.refresh  # type: ignore[method-assign]

    def until(self, moment: str) -> None:
        """Hold what comes from now on when it is "found", "reading", "writing" or before a "refresh"."""
        self._before = moment
        self._go.clear()

    def release(self) -> None:
        self._before = ""
        self._go.set()

    def ask(self, question: str, *given: Any, **options: Any) -> Iterator[Any]:
        if question.startswith(ALOUD):
            options["reader"] = self._aloud
        words = 0
        for event in self._ask(question, *given, **options):
            if isinstance(event, Retrieved):
                self._wait("found")
            yield event
            words += isinstance(event, Token)
            if isinstance(event, Retrieved):
                self._wait("reading")
            elif words == 12:
                self._wait("writing")

    def refresh(self, *given: Any) -> IndexReport:
        self._wait("refresh")
        return self._refresh(*given)

    def _wait(self, moment: str) -> None:
        if self._before == moment:
            self._go.wait(300)


class Stage:
    """Where a scene is played: a served page, what holds its engine, files to bring, and how a tab is opened."""

    def __init__(self, address: str, held: Held, files: Path, open_tab: Callable[[str], Any]) -> None:
        self.held, self.files = held, sorted(files.iterdir())
        self._address, self._open = address, open_tab

    def visit(self, shows: str | None = None) -> Any:
        tab = self._open(self._address)
        tab.set_default_timeout(300_000)
        tab.wait_for_selector("#question textarea")
        tab.wait_for_selector("#welcome .welcome")
        if shows:
            tab.get_by_role("tab", name=shows, exact=True).click()
        return tab

    def asked(self, question: str, shows: str = "Sources") -> Any:
        tab = self.visit()
        ask(tab, question, timeout_s=300)
        tab.locator("#question .submit-button").wait_for()
        tab.get_by_role("tab", name=shows, exact=True).click()
        return tab

    def asking(self, question: str, moment: str, seen: str) -> Any:
        self.held.until(moment)
        tab = self.visit()
        tab.fill("#question textarea", question)
        tab.press("#question textarea", "Enter")
        tab.locator("#chat .bot", has_text=seen).wait_for()
        return tab

    def bringing(self) -> Any:
        tab = self.visit("Documents")
        tab.set_input_files("#files input[type=file]", self.files)
        return tab


def start(stage: Stage) -> Any:
    return stage.visit()


def answered(stage: Stage) -> Any:
    return stage.asked(KNOWN)


def summarized(stage: Stage) -> Any:
    return stage.asked(SUMMARY)


def compared(stage: Stage) -> Any:
    return stage.asked(COMPARISON)


def hovered(stage: Stage) -> Any:
    tab = stage.asked(KNOWN)
    tab.locator("#chat .marker").first.hover()
    return tab


def abstained(stage: Stage) -> Any:
    return stage.asked(UNKNOWN)


def sent(stage: Stage) -> Any:
    return stage.asking(KNOWN, "found", "…")


def reading(stage: Stage) -> Any:
    return stage.asking(KNOWN, "reading", "Reading")


def writing(stage: Stage) -> Any:
    return stage.asking(KNOWN, "writing", "kilograms")


def in_line(stage: Stage) -> Any:
    stage.asking(KNOWN, "reading", "Reading")
    return stage.asking("Who commands the border guard?", "reading", "Waiting")


def error(stage: Stage) -> Any:
    return stage.asked("Why? " * 5_000)


def editing(stage: Stage) -> Any:
    tab = stage.asked(KNOWN)
    tab.locator("#chat button.edit").focus()
    tab.keyboard.press("Enter")
    tab.locator("#editing .editing").wait_for()
    return tab


def settings(stage: Stage) -> Any:
    return stage.asked(UNKNOWN, "Settings")


def earlier(stage: Stage) -> Any:
    return stage.asked(UNKNOWN, "Earlier")


def search(stage: Stage) -> Any:
    tab = stage.visit("Search")
    tab.fill("#words input, #words textarea", "border patrols")
    tab.press("#words input, #words textarea", "Enter")
    tab.locator("#found li").first.wait_for()
    return tab


def document(stage: Stage) -> Any:
    tab = stage.asked(KNOWN)
    tab.locator("#panel button.open").first.click()
    tab.locator("#panel mark.at").wait_for()
    return tab


def printed(stage: Stage) -> Any:
    tab = stage.asked(f"{ALOUD}which manufacturer delivered replacement prisms?")
    tab.locator("#panel button", has_text="See the page").first.click()
    tab.locator("#panel .printed mark.at").first.wait_for()
    return tab


def documents(stage: Stage) -> Any:
    return stage.visit("Documents")


def bringing(stage: Stage) -> Any:
    stage.held.until("refresh")
    tab = stage.bringing()
    tab.locator("#brought li", has_text="Reading").wait_for()
    return tab


def brought(stage: Stage) -> Any:
    tab = stage.bringing()
    tab.locator("#listing .remove").nth(1).wait_for()
    return tab


def right_to_left(stage: Stage) -> Any:
    return stage.asked(f"{ALOUD}متى عُمِّق ميناء ليسا؟")


def gone(stage: Stage) -> Any:
    tab = stage.asked(UNKNOWN)
    tab.context.set_offline(True)
    tab.locator("#gone", has_text="cannot be reached").wait_for()
    return tab


def many_sources(stage: Stage) -> Any:
    return stage.asked(f"{ALOUD}what does each ship of the fleet carry?")


SCENES = (
    start, answered, summarized, compared, hovered, abstained, sent, reading, writing, in_line, error, editing,
    settings, earlier, search, document, printed, documents, bringing, brought, right_to_left, many_sources, gone,
)  # fmt: skip
