"""A row of a table, written as in Markdown → lines that fit a terminal. It does not know what is in it."""

import textwrap

_NAMES = 5  # part of the width, at most, that the names of the rows get
_BETWEEN = "  "


def row_lines(row: str, width: int) -> str:
    """Return the row with its cells beside one another, each in lines of its own; nothing below the columns' names."""
    from rich.cells import cell_len

    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    if len(cells) < 2 or set("".join(cells)) <= set("-"):
        return ""
    first = max(1, width // _NAMES)
    other = max(8, (width - first) // (len(cells) - 1) - len(_BETWEEN))
    wide = [first] + [other] * (len(cells) - 1)
    wrapped = [textwrap.wrap(cell, size) or [""] for cell, size in zip(cells, wide, strict=True)]
    lines = []
    for i in range(max(map(len, wrapped))):
        parts = [lines_[i] if i < len(lines_) else "" for lines_ in wrapped]
        padded = [part + " " * (size - cell_len(part)) for part, size in zip(parts, wide, strict=True)]
        lines.append(_BETWEEN.join(padded).rstrip())
    return "\n".join(lines) + "\n\n"
