"""Which elements of a web page are blocks, which are tables of data, and which nobody sees."""

import re
from typing import Any

from rag.documents.formats.parts import in_one_line

LEFT_OUT = frozenset(
    "script style head template noscript iframe object embed svg math canvas audio video map select button input nav "
    "dialog form".split()
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BREAKING = frozenset(
    "html body address article aside blockquote center dd details div dl dt fieldset figcaption figure footer header "
    "hr li main ol p pre section summary table tbody thead tfoot tr td th caption ul".split()
)
_LONGEST_CELL = 300  # characters of a cell of data
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def is_hidden(element: Any) -> bool:
    """Tell an element that a browser does not show."""
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def is_data(table: Any) -> bool:
    """Tell a table of data from one that only lays out a page."""
    if table.get("role") == "presentation" or table.find(".//table") is not None:
        return False
    if table.find(".//th") is not None:
        return True
    rows = [[len(text_of(cell)) for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
    longest = max((size for row in rows for size in row), default=0)
    return sum(len(row) > 1 for row in rows) > 1 and longest <= _LONGEST_CELL


def text_of(element: Any) -> str:
    """Return everything inside on one line."""
    return in_one_line(" ".join(element.itertext()))
