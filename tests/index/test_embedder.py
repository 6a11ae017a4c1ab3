"""The real embedder: against the official weights' vectors, and the same whatever stands beside."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag.errors import WeightsError
from rag.index.embedder import OnnxEmbedder

REFERENCE = np.load(Path(__file__).parent.parent / "data" / "minilm_reference.npz")  # made by make_minilm_reference.py
TEXTS: list[str] = REFERENCE["texts"].tolist()
Weights = Callable[[str], Path]


@pytest.fixture(scope="module")
def embedder(weights: Weights) -> OnnxEmbedder:
    return OnnxEmbedder(weights("embed"), weights("embed-tokenizer"))


def test_vectors_are_those_of_the_official_weights(embedder: OnnxEmbedder) -> None:
    ours = embedder.embed(TEXTS)
    official = REFERENCE["vectors"].astype(np.float32)
    official /= np.linalg.norm(official, axis=1, keepdims=True)
    cosines = (ours * official).sum(axis=1)
    worst = TEXTS[int(cosines.argmin())]
    assert len(TEXTS) >= 60
    assert cosines.min() >= 0.99, f"{cosines.min():.4f} for {worst[:60]!r}"


def test_vectors_are_of_length_one_and_do_not_depend_on_order_or_neighbours(embedder: OnnxEmbedder) -> None:
    together = embedder.embed(TEXTS)
    assert together.dtype == np.float32 and together.shape == (len(TEXTS), embedder.dimensions)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    order = list(range(len(TEXTS)))
    random.Random(7).shuffle(order)
    assert np.array_equal(embedder.embed([TEXTS[i] for i in order]), together[order])
    assert np.array_equal(embedder.embed(TEXTS[:1]), together[:1])


def test_no_texts_give_no_vectors(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert embedder.embed([""]).shape == (1, 384)


def test_damaged_weights_say_which_file_and_what_to_do(tmp_path: Path, weights: Weights) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(weights("embed").read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match=r"broken\.onnx.*rag models"):
        OnnxEmbedder(broken, weights("embed-tokenizer"))
    with pytest.raises(WeightsError, match="rag models"):
        OnnxEmbedder(weights("embed"), broken)
