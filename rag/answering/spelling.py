"""A question's misspelt words → the documents' words that they stand for. It does not know the question's meaning.

A word is taken for misspelt when neither the documents nor a dictionary know it (pyspellchecker's word lists, which
come with the library: English, and German, Spanish, French, Italian, Portuguese or Dutch where the question is in that
language, for each takes up to a second to load). It is then replaced by the nearest word that the documents have
(RapidFuzz's optimal string alignment: letters left out, added, changed or swapped), if one is near enough; where there
is none, or everybody says another word that is as near, by the dictionary's. A word that is merely not in the documents
stays as it is: "parrot" is no "carrot".
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from rag.documents.language import language_of
from rag.documents.words import WORD
from rag.index.index import Index

if TYPE_CHECKING:
    from spellchecker import SpellChecker

_CODES = {"German": "de", "Spanish": "es", "French": "fr", "Italian": "it", "Portuguese": "pt", "Dutch": "nl"}
_SHORTEST = 4  # letters; a shorter word is near to too many others
_LONG = 8  # letters, from where on two mistakes are believed
_EVERYBODYS = 1e-4
"""Share of running text from which on a word is more likely meant than a rare one of the documents: "many", "what"."""
_BRITISH = (
    ("our", "or"), ("tre(s?)$", r"ter\1"), ("mme", "m"), ("ogue", "og"), ("ll(ed|ing|ers?)$", r"l\1"),
    ("([iy])s(e[ds]?|ing|ations?|ers?)$", r"\1z\2"), ("[ao]e", "e"), ("ence(s?)$", r"ense\1"), ("gement", "gment"),
)  # fmt: skip
"""British spellings, and the American ones: the English word list is American."""
_SHORTLIST = 8
_CHUNKS = 3


@cache
def _dictionary(language: str) -> "SpellChecker":
    from spellchecker import SpellChecker

    return SpellChecker(language=language, distance=1)


def corrected(question: str, index: Index) -> str:
    """Return `question` with its misspelt words in the documents' spelling; the same text where there are none."""
    pieces: list[str] = []
    end = 0
    spoken = language_of(question)
    for match in WORD.finditer(question):
        word = match.group()
        pieces += [question[end : match.start()], _right(word, spoken, index) or word]
        end = match.end()
    return "".join([*pieces, question[end:]])


def _right(word: str, spoken: str | None, index: Index) -> str | None:
    """Return the documents' word that `word` is a misspelling of; None where it is right, or nobody can tell."""
    small = word.casefold()
    if len(word) < _SHORTEST or not word.isalpha() or index.holds_word(word) or frequency(small, spoken):
        return None
    told = max(_candidates(small, spoken), key=lambda each: _likely(small, each, spoken), default=None)
    if told and frequency(told, spoken) >= _EVERYBODYS:
        return told
    return _of_documents(word, index) or told


def _candidates(small: str, spoken: str | None) -> set[str]:
    """Return the dictionary's words that begin alike and are one letter away.

    A word with accents has none: the lists lack such.
    """
    if not small.isascii():
        return set()
    found = (_dictionary(code).candidates(small) for code in ("en", _CODES.get(spoken or "")) if code)
    return {each for words in found for each in words or () if each != small and each[0] == small[0]}


def _likely(small: str, meant: str, spoken: str | None) -> tuple[bool, float, str]:
    """Return how likely `meant` was: a letter is left out, doubled or swapped sooner than taken for another."""
    replaced = len(small) == len(meant) and sorted(small) != sorted(meant)
    return not replaced, frequency(meant, spoken), meant


def _of_documents(word: str, index: Index) -> str | None:
    """Return the documents' word that is nearest to `word`, as it is written there."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    small = word.casefold()
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
                if distance <= most and found.isascii() == small.isascii():  # "costó" is no "costs"
                    near[found] = min(distance, near.get(found, most))
    return min(near, key=lambda found: (near[found], found.islower() != word.islower(), found), default=None)


def frequency(word: str, spoken: str | None) -> float:
    """Return how often `word`, in small letters, stands among words of its language, 0 to 1; 0 where none knows it.

    `spoken` is the question's language by `rag.documents.language`; English is asked in any case.
    """
    forms = [(each, "en") for each in (word, *(re.sub(british, american, word) for british, american in _BRITISH))]
    forms += [(word, _CODES[spoken])] if spoken in _CODES else []
    found = (_dictionary(code).word_usage_frequency(form) for form, code in forms)
    return next(filter(None, found), 0.0)
