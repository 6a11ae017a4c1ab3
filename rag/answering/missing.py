"""A question that is met with silence → the words of the refusal: what of it the documents never mention.

"The documents do not say" tells a person little. That the word "parrot" stands in none of them is sure, and tells why.
Named are names and rare words only: that "cost" is never said means nothing where prices are. It does not know why
there is no answer.
"""

from collections.abc import Callable

from rag.answering.abstain import REFUSAL
from rag.answering.spelling import frequency
from rag.documents.language import language_of
from rag.documents.words import WORD, words

_RARE = 1e-5
"""Share of running text below which a word is rare: "pet" and "deposit" are not, "parrot" and "salary" are."""
_SHORTEST = 4  # letters
_MOST = 2


def refusal(question: str, holds_word: Callable[[str], bool]) -> str:
    """Return the refusal of `question`, with what it asks about that no document holds (`holds_word`)."""
    missing = _missing(question, holds_word)
    if not missing:
        return REFUSAL
    return f"{REFUSAL} They do not mention {' or '.join(f'“{word}”' for word in missing)}."


def _missing(question: str, holds_word: Callable[[str], bool]) -> list[str]:
    spoken = language_of(question)
    found: dict[str, str] = {}
    for match in WORD.finditer(question):
        word = match.group()
        if len(word) < _SHORTEST or not word.isalpha() or not words(word) or holds_word(word):
            continue
        named = word[0].isupper() and match.start() > 0
        if named or frequency(word.casefold(), spoken) < _RARE:
            found.setdefault(word.casefold(), word)
    return list(found.values())[:_MOST]
