"""A document → a summary, line by line as it comes. It does not know which document was meant."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from rag.answering.naming import title_of
from rag.answering.whole.about import gist, heads_of
from rag.answering.whole.central import groups
from rag.answering.whole.line import Line, compressed
from rag.answering.whole.outline import Sentence, content, is_table
from rag.answering.whole.workshop import Workshop
from rag.index.records import DocumentRecord

LINES = 6
"""Lines of a summary for which nothing else was asked."""
_DOCUMENTS = 12
"""Documents of a folder that get a line."""


def summary(shop: Workshop, sentences: Sequence[Sentence], lines: int | None, topic: str = "") -> Iterator[Line]:
    """Yield the lines of a summary; fewer where the text has no more to say."""
    said: set[str] = set()
    for group in groups(shop, sentences, lines or LINES, topic):
        if shop.stopped():
            return
        line = compressed(shop, group)
        if line.text not in said:
            said.add(line.text)
            yield line


def overview(shop: Workshop, records: Mapping[str, DocumentRecord]) -> Iterator[Line]:
    """Yield a line for each document of a folder, and say how many were left out."""
    for path, record in islice(records.items(), _DOCUMENTS):
        if shop.stopped():
            return
        yield _in_one_line(shop, title_of(record), shop.sentences(path))
    if (left := len(records) - _DOCUMENTS) > 0:
        yield Line(
            f"Left out, for want of room: {left:,} more; name a document to have it summarized.",
            before="\n",
        )


def _in_one_line(shop: Workshop, name: str, sentences: Sequence[Sentence]) -> Line:
    """Return what a document is about in one line under its name."""
    said = content(sentences)
    if not said:
        return Line(f"{name}: there is no text in it.")
    if is_table(sentences):
        return Line(", ".join(heads_of(said[0])), (said[0],), f"- {name}: {len(said):,} rows; columns: ")
    line = gist(shop, sentences)
    return Line(line.text, line.rests_on, f"- {name}: ")
