"""Photographs the page in every state: `python tests/screenshot.py FOLDER [--docs DIR] [--model NAME] [--only SCENE…]`.

Makes FOLDER/SCENE-SIZE-THEME.png: each scene of `scenes.py` at 1280 and 390 pixels (there the whole length of the
page), some at 200 %, light and dark. Engine and model are the real ones over a copy of the documents; what would pass
too quickly is held until the picture is taken.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from browsing import chromium
from rag.settings import Settings, read_settings
from reading import SAMPLES
from scenes import BROUGHT, DOCUMENTS, SCENES, Held, Stage, hovered, start


@dataclass(frozen=True)
class Size:
    """A window, and how its pictures are taken."""

    name: str
    width: int
    height: int
    scale: int = 1
    whole: bool = False


SIZES = (Size("1280", 1280, 800), Size("390", 390, 844, 2, whole=True))
ZOOMED = Size("zoomed", 640, 400, 2)
THEMES = ("light", "dark")


@contextmanager
def served(settings: Settings) -> Iterator[tuple[str, Held]]:
    """Yield the address of a page over the documents of `settings`, and what holds its engine."""
    from rag.api import Rag
    from rag.ui.serving import serve

    with Rag.open(settings, may_be_empty=True) as rag:
        held = Held(rag.engine)
        page, address = serve(rag, settings.data_dir / "conversations")
        try:
            yield address, held
        finally:
            page.close(verbose=False)


def photograph(
    browser: Any, page: tuple[str, Held], scene: Callable[[Stage], Any], size: Size, theme: str, files: Path, to: Path
) -> None:
    """Play a scene and take its picture."""
    address, held = page
    tabs: list[Any] = []

    def open_tab(address: str) -> Any:
        tab = browser.new_page(
            viewport={"width": size.width, "height": size.height}, color_scheme=theme, device_scale_factor=size.scale
        )
        tab.goto(address)
        tabs.append(tab)
        return tab

    try:
        tab = scene(Stage(address, held, files, open_tab))
        tab.wait_for_timeout(800)  # fades
        tab.screenshot(path=to, full_page=size.whole)
    finally:
        held.release()
        for tab in tabs:
            tab.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--only", nargs="+", help="names of scenes")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        place = Path(temporary)
        docs, bare, files = (place / name for name in ("docs", "bare", "files"))
        shutil.copytree(given.docs or read_settings().docs, docs, ignore=shutil.ignore_patterns("uploads"))
        shutil.copy(SAMPLES / "columns.pdf", docs)
        bare.mkdir()
        files.mkdir()
        for name, text in DOCUMENTS.items():
            (docs / name).write_text(text, encoding="utf-8")
        for name, content in BROUGHT.items():
            (files / name).write_bytes(content)
        settings = read_settings(docs=docs, data_dir=place / "data", model=given.model)
        with served(settings) as page, served(settings.model_copy(update={"docs": bare})) as empty:
            scenes = [(scene.__name__, page, scene) for scene in SCENES] + [("empty", empty, start)]
            plays = [(*scene, size) for size in SIZES for scene in scenes] + [("hovered", page, hovered, ZOOMED)]
            for name, stage, scene, size in plays:
                for theme in THEMES if not given.only or name in given.only else ():
                    picture = given.folder / f"{name}-{size.name}-{theme}.png"
                    photograph(browser, stage, scene, size, theme, files, picture)


if __name__ == "__main__":
    main()
