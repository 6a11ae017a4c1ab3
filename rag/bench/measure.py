"""One figure of a benchmark and the one beside it. It does not know how they are measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np


@dataclass(frozen=True)
class Measure:
    """One figure and the one beside it; above a ratio of 1 ours is better. `wanted` is None where nothing is."""

    name: str
    unit: str
    ours: float
    """Median."""
    against: str
    other: float
    ratio: float
    """Median of each pair's."""
    wanted: float | None
    pairs: int
    ours_95: float | None = None
    """95th percentile, where there are pairs enough to speak of one."""
    other_95: float | None = None
    ratio_95: float | None = None
    """Of the two 95th percentiles."""
    wanted_95: float | None = None


def quicker(
    name: str,
    pairs: Sequence[tuple[float, float]],
    against: str,
    wanted: float | None = None,
    wanted_95: float | None = None,
) -> Measure:
    """Return how many times quicker ours is, of pairs of seconds (ours, other)."""
    (ours, ours_95), (other, other_95) = (np.percentile(side, [50, 95]).tolist() for side in zip(*pairs, strict=True))
    return Measure(
        name,
        "s",
        round(ours, 3),
        against,
        round(other, 3),
        round(median(theirs / mine for mine, theirs in pairs), 3),
        wanted,
        len(pairs),
        round(ours_95, 3),
        round(other_95, 3),
        round(other_95 / ours_95, 3),
        wanted_95,
    )


def of_rates(name: str, unit: str, pairs: Sequence[tuple[float, float]], against: str, wanted: float | None) -> Measure:
    """Return how many times as much ours does, of pairs of rates (ours, other)."""
    ours, other = (median(side) for side in zip(*pairs, strict=True))
    ratio = median(mine / theirs for mine, theirs in pairs)
    return Measure(name, unit, round(ours, 3), against, round(other, 3), round(ratio, 3), wanted, len(pairs))
