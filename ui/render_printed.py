"""A page as it is printed → HTML, the sentence marked on it. Pure functions, everything escaped."""

import base64

from rag.api import PrintedPage

from .render import escape
from .render_sources import act_html, head_html
from .uploads import shown_path

LOST = '<p class="note" role="status">The sentence could not be found on the picture; the text has it.</p>'


def printed_html(path: str, page: PrintedPage, start: int, end: int, sentence: str = "", note: str = "") -> str:
    """Return a page of a document with the `sentence` from character `start` to `end` of its text marked."""
    name = escape(shown_path(path))
    image = base64.b64encode(page.image).decode("ascii")
    said = f'<span class="unseen">{escape(sentence)}</span>'
    marks = "".join(
        f'<mark class="at" tabindex="-1" style="left:{left:.2%};top:{top:.2%};width:{right - left:.2%};'
        f'height:{bottom - top:.2%}">{"" if number else said}</mark>'
        for number, (left, top, right, bottom) in enumerate(page.marks)
    )
    return (
        f"{head_html(path, act_html('open', 'As text', path, start, end) + _leaf(path, page, start, end))}{note}"
        f'<div class="paper"><figure class="printed"><img src="data:image/webp;base64,{image}" width="{page.width}" '
        f'height="{page.height}" alt="Page {page.number:,} of {name} as it is printed">{marks}</figure></div></div>'
    )


def _leaf(path: str, page: PrintedPage, start: int, end: int) -> str:
    """Return the buttons that turn the pages, and the one that makes them larger, which the browser does by itself."""

    def turn(to: int, label: str) -> str:
        there = 1 <= to <= page.count
        return act_html("page", label, path, start, end, f' data-number="{to}"{"" if there else " disabled"}')

    where = f"<span>Page {page.number:,} of {page.count:,}</span>"
    larger = '<button type="button" class="larger" aria-pressed="false">Larger</button>'
    return f"{turn(page.number - 1, 'Previous')}{where}{turn(page.number + 1, 'Next')}{larger}"
