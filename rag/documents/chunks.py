"""Sentence spans → chunks: whole sentences up to a token budget. It does not know how they are embedded or kept."""

import bisect
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import category

from rag.documents.folder import Document
from rag.documents.formats.certainty import certainty_of
from rag.documents.sentences import Span

VERSION = 4
"""Goes up when the same document would be cut otherwise: an index of another version is made anew."""

Count = Callable[[str], int]
"""Tokens of a text."""

_MARKED_HEADING = re.compile(r"#{1,6}\s[^\n]*|[^\n]+\n\s{0,3}(?:={3,}|-{3,})")
_HEADING_AT_MOST = 120  # characters
_SLACK = 50  # a fiftieth is kept free: sentences joined may have a token more than one by one
_COUNTED_AT_ONCE = 4_000  # characters


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
    certainties: tuple[float | None, ...] = ()
    """How sure OCR is of each sentence, None where it did not read it; empty where it read none."""

    @property
    def titled_text(self) -> str:
        """The text below its document's title: what is embedded, and what questions are compared with."""
        return f"{self.title}\n{self.text}"

    def slice(self, span: Span) -> str:
        """Return the document's text at `span`, which lies in this chunk."""
        return self.text[span.start - self.start : span.end - self.start]


def make_chunks(document: Document, sentences: Sequence[Span], budget: int, count: Count) -> list[Chunk]:
    """Return chunks that hold every sentence once, in order, each of at most `budget` tokens.

    Sentences are counted one by one. Joined they may have a token more, very seldom beyond what is kept free for that.
    A chunk ends early where a paragraph ends when it is at least half full, and a heading goes with what follows it.
    Only a sentence that exceeds the budget by itself is cut, at a line end, clause or word where there is one.
    """
    chunks: list[Chunk] = []
    room = budget - budget // _SLACK
    run: list[_Part] = []
    used = 0
    for part in _parts(document.text, sentences, budget, count):
        beyond = used + part.gap + part.tokens > room
        if run and (beyond or (part.opens_paragraph and 2 * used >= budget and not _all_headings(run))):
            run, following = _without_last_headings(run, room - part.gap - part.tokens)
            chunks.append(_chunk(document, [each.span for each in run], len(chunks)))
            run, used = following, _size(following)
        used += part.tokens + (part.gap if run else 0)
        run.append(part)
    if run:
        chunks.append(_chunk(document, [each.span for each in run], len(chunks)))
    return chunks


def page_at(document: Document, offset: int) -> int | None:
    """Return the page, from 1, on which the character at `offset` stands; None where there are no pages."""
    return bisect.bisect_right(document.pages, offset) if document.pages else None


def _chunk(document: Document, run: Sequence[Span], ordinal: int) -> Chunk:
    start, end = run[0].start, run[-1].end
    certainties = tuple(certainty_of(document.scanned, *span) for span in run) if document.scanned else ()
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
        certainties=certainties,
    )


class _Part(NamedTuple):
    """A sentence, or a piece of one that is too long."""

    span: Span
    tokens: int
    gap: int
    """Tokens of the white space before it."""
    opens_paragraph: bool
    is_heading: bool


def _parts(text: str, sentences: Sequence[Span], budget: int, count: Count) -> Iterator[_Part]:
    """Yield the sentences with their sizes, each counted once; one that exceeds the budget in pieces that do not."""
    end_before = 0
    for i, span in enumerate(sentences):
        next_start = sentences[i + 1].start if i + 1 < len(sentences) else span.end
        sentence = text[span.start : span.end]
        gap = text[end_before : span.start]
        opens_paragraph = i == 0 or gap.count("\n") > 1
        alone = opens_paragraph and text.count("\n", span.end, next_start) > 1
        tokens = _tokens(sentence, budget, count)
        if tokens <= budget:
            yield _Part(span, tokens, _gap_tokens(gap, budget, count), opens_paragraph, _is_heading(sentence, alone))
        else:
            for piece, size in _pieces(text, span, budget, count):
                gap = text[end_before : piece.start]
                yield _Part(piece, size, _gap_tokens(gap, budget, count), opens_paragraph, False)
                end_before, opens_paragraph = piece.end, False
        end_before = span.end


def _gap_tokens(gap: str, budget: int, count: Count) -> int:
    return len(set(gap)) if len(gap) <= 2 else 1 + _tokens(gap, budget, count)


def _tokens(text: str, enough: int, count: Count) -> int:
    """Return the tokens of `text`, counted no further than `enough`: a megabyte in one piece is slow to encode."""
    total = 0
    for start in range(0, len(text), _COUNTED_AT_ONCE):
        total += count(text[start : start + _COUNTED_AT_ONCE])
        if total > enough:
            break
    return total


def _is_heading(sentence: str, alone: bool) -> bool:
    """Tell whether a sentence is marked as a heading, or is a short line `alone` in its paragraph without an end."""
    if len(sentence) > _HEADING_AT_MOST:
        return False
    plain = (
        alone and "\n" not in sentence and sentence[0].isalnum() and (sentence[-1].isalnum() or sentence[-1] in ")?")
    )
    return plain or bool(_MARKED_HEADING.fullmatch(sentence))


def _all_headings(run: Sequence[_Part]) -> bool:
    return all(part.is_heading for part in run)


def _size(run: Sequence[_Part]) -> int:
    return sum(part.tokens + (part.gap if i else 0) for i, part in enumerate(run))


def _without_last_headings(run: list[_Part], room: int) -> tuple[list[_Part], list[_Part]]:
    """Return `run` and the headings at its end apart, if something is left and they fit into `room` tokens."""
    cut = len(run)
    while cut and run[cut - 1].is_heading:
        cut -= 1
    if cut and _size(run[cut:]) <= room:
        return run[:cut], run[cut:]
    return run, []


def _pieces(text: str, span: Span, budget: int, count: Count) -> Iterator[tuple[Span, int]]:
    """Yield the pieces of a sentence, each of at most `budget` tokens, and their tokens."""
    start = span.start
    reach = 4 * budget  # characters tried; a token has about four, and then as many as in the piece before
    while start < span.end:
        end = min(span.end, start + reach)
        while (tokens := count(text[start:end])) > budget and end - start > 1:
            end = start + max(1, (end - start) * budget * 9 // (tokens * 10))
        reach = max(1, min(8 * budget, (end - start) * budget // max(1, tokens)))
        if end < span.end:
            end = _good_cut(text, start, end)
            tokens = count(text[start:end].rstrip())
        yield Span(start, start + len(text[start:end].rstrip())), tokens
        start = end
        while start < span.end and text[start].isspace():
            start += 1


def _good_cut(text: str, start: int, end: int) -> int:
    """Return the best place for a cut in the second half of a range: behind a line, a clause, a word, a character."""
    middle = (start + end) // 2
    if text[end].isspace():
        return end
    for marks in ("\n", ";；。，、", " \t\u3000"):
        if (found := max(text.rfind(mark, middle, end) for mark in marks)) >= 0 and found + 1 > start:
            return found + 1
    while end - 1 > middle and (category(text[end]).startswith("M") or "\u200d" in text[end - 1 : end + 1]):
        end -= 1
    return end
