"""A request's words → what is asked for: a fact, a whole document, talk, or another form of the last answer.

Told by words alone, in English, German, French and Spanish, so that it costs nothing: whatever is not clearly something
else is a fact. It does not know documents; which one is meant is told by `rag.answering.naming`, talk by
`rag.answering.talk`.
"""

import re
from dataclasses import dataclass

from rag.answering.request_words import (
    ARTICLE,
    ASPECTS,
    BETWEEN,
    BRIEF,
    BY_HOW_MUCH,
    COMPARISON,
    COUNT,
    COUNTS,
    DESCRIPTIONS,
    DIFFERENCE_OF_TWO,
    DIFFERENCES,
    DOCUMENTS,
    FACTUAL,
    FORM,
    FULL,
    IN_ORDER,
    LENGTH,
    LISTS,
    OF_TWO,
    PERHAPS_LISTS,
    POLITE,
    SAYING,
    SUMMARIES,
    TWO,
)
from rag.errors import UsageError

FACT, SUMMARY, ABOUT, LIST, TIMELINE, COMPARE = "fact", "summary", "about", "list", "timeline", "compare"
EDIT, TALK = "edit", "talk"


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    kind: str = FACT
    subject: str = ""
    """What it is about, in the request's words: "the lease", "towns.xlsx", or nothing."""
    noun: str = ""
    """Of what a list is wanted: "working days"."""
    sides: tuple[str, str] = ("", "")
    """What is compared."""
    lines: int | None = None
    """How many lines or sentences are wanted, where it is said."""
    difference: bool = False
    """Whether it is asked by how much two sides differ."""
    count: bool = False
    """Whether it is asked how many there are."""
    documents: bool = False
    """Whether a list of the documents themselves is wanted."""
    sure: bool = True
    """Whether the words alone tell; otherwise the documents must bear it out, or it is a fact."""


_LONGEST_QUESTION = 20_000  # characters; a model's context ends long before
_LONGEST_TIMELINE = 160  # characters; who says more asks for something in particular
_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_QUOTES = "\"'“”„«»‚‘’"


def checked_question(question: str) -> str:
    """Return the question on one line without control characters; raises UsageError when it is empty or too long."""
    clean = " ".join("".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in question).split())
    if not clean:
        raise UsageError('The question is empty. Ask something, for example: rag ask "What is this about?"')
    if len(clean) > _LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(clean):,} characters; at most {_LONGEST_QUESTION:,} can be asked at once."
        )
    return clean


def understand(request: str) -> Request:
    """Return what is asked for by `request`, which is on one line."""
    *before, last = _SENTENCES.split(request.strip())
    if before and (asked := understand(last)).kind != FACT and asked.sure:
        return asked  # "I have little time. Summarize the lease."
    words = request.strip().rstrip("?!. ").strip()
    lines, words = _length(words)
    plain = FORM.sub(" ", _unpolite(words))
    low = " ".join(plain.casefold().replace("’", "'").split())
    for find in (_as_timeline, _as_summary, _as_comparison, _as_about, _as_list):
        if found := find(low, " ".join(plain.split())):
            return Request(**{**found.__dict__, "lines": lines})
    return Request()


def _length(words: str) -> tuple[int | None, str]:
    """Return how many lines are wanted, and the request without saying so."""
    if found := LENGTH.search(words):
        said = found[1].casefold()
        number = int(said) if said.isdigit() else COUNT[said]
        return max(1, min(20, number)), words[: found.start()] + " " + words[found.end() :]
    lines = 4 if BRIEF.search(words) else 10 if FULL.search(words) else None
    return lines, words


def _unpolite(words: str) -> str:
    """Return `words` without what only makes a request polite."""
    while (found := POLITE.match(words)) and found.end() < len(words):
        words = words[found.end() :].lstrip(" ,")
    return words


def _subject(text: str | None) -> str:
    """Return what a request is about without articles, quotes and remarks on its form."""
    text = FULL.sub(" ", BRIEF.sub(" ", text or ""))
    text = " ".join(text.split()).strip(" ,:;-?!.")
    while found := ARTICLE.match(text):
        text = text[found.end() :]
    return text.strip(_QUOTES + " ,:;-")


