"""Confidence rises with each signal and is a probability; the refusal is one sentence."""

from hypothesis import given
from hypothesis import strategies as st

from rag.abstain import REFUSAL, confidence
from rag.sentences import split_sentences

PROBABILITY = st.floats(0, 1)


@given(PROBABILITY, PROBABILITY, PROBABILITY, st.floats(0, 0.5))
def test_more_evidence_is_never_less_confidence(answerable: float, relevance: float, similarity: float, more: float):
    signals = {"answerable": answerable, "relevance": relevance, "similarity": similarity}
    base = confidence(signals)
    assert 0 <= base <= 1
    for name, value in signals.items():
        assert confidence({**signals, name: min(1.0, value + more)}) >= base


def test_an_unknown_signal_decides_nothing() -> None:
    known = {"answerable": 0.5, "relevance": 0.5, "similarity": 0.5}
    assert confidence({**known, "answerable": None}) == confidence(known)


def test_the_refusal_is_one_sentence() -> None:
    assert len(split_sentences(REFUSAL)) == 1
