"""A place in a document's text → the heading above it. It does not know formats: headings are marked as in Markdown."""

import re

_MARKED = re.compile(r"#{1,6}\s+(.*)")
_LONGEST = 200  # characters of a heading that are worth reading


def heading_above(text: str, start: int) -> str:
    """Return the nearest heading above the character at `start`, without its marks; empty where there is none."""
    at = text.rfind("\n#", 0, start)
    while at >= 0 or text.startswith("#"):
        line = text[at + 1 : start].split("\n", 1)[0]
        if found := _MARKED.match(line):
            return found[1].strip()[:_LONGEST]
        if at < 0:
            break
        at = text.rfind("\n#", 0, at)
    return ""
