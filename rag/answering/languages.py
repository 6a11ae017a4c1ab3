"""The languages of a question and of documents, and the question put into another. It does not know how it is asked.

The embedding model and the cross-encoder know English best, and a small model finds a sentence in its own language
sooner. So a question in a language that none of the documents is in is translated by the answer model at once; where
one finds nothing, passages in the other languages of the documents are searched for.
"""

from collections import Counter
from collections.abc import Callable, Collection
from functools import lru_cache

from rag.answering.prompting import prompt
from rag.answering.reader import Reader, never
from rag.documents.language import language_of
from rag.index.index import Index

_SAMPLE = 1_500  # characters of a document by which its language is told
_SURE = 0.12
"""Share of a text's words that tell its language: a fifth and more in running text, little in a sheet."""
_MOST = 2  # languages into which a question is put
_SAMPLED = 30  # documents by which the languages of a folder are told
_TRANSLATED_TOKENS = 64


def languages_of(index: Index, documents: Collection[str] | None = None) -> list[str]:
    """Return the languages of the documents (of `documents`, if paths are given), that of most of them first."""
    return _told(index, index.generation(), tuple(sorted(index.documents() if documents is None else documents)))


@lru_cache(maxsize=4)
def _told(index: Index, _generation: int, paths: tuple[str, ...]) -> list[str]:
    """Read the documents once for all questions, until one changes: it is asked of each question."""
    every = max(1, -(-len(paths) // _SAMPLED))
    told = Counter(language_of(index.text(path)[:_SAMPLE], _SURE) for path in paths[::every])
    return [language for language, _ in sorted(told.items(), key=lambda item: (-item[1], item[0] or "")) if language]


def is_in_another(text: str, question: str) -> bool:
    """Tell whether `text` is running text in another language than `question`."""
    return language_of(text, _SURE) not in (None, language_of(question))


def in_other_languages(
    question: str,
    index: Index,
    reader: Reader,
    stopped: Callable[[], bool] = never,
    documents: Collection[str] | None = None,
) -> list[str]:
    """Return `question` in the other languages of the documents, those of most of them first: to search by.

    A small model's translation finds a passage; what is asked of it is better asked in the words that were typed.
    """
    spoken = language_of(question)
    others = [language for language in languages_of(index, documents) if language != spoken] if spoken else []
    return [translated(question, language, reader, stopped) for language in others[:_MOST] if not stopped()]


def translated(question: str, language: str, reader: Reader, stopped: Callable[[], bool] = never) -> str:
    """Return `question` in `language`; as it is where the model says nothing."""
    request = prompt("translate_question", language=language, question=question)
    said = "".join(reader.complete(prompt("rewriter"), request, max_tokens=_TRANSLATED_TOKENS, stopped=stopped))
    first, *_ = said.strip().splitlines() or [""]
    return first.strip().strip('"') or question
