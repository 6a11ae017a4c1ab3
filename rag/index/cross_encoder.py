"""Query and text → how well the one answers the other. It does not know where the texts come from.

The model is the cross-encoder ms-marco-MiniLM-L-12-v2 with 8-bit weights, which reads both together (Nogueira and Cho
2019, arXiv 1901.04085).
"""

import math
from collections.abc import Sequence
from pathlib import Path

from rag.index.onnx import OnnxTransformer


class CrossEncoder:
    """Scores pairs. A pair's score does not depend on the others scored with it."""

    def __init__(self, model: Path, tokenizer: Path, *, threads: int = 0, max_tokens: int = 256) -> None:
        """Load the weights; a pair is cut at `max_tokens`, the longer side first. Raises WeightsError."""
        self._transformer = OnnxTransformer(model, tokenizer, max_tokens=max_tokens, threads=threads)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return for each text the probability, 0 to 1, that it answers `query`."""
        logits = self._transformer.map([(query, text) for text in texts], lambda output: output[0])
        return [1 / (1 + math.exp(-float(logit))) for logit in logits]
