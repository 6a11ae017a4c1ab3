"""What is counted in an evaluation: pure functions from answers and gold to numbers. It does not know the engine.

Each docstring names the measure's source. Every number lies between 0 and 1 unless it says otherwise.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby

from rag.documents.sentences import Span
from rag.evaluation.question_sets import Gold

SHORT = 12
"""Words of the longest gold answer of which the answer must hold `ENOUGH`."""
ENOUGH = 0.6

_ARTICLES = frozenset(("a", "an", "the"))
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_FUNCTION_WORDS = frozenset(
    "a an the of in on at to for from by with and or but as is are was were be been being has have had do does did it "
    "its this that these those he she they his her their who whom whose which what when where why how there than then "
    "so such not no into about also can could may might will would shall should i you we".split()
)


def answer_words(text: str) -> list[str]:
    """Return words as SQuAD's script compares them (Rajpurkar et al. 2016): small letters, no punctuation, no articles.

    Scripts without spaces give single characters, as in MLQA (Lewis et al. 2020).
    """
    kept = "".join(" " if c in string.punctuation or c in "–—‘’“”„«»。、，！？؟،।" else c for c in text.casefold())
    words = [word for word in kept.split() if word not in _ARTICLES]
    return [part for word in words for part in (word if _UNSPACED.search(word) else [word])]


def token_f1(answer: str, golds: Sequence[str]) -> tuple[float, float]:
    """Return (F1, recall) of the words shared with the best gold answer (SQuAD, Rajpurkar et al. 2016)."""
    said = Counter(answer_words(answer))
    best = (0.0, 0.0)
    for gold in golds:
        wanted = Counter(answer_words(gold))
        shared = sum((said & wanted).values())
        if shared:
            recall, precision = shared / wanted.total(), shared / said.total()
            best = max(best, (2 * recall * precision / (recall + precision), recall))
    return best


def is_correct(answer: str, golds: Sequence[str], evidence: Sequence[str]) -> bool:
    """Tell whether `answer` says what some gold answer says.

    It holds at least 60 % of the words of a gold answer of up to 12 words; for a longer one, at least 60 % of its own
    content words stand in that gold answer or in the evidence sentences.
    """
    said = set(answer_words(answer))
    content = said - _FUNCTION_WORDS
    for gold in golds:
        wanted = answer_words(gold)
        if not wanted:
            continue
        if len(wanted) <= SHORT:
            if sum(word in said for word in wanted) >= ENOUGH * len(wanted):
                return True
        elif content:
            known = set(wanted).union(*map(answer_words, evidence))
            if len(content & known) >= ENOUGH * len(content):
                return True
    return False


def trust(answerable: bool, abstained: bool, correct: bool) -> int:
    """Return +1 for a correct answer or a rightful silence, 0 for a needless silence, -1 for a wrong answer.

    After the score of CRAG (Yang et al. 2024, arXiv 2406.04744): to be wrong costs more than to say nothing.
    """
    if abstained:
        return 0 if answerable else 1
    return 1 if answerable and correct else -1


def balanced_accuracy(answerable: Sequence[bool], abstained: Sequence[bool]) -> float:
    """Return the mean of the shares of unanswerable questions met with silence and of answerable ones answered."""
    silent = [a for ok, a in zip(answerable, abstained, strict=True) if not ok]
    spoken = [not a for ok, a in zip(answerable, abstained, strict=True) if ok]
    return (sum(silent) / len(silent) + sum(spoken) / len(spoken)) / 2 if silent and spoken else math.nan


def auc(confidences: Sequence[float], answerable: Sequence[bool]) -> float:
    """Return the probability that an answerable question has more confidence than another (area under the ROC curve).

    The rank formula of Mann and Whitney; NaN where all questions are of one kind.
    """
    positive = sum(answerable)
    negative = len(answerable) - positive
    if not positive or not negative:
        return math.nan
    ranks, below = 0.0, 0
    pairs = sorted(zip(confidences, answerable, strict=True))
    for _, group in groupby(pairs, key=lambda pair: pair[0]):
        same = [ok for _, ok in group]
        ranks += sum(same) * (below + (len(same) + 1) / 2)
        below += len(same)
    return (ranks - positive * (positive + 1) / 2) / (positive * negative)


def reliability(confidences: Sequence[float], answerable: Sequence[bool]) -> list[tuple[float, float, float, int]]:
    """Return (from, mean confidence, share answerable, questions) of each fifth: does 0.8 mean 80 %?

    The reliability diagram of Niculescu-Mizil and Caruana, ICML 2005, as numbers.
    """
    table = []
    for fifth in range(5):
        inside = [(c, ok) for c, ok in zip(confidences, answerable, strict=True) if min(4, int(c * 5)) == fifth]
        if inside:
            n = len(inside)
            table.append((fifth / 5, sum(c for c, _ in inside) / n, sum(ok for _, ok in inside) / n, n))
    return table


def recall_at(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return the share of the gold documents among the first `k` distinct ones of `ranked`."""
    return len(set(list(dict.fromkeys(ranked))[:k]) & set(gold)) / len(set(gold))


def ndcg_at(ranked: Sequence[str], gold: Collection[str], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first `k` distinct documents, each relevant or not.

    Järvelin and Kekäläinen, TOIS 2002, as BEIR uses it (Thakur et al. 2021).
    """
    first = list(dict.fromkeys(ranked))[:k]
    gain = sum(1 / math.log2(rank + 2) for rank, document in enumerate(first) if document in gold)
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(k, len(set(gold)))))


def overlaps(one: Gold, other: Gold) -> bool:
    """Tell whether two places are the same sentence: half of the shorter one lies in the other."""
    (document, a), (same, b) = one, other
    shared = min(a.end, b.end) - max(a.start, b.start)
    return document == same and 2 * shared >= min(a.end - a.start, b.end - b.start)


def evidence_recall(passages: Sequence[tuple[str, Span]], evidence: Sequence[Sequence[Gold]]) -> float:
    """Return the share of gold sentences that lie in the passages; of the annotator for whom it is largest."""
    return max(sum(any(overlaps(p, gold) for p in passages) for gold in golds) / len(golds) for golds in evidence)


def source_scores(shown: Sequence[Gold], evidence: Sequence[Sequence[Gold]]) -> tuple[float, float, float]:
    """Return (precision, recall, F1) of the shown sentences; against the annotator for whom F1 is largest.

    As supporting facts are scored in HotpotQA (Yang et al. 2018); nothing shown scores 0.
    """
    best = (0.0, 0.0, 0.0)
    for golds in evidence:
        precision = sum(any(overlaps(s, gold) for gold in golds) for s in shown) / len(shown) if shown else 0.0
        recall = sum(any(overlaps(s, gold) for s in shown) for gold in golds) / len(golds)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        best = max(best, (precision, recall, f1), key=lambda scores: scores[2])
    return best


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def mean(values: Sequence[float]) -> float:
    """Return the mean; NaN of nothing."""
    return sum(values) / len(values) if values else math.nan
