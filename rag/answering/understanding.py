"""A question as it was typed → the question that is searched for and read. It does not know passages or answers.

A follow-up is rewritten so that it stands alone, misspelt words get the documents' spelling, and a question in another
language than all documents is put into theirs. What comes out equals what was typed where none of that changed it.
"""

from collections.abc import Callable, Collection

from rag.answering.followup import Turns, depends_on_history, standalone
from rag.answering.languages import languages_of, translated
from rag.answering.reader import Reader, never
from rag.answering.spelling import corrected
from rag.documents.language import language_of
from rag.documents.words import words
from rag.index.index import Index


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
    if spoken := language_of(asked):
        written = languages_of(index, documents)
        if written and spoken not in written:
            asked = translated(asked, written[0], reader, stopped)
    asked = corrected(asked, index)
    return question if words(asked) == words(question) else asked
