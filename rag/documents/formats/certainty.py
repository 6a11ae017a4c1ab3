"""How sure OCR is of what it read. It does not know how it reads."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import takewhile

from rag.documents.formats.parts import Scanned

UNSURE = 0.85
"""Certainty below which what was read should be checked on the picture."""


def certainty_of(scanned: Sequence[Scanned], start: int, end: int) -> float | None:
    """Return how sure OCR is of the worst line in `text[start:end]`; None where it read nothing of it."""
    first = bisect_right(scanned, start, key=lambda each: each[1])
    within = takewhile(lambda each: each[0] < end, (scanned[i] for i in range(first, len(scanned))))
    return min((sure for _, _, sure in within), default=None)
