"""Evidence → confidence: the one place that decides "not in the documents". It does not know how evidence was made.

A logistic model over a few signals (Platt 1999); its coefficients stand in `models/abstention.toml`.
"""

import math
import tomllib
from collections.abc import Mapping
from functools import cache

from rag.settings import data_folder

REFUSAL = "The documents do not say."
"""The one sentence that stands for silence."""


@cache
def coefficients() -> Mapping[str, float]:
    """Return the weight of each signal, and the `intercept`."""
    data = tomllib.loads((data_folder("models") / "abstention.toml").read_text(encoding="utf-8"))
    return {name: float(value) for name, value in data["coefficients"].items()}


def confidence(signals: Mapping[str, float | None]) -> float:
    """Return the probability, 0 to 1, that the passages hold the answer.

    Signals: `answerable`, the model's own P(Yes); `relevance`, the best passage's cross-encoder score, both 0 to 1;
    `similarity`, the best passage's cosine. A signal that is None counts as undecided (0.5).
    """
    weights = coefficients()
    total = weights["intercept"]
    for name, value in signals.items():
        probability = 0.5 if value is None else value
        total += weights[name] * (probability if name == "similarity" else _log_odds(probability))
    return round(1 / (1 + math.exp(-total)), 4)


def _log_odds(probability: float) -> float:
    clipped = min(0.9999, max(0.0001, probability))
    return math.log(clipped / (1 - clipped))
