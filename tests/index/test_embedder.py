"""The real embedder: against the official weights' vectors, and the same whatever stands beside."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from fakes import HashEmbedder
from rag.errors import WeightsError
from rag.index.embedder import OnnxEmbedder, Remembering, Vectors

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


def test_what_was_embedded_is_remembered_and_the_longest_unused_forgotten() -> None:
    asked: list[str] = []

    class Counting(HashEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            asked.extend(texts)
            return super().embed(texts)

    remembering = Remembering(Counting(), 3)
    for texts in (["a", "b", "a"], ["b", "a"], ["a", "c"], ["d", "a"], ["a", "b"]):
        assert np.array_equal(remembering.embed(texts), HashEmbedder().embed(texts))
    assert asked == ["a", "b", "c", "d", "b"]
    assert remembering.embed([]).shape == (0, 64)
    assert (remembering.dimensions, remembering.fingerprint) == (64, "hash-embedder")
