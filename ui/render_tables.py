"""An answer's text → paragraphs, and tables where lines begin with a bar. It does not know statements."""

from collections.abc import Callable
from itertools import groupby, pairwise

HtmlOf = Callable[[int, int], str]
"""The HTML of the text's characters from one place to another."""
_RULE = "|---"  # begins the line below the names of the columns


def in_blocks(text: str, html_of: HtmlOf, *, tables: bool) -> str:
    """Return the text as HTML; with `tables` its lines that begin with a bar are tables' rows."""
    lines: list[tuple[int, int]] = []
    at = 0
    for line in text.split("\n"):
        lines.append((at, at + len(line)))
        at += len(line) + 1
    blocks = []
    for is_table, group in groupby(lines, lambda line: tables and text.startswith("|", line[0])):
        found = list(group)
        start, end = found[0][0], found[-1][1]
        if is_table:
            blocks.append(_table(text, [line for line in found if not text.startswith(_RULE, line[0])], html_of))
        elif text[start:end].strip():
            blocks.append(f'<p class="text" dir="auto">{html_of(start, end)}</p>')
    return "".join(blocks)


def _table(text: str, rows: list[tuple[int, int]], html_of: HtmlOf) -> str:
    """Return rows as a table: the first names the columns, and each begins with its own name."""
    made = []
    for row, (start, end) in enumerate(rows):
        cells = []
        for column, (first, last) in enumerate(_cells(text, start, end)):
            names = first < last and (not row or not column)
            scope = ("col" if not row else "row") if names else ""
            tag = f'th scope="{scope}"' if names else "td"
            cells.append(f'<{tag} dir="auto">{html_of(first, last)}</{tag[:2]}>')
        made.append(f"<tr>{''.join(cells)}</tr>")
    return f'<div class="beside"><table>{"".join(made)}</table></div>'


def _cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return where each cell of a row begins and ends, without the space around it."""
    bars = [i for i in range(start, end) if text[i] == "|"]
    found = []
    for before, after in pairwise(bars):
        cell = text[before + 1 : after]
        first = before + 1 + len(cell) - len(cell.lstrip())
        found.append((first, max(first, before + 1 + len(cell.rstrip()))))
    return found
