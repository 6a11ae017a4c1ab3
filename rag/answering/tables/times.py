"""Columns that say the same at different times, as prices of two years do → the one that holds now. No questions."""

import datetime
import re
from collections.abc import Sequence

from rag.documents.columns import Column
from rag.documents.values import date

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_ENDS = re.compile(r"\b(?:until|till|before|up to|bis|vor|jusqu|hasta)\b", re.IGNORECASE)
_WORDS_OF_TIME = re.compile(
    r"\b(?:until|till|up to|from|since|as of|before|after|old|new|bis|ab|vor|seit|neu|alt|jan\w*|feb\w*|mar\w*|märz"
    r"|apr\w*|ma[iy]|jun\w*|jul\w*|aug\w*|sep\w*|o[ck]t\w*|nov\w*|de[cz]\w*)\b",
    re.IGNORECASE,
)


def current_column(columns: Sequence[Column], today: datetime.date) -> tuple[str, frozenset[str]] | None:
    """Return (the name of the column that holds now, those of the others) where several say the same of other times."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for column in columns:
        if column.kind == "number" and len(_YEAR.findall(column.head)) == 1:
            groups.setdefault(f"{_subject(column.head)} {column.unit}", []).append((_when(column.head), column.name))
    for group in groups.values():
        if len(group) > 1:
            begun = [each for each in sorted(group) if each[0] <= today.isoformat()] or sorted(group)[:1]
            now = begun[-1][1]
            return now, frozenset(name for _, name in group if name != now)
    return None


def _subject(head: str) -> str:
    """Return what a column is about, without the time."""
    return " ".join(re.findall(r"[^\W\d_]{3,}", _WORDS_OF_TIME.sub("", head))).casefold()


def _when(head: str) -> str:
    """Return the date from which a column holds, as far as it says; "0000" where it only says until when."""
    if _ENDS.search(head):
        return "0000"
    found = re.search(r"\d.*\d{4}", head)
    year = _YEAR.search(head)
    return (date(found[0]) if found else None) or (f"{year[1]}-01-01" if year else "0000")
