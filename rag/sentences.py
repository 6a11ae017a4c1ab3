"""Text → sentence spans. It does not know documents or languages by name."""

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of character offsets: `text[start:end]`."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """Return the sentences of `text` as ascending, disjoint spans without surrounding white space."""
    raise NotImplementedError
