"""Cells as people write them → numbers, dates, yes or no, and their units. It does not know tables or questions."""

import re
from typing import Final, Literal

Mark = Literal[".", ","]
"""What stands before the decimals."""

UNITS: Final = re.compile(
    r"[$€£¥%‰]|°[CF]?|(?:EUR|USD|GBP|CHF|CAD|AUD|SEK|NOK|DKK|PLN|CZK|JPY|Euro?s?|mm|cm|dm|km|m[²³23]?|km/h|ha|mg|kg|g|t|lbs?"
    r"|oz|ml|cl|dl|l|L|s|sec|min|h|hrs?|d|W|kW|kWh|MW|MWh|V|A|Hz|kHz|MHz|GHz|rpm|dB|bar|kcal|kJ|MB|GB|TB|pt|px|pcs|kn)\b\.?"
)
_CORE = r"[-+−]?\s?\d[\d.,'’\u00a0\u202f ]*"
_NUMBER = re.compile(rf"\(?(?P<before>[^\W\d]{{3}}|[$€£¥])?\s?(?P<core>{_CORE})\s?(?P<after>\D{{0,12}}?)\)?")
_GROUPED = re.compile(r"\d{1,3}(?:(?:[,]\d{3})+|(?:[.]\d{3})+|(?:['’\u00a0\u202f ]\d{3})+)")
_EMPTY: Final = frozenset(
    {"", "-", "–", "—", "n/a", "n.a.", "na", "none", "null", "k.a.", "?", "…", "...", "/", "tbd", "unknown"}
)
_YES: Final = {
    **dict.fromkeys(("yes", "y", "true", "ja", "oui", "sí", "si", "sim", "x", "✓", "✔", "☑", "wahr"), "yes"),
    **dict.fromkeys(("no", "n", "false", "nein", "non", "não", "✗", "✘", "☐", "falsch"), "no"),
}
_MONTHS = (
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
_MONTH = {name[:4]: i for row in _MONTHS for i, name in enumerate(row.split(), 1)} | {
    name[:3]: i for row in _MONTHS[:3] for i, name in enumerate(row.split(), 1)
}
_ISO_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}:\d{2})(?::\d{2})?.*)?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_WORDED = re.compile(
    r"(?:[^\W\d]+,?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?([^\W\d]{3,10})\.?,?\s+(?:de\s+)?(\d{4})"
)
_WORDED_US = re.compile(r"(?:[^\W\d]+,?\s+)?([^\W\d]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")


DATES: Final = re.compile(
    "|".join(f"(?:{each.pattern})" for each in (_ISO_DAY, _DOTTED, _SLASHED, _WORDED, _WORDED_US))
)
"""A date within a text."""


def is_month(word: str) -> bool:
    """Tell whether a word in small letters is a month's name."""
    return len(word) > 2 and bool(_MONTH.get(word[:4])) and any(word in row.split() for row in _MONTHS)


def is_empty(cell: str) -> bool:
    """Tell whether a cell says that there is nothing."""
    return cell.strip().casefold() in _EMPTY


def yes_or_no(cell: str) -> str | None:
    """Return "yes" or "no"; None for what is neither."""
    return _YES.get(cell.strip().casefold())


def mark_of(cell: str) -> Mark | None:
    """Return what surely stands before the decimals of a number; None where it may be either, or is none."""
    found = _NUMBER.fullmatch(cell.strip())
    if not found:
        return None
    core = found["core"].strip()
    last = max(core.rfind("."), core.rfind(","))
    if last < 0:
        return None
    other = "," if core[last] == "." else "."
    if other in core or len(core) - last - 1 != 3 or core.lstrip("-+− ").startswith("0"):
        return core[last]  # type: ignore[return-value]
    return other if core.count(core[last]) > 1 else None  # type: ignore[return-value]


def number(cell: str, mark: Mark) -> tuple[float, str] | None:
    """Return a number and its unit ("" without one); None for what is no number: no phone numbers, no codes."""
    found = _NUMBER.fullmatch(cell.strip())
    if not found:
        return None
    core, after = found["core"].strip(), found["after"].strip()
    before = found["before"] or ""
    if (before and not UNITS.fullmatch(before)) or (after and not UNITS.fullmatch(after)):
        return None
    sign = -1 if core[0] in "-−" or (cell.strip().startswith("(") and cell.strip().endswith(")")) else 1
    digits = core.lstrip("-+− ")
    whole, _, decimals = digits.rpartition(mark) if mark in digits else (digits, "", "")
    if decimals and not decimals.isdigit():
        return None
    if not whole.isdigit() and not _GROUPED.fullmatch(whole):
        return None
    if len(whole) > 1 and whole[0] == "0":  # a code, such as that of a town
        return None
    plain = re.sub(r"\D", "", whole)
    if len(plain) > 15:
        return None
    return sign * float(f"{plain}.{decimals or 0}"), after or before


def date(cell: str, *, month_first: bool = False) -> str | None:
    """Return a date as YYYY-MM-DD, with a time behind it where one is given; None for what is none."""
    cell = cell.strip()
    if found := _ISO.fullmatch(cell):
        return _iso(found[1], found[2], found[3], found[4] or "")
    if found := _DOTTED.fullmatch(cell):
        return _iso(found[3], found[2], found[1])
    if found := _SLASHED.fullmatch(cell):
        return _iso(found[3], *((found[1], found[2]) if month_first else (found[2], found[1])))
    if found := _WORDED.fullmatch(cell):
        return _iso(found[3], _month(found[2]), found[1])
    if found := _WORDED_US.fullmatch(cell):
        return _iso(found[3], _month(found[1]), found[2])
    return None


def _month(name: str) -> str:
    folded = name.casefold()
    return str(_MONTH.get(folded[:4]) or _MONTH.get(folded[:3]) or 0)


def _iso(year: str, month: str, day: str, time: str = "") -> str | None:
    if len(year) == 2:
        year = ("20" if int(year) < 70 else "19") + year
    if not 1 <= int(month) <= 12 or not 1 <= int(day) <= 31:
        return None
    return f"{year}-{int(month):02}-{int(day):02}" + (f" {time:0>5}" if time else "")
