"""Documents → what happened when, in order, each line a sentence of the documents. No model.

A date without a year gets that of the date before it, else the one that its document names first.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.answering.whole.dates import Day, dates, years
from rag.answering.whole.line import Line
from rag.answering.whole.outline import Sentence
from rag.documents.words import words

MOST = 40
"""Lines of a timeline."""
_SEEN = 20_000
"""Sentences that are looked through."""
_FORMAL = re.compile(r"(?:date|sent|datum|from|to|subject|cc|von|an|betreff|message-id)\s*:", re.IGNORECASE)
_QUOTING = re.compile(r"\b(?:wrote|schrieb|a écrit|escribió)\s*:?$")


@dataclass(frozen=True)
class _Event:
    day: Day
    number: int
    resting: tuple[Sentence, ...]
    text: str


def timeline(documents: Iterable[Sequence[Sentence]], topic: Sequence[str] = (), *, least: int = 0) -> Iterator[Line]:
    """Yield the events of the documents by date; with a `topic`, words, only those near it.

    Where fewer than two are near it, all are given; fewer than `least` are none.
    """
    events: list[_Event] = []
    seen = 0
    for sentences in documents:
        if seen > _SEEN:
            break
        events += _events(sentences[: _SEEN - seen], len(events))
        seen += len(sentences)
    if wanted := set(topic):
        near = [event for event in events if wanted & set(words(_context(event)))]
        events = near if len(near) >= 2 or least else events
    events = _once(sorted(events, key=lambda event: (not event.day.year, event.day, event.number)))
    for event in events[:MOST]:
        yield Line(event.text, event.resting, f"- {event.day.in_words()}: ")
    if len(events) > MOST:
        yield Line(f"There are {len(events) - MOST} later dates; name a year or a part to see them.", before="\n")
    if seen > _SEEN:
        yield Line(f"Only the first {_SEEN:,} sentences were looked through.", before="\n")


def _events(sentences: Sequence[Sentence], number: int) -> Iterator[_Event]:
    year = next((year for sentence in sentences for year in years(sentence.text)), 0)
    for i, sentence in enumerate(sentences):
        if _FORMAL.match(sentence.text) or _QUOTING.search(sentence.said):
            for day in dates(sentence.text, year):
                year = day.year or year
            continue
        resting: tuple[Sentence, ...] = (sentence,)
        text = sentence.said
        if sentence.level or len(words(text)) < 5:  # a date that stands above or before what happened
            following = [each for each in sentences[i + 1 : i + 2] if not each.level]
            resting, text = (
                (sentence, *following),
                ". ".join(each.said.rstrip(".") for each in (sentence, *following)) + ".",
            )
        before: set[Day] = set()
        for day in dates(sentence.text, year):
            year = day.year or year
            if day not in before:
                before.add(day)
                yield _Event(day, number + i, resting, text)


def _once(events: Sequence[_Event]) -> list[_Event]:
    """Leave out a sentence's further dates where it would be said again, and what two documents quote alike."""
    seen: set[tuple[Day, str]] = set()
    found = []
    for event in events:
        key = (event.day, " ".join(words(event.text)))
        if key not in seen:
            seen.add(key)
            found.append(event)
    return found


def _context(event: _Event) -> str:
    first = event.resting[0]
    return " ".join((first.chunk.title, *first.section, event.text))
