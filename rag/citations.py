"""Answer + passages → statements, each with its source sentences or marked unsupported.

It does not know how passages were found or how the answer was made.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """An exact sentence: `text == document.text[start:end]`."""

    number: int
    document: str
    title: str
    page: int | None
    start: int
    end: int
    text: str
    score: float
    passage_start: int
    """Where the passage around the sentence starts, for showing it in its context."""
    passage_text: str


@dataclass(frozen=True)
class Statement:
    """One sentence of the answer: `text == answer[start:end]`; unsupported when `sources` is empty."""

    text: str
    start: int
    end: int
    supported: bool
    sources: tuple[int, ...]
    """Numbers of `Source`s."""
