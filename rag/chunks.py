"""Sentence spans → chunks: whole sentences up to a token budget. It does not know how they are embedded or kept."""

import bisect
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.documents import Document
from rag.sentences import Span

Count = Callable[[str], int]
"""Tokens of a text."""


@dataclass(frozen=True)
class Chunk:
    """A run of whole sentences of one document."""

    id: str
    """Hash of document path, document content and position: stable as long as the file is."""
    document: str
    title: str
    page: int | None
    """Page (from 1) on which the chunk starts."""
    text: str
    """`document.text[start:end]`."""
    start: int
    end: int
    sentences: tuple[Span, ...]
    """Offsets into the document's text, not into the chunk's."""
    pages: tuple[int | None, ...] = ()
    """Page of each sentence, as many as `sentences`."""


def make_chunks(document: Document, sentences: Sequence[Span], budget: int, count: Count) -> list[Chunk]:
    """Return chunks that hold every sentence once, in order, each of at most `budget` tokens.

    A chunk ends early at a paragraph's end when it is at least half full. Only a sentence that exceeds the budget by
    itself is cut, at white space where there is some.
    """
    chunks: list[Chunk] = []
    run: list[Span] = []
    used = 0
    for span in _fitting(document.text, sentences, budget, count):
        tokens = count(document.text[span.start : span.end]) + 1  # the white space between two sentences
        if run:
            new_paragraph = "\n\n" in document.text[run[-1].end : span.start]
            if used + tokens > budget or (new_paragraph and used >= budget // 2):
                chunks.append(_chunk(document, run, len(chunks)))
                run, used = [], 0
        run.append(span)
        used += tokens
    if run:
        chunks.append(_chunk(document, run, len(chunks)))
    return chunks


def page_at(document: Document, offset: int) -> int | None:
    """Return the page, from 1, on which the character at `offset` stands; None where there are no pages."""
    return bisect.bisect_right(document.pages, offset) if document.pages else None


def _chunk(document: Document, run: Sequence[Span], ordinal: int) -> Chunk:
    start, end = run[0].start, run[-1].end
    identity = f"{document.path}\0{document.sha256}\0{ordinal}\0{start}\0{end}"
    return Chunk(
        id=hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        document=document.path,
        title=document.title,
        page=page_at(document, start),
        text=document.text[start:end],
        start=start,
        end=end,
        sentences=tuple(run),
        pages=tuple(page_at(document, span.start) for span in run),
    )


def _fitting(text: str, sentences: Sequence[Span], budget: int, count: Count) -> Iterator[Span]:
    """Yield the sentences; one that exceeds the budget in pieces that do not."""
    for span in sentences:
        # a token has at least one byte, so only a sentence of many bytes needs counting to know that it is long
        if len(text[span.start : span.end].encode("utf-8", "replace")) < budget:
            yield span
        else:
            yield from _pieces(text, span, budget, count)


def _pieces(text: str, span: Span, budget: int, count: Count) -> Iterator[Span]:
    start = span.start
    size = 4 * budget  # characters tried first; a token has about four
    while start < span.end:
        end = min(span.end, start + size)
        while end - start > 1 and count(text[start:end]) >= budget:
            end = start + max(1, (end - start) * 3 // 4)
        if end < span.end:
            space = max(text.rfind(" ", start + 1, end), text.rfind("\n", start + 1, end))
            end = space if space > start else end
        stripped = text[start:end].rstrip()
        yield Span(start, start + len(stripped))
        start = end
        while start < span.end and text[start].isspace():
            start += 1
