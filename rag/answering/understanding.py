"""A question as it was typed → the question that is searched for and read. It does not know passages or answers.

A follow-up is rewritten so that it stands alone, misspelt words get the documents' spelling, and a question in another
language than all documents is put into theirs. What comes out equals what was typed where none of that changed it.
"""

from collections.abc import Callable, Collection, Iterator

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


def in_other_languages(
    question: str,
    index: Index,
    reader: Reader,
    stopped: Callable[[], bool] = never,
    documents: Collection[str] | None = None,
) -> Iterator[tuple[str, str]]:
    """Yield `question` in the other languages of the documents, as (language, question), those of most of them first.

    Each is translated when it is asked for, so that a question which was answered costs nothing more.
    """
    spoken = language_of(question)
    for language in languages_of(index, documents) if spoken else ():
        if language != spoken and not stopped():
            yield language, translated(question, language, reader, stopped)
