"""Calendars (ICS) and contacts (VCF) → a record each: "Summary: Dredging; Start: 2025-03-03 10:00.".

Both are lines of `NAME;PARAMETER=…:VALUE` by RFC 6350. The libraries for them read one of the two, refuse what is not
quite right, and make objects of what is only to be told here.
"""

import quopri
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from rag.documents.formats.blocks import Blocks
from rag.documents.formats.parts import Part, RefusedError, Text, in_one_line
from rag.documents.formats.plain import decode

_RECORDS = {"VEVENT": "Event", "VTODO": "Task", "VJOURNAL": "Note", "VCARD": "Contact"}
_NAMES = {
    "SUMMARY": "Summary", "DTSTART": "Start", "DTEND": "End", "DUE": "Due", "DURATION": "Duration", "LOCATION": "Place",
    "ORGANIZER": "Organizer", "ATTENDEE": "Attendees", "STATUS": "Status", "RRULE": "Repeats", "COMPLETED": "Completed",
    "CATEGORIES": "Categories", "URL": "URL", "COMMENT": "Comment", "CONTACT": "Contact",
    "FN": "Name", "NICKNAME": "Nickname", "ORG": "Organization", "TITLE": "Job", "ROLE": "Role", "TEL": "Telephone",
    "EMAIL": "E-mail", "ADR": "Address", "BDAY": "Birthday", "ANNIVERSARY": "Anniversary", "DESCRIPTION": "Description",
    "NOTE": "Note",
}  # fmt: skip
"""What is told, in this order."""
_LISTS = frozenset({"ORG", "ADR"})
_TYPES = frozenset("work home cell fax pager mobile".split())
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?")
_LINE = re.compile(r'([\w.-]+)((?:;(?:"[^"]*"|[^":;])*)*):(.*)', re.DOTALL)
_ESCAPED = re.compile(r"\\([\\;,nN])")


class _Line(NamedTuple):
    name: str
    parameters: str
    value: str


def read(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the records."""
    blocks = Blocks()
    calendar = ""
    record: list[_Line] | None = None
    inside: list[str] = []
    for line in _lines(decode(file.read())):
        kind = line.value.strip().upper()
        if line.name == "BEGIN":
            inside.append(kind)
            if kind in _RECORDS:
                record = []
        elif line.name == "END":
            if kind in _RECORDS and record:
                _tell(blocks, record)
            inside = inside[:-1]
            record = None if kind in _RECORDS else record
        elif record is not None and inside and inside[-1] in _RECORDS:  # not the alarms in an event
            record.append(line)
        elif line.name == "X-WR-CALNAME":
            calendar = in_one_line(line.value)
    text = blocks.text()
    if not text.text:
        raise RefusedError("holds no event, task or contact.")
    yield Text(text.text, calendar)


def _lines(text: str) -> Iterator[_Line]:
    unfolded = re.sub(r"\n[ \t]", "", text)
    soft = re.compile(r"(;ENCODING=QUOTED-PRINTABLE[^\n]*)=\n", re.IGNORECASE)
    while (joined := soft.sub(r"\1", unfolded)) != unfolded:  # version 2.1 folds so
        unfolded = joined
    for line in unfolded.split("\n"):
        if found := _LINE.fullmatch(line):
            name = found[1].rpartition(".")[2].upper()  # "item1.TEL" groups lines
            parameters, value = found[2].upper(), found[3]
            if "QUOTED-PRINTABLE" in parameters:
                value = decode(quopri.decodestring(value.encode()) or b" .")
            yield _Line(name, parameters + _common_name(found[2]), value)


def _common_name(parameters: str) -> str:
    """Return the name of a person as it is written, since the rest of the parameters comes in capitals."""
    found = re.search(r';CN=("[^"]*"|[^;:]*)', parameters, re.IGNORECASE)
    return f"\n{found[1].strip(chr(34))}" if found else ""


def _tell(blocks: Blocks, record: list[_Line]) -> None:
    told: dict[str, list[str]] = {}
    for line in record:
        if line.name in _NAMES and (value := _value(line)):
            told.setdefault(line.name, []).append(value)
    if "FN" not in told and (names := next((line.value for line in record if line.name == "N"), "")):
        parts = [*map(_unescaped, re.split(r"(?<!\\);", names)), "", "", ""]
        told["FN"] = [in_one_line(f"{parts[1]} {parts[2]} {parts[0]}")]
    kept = [name for name in _NAMES if name in told]
    blocks.row(["; ".join(told[name]) if name in _LISTS else ", ".join(told[name]) for name in kept],
               [_NAMES[name] for name in kept])  # fmt: skip


def _value(line: _Line) -> str:
    parameters, _, person = line.parameters.partition("\n")
    if line.name in _LISTS:
        return ", ".join(filter(None, map(_unescaped, re.split(r"(?<!\\);", line.value))))
    value = _unescaped(line.value)
    if line.name in {"ORGANIZER", "ATTENDEE"}:
        address = re.sub(r"(?i)^mailto:", "", value)
        return in_one_line(f"{person} <{address}>" if person and person != address else address)
    if line.name == "RRULE":
        return value.replace(";", ", ").replace("=", " ").lower()
    if (date := _DATE.fullmatch(value)) and line.name not in {"TEL", "NOTE", "SUMMARY"}:
        time = f" {date[4]}:{date[5]}{' UTC' if date[7] else ''}" if date[4] else ""
        return f"{date[1]}-{date[2]}-{date[3]}{time}"
    if line.name in {"TEL", "EMAIL"}:
        types = [kind.lower() for kind in re.split(r"[;,=]", parameters) if kind.lower() in _TYPES]
        return f"{value} ({', '.join(types)})" if types else value
    return value


def _unescaped(value: str) -> str:
    return in_one_line(_ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value))
