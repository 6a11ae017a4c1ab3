"""The languages of a question and of documents, and the question put into another. It does not know how it is asked.

The embedding model and the cross-encoder know English best, and a small model finds a sentence in its own language
sooner. So a question in a language that none of the documents is in is translated by the answer model at once; one
that finds nothing is put into the other languages of the documents (`rag.answering.understanding`). Languages are told
by their small words, and only those named here.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection

from rag.answering.prompting import prompt
from rag.answering.reader import Reader, never
from rag.index.index import Index

_TELLING = {
    "English": "the of and to is was that with for are what who when where which how why does did do much many can "
    "my me i you your it in on at by from have has there this",
    "German": "der die das und ist nicht mit den dem von ein eine wie was wer wann wo welche welcher welches warum "
    "wieviel viele oft muss kann darf man hat haben wird im zum zur für auf bei gibt es ich mein wurde",
    "French": "le la les des du et est une un dans pour que qui quand combien où quel quelle quels quelles comment "
    "pourquoi a-t-il à au aux sur avec il elle ce cette sont peut faut mon ma",
    "Spanish": "el la los las y que del por una un con está qué quién cuándo cuánto cuánta cuántos cuántas dónde cómo "
    "cuál cuáles se puede hay es son en de tiene mi para su",
    "Italian": "il lo la gli le di che è della del per una un con sono quando quanto quanti quante dove come perché "
    "chi quale quali si può ha nel mio",
    "Portuguese": "o os as um uma e que do da dos das em não é quando quanto quantos quantas onde como quem qual quais "
    "por para se pode tem meu minha no na",
    "Dutch": "de het een en is van niet met voor wat wie wanneer waar hoe hoeveel welke waarom kan mag moet er zijn "
    "heeft op bij ik mijn",
}
_WORDS = {language: frozenset(words.split()) for language, words in _TELLING.items()}
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:-[^\W\d_]+)*(?!\w)")
_SAMPLE = 1_500  # characters of a document by which its language is told
_SURE = 5  # small words of a document that tell its language
_SAMPLED = 30  # documents by which the languages of a folder are told
_TRANSLATED_TOKENS = 64


def language_of(text: str, least: int = 1) -> str | None:
    """Return the language whose small words `text` holds most of; None where fewer than `least`, or two are alike."""
    words = [word.casefold() for word in _WORD.findall(text)]
    scores = sorted(((sum(word in known for word in words), name) for name, known in _WORDS.items()), reverse=True)
    (most, name), (second, _) = scores[:2]
    return name if most > second and most >= least else None


def languages_of(index: Index, documents: Collection[str] | None = None) -> list[str]:
    """Return the languages of the documents (of `documents`, if paths are given), that of most of them first."""
    paths = sorted(index.documents() if documents is None else documents)
    every = max(1, -(-len(paths) // _SAMPLED))
    told = Counter(language_of(index.text(path)[:_SAMPLE], _SURE) for path in paths[::every])
    return [language for language, _ in sorted(told.items(), key=lambda item: (-item[1], item[0] or "")) if language]


def translated(question: str, language: str, reader: Reader, stopped: Callable[[], bool] = never) -> str:
    """Return `question` in `language`; as it is where the model says nothing."""
    request = prompt("translate_question", language=language, question=question)
    said = "".join(reader.complete(prompt("rewriter"), request, max_tokens=_TRANSLATED_TOKENS, stopped=stopped))
    first, *_ = said.strip().splitlines() or [""]
    return first.strip().strip('"') or question
