"""Measures the page in a real browser: `python tests/measure_page.py [--docs DIR] [--model NAME] [--rounds N]`.

Prints, each as median and worst over the rounds, in seconds:
  first word   from the engine's first word until it stands in the browser
  stop         from the press of Stop until the engine has ended, and until the page can be asked again
Engine and browser share this machine's clock. A quiet machine, or the figures mean nothing.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from browsing import ask, chromium
from rag.answering.answer import Token
from rag.answering.engine import Engine

_SEEN = """() => {
  window.first = null;
  const chat = document.getElementById("chat");
  const look = () => {
    const last = [...chat.querySelectorAll(".bot")].at(-1);
    const text = last?.innerText.trim() ?? "";
    if (window.first === null && text && !/^(Looking|Reading|Loading|Waiting).*…$/s.test(text)
        && chat.querySelectorAll(".bot").length > window.before) window.first = Date.now() / 1000;
  };
  new MutationObserver(look).observe(chat, { childList: true, subtree: true, characterData: true });
}"""


class Watched:
    """Notes when an engine's first word comes and when it has ended."""

    def __init__(self, engine: Engine) -> None:
        self._ask = engine.ask
        self.first = 0.0
        self.ended = threading.Event()
        self.end = 0.0
        engine.ask = self.ask  # type: ignore[method-assign]

    def ask(self, *args: Any, **options: Any) -> Iterator[Any]:
        self.first = 0.0
        self.ended.clear()
        try:
            for event in self._ask(*args, **options):
                if isinstance(event, Token) and not self.first:
                    self.first = time.time()
                yield event
        finally:
            self.end = time.time()
            self.ended.set()


def measure(engine: Engine, address: str, browser: Any, questions: list[str], stop_after_s: list[float]) -> None:
    watched = Watched(engine)
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto(address)
    tab.wait_for_selector("#question textarea")
    tab.evaluate(_SEEN)
    words, ends, free = [], [], []
    for question in questions:
        tab.evaluate("window.before = document.querySelectorAll('#chat .bot').length; window.first = null")
        ask(tab, question, timeout_s=600)
        words.append(tab.evaluate("window.first") - watched.first)
    for question, wait in zip(questions, stop_after_s, strict=False):
        tab.locator("#question .submit-button").wait_for()
        tab.fill("#question textarea", question)
        tab.press("#question textarea", "Enter")
        tab.locator("#question .stop-button").wait_for()
        tab.wait_for_timeout(wait * 1000)
        if watched.ended.is_set() or not tab.locator("#question .stop-button").is_visible():
            continue  # it was through already
        pressed = time.time()
        tab.click("#question .stop-button")
        watched.ended.wait(60)
        ends.append(watched.end - pressed)
        tab.locator("#question .submit-button").wait_for()
        free.append(time.time() - pressed)
    tab.close()
    print_row("first word", words)
    print_row("stop: engine ended", ends)
    print_row("stop: page free", free)


def print_row(name: str, seconds: list[float]) -> None:
    row = f"median {statistics.median(seconds):.3f}  worst {max(seconds):.3f}" if seconds else "nothing was measured"
    print(f"{name:20} {row}  ({len(seconds)} rounds)", flush=True)  # noqa: T201


def main() -> None:
    from rag.api import Rag
    from rag.ui.serving import serve

    parser = argparse.ArgumentParser()
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("question", nargs="*", default=["Who is the Commander of the Iranian Border Guard?"])
    given = parser.parse_args()
    questions = [given.question[i % len(given.question)] for i in range(given.rounds)]
    waits = [0.05 + 0.25 * (i % 6) for i in range(given.rounds)]  # in every stage: retrieval, reading, writing
    with Rag(docs=given.docs, model=given.model) as rag, chromium() as browser:
        page, address = serve(rag)
        measure(rag.engine, address, browser, questions, waits)
        page.close(verbose=False)


if __name__ == "__main__":
    main()
