"""The measures of an evaluation, by examples whose value is known by hand and by properties."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents.sentences import Span
from rag.evaluation import measures

A, B = ("a.txt", Span(0, 10)), ("a.txt", Span(12, 30))


def test_f1_counts_shared_words_without_case_articles_and_punctuation() -> None:
    f1, recall = measures.token_f1("It is the Eiffel Tower.", ["Eiffel tower", "Paris"])
    assert recall == 1
    assert f1 == pytest.approx(2 * (2 / 4) * 1 / (2 / 4 + 1))
    assert measures.token_f1("", ["x"]) == (0, 0)
    assert measures.token_f1("東京都です", ["東京都"])[1] == 1


@pytest.mark.parametrize(
    ("answer", "gold", "evidence", "right"),
    [
        ("The bridge is 412 metres long.", "412 metres", [], True),
        ("The bridge is 400 metres long.", "412 metres", [], False),
        ("Karin Holt did.", "Karin Holt of Lysa", [], False),  # two of four words
        ("No.", "no", [], True),
        ("It carries trams since 1931.", "word " * 13, ["Since 1931 the bridge carries trams."], True),
        ("It carries horses since 1950.", "word " * 13, ["Since 1931 the bridge carries trams."], False),
        ("It is so.", "word " * 13, [], False),  # no content word of its own
    ],
)
def test_correct(answer: str, gold: str, evidence: list[str], right: bool) -> None:
    assert measures.is_correct(answer, [gold], evidence) is right


def test_trust_prefers_silence_to_a_wrong_answer() -> None:
    assert [measures.trust(True, False, c) for c in (True, False)] == [1, -1]
    assert measures.trust(True, True, False) == 0
    assert measures.trust(False, True, False) == 1
    assert measures.trust(False, False, True) == -1


def test_auc_by_hand() -> None:
    assert measures.auc([0.9, 0.8, 0.1], [True, True, False]) == 1
    assert measures.auc([0.1, 0.9], [True, False]) == 0
    assert measures.auc([0.5, 0.5], [True, False]) == 0.5
    assert math.isnan(measures.auc([0.5], [True]))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2))
def test_auc_of_the_reverse_is_the_complement(pairs: list[tuple[float, bool]]) -> None:
    scores, flags = [score for score, _ in pairs], [flag for _, flag in pairs]
    value = measures.auc(scores, flags)
    if not math.isnan(value):
        assert value == pytest.approx(1 - measures.auc([-score for score in scores], flags))


def test_balanced_accuracy() -> None:
    assert measures.balanced_accuracy([True, True, False, False], [False, True, True, True]) == 0.75


def test_reliability_puts_one_into_the_last_fifth() -> None:
    assert measures.reliability([1.0, 0.9, 0.1], [True, False, False]) == [(0.0, 0.1, 0.0, 1), (0.8, 0.95, 0.5, 2)]


def test_ranks_count_a_document_once() -> None:
    ranked = ["x", "x", "a", "b"]
    assert measures.recall_at(ranked, {"a", "b"}, 2) == 0.5
    assert measures.recall_at(ranked, {"a", "b"}, 3) == 1
    assert measures.ndcg_at(["a"], {"a"}) == 1
    assert measures.ndcg_at(ranked, {"a"}) == pytest.approx(1 / math.log2(3))


def test_a_sentence_is_right_when_half_of_the_shorter_lies_in_the_other() -> None:
    assert measures.overlaps(A, ("a.txt", Span(4, 40)))
    assert not measures.overlaps(A, ("a.txt", Span(6, 40)))
    assert not measures.overlaps(A, ("b.txt", Span(0, 10)))


def test_sources_are_scored_against_the_best_annotator() -> None:
    assert measures.source_scores([A], [[A, B], [A]]) == (1, 1, 1)
    assert measures.source_scores([A, B], [[A]]) == (0.5, 1, pytest.approx(2 / 3))
    assert measures.source_scores([], [[A]]) == (0, 0, 0)
    assert measures.evidence_recall([("a.txt", Span(0, 11))], [[A, B]]) == 0.5


def test_percentile() -> None:
    assert measures.percentile([3, 1, 2], 0.5) == 2
    assert measures.percentile([1, 2, 3, 4], 0.95) == 4
    assert math.isnan(measures.percentile([], 0.5))


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=3))
def test_measures_of_any_text_lie_between_0_and_1(answer: str, golds: list[str]) -> None:
    f1, recall = measures.token_f1(answer, golds)
    assert 0 <= f1 <= 1 and 0 <= recall <= 1
    measures.is_correct(answer, golds, [answer])
