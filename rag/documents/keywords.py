"""Text → keywords, and a question → a full-text expression. It does not know where the keyword index is kept.

Words are found and stemmed by SQLite's FTS5 (`TOKENIZER`). Scripts that put no spaces between words are laid out here
as overlapping pairs of characters, in the documents and in the question alike (Lucene's CJKAnalyzer does the same).
"""

import re
import unicodedata

TOKENIZER = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
"""FTS5's tokenizer: Porter stems for English, accents folded, and vowel signs kept inside Indic words."""
MOST_TERMS = 128
"""Terms of a question that are searched for; a longer question is cut there."""
_MOST_CHARACTERS = 4_000

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u3005\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\uac00-\ud7af]+"  # Hangul
)
_OPTIONAL_MARKS = re.compile("[\u0591-\u05c7\u0640\u064b-\u065f\u0670]")
"""Hebrew and Arabic vowel points, and the Arabic stretching sign: written by some, left out by most."""


def _normal(text: str) -> str:
    return _OPTIONAL_MARKS.sub("", unicodedata.normalize("NFKC", text))


def searchable(text: str) -> str:
    """Return what FTS5 is given for `text`: the same words, unspaced scripts as pairs of characters."""
    return _UNSPACED.sub(_pairs, _normal(text))


def _pairs(run: re.Match[str]) -> str:
    characters = run.group()
    # The last character stands by itself as well: a single character is then the beginning of some term.
    return f" {' '.join(characters[i : i + 2] for i in range(len(characters)))} "


def terms(query: str) -> list[str]:
    """Return the distinct terms of `query` in order of appearance, at most `MOST_TERMS`."""
    found: dict[str, None] = {}
    normal = _normal(query[:_MOST_CHARACTERS]).casefold()
    for word in "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in normal).split():
        end = 0
        for run in _UNSPACED.finditer(word):
            found[word[end : run.start()]] = None
            characters, end = run.group(), run.end()
            found.update(dict.fromkeys(characters[i : i + 2] for i in range(max(1, len(characters) - 1))))
        found[word[end:]] = None
    found.pop("", None)
    return list(found)[:MOST_TERMS]


def query_expressions(query: str) -> list[str]:
    """Return each term of `query` as an FTS5 expression: quoted, so that nothing in it is syntax."""
    return [f'"{term}"*' if _is_single(term) else f'"{term}"' for term in terms(query)]


def _is_single(term: str) -> bool:
    return len(term) == 1 and _UNSPACED.match(term) is not None
