"""Text → the latest day that it names, for telling old from new. It does not know what is compared."""

import re

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio",
            "feb february februar février febrero febbraio",
            "mar march märz mars marzo",
            "apr april avril abril aprile",
            "may mai mayo maggio",
            "jun june juni juin junio giugno",
            "jul july juli juillet julio luglio",
            "aug august août agosto",
            "sep sept september septembre septiembre settembre",
            "oct october okt oktober octobre octubre ottobre",
            "nov november novembre noviembre",
            "dec december dez dezember décembre diciembre dicembre",
        ),
        1,
    )
    for name in names.split()
}
"""Names of the months in several languages, in small letters, with their numbers."""
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_POINTS = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})\b")
_WORDS = re.compile(
    r"\b(?:(\d{1,2})\.?(?:st|nd|rd|th)? (?:of )?)?([^\W\d_]{3,10})\.?(?: (\d{1,2})(?:st|nd|rd|th)?,)? (\d{4})\b"
)
_YEAR = re.compile(r"\b((?:19|20)\d{2})\b")
Day = tuple[int, int, int]


def latest_day(text: str) -> Day | None:
    """Return the latest (year, month, day) that `text` names, 0 for a month or a day that it leaves out."""
    days: list[Day] = [(int(year), int(month), int(day)) for year, month, day in _ISO.findall(text)]
    for day, month, year in _POINTS.findall(text):
        days.append((int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)))
    for before, name, behind, year in _WORDS.findall(text):
        if month := MONTHS.get(name.casefold()):
            days.append((int(year), month, int(before or behind or 0)))
    days += [(int(year), 0, 0) for year in _YEAR.findall(text)]
    return max(days, default=None)