def _as_timeline(low: str, _: str) -> Request | None:
    if not (found := IN_ORDER.search(low)) or FACTUAL.match(low) or len(low) > _LONGEST_TIMELINE:
        return None
    rest = re.sub(
        r"\b(?:go through|walk me through|what happened|events?|dates?|put|bring|sort|list|all|everything"
        r"|of what|with)\b",
        " ",
        low[: found.start()] + " " + low[found.end() :],
    )
    rest = re.sub(r"^(?:what(?:'s| is| was| are)|was ist|quelle est|cuál es)\b", " ", " ".join(rest.split()))
    return Request(TIMELINE, _subject(re.sub(r"(?:^|\s)(?:in|by|as|im|en)$", "", _subject(rest))))


def _as_summary(low: str, _: str) -> Request | None:
    for pattern in SUMMARIES:
        if found := pattern.fullmatch(low):
            return Request(SUMMARY, _subject(next((group for group in found.groups() if group), "")))
    return None


def _as_about(low: str, _: str) -> Request | None:
    for pattern in DESCRIPTIONS:
        if found := pattern.fullmatch(low):
            return Request(ABOUT, _subject(next((group for group in found.groups() if group), "")), sure=False)
    return None


def _as_comparison(low: str, plain: str) -> Request | None:
    if found := COMPARISON.fullmatch(low):
        said = plain[-len(found[1]) :] if plain.casefold().endswith(found[1]) else found[1]
        said, _, aspects = said.partition(":")
        if not aspects and (about := ASPECTS.search(said)):
            said, aspects = said[: about.start()], said[about.end() :]
        sides = BETWEEN.split(said, 1)
        if len(sides) == 2:
            return Request(COMPARE, aspects.strip(), sides=(_side(sides[0]), _side(sides[1])))
        return _unnamed(said, aspects)
    for pattern in BY_HOW_MUCH:
        if found := pattern.fullmatch(low):
            return Request(COMPARE, found[1], sides=(_subject(found[2]), _subject(found[3])), difference=True)
    for pattern in DIFFERENCES:
        if found := pattern.fullmatch(low):
            first, second = (group for group in found.groups() if group)
            return Request(COMPARE, "", sides=(_subject(first), _subject(second)), sure=False)
    if found := DIFFERENCE_OF_TWO.fullmatch(low):
        return Request(COMPARE, "", _subject(next(group for group in found.groups() if group)), sure=False)
    return None


def _unnamed(said: str, aspects: str) -> Request:
    """Return a comparison of two that are not named: "what the two officials said"."""
    if found := OF_TWO.fullmatch(said):
        said, aspects = found[2], aspects.strip() or _subject(found[1])
    plain = _subject(TWO.sub("", _side(said)))
    verb = SAYING.search(said)
    return Request(COMPARE, aspects.strip() or (verb[0] if verb else ""), _subject(plain))


def _side(text: str) -> str:
    """Return one of two things that are compared, without what is said around it."""
    return _subject(SAYING.sub(" ", re.sub(r"^(?:what|how|was|ce que|lo que)\b", " ", text.strip())))


def _as_list(low: str, _: str) -> Request | None:
    for pattern in COUNTS:
        if found := pattern.fullmatch(low):
            return Request(LIST, _subject(found[2]), _subject(found[1]), sure=False, count=True)
    if DOCUMENTS.fullmatch(low):
        return Request(LIST, noun="documents", documents=True)
    for pattern in LISTS:
        if found := pattern.fullmatch(low):
            noun, rest = _noun(found[1])
            return Request(LIST, rest, noun) if noun else None
    for pattern in PERHAPS_LISTS:
        if (found := pattern.fullmatch(low)) and not re.match(r"(?:of|is|was|kind|sort|type|time)\b", found[1]):
            noun = _subject(found[1])
            if noun and noun[-1] in "snrexi":  # the plural endings of these languages, more or less
                return Request(LIST, _subject(found[2]), noun, sure=False)
    return None


def _noun(text: str) -> tuple[str, str]:
    """Return what is to be listed, and the rest of the request, which says where and under what condition."""
    if text.startswith(("and ", "or ")):
        return "", ""
    parts = re.split(
        r"\s+(?=(?:of|in|from|for|at|on|that|who|which|mentioned|named|listed|with|whose|where|to|von|in|aus"
        r"|im|der|des|die|dans"
        r"|du|de|que|qui|en|del)\b)",
        text.strip(),
        maxsplit=1,
    )
    return _subject(parts[0]), _subject(parts[1]) if len(parts) > 1 else ""
