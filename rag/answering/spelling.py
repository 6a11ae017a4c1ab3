"""A question's misspelt words → the documents' words that they stand for. It does not know the question's meaning.

A word is taken for misspelt when neither the documents nor a dictionary know it (pyspellchecker's word lists, which
come with the library: English, German, Spanish, French, Italian, Portuguese, Dutch and others). It is then replaced by
the nearest word that the documents have (RapidFuzz's optimal string alignment: letters left out, added, changed or
swapped), if one is near enough. A word that is merely not in the documents stays as it is: "parrot" is no "carrot".
"""

from functools import cache
from typing import TYPE_CHECKING

from rag.documents.words import WORD
from rag.index.index import Index

if TYPE_CHECKING:
    from spellchecker import SpellChecker

_LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl")
_SHORTEST = 4  # letters; a shorter word is near to too many others
_LONG = 8  # letters, from where on two mistakes are believed
_SHORTLIST = 8
_CHUNKS = 3


@cache
def _dictionary(language: str) -> "SpellChecker":
    from spellchecker import SpellChecker

    return SpellChecker(language=language)


def corrected(question: str, index: Index) -> str:
    """Return `question` with its misspelt words in the documents' spelling; the same text where there are none."""
    pieces: list[str] = []
    end = 0
    for match in WORD.finditer(question):
        word = match.group()
        pieces += [question[end : match.start()], _right(word, index) or word]
        end = match.end()
    return "".join([*pieces, question[end:]])


def _right(word: str, index: Index) -> str | None:
    """Return the documents' word that `word` is a misspelling of; None where it is right, or nobody can tell."""
    small = word.casefold()
    if len(word) < _SHORTEST or not word.isalpha() or index.holds_word(word):
        return None
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    most = 2 if len(word) >= _LONG else 1
    terms = process.extract(
        small, index.terms_beginning(small[0]), scorer=OSA.distance, score_cutoff=most + 2, limit=_SHORTLIST
    )
    near: dict[str, int] = {}
    for term, _, _ in terms:  # stems: what they are stems of stands in the text
        ids = [id_ for id_, _ in index.keyword(term, _CHUNKS)]
        for chunk in index.chunks(ids).values():
            for found in WORD.findall(chunk.titled_text):
                distance = OSA.distance(small, found.casefold(), score_cutoff=most)
                if distance <= most:
                    near[found] = min(distance, near.get(found, most))
    if near and _is_a_word(small):  # asked last: reading a dictionary takes longer than all the rest
        return None
    return min(near, key=lambda found: (near[found], found.islower() != word.islower(), found), default=None)


def _is_a_word(small: str) -> bool:
    return any(_dictionary(language).known([small]) for language in _LANGUAGES)
