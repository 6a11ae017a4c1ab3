"""The embedder by its name in the settings: which weights each needs, and how it is made. It fetches nothing."""

from collections.abc import Sequence
from pathlib import Path

from rag.index.embedder import Embedder, OnnxEmbedder

ROLES = {"english": ("embed", "embed-tokenizer"), "multilingual": ()}
"""By embedder, the roles of the weights that it needs; the multilingual one brings its own."""


def make_embedder(name: str, weights: Sequence[Path], *, threads: int = 0) -> Embedder:
    """Load the embedder `name` from the files of its `ROLES`. Raises WeightsError."""
    if name == "multilingual":
        from rag.index.multilingual import E5Embedder

        return E5Embedder(threads=threads)
    model, tokenizer = weights
    return OnnxEmbedder(model, tokenizer, threads=threads)
