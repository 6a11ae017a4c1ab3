"""A document, or a folder of them → a summary, line by line as it comes. It does not know which was meant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath

from rag.answering.answer import Working
from rag.answering.naming import title_of
from rag.answering.whole.about import gist, heads_of
from rag.answering.whole.central import groups
from rag.answering.whole.common import in_common
from rag.answering.whole.line import Line, Told, compressed
from rag.answering.whole.outline import Sentence, content, is_table
from rag.answering.whole.sections import is_long, sections
from rag.answering.whole.workshop import Workshop
from rag.index.records import DocumentRecord

LINES = 6
"""Lines of a summary for which nothing else was asked."""
_DOCUMENTS = 12
"""Documents of a folder that get a line."""


def summary(shop: Workshop, sentences: Sequence[Sentence], lines: int | None, topic: str = "") -> Iterator[Told]:
    """Yield the lines of a summary; fewer where the text has no more to say.

    A text that is longer than the model's context is gone through part by part, a line for each.
    """
    if not topic and is_long(sentences):
        yield from _part_by_part(shop, sentences, lines)
        return
    said: set[str] = set()
    for group in groups(shop, sentences, lines or LINES, topic):
        if shop.stopped():
            return
        line = compressed(shop, group)
        if line.text not in said:
            said.add(line.text)
            yield line


def _part_by_part(shop: Workshop, sentences: Sequence[Sentence], lines: int | None) -> Iterator[Told]:
    """Yield a line for each part under its name, and before each how far it is."""
    parts = sections(sentences, lines)
    for number, part in enumerate(parts):
        yield Working(f"Reading {part.title}", number, len(parts))
        for group in groups(shop, part.sentences, 1):
            if shop.stopped():
                return
            yield replace(compressed(shop, group), before=f"- {part.title}: ")
        if shop.stopped():
            return


def overview(shop: Workshop, records: Mapping[str, DocumentRecord]) -> Iterator[Told]:
    """Yield a line for each document of a folder, then what they have in common; say how many were left out."""
    taken = list(islice(records.items(), _DOCUMENTS))
    for number, (path, record) in enumerate(taken):
        if shop.stopped():
            return
        yield Working(f"Reading {PurePosixPath(path).name}", number, len(taken))
        yield _in_one_line(shop, title_of(record), shop.sentences(path))
    if shop.stopped():
        return
    if shared := list(in_common({PurePosixPath(path).name: shop.sentences(path) for path, _ in taken})):
        yield Line("What they have in common:", before="\n")
        yield from shared
    elif len(taken) > 1:
        yield Line("No name stands in more than one of them.", before="\n")
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
