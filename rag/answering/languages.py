"""The languages of a question and of documents, and the question put into another. It does not know how it is asked.

The embedding model and the cross-encoder know English best, and a small model finds a sentence in its own language
sooner. So a question in a language that none of the documents is in is translated by the answer model at once; one
that finds nothing is put into the other languages of the documents (`rag.answering.understanding`).
"""

from collections import Counter
from collections.abc import Callable, Collection

from rag.answering.prompting import prompt
from rag.answering.reader import Reader, never
from rag.documents.language import language_of
from rag.index.index import Index

_SAMPLE = 1_500  # characters of a document by which its language is told
_SURE = 5  # small words of a document that tell its language
_SAMPLED = 30  # documents by which the languages of a folder are told
_TRANSLATED_TOKENS = 64


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
