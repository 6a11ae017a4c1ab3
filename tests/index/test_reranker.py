"""The real cross-encoder: it knows an answer, and a pair's score is the same whatever is scored with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import WeightsError
from rag.index.cross_encoder import CrossEncoder

Weights = Callable[[str], Path]
QUERY = "How heavy is the roof of the museum?"
TEXTS = [
    "Berlin is a city of 3.7 million people.",
    "The roof of the museum weighs 2,400 tonnes.",
    "The museum is closed on Tuesdays. " * 12,
    "The museum's roof was heavy enough to need new pillars.",
    "Ice.",
]


@pytest.fixture(scope="module")
def cross_encoder(weights: Weights) -> CrossEncoder:
    return CrossEncoder(weights("ms-marco-minilm-l12"), weights("ms-marco-minilm-l12-tokenizer"))


def test_it_knows_an_answer_from_a_neighbour(cross_encoder: CrossEncoder) -> None:
    scores = cross_encoder.score(QUERY, TEXTS)
    assert max(scores) == scores[1] > 0.9
    assert scores[0] < 0.1 and scores[4] < 0.1
    assert all(0 <= score <= 1 for score in scores)


def test_a_score_does_not_depend_on_order_or_neighbours(cross_encoder: CrossEncoder) -> None:
    together = cross_encoder.score(QUERY, TEXTS)
    assert cross_encoder.score(QUERY, TEXTS[::-1]) == together[::-1]
    assert [cross_encoder.score(QUERY, [text])[0] for text in TEXTS] == together


def test_no_texts_give_no_scores(cross_encoder: CrossEncoder) -> None:
    assert cross_encoder.score("anything", []) == []


def test_a_long_text_does_not_push_the_query_out(cross_encoder: CrossEncoder) -> None:
    long = TEXTS[1] + " Nothing more is known." * 500
    assert cross_encoder.score(QUERY, [long])[0] > 0.9
    assert 0 <= cross_encoder.score("why " * 2000, ["because " * 5000])[0] <= 1


def test_damaged_weights_say_which_file_and_what_to_do(tmp_path: Path, weights: Weights) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(weights("ms-marco-minilm-l12").read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match=r"broken\.onnx.*rag models"):
        CrossEncoder(broken, weights("ms-marco-minilm-l12-tokenizer"))
