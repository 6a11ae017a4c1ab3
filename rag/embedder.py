"""Texts → vectors. Seam 1: everything behind it can be replaced by one function in a test."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    fingerprint: str
    """Names the weights: vectors of two embedders with the same fingerprint are equal."""
    dimensions: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (len(texts), dimensions), float32."""
        ...
