"""A question as it was typed → the question that is searched for and read. It does not know passages or answers.

A follow-up is rewritten so that it stands alone, misspelt words get the documents' spelling, and a question in another
language than the documents is put into theirs. What comes out equals what was typed where none of that changed it.
"""

from collections.abc import Callable, Collection

from rag.answering.followup import Turns, depends_on_history, standalone
from rag.answering.languages import translated
from rag.answering.reader import Reader, never
from rag.answering.spelling import corrected
from rag.documents.words import words
from rag.index.index import Index

_SAMPLED = 3  # documents by which their language is told


def understood(
    question: str,
    history: Turns,
    index: Index,
    reader: Reader,
    stopped: Callable[[], bool] = never,
    documents: Collection[str] | None = None,
) -> str:
    """Return `question` as it is understood; `documents` (paths) are those that are asked."""
    asked = question
    if depends_on_history(question, history):
        asked = standalone(question, history, reader, stopped)
    asked = translated(asked, lambda: _sample(index, documents), reader, stopped)
    asked = corrected(asked, index)
    return question if words(asked) == words(question) else asked


def _sample(index: Index, documents: Collection[str] | None) -> str:
    paths = list(index.documents() if documents is None else documents)
    every = max(1, len(paths) // _SAMPLED)
    return "\n".join(index.text(path)[:1500] for path in paths[::every][:_SAMPLED])
