"""Sentence spans → chunks: whole sentences up to a token budget. It does not know how they are embedded or kept."""

from dataclasses import dataclass

from rag.sentences import Span


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
