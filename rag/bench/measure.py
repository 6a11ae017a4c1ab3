"""One figure of a benchmark. It does not know how it is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One figure and the one beside it: medians, and the median of each pair's ratio; above 1 ours is better."""

    name: str
    unit: str
    ours: float
    against: str
    other: float
    ratio: float
    wanted: float
    pairs: int
