"""Confidence rises with each signal and is a probability; the refusal is one sentence."""

from hypothesis import given
from hypothesis import strategies as st

from rag.answering.abstain import REFUSAL, confidence, signals
from rag.documents.sentences import split_sentences

PROBABILITY = st.floats(0, 1)


@given(PROBABILITY, PROBABILITY, st.floats(0, 0.5))
def test_more_evidence_is_never_less_confidence(answerable: float, relevance: float, more: float) -> None:
    for known in ({"answerable": answerable, "relevance": relevance}, {"answerable": None, "relevance": relevance}):
        base = confidence(known)
        assert 0 <= base <= 1
        for name, value in known.items():
            if value is not None:
                assert confidence({**known, name: min(1.0, value + more)}) >= base


@given(st.floats(-1, 3), st.floats(0, 1))
def test_a_sentence_that_has_more_to_do_with_the_question_decides_more_surely(weight: float, more: float) -> None:
    assert 0 <= confidence({"decided": weight}) <= confidence({"decided": weight + more}) <= 1


def test_an_unknown_signal_decides_nothing() -> None:
    assert confidence({"answerable": 0.5, "relevance": None}) == confidence({"answerable": 0.5, "relevance": 0.5})


def test_without_passages_there_is_no_confidence() -> None:
    assert confidence(signals([])) == confidence(signals([], answerable=1.0)) < 0.01


def test_the_refusal_is_one_sentence() -> None:
    assert len(split_sentences(REFUSAL)) == 1
