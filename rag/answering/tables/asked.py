"""A question's words → what kind of thing is asked of a table, and the words that have to be found in it. No tables."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from rag.answering.tables.wording import (
    ANY,
    ASKED_KINDLY,
    BOUND,
    COMPARATIVE,
    COMPARES,
    COUNT,
    EARLIER,
    EARLY,
    EITHER,
    EXTREME,
    EXTREME_WORD,
    HIGH,
    LARGE,
    LATE,
    LATER,
    LESS,
    LIST,
    LOW,
    MEAN,
    MORE,
    NEUTRAL,
    NO,
    NO_SUPERLATIVE,
    SEPARATORS,
    SUM,
    SUPERLATIVE,
    SWEEPING,
    WHO,
    YES_OR_NO,
)
from rag.documents.words import words

Kind = Literal["count", "sum", "mean", "extreme", "list", "lookup", "check"]

_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("mean", re.compile(rf"\b(?:{MEAN})\b", re.IGNORECASE)),
    ("count", re.compile(rf"\b(?:{COUNT})\b", re.IGNORECASE)),
    ("sum", re.compile(rf"\b(?:{SUM})\b", re.IGNORECASE)),
    ("extreme", re.compile(rf"\b(?:{EXTREME})\b", re.IGNORECASE)),
    ("list", re.compile(rf"\b(?:{LIST})\b", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Asked:
    """What a question asks for."""

    question: str
    kind: Kind
    telling: tuple[str, ...]
    """Words that say what it is about, folded, without those that only say what is to be done."""
    whatever: frozenset[str] = frozenset()
    """Of these the one that says what a row is, "any books", which no column and no cell need say."""

    @property
    def computes(self) -> bool:
        """Tell whether it needs more than one row: no sentence can be expected to state the answer."""
        return self.kind in {"count", "sum", "mean", "extreme"}

    @property
    def is_sweeping(self) -> bool:
        """Tell whether something is asked of all, or denied: single rows that fit do not decide that."""
        return bool(SWEEPING.search(self.question))

    @property
    def seeks_people(self) -> bool:
        """Tell whether the answer names people."""
        return bool(WHO.search(self.question))

    @property
    def compares(self) -> bool:
        """Tell whether something is more or less than something else."""
        return bool(COMPARES.search(self.question) or COMPARATIVE.search(folded(self.question)))

    @property
    def is_about_time(self) -> bool:
        """Tell whether something is the oldest, the newest, the first or the like."""
        return bool(EARLY.search(self.question) or LATE.search(self.question))

    def beside(self, heads: Collection[str]) -> "Asked":
        """Return what is asked of a table with these words in its heads: "the last bus" may be a column's name."""
        extremes = {
            word for word in folded(self.question).split() if _is_superlative(word) or EXTREME_WORD.fullmatch(word)
        }
        named = self.kind == "extreme" and extremes and extremes <= set(heads)
        return replace(self, kind="lookup") if named else self

    def largest(self, *, is_time: bool) -> bool | None:
        """Tell whether the largest of a column is asked for, or the smallest; None where the words do not say."""
        if self.kind != "extreme":
            return None
        up, down = (LATE, EARLY) if is_time else (HIGH, LOW)
        found = bool(up.search(self.question)), bool(down.search(self.question))
        return found[0] if found[0] != found[1] else self.more(is_time=is_time)

    def more(self, *, is_time: bool) -> bool | None:
        """Tell whether the first of two is asked to be more than the second, or less; None where nothing says."""
        up, down = (LATER, EARLIER) if is_time else (MORE, LESS)
        found = bool(up.search(self.question)), bool(down.search(self.question))
        return found[0] if found[0] != found[1] else None


WORDED = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}
"""Numbers in words."""
_ZEROS = re.compile(r"0{2,}$")


def numbers_said(question: str) -> set[str]:
    """Return the numbers of a question, in digits; of large ones the digits before the zeros, too, if it has words."""
    plain = folded(SEPARATORS.sub("", question)).split()
    found = {word for word in plain if word.isdigit()} | {WORDED[word] for word in plain if word in WORDED}
    if LARGE & set(plain):
        found |= {"1"}
    return found


def is_said(number: str, question: str) -> bool:
    """Tell whether a question says a number: in digits, in a word, or as "9 million"."""
    said = numbers_said(question)
    whole = number.removesuffix(".0")
    large = bool(LARGE & set(folded(question).split()))
    return whole in said or (
        large and re.sub(r"\D", "", _ZEROS.sub("", whole)) in {re.sub(r"0+$", "", n) for n in said}
    )


def denies(question: str, head: str) -> bool:
    """Tell whether a question says no to what a column is called, before it: "not first aiders", "without shade"."""
    named = "|".join(re.escape(word[:5]) for word in folded(head).split() if len(word) > 3)
    return bool(named) and bool(re.search(rf"{NO}(?:\s+\w+){{0,2}}\s+(?:{named})", folded(question)))


def asked(question: str) -> Asked:
    """Return what `question` asks for."""
    plain = folded(SEPARATORS.sub("", question))
    compared = set(COMPARATIVE.findall(plain))
    said = [
        word for word in plain.split() if words(word) and word not in NEUTRAL | compared and not _is_superlative(word)
    ]
    telling = [word for word in said if word not in LARGE]
    whatever = frozenset(ANY.findall(plain)) if len(telling) > 2 else frozenset()
    return Asked(question, _kind(BOUND.sub("", question)), tuple(dict.fromkeys(telling)), whatever)


def _kind(question: str) -> Kind:
    kind = _open_kind(question)
    closed = YES_OR_NO.match(question) and " or " not in question and not ASKED_KINDLY.match(question)
    return "check" if closed and kind in {"list", "lookup"} else kind


def _open_kind(question: str) -> Kind:
    superlative = any(map(_is_superlative, folded(question).split()))
    for kind, pattern in _PATTERNS:
        if kind == "list" and superlative:
            return "extreme"
        if pattern.search(question):
            return "extreme" if kind == "list" and EITHER.search(question) else kind
    return "extreme" if superlative else "lookup"


def _is_superlative(word: str) -> bool:
    return bool(SUPERLATIVE.fullmatch(word)) and word not in NO_SUPERLATIVE


def folded(text: str) -> str:
    """Return `text` in small letters without accents, words parted by single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain))
