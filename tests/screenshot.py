"""Photographs the page: `python tests/screenshot.py OUT.png [--docs DIR] [--width W] [--dark] QUESTION`.

Also what the tests of the page use to get a browser.
"""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def main() -> None:
    from rag.compose import open_engine
    from rag.settings import read_settings
    from rag.ui.page import build, serve

    parser = argparse.ArgumentParser()
    parser.add_argument("picture", type=Path)
    parser.add_argument("question", nargs="?", help="left out: the page before the first question")
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--hover", action="store_true", help="with the first marker's sentence shown")
    given = parser.parse_intermixed_args()
    with open_engine(read_settings(docs=given.docs)) as engine, chromium() as browser:
        page = build(engine)
        _, address, _ = serve(page, host="127.0.0.1", port=None)
        tab = browser.new_page(
            viewport={"width": given.width, "height": given.height},
            color_scheme="dark" if given.dark else "light",
            device_scale_factor=2 if given.width < 700 else 1,
        )
        tab.goto(address)
        tab.wait_for_selector("#question textarea")
        if given.question:
            ask(tab, given.question, timeout_s=600)
            if given.hover:
                tab.locator("#chat .marker").first.hover()
        tab.wait_for_timeout(800)  # fades
        tab.screenshot(path=given.picture)
        page.close(verbose=False)


if __name__ == "__main__":
    main()
