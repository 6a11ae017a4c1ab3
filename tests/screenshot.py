"""Photographs the page: `python tests/screenshot.py OUT.png [--docs DIR] [--width W] [--dark] QUESTION`."""

import argparse
from pathlib import Path

from browsing import ask, chromium


def main() -> None:
    from rag.api import Rag
    from rag.ui.serving import serve

    parser = argparse.ArgumentParser()
    parser.add_argument("picture", type=Path)
    parser.add_argument("question", nargs="?", help="left out: the page before the first question")
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--hover", action="store_true", help="with the first marker's sentence shown")
    given = parser.parse_intermixed_args()
    with Rag(docs=given.docs) as rag, chromium() as browser:
        page, address = serve(rag)
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
