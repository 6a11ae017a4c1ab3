"""Question → ranked passages: dense and keyword rankings fused. It does not know the answer model."""

from dataclasses import dataclass

from rag.chunks import Chunk


@dataclass(frozen=True)
class Passage:
    """A chunk with the evidence for it."""

    chunk: Chunk
    score: float
    """Fused rank score, larger is better; comparable only within one question."""
    similarity: float
    """Cosine of question and chunk vectors, -1 to 1."""
    keyword_score: float = 0.0
    """BM25 score, 0 where no keyword matches."""
