"""The real embedder and cross-encoder: against the official weights' vectors, and the same whatever stands beside."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag.embedder import OnnxEmbedder
from rag.errors import WeightsError
from rag.reranker import CrossEncoder

REFERENCE = json.loads((Path(__file__).parent / "data" / "minilm_reference.json").read_text(encoding="utf-8"))
TEXTS = [row["text"] for row in REFERENCE]
Weights = Callable[[str], Path]


@pytest.fixture(scope="module")
def embedder(weights: Weights) -> OnnxEmbedder:
    return OnnxEmbedder(weights("embed"), weights("embed-tokenizer"))


@pytest.fixture(scope="module")
def cross_encoder(weights: Weights) -> CrossEncoder:
    return CrossEncoder(weights("rerank"), weights("rerank-tokenizer"))


def test_vectors_are_those_of_the_official_weights(embedder: OnnxEmbedder) -> None:
    ours = embedder.embed(TEXTS)
    official = np.array([row["vector"] for row in REFERENCE])
    official /= np.linalg.norm(official, axis=1, keepdims=True)
    cosines = (ours * official).sum(axis=1)
    worst = TEXTS[int(cosines.argmin())]
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


def test_the_cross_encoder_knows_an_answer_from_a_neighbour(cross_encoder: CrossEncoder) -> None:
    texts = [
        "Berlin is a city of 3.7 million people.",
        "The roof of the museum weighs 2,400 tonnes.",
        "The museum is closed on Tuesdays.",
    ]
    scores = cross_encoder.score("How heavy is the roof of the museum?", texts)
    assert max(scores) == scores[1] > 0.9
    assert scores[0] < 0.1
    assert cross_encoder.score("How heavy is the roof of the museum?", texts[2:]) == scores[2:]
    assert cross_encoder.score("anything", []) == []


def test_long_pairs_are_cut(cross_encoder: CrossEncoder) -> None:
    assert 0 <= cross_encoder.score("why " * 2000, ["because " * 5000])[0] <= 1


def test_damaged_weights_say_which_file_and_what_to_do(tmp_path: Path, weights: Weights) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(weights("embed").read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match=r"broken\.onnx.*rag models"):
        OnnxEmbedder(broken, weights("embed-tokenizer"))
    with pytest.raises(WeightsError, match="rag models"):
        OnnxEmbedder(weights("embed"), broken)
