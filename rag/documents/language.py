"""Text → its language, told by its small words, of those named here. It does not know what is made of it."""

import re
from collections import Counter

_TELLING = {
    "English": "the of and to is was that with for are what who when where which how why does did do much many can "
    "my me i you your it in on at by from have has there this",
    "German": "der die das und ist nicht mit den dem von ein eine wie was wer wann wo welche welcher welches warum "
    "wieviel viele oft muss kann darf man hat haben wird im zum zur für auf bei gibt es ich mein wurde "
    "in am seit",
    "French": "le la les des du et est une un dans pour que qui quand combien où quel quelle quels quelles comment "
    "pourquoi a-t-il à au aux sur avec il elle ce cette sont peut faut mon ma",
    "Spanish": "el la los las y que del por una un con está qué quién cuándo cuánto cuánta cuántos cuántas dónde cómo "
    "cuál cuáles se puede hay es son en de tiene mi para su",
    "Italian": "il lo la gli le di che è della del per una un con sono quando quanto quanti quante dove come perché "
    "chi quale quali si può ha nel mio in",
    "Portuguese": "o os as um uma e que do da dos das em não é quando quanto quantos quantas onde como quem qual quais "
    "por para se pode tem meu minha no na",
    "Dutch": "de het een en is van niet met voor wat wie wanneer waar hoe hoeveel welke waarom kan mag moet er zijn "
    "heeft op bij ik mijn in",
}
_WORDS = {language: frozenset(words.split()) for language, words in _TELLING.items()}
_LANGUAGES = Counter(word for known in _WORDS.values() for word in known)
"""How many of them have a word."""
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:-[^\W\d_]+)*(?!\w)")


def language_of(text: str, share: float = 0.0) -> str | None:
    """Return the language whose small words `text` holds most of, of as many whose are no other's.

    None where they are less than `share` of its words, and where two languages are alike.
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    scores = sorted(
        (sum(word in known for word in words), sum(word in known and _LANGUAGES[word] == 1 for word in words), name)
        for name, known in _WORDS.items()
    )
    *_, second, (most, own, name) = scores
    return name if (most, own) > second[:2] and most >= share * len(words) else None
