"""Evidence → confidence: the one place that decides "not in the documents". It does not know how evidence was made.

A logistic model over a few signals (Platt 1999); its coefficients, also for an answer model that judges nothing, stand
in `models/abstention.toml`, and `python -m rag.evaluation.calibrate` fits them to measured answers.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache

from rag.answering.retriever import Passage
from rag.settings import data_folder

REFUSAL = "The documents do not say."
"""The one sentence that stands for silence."""
JUDGED = ("answerable",)
UNJUDGED = ("relevance",)
"""What confidence is made of, with the answer model's own judgement and where it gives none; see `signals`."""


def signals(passages: Sequence[Passage], answerable: float | None) -> dict[str, float | None]:
    """Return what speaks for the passages, best first, holding the answer, each 0 to 1; None where it is not known.

    answerable  the answer model's P(Yes) when asked apart whether what it reads states the answer, by all its looks
                (`rag.answering.reader.verdict`)
    relevance   the cross-encoder's score of the best passage

    The latter counts only where the former is not known. Tried and left out, since they told nothing beside it: the
    latter, the best, the last and the mean of the looks, the answer's own probability, what the model says of its
    answer afterwards, how much of the answer the sentences support, the passages' similarity to the question, the
    question's words and names in them.
    """
    if not passages:
        return dict.fromkeys((*JUDGED, *UNJUDGED), 0.0)
    return {"answerable": answerable, "relevance": passages[0].rerank_score}


@cache
def coefficients(table: str) -> Mapping[str, float]:
    """Return the `intercept` and the weight of each signal of `table`, "judged" or "unjudged"."""
    data = tomllib.loads((data_folder("models") / "abstention.toml").read_text(encoding="utf-8"))
    return {name: float(value) for name, value in data[table].items()}


def features(given: Mapping[str, float | None], names: Sequence[str]) -> list[float]:
    """Return the numbers that are weighed, in the order of `names`: log-odds of the signals, None as undecided."""
    return [_log_odds(0.5 if (value := given.get(name)) is None else value) for name in names]


def confidence(given: Mapping[str, float | None]) -> float:
    """Return the probability, 0 to 1, that the passages hold the answer."""
    judged = given.get("answerable") is not None
    names, weights = (JUDGED, coefficients("judged")) if judged else (UNJUDGED, coefficients("unjudged"))
    terms = (weights[name] * value for name, value in zip(names, features(given, names), strict=True))
    return round(1 / (1 + math.exp(-weights["intercept"] - math.fsum(terms))), 4)


def _log_odds(probability: float) -> float:
    clipped = min(0.9999, max(0.0001, probability))
    return math.log(clipped / (1 - clipped))
