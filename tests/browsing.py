"""What the tests of the page share: a browser, and a served page over an engine with fakes at its seams."""

import importlib.util
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes import EndlessReader, HashEmbedder, OverlapReranker
from hostile import HOSTILE
from rag.answering.engine import Engine
from rag.answering.reader import Reader, Reading, never
from rag.api import Rag
from rag.documents.chunks import Chunk
from rag.errors import ReaderError
from rag.index.index import Index

NO_BROWSER = "needs Chromium: apt-get install chromium"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --no-first-run --disable-component-update "
    "--disable-sync --disable-quic"
).split()


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a playwright browser: the system's Chromium, which sends nothing by itself."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def ask(tab: Any, question: str, timeout_s: float = 60) -> None:
    """Ask on the page and wait for the finished answer."""
    before = tab.locator("#chat .answer, #chat .problem").count()
    tab.fill("#question textarea", question)
    tab.press("#question textarea", "Enter")
    tab.locator("#chat .answer, #chat .problem").nth(before).wait_for(timeout=timeout_s * 1000)


SENTENCE = "The harbour of Lysa was dredged in 1931."
NOTES = f"The Harbour\n\n{SENTENCE} Karin Holt led the work. The bridge is 412 metres long."
UNKNOWN = "The tower was painted red by 40 men."
browser_needed = pytest.mark.skipif(
    shutil.which("chromium") is None or importlib.util.find_spec("playwright") is None, reason=NO_BROWSER
)


class PageReader(EndlessReader):
    """Answers by what the question holds: "echo" says what was read, "wordy" 2,000 words.

    "endless" goes on until it is stopped, "slow" waits to be let go.
    """

    def __init__(self) -> None:
        super().__init__(self.script)
        self.passages: Sequence[Chunk] = ()
        self.go = threading.Event()

    def script(self, passages: Sequence[Chunk], question: str) -> tuple[float | None, Sequence[str]]:
        if "fail" in question:
            raise ReaderError("The model failed. Run `rag doctor`.")
        self.passages = passages
        if "echo" in question:
            return 0.999, [passage.text + "\n\n" for passage in passages]
        if "wordy" in question:
            return 0.999, [f"This is sentence {i} of eight words here. " for i in range(250)]
        if "nobody" in question:
            return 0.001, ["Wrong."]
        if "hostile" in question:
            return 0.999, [*(f"{text}\n" for text in HOSTILE)]
        return 0.999, ["The harbour", " of Lysa", " was dredged", " in 1931.", f" {UNKNOWN}"]

    def read(
        self,
        passages: Sequence[Chunk],
        question: str,
        *,
        max_tokens: int,
        stopped: Callable[[], bool] = never,
        **more: Any,
    ) -> Reading:
        reading = super().read(passages, question, max_tokens=max_tokens, stopped=stopped, **more)
        if "slow" in question:
            return Reading(0.999, self.slow(reading.tokens), 10, 8, reading.read)
        return reading

    def slow(self, tokens: Iterator[str]) -> Iterator[str]:
        yield next(tokens)
        self.go.wait(60)
        yield from tokens


class Site:
    """A served page with what a test may look at."""

    def __init__(
        self,
        folder: Path,
        documents: dict[str, str],
        auth: tuple[str, str] | None = None,
        models: Callable[[Reader], Any] | None = None,
        budget: int = 120,
    ) -> None:
        from rag.ui.serving import serve

        docs = folder / "docs"
        docs.mkdir()
        for name, text in documents.items():
            (docs / name).write_text(text, encoding="utf-8")
        self.reader = PageReader()
        embedder = HashEmbedder()
        index = Index.open(folder / "index", dimensions=64, fingerprint=embedder.fingerprint)
        count = lambda text: len(text.split())  # noqa: E731
        self.engine = Engine(
            docs, index, embedder, self.reader, OverlapReranker(), budget=budget, count=count, may_be_empty=True
        )
        self.engine.refresh()
        self.rag = Rag.over(self.engine)
        self.page, self.address = serve(self.rag, folder / "conversations", models and models(self.reader), auth=auth)

    def close(self) -> None:
        self.page.close(verbose=False)
        self.rag.close()


def two_in_line(browser: Any, address: str) -> tuple[Any, Any]:
    """Return the tabs of two people: one is answered, slowly, and the other waits."""
    one, two = visit(browser, address), visit(browser, address)
    for tab in (one, two):
        tab.fill("#question textarea", "slow: when was the harbour of Lysa dredged?")
        tab.press("#question textarea", "Enter")
        tab.locator("#chat .bot").wait_for()
    return one, two


def visit(browser: Any, address: str, width: int = 1280, height: int = 800, query: str = "") -> Any:
    tab = browser.new_page(viewport={"width": width, "height": height})
    tab.requested, tab.complaints = [], []
    tab.on("request", lambda request: tab.requested.append(request.url))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("console", lambda message: message.type == "error" and tab.complaints.append(message.text))
    tab.goto(address + query)
    tab.wait_for_selector("#question textarea")
    tab.wait_for_selector("#panel .sources")
    return tab
