"""Texts → vectors. Seam 1: everything behind it can be replaced by one function in a test.

It does not know what the texts are. The model is all-MiniLM-L6-v2 (Reimers and Gurevych 2019, arXiv 1908.10084) with
8-bit weights: mean of the tokens' last hidden states, scaled to length 1.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.index.onnx import Floats, OnnxTransformer

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """Names the weights: vectors of two embedders with the same fingerprint are equal."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (len(texts), dimensions), float32."""
        ...


class OnnxEmbedder:
    """all-MiniLM-L6-v2 on onnxruntime. A text's vector does not depend on the texts beside it."""

    dimensions = 384

    def __init__(self, model: Path, tokenizer: Path, *, threads: int = 0) -> None:
        """Load the weights; `threads` 0 takes every core. Raises WeightsError."""
        self._transformer = OnnxTransformer(model, tokenizer, max_tokens=256, threads=threads)
        weights = hashlib.sha256(model.read_bytes() + tokenizer.read_bytes()).hexdigest()
        self.fingerprint = f"all-minilm-l6-v2 {weights[:16]}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (len(texts), 384), float32; text behind 256 tokens does not count."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        return np.stack(self._transformer.map(texts, _unit_mean))


def _unit_mean(states: Floats) -> Floats:
    mean: Floats = states.mean(axis=0)
    return mean / np.float32(np.linalg.norm(mean))


class Remembering:
    """An embedder that remembers the vectors of the texts it was last asked for: 1.5 KB each. Thread-safe."""

    def __init__(self, embedder: Embedder, most: int = 10_000) -> None:
        """Ask `embedder` for what is not remembered; remember `most` texts."""
        self._embedder = embedder
        self._most = most
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """The embedder's."""
        return self._embedder.fingerprint

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (len(texts), dimensions), float32: the same as the embedder's."""
        if not texts:
            return self._embedder.embed(texts)
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        if new := [text for text in dict.fromkeys(texts) if text not in found]:
            found.update(zip(new, self._embedder.embed(new), strict=True))
        with self._lock:
            for text, vector in found.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return np.stack([found[text] for text in texts])
