"""The first rows of a table → the names of its columns, if they name them. It does not know formats or text."""

import re
from collections.abc import Sequence

from rag.documents.formats.parts import in_one_line

_NUMBER = re.compile(r"[\s(]*[-+−]?[$€£¥]?\s*\d[\d.,'\s  ]*(?:[%‰]|[eE][-+]?\d+)?\s*(?:[$€£¥]|[A-Z]{3})?\)?\s*")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ].*)?|\d{1,2}:\d{2}(?::\d{2})?")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_SHORT = re.compile(r"\b[^\W\d_]{1,5}\.$")  # an abbreviation, as in "Staff no."
_LONGEST_HEAD = 80  # characters; a longer cell is no column's name


def names_columns(rows: Sequence[Sequence[str]], *, pairs: bool = True) -> bool:
    """Tell whether the first of `rows` names the columns: short, different, and no values as they stand below.

    Two columns may be names and values (`pairs`): then the second has to hold values.
    """
    if len(rows) > 2 and _is_upper_row(rows):
        return True
    heads = [in_one_line(cell) for cell in rows[0]]
    named = [head for head in heads if head]
    if len(rows) < 2 or len(named) < 2 or len({head.casefold() for head in named}) < len(named):
        return False
    years = {head for i, head in enumerate(heads) if _YEAR.fullmatch(head) and len(heads) > 2 and not _years(rows, i)}
    if any(_is_no_name(head) and head not in years for head in named) or len(years) == len(named):
        return False
    if len(heads) > 2 or not pairs:
        return len(named) * 2 >= max(len(row) for row in rows[:20])
    return any(is_value(row[1]) for row in rows[1:20] if len(row) > 1 and row[1].strip())


def headed(rows: Sequence[Sequence[str]]) -> tuple[list[str], Sequence[Sequence[str]]]:
    """Return (the columns' names, the rows below them) of a table whose first row, or first two, name the columns."""
    width = max(len(row) for row in rows)
    first = [in_one_line(cell) for cell in rows[0]]
    first += [""] * (width - len(first))
    if len(rows) < 3 or not _is_upper_row(rows):
        return first, rows[1:]
    heads, upper = [], ""
    for i, below in enumerate([in_one_line(cell) for cell in rows[1]] + [""] * (width - len(rows[1]))):
        upper = first[i] or upper
        heads.append(
            f"{upper} {below}".strip() if below and (first[i] or not _is_alone(first, i)) else below or first[i]
        )
    return heads, rows[2:]


def is_value(cell: str) -> bool:
    """Tell whether a cell holds a number, a date or a time."""
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def _is_no_name(head: str) -> bool:
    sentence = head[-1] in ".!?;" and " " in head and not _SHORT.search(head)
    return len(head) > _LONGEST_HEAD or is_value(head) or sentence


def _years(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Tell whether the cells of a column are years from its second row on: then its first is no name but one, too."""
    below = [in_one_line(row[column]) for row in rows[1:20] if len(row) > column and row[column].strip()]
    return not below or any(map(_YEAR.fullmatch, below))


def _is_alone(first: Sequence[str], i: int) -> bool:
    """Tell whether nothing stands above column `i`: no name to its left in the upper row."""
    return not any(first[: i + 1])


def _is_upper_row(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row stands over several columns each, and the second names them: merged heads."""
    first, second, below = ([in_one_line(cell) for cell in row] for row in rows[:3])
    width = max(len(row) for row in rows[:20])
    above = [head for head in first if head]
    named = [head for head in second if head]
    if width < 4 or not 2 <= len(above) <= width // 2 + 1 or len(above) >= len(named) or len(named) * 2 < width:
        return False
    if len(above) < 2 or any(is_value(head) and not _YEAR.fullmatch(head) for head in (*above, *named)):
        return False
    repeated = len({head.casefold() for head in named}) < len(named) or not second[0]
    return repeated and any(is_value(cell) for cell in below) and not any(map(_is_no_name, named))
