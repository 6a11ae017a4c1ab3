"""Evidence → confidence: the one place that decides "not in the documents". It does not know how evidence was made.

A logistic model over a few signals (Platt 1999); its coefficients stand in `models/abstention.toml`, and
`python -m rag.calibrate` fits them to measured answers.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache

from rag.retriever import Passage
from rag.settings import data_folder

REFUSAL = "The documents do not say."
"""The one sentence that stands for silence."""
SIGNALS = ("answerable", "relevance", "similarity", "alone")
"""What confidence is made of, in the order of `features`; see `signals`."""
_LOG_ODDS = frozenset(("answerable", "relevance"))


def signals(passages: Sequence[Passage], answerable: float | None) -> dict[str, float | None]:
    """Return what speaks for the passages that were read holding the answer, each 0 to 1; None where it is not known.

    answerable  the answer model's P(Yes) when asked apart whether the passages state the answer
    relevance   the cross-encoder's score of the best passage
    similarity  cosine of question and best passage
    alone       1 where a single passage was enough

    Tried and left out, since they told nothing more: how many of the question's words and names the passages hold.
    """
    if not passages:
        return dict.fromkeys(SIGNALS, 0.0)
    scores = [passage.rerank_score for passage in passages if passage.rerank_score is not None]
    return {
        "answerable": answerable,
        "relevance": max(scores, default=None),
        "similarity": max(0.0, *(passage.similarity for passage in passages)),
        "alone": float(len(passages) == 1),
    }


@cache
def coefficients() -> Mapping[str, float]:
    """Return the weight of each signal, and the `intercept`."""
    data = tomllib.loads((data_folder("models") / "abstention.toml").read_text(encoding="utf-8"))
    return {name: float(value) for name, value in data["coefficients"].items()}


def features(given: Mapping[str, float | None]) -> list[float]:
    """Return the numbers that are weighed, in the order of `SIGNALS`: probabilities as log-odds, None as undecided."""
    values = [(name, 0.5 if (value := given.get(name)) is None else value) for name in SIGNALS]
    return [_log_odds(value) if name in _LOG_ODDS else value for name, value in values]


def confidence(given: Mapping[str, float | None]) -> float:
    """Return the probability, 0 to 1, that the passages hold the answer."""
    weights = coefficients()
    terms = (weights[name] * value for name, value in zip(SIGNALS, features(given), strict=True))
    return round(1 / (1 + math.exp(-weights["intercept"] - math.fsum(terms))), 4)


def _log_odds(probability: float) -> float:
    clipped = min(0.9999, max(0.0001, probability))
    return math.log(clipped / (1 - clipped))
