"""What a person would say of an answer to an everyday question. It does not know how answers are made.

A question names groups of phrases: a right answer holds one phrase of each group (of `least` groups where that is
given) as whole words, and none of those that it must not hold. Small talk is right when it is answered without sources.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_THOUSANDS = re.compile(r"(?<=\d)[,'\u202f\u00a0 ](?=\d{3}\b)")
TALK = "smalltalk"


@dataclass(frozen=True)
class Wanted:
    """What is wanted of an answer."""

    kind: str
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    least: int | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    """(document, text) of what a source should hold, or be a part of."""


def normal(text: str) -> str:
    """Return `text` in small letters, numbers without separators, everything but words and signs of money gone."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("–", "-").replace("—", "-")
    return " ".join(re.sub(r"[^\w.%$€£+'-]+", " ", _THOUSANDS.sub("", plain)).split())


def holds(answer: str, phrase: str) -> bool:
    """Tell whether `answer` holds `phrase` as whole words; one that begins with re: is a pattern."""
    if phrase.startswith("re:"):
        return bool(re.search(phrase[3:], answer, re.IGNORECASE))
    return bool(re.search(rf"(?<![\w.]){re.escape(normal(phrase))}(?!\w)", normal(answer)))


def is_right(wanted: Wanted, answer: str, sources: int) -> bool:
    """Tell whether an answer that was given is a right one; `sources` is how many were shown."""
    if wanted.kind == TALK:
        return not sources and bool(answer.strip())
    met = sum(any(holds(answer, phrase) for phrase in group) for group in wanted.must)
    forbidden = any(holds(answer, phrase) for phrase in wanted.must_not)
    return not forbidden and met >= (len(wanted.must) if wanted.least is None else wanted.least)


def evidence_shown(wanted: Wanted, shown: Sequence[tuple[str, str]]) -> float | None:
    """Return the share of the evidence that a shown (document, text) holds or is a part of; None without evidence."""
    texts = [(document, normal(text)) for document, text in shown]

    def is_there(document: str, text: str) -> bool:
        return any(document == other and text and (text in each or each in text) for other, each in texts)

    found = [is_there(document, normal(text)) for document, text in wanted.evidence]
    return sum(found) / len(found) if found else None
