"""A sentence → which letters of a page are it. It does not know pages, only their letters in order.

What was read was joined, parted and put under heads on the way, so only letters and digits are compared, and where the
sentence does not stand there as it is, what is most like it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from unicodedata import normalize

_LIKE = 65.0  # of 100: less is taken for something else
_SHORTEST = 12  # letters of what is looked for by likeness
_RUN = 3  # letters
_MOST = 4_000  # letters of a sentence that are looked for


def find(words: str, letters: Sequence[str], share: float) -> list[int]:
    """Return the positions of the letters that are `words`; none where they are not found.

    Of several places it is the one nearest to `share`, 0 to 1, of the way through the page.
    """
    found: list[str] = []
    owners: list[int] = []
    for at, letter in enumerate(letters):
        plain = _plain(letter)
        found.append(plain)
        owners += [at] * len(plain)
    page = "".join(found)
    wanted = list(dict.fromkeys(filter(None, (_plain_text(words), _plain_text(_cells(words))))))
    for each in wanted:
        if (start := _nearest(page, each, share)) is not None:
            return list(dict.fromkeys(owners[start : start + len(each)]))
    best = max((_alike(page, each) for each in wanted), default=(0.0, []), key=lambda pair: pair[0])
    return list(dict.fromkeys(owners[at] for at in best[1]))


def _cells(words: str) -> str:
    """Return what a row of a table says without the names of its columns: "Ship: Aurora; Crew: 84." → "Aurora 84"."""
    return " ".join(part.partition(": ")[2] or part for part in words.split("; "))


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    return "".join(each for each in normalize("NFKC", letter).casefold() if each.isalnum())


def _plain_text(text: str) -> str:
    return "".join(map(_plain, text))[:_MOST]


def _nearest(page: str, wanted: str, share: float) -> int | None:
    starts, at = [], page.find(wanted)
    while at >= 0:
        starts.append(at)
        at = page.find(wanted, at + 1)
    return min(starts, key=lambda start: abs(start - share * len(page)), default=None)


def _alike(page: str, wanted: str) -> tuple[float, list[int]]:
    """Return how like what is most like `wanted` is, up to 100, and where its letters stand."""
    from rapidfuzz.distance import Indel
    from rapidfuzz.fuzz import partial_ratio_alignment

    if min(len(wanted), len(page)) < _SHORTEST:
        return 0.0, []
    place = partial_ratio_alignment(wanted, page, score_cutoff=_LIKE)
    if place is None:
        return 0.0, []
    start, end = (place.dest_start, place.dest_end) if len(wanted) <= len(page) else (0, len(page))
    same = [
        at
        for step in Indel.opcodes(wanted, page[start:end])
        if step.tag == "equal" and step.dest_end - step.dest_start >= _RUN
        for at in range(start + step.dest_start, start + step.dest_end)
    ]
    return place.score, same
