"""Evidence → confidence: the one place that decides "not in the documents". It does not know how evidence was made.

A logistic model over a few signals (Platt 1999); whose coefficients they are, `rag.answering.fitted` says.
"""

import math
from collections.abc import Mapping, Sequence

from rag.answering.fitted import Fit, default_fit
from rag.answering.retriever import Passage

REFUSAL = "The documents do not say."
"""The one sentence that stands for silence."""
OPEN = 0.3
"""Confidence below which more reading is not worth it."""
UNSUPPORTED = 0.5
"""Most confidence where an answer was written that nothing supports."""
LIKELY = 0.935
"""Confidence from which on an answer is shown while it is written; below it is checked first."""
SURE = 0.955
"""Confidence from which on a whole passage is taken to state the answer, so that nothing more is read."""
KINDS = {"judged": ("answerable",), "picked": ("picked",), "unjudged": ("relevance",), "decided": ("decided",)}
"""What confidence is made of: with the answer model's judgement of a whole passage, of picked sentences alone (of which
it is less sure when it is right), where it gives none, and where one sentence decides a yes-or-no question."""


def signals(
    passages: Sequence[Passage],
    *,
    answerable: float | None = None,
    picked: float | None = None,
    decided: float | None = None,
) -> dict[str, float | None]:
    """Return what speaks for the passages, best first, holding the answer; None where it is not known.

    answerable  the answer model's P(Yes) when asked apart whether what it reads, a passage, states the answer
    picked      the same where it reads nothing but picked sentences
    relevance   the cross-encoder's score of the best passage, which counts only where the former is not known
    decided     how much the sentence that decides a yes-or-no question has to do with it (`rag.answering.yes_or_no`)
    """
    if not passages:
        return {"answerable": 0.0, "picked": None, "relevance": 0.0, "decided": None}
    relevance = passages[0].rerank_score
    return {"answerable": answerable, "picked": picked, "relevance": relevance, "decided": decided}


def features(given: Mapping[str, float | None], names: Sequence[str]) -> list[float]:
    """Return the numbers that are weighed, in the order of `names`: log-odds of probabilities, None as undecided."""
    values = {name: 0.5 if (value := given.get(name)) is None else value for name in names}
    return [value if name == "decided" else _log_odds(value) for name, value in values.items()]


def kind_of(given: Mapping[str, float | None]) -> str:
    """Return which of `KINDS` the signals are of."""
    known = {name for name, value in given.items() if value is not None}
    named = {"decided": "decided", "picked": "picked", "answerable": "judged"}
    return next((kind for name, kind in named.items() if name in known), "unjudged")


def confidence(given: Mapping[str, float | None], fit: Fit | None = None) -> float:
    """Return the probability, 0 to 1, that the passages hold the answer.

    `fit` are the answer model's coefficients; without them those of the default model stand in.
    """
    kind = kind_of(given)
    names, weights = KINDS[kind], (fit or default_fit())[kind]
    terms = (weights[name] * value for name, value in zip(names, features(given, names), strict=True))
    return round(1 / (1 + math.exp(-weights["intercept"] - math.fsum(terms))), 4)


def _log_odds(probability: float) -> float:
    clipped = min(0.9999, max(0.0001, probability))
    return math.log(clipped / (1 - clipped))
