"""Scored sentences → which of them a newer one replaces, and what later befell what an answer says.

Of an old and a new figure a small model takes the first that fits, and no prompt makes it look at their dates. So what
has been replaced is not read, where the same words tell it. Where they do not ("X (treasurer)", and later "X stepped
down. Y took over from him."), the later sentence is shown behind the answer, word for word. It does not know the model.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.answering.evidence import ALIKE, Found
from rag.documents.dates import MONTHS, latest_day
from rag.documents.words import names, stems, words

_ENOUGH = 2
"""Words of the question that two sentences share, from where on they are about the same."""
_NO_DAY = (0, 0, 0)
_CHANGES = re.compile(
    r"\b(?:new|now|rises?|falls?|chang(?:e[sd]?|ing)|mov(?:e[sd]?|ing)|instead|no longer|replac(?:e[sd]?|ing)"
    r"|resign(?:ed|s)|retire[ds]?"
    r"|rais(?:e[sd]?|ing)|lower(?:ed|s)?|from [^.;]{3,30} on|with effect|as of|since|took over|stepped down"
    r"|neue[nmrs]?|jetzt|ab|steigt|statt|nicht mehr|seit|nouveau|nouvelle|désormais|à partir|depuis"
    r"|nuev[oa]s?|ahora|a partir|desde)\b",
    re.IGNORECASE,
)
"""Words of a sentence that something is otherwise than it was."""
_PAST = re.compile(
    r"\b(?:was|were|did|had|used to|former(?:ly)?|originally|at first|war|waren|hatten?|wurden?|früher|était|étaient"
    r"|avait|fue|fueron|era|eran|había)\b",
    re.IGNORECASE,
)
"""Words of a question about what was: what came later is no answer to it."""


@dataclass(frozen=True)
class Replaced:
    """Two sentences about the same, the newer of which says that it is otherwise now."""

    newer: Found
    older: Found
    """The best of those that it replaces."""


def current(found: Sequence[Found], question: str) -> tuple[list[Found], Replaced | None]:
    """Return `found` without what a newer sentence has replaced, and what that is.

    Replaced is what has the same words, where the newer one tells of a change. A small model takes the first figure
    that fits; of an old and a new one that should be the new one. A question that names a number or a year means what
    it names.
    """
    if not found or any(character.isdigit() for character in question):
        return list(found), None
    asked = stems(question)
    alike = [each for each in found if each.score >= ALIKE * found[0].score]
    days = {each.place: latest_day(each.text) or _NO_DAY for each in alike}
    newest = max(alike, key=lambda each: (days[each.place], each.score))
    shared = asked & stems(newest.text)
    if not _CHANGES.search(newest.text):
        return list(found), None
    outdated = [
        each
        for each in alike
        if days[each.place] < days[newest.place]
        and len(asked & stems(each.text)) >= _ENOUGH
        and asked & stems(each.text) <= shared
    ]
    gone = {(each.passage.chunk.id, each.position + step) for each in outdated for step in (-2, -1, 0, 1, 2)}
    kept = {(newest.passage.chunk.id, newest.position + step) for step in (-1, 0, 1)}
    valid = [each for each in found if (place := (each.passage.chunk.id, each.position)) not in gone or place in kept]
    return valid, Replaced(newest, outdated[0]) if outdated else None


def later(found: Sequence[Found], question: str, answer: str, cited: Collection[tuple[str, int]]) -> list[Found]:
    """Return the sentences that say what later changed about what `answer` names, in their order; mostly none.

    `cited` are the places of its sources. A later sentence answers alike, tells of a change, names a name or a number
    of the answer and of its source that the question does not, and a later day than the source; behind it comes what
    goes on about that.
    """
    if any(character.isdigit() for character in question) or _PAST.search(question):
        return []
    alike = [each for each in found if each.score >= ALIKE * found[0].score]
    sources = [each for each in alike if each.place in cited]
    told = names(answer) - set(words(question)) - set(MONTHS)
    days = {each.place: latest_day(each.text) or _NO_DAY for each in alike}
    newest = max((days[each.place] for each in sources), default=_NO_DAY)
    held = {name for each in sources for name in names(each.text)} & told
    changed = [
        each
        for each in alike
        if each.place not in cited
        and days[each.place] > newest
        and _CHANGES.search(each.text)
        and held & names(each.text)
    ]
    if not changed:
        return []
    first = max(changed, key=lambda each: (days[each.place], each.score))
    behind = [
        each
        for each in alike
        if each.passage.chunk.id == first.passage.chunk.id
        and each.position == first.position + 1
        and each.place not in cited
        and _CHANGES.search(each.text)
    ]
    return [first, *behind]
