"""Text → the days, months and years that it names. It knows the months of four languages and no calendar arithmetic.

Libraries that find dates in text take "May", "12" and "in 5" for dates, too, which spoils a timeline; so this is a
grammar of what people write out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = (
    "january jan januar jänner janvier janv enero ene", "february feb februar février févr febrero",
    "march mar märz mars marzo", "april apr avril avr abril abr", "may mai mayo", "june jun juni juin junio",
    "july jul juli juillet juil julio", "august aug août agosto ago", "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre", "december dec dezember dez décembre déc diciembre dic",
)  # fmt: skip
_NUMBER = {name: i for i, row in enumerate(_MONTHS, 1) for name in row.split()}
_MONTH = rf"(?P<month>{'|'.join(sorted(_NUMBER, key=len, reverse=True))})\b\.?"
_YEAR = r"(?P<year>(?:1[5-9]|20|21)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"\b(?P<year>(?:1[5-9]|20|21)\d\d)-(?P<monthnumber>[01]\d)-(?P<day>[0-3]\d)\b",
        r"\b(?P<day>[0-3]?\d)\.\s?(?P<monthnumber>[01]?\d)\.\s?(?P<year>(?:(?:1[5-9]|20|21)\d\d|\d\d\b))",
        rf"\b{_DAY}(?:st|nd|rd|th|er|\.)?(?:\s*(?:[-–]|to|until|bis|and|or|and)\s*[0-3]?\d(?:st|nd|rd|th"
        rf"|\.)?)?\s+(?:of\s+|de\s+)?{_MONTH}(?:,?\s+(?:de(?:l)?\s+)?{_YEAR})?",
        rf"\b{_MONTH}\s+{_DAY}(?:st|nd|rd|th)?\b(?!\s*(?:%|EUR|euro|km|:))(?:,?\s+{_YEAR})?",
        rf"\b{_MONTH}\s+(?:de\s+)?{_YEAR}",
        rf"\b(?:in|im|en|since|from|until|by|before|after|of|seit|ab|bis|depuis|desde|von|around|during"
        rf"|mid-?)\s+{_MONTH}(?!\s+\d)",
        r"\b(?:in|im|en|since|from|until|by|before|after|of|seit|ab|bis|depuis|desde|around|during|early|late"
        r"|von|the year|Jahr|année|año|and|to)\s+(?P<year>(?:1[5-9]|20|21)\d\d)\b(?!\s*(?:EUR|euro|km|m\b|kg|%"
        r"|people|members))",
        r"^\W*(?P<year>(?:1[5-9]|20|21)\d\d)\b\s*[:–-]",
    )
)


@dataclass(frozen=True, order=True)
class Day:
    """A date as far as it is known; 0 is not known. Years come before months before days."""

    year: int
    month: int
    day: int

    def in_words(self) -> str:
        """Return it as people write it."""
        month = _MONTHS[self.month - 1].split()[0].capitalize() if self.month else ""
        return " ".join(part for part in (str(self.day or ""), month, str(self.year or "")) if part)


def dates(text: str, year: int = 0) -> list[Day]:
    """Return the dates that `text` names, in order; a date without a year gets `year`."""
    found: list[tuple[int, Day]] = []
    covered: set[int] = set()
    for form in _FORMS:
        for match in form.finditer(text):
            if (day := _day(match.groupdict(), year)) and not covered & set(range(*match.span())):
                covered |= set(range(*match.span()))
                found.append((match.start(), day))
    return [day for _, day in sorted(found)]


def _day(parts: dict[str, str | None], year: int) -> Day | None:
    month = int(parts.get("monthnumber") or 0) or _NUMBER.get((parts.get("month") or "").casefold(), 0)
    day = int(parts.get("day") or 0)
    said = int(parts.get("year") or 0)
    said += 2000 if 0 < said < 70 else 1900 if 70 <= said < 100 else 0
    if month > 12 or day > 31 or (day and not month) or not (month or said):
        return None
    return Day(said or year, month, day)


def years(text: str) -> Iterator[int]:
    """Yield the years that `text` names."""
    for found in re.finditer(r"\b(?:19|20)\d\d\b", text):
        yield int(found.group())
