"""The words of the documents, as the keyword index has them: whether one is there, and which ones begin alike.

It does not know how a misspelt word is told, nor questions.
"""

from collections.abc import Callable
from typing import Any

Rows = Callable[..., list[tuple[Any, ...]]]
"""Runs SQL with its parameters."""
SCHEMA = "CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'keywords', 'row')"
"""A view of the keyword index by its terms, made anew in each connection; nothing is stored."""
_MOST_TERMS = 50_000


def holds(rows: Rows, word: str) -> bool:
    """Tell whether some document holds `word`, in whatever form the index takes for the same."""
    quoted = word.replace('"', '""')
    return bool(rows("SELECT 1 FROM keywords WHERE keywords MATCH ? LIMIT 1", f'"{quoted}"'))


def terms_beginning(rows: Rows, letter: str) -> list[str]:
    """Return the terms of the index that begin with `letter`: stems, in small letters, without accents."""
    end = chr(ord(letter) + 1)
    return [
        term
        for (term,) in rows("SELECT term FROM terms WHERE term >= ? AND term < ? LIMIT ?", letter, end, _MOST_TERMS)
    ]
