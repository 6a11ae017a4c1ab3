"""The numbers that Word counts itself: of lists, headings, clauses. Knows the two parts of a DOCX that tell them."""

import re
from dataclasses import dataclass
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_MOST_STYLES = 20  # on which one may be based
_LARGEST = 10_000
_PLAIN = re.compile(r"\d+\.|\w\.")


@dataclass(frozen=True)
class Mark:
    """What stands before a paragraph of a list."""

    label: str
    """Empty for a bullet."""
    depth: int


@dataclass(frozen=True)
class _Level:
    kind: str
    text: str
    start: int
    restarts: bool
    legal: bool


class Numbering:
    """Counts the paragraphs of one document: each has to be shown to it once, in order."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        """Take the roots of the numbering part and of the styles; None where there is none."""
        self._abstract = {_value(each, "abstractNumId", own=True): each for each in _all(numbering, "abstractNum")}
        self._lists = {_value(each, "numId", own=True): each for each in _all(numbering, "num")}
        self._styles = {_value(each, "styleId", own=True): each for each in _all(styles, "style")}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()

    def mark(self, paragraph: Any) -> Mark | None:
        """Return what stands before a paragraph, and count it; None when it belongs to no list."""
        list_, depth = self._list_of(paragraph)
        found = self._lists.get(list_)
        if found is None:
            return None
        abstract = self._abstract_of(found)
        level = self._level(found, abstract, depth)
        if level is None:
            return Mark("", depth)
        counts = self._counts.setdefault(abstract, [None] * _LEVELS)
        restart = _start_override(found, depth)
        if restart is not None and (list_, depth) not in self._begun:
            counts[depth] = restart
        else:
            before = counts[depth]
            counts[depth] = level.start if before is None else min(before + 1, _LARGEST)
        self._begun.add((list_, depth))
        for deeper in range(depth + 1, _LEVELS):
            below = self._level(found, abstract, deeper)
            if below is None or below.restarts:
                counts[deeper] = None
        return Mark(self._label(found, abstract, level, counts), depth)

    def _list_of(self, paragraph: Any) -> tuple[str, int]:
        """Return the number of the list that a paragraph belongs to, and its level there."""
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        list_, depth = _value(own, "numId"), _value(own, "ilvl")
        style: str = _value(paragraph.find(f"{_W}pPr"), "pStyle")
        named = style
        for _ in range(_MOST_STYLES):
            if list_ or style not in self._styles:
                break
            properties = self._styles[style].find(f"{_W}pPr/{_W}numPr")
            list_, depth = _value(properties, "numId"), depth or _value(properties, "ilvl")
            style = _value(self._styles[style], "basedOn")
        if list_ in self._lists and not depth:
            depth = self._depth_of_style(list_, named)
        return list_, min(int(depth), _LEVELS - 1) if depth.isdigit() else 0

    def _depth_of_style(self, list_: str, style: str) -> str:
        for level in _all(self._abstract.get(self._abstract_of(self._lists[list_])), "lvl"):
            if style and _value(level, "pStyle") == style:
                return _value(level, "ilvl", own=True)
        return ""

    def _abstract_of(self, list_: Any) -> str:
        abstract = _value(list_, "abstractNumId")
        linked = _value(self._abstract.get(abstract), "numStyleLink")
        for name, each in self._abstract.items():
            if linked and _value(each, "styleLink") == linked:
                return name
        return abstract

    def _level(self, list_: Any, abstract: str, depth: int) -> _Level | None:
        overridden = [lvl for each in _all(list_, "lvlOverride") for lvl in _all(each, "lvl")]
        for level in [*overridden, *_all(self._abstract.get(abstract), "lvl")]:
            if _value(level, "ilvl", own=True) == str(depth):
                start = _value(level, "start")
                return _Level(
                    _value(level, "numFmt") or "decimal",
                    _value(level, "lvlText"),
                    int(start) if start.isdigit() else 1,
                    _value(level, "lvlRestart") != "0",
                    level.find(f"{_W}isLgl") is not None,
                )
        return None

    def _label(self, list_: Any, abstract: str, level: _Level, counts: list[int | None]) -> str:
        if level.kind in {"bullet", "none"}:
            return ""
        text = level.text
        for depth in range(_LEVELS):
            if f"%{depth + 1}" in text:
                other = self._level(list_, abstract, depth)
                number = counts[depth]
                if number is None:
                    number = other.start if other is not None else 1
                kind = "decimal" if level.legal or other is None else other.kind
                text = text.replace(f"%{depth + 1}", _written(number, kind))
        label = " ".join(text.split())
        return label if _PLAIN.fullmatch(label) else label.rstrip(".")  # "1.2." looks like a sentence of its own


def _start_override(list_: Any, depth: int) -> int | None:
    for each in _all(list_, "lvlOverride"):
        start = _value(each, "startOverride")
        if _value(each, "ilvl", own=True) == str(depth) and start.isdigit():
            return int(start)
    return None


def _written(number: int, kind: str) -> str:
    if kind in {"lowerLetter", "upperLetter"}:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else ""
        return letters.upper() if kind == "upperLetter" else letters
    if kind in {"lowerRoman", "upperRoman"}:
        rest, letters = number, ""
        for value, sign in _ROMAN:
            letters += sign * (rest // value)
            rest %= value
        return letters.upper() if kind == "upperRoman" else letters
    return f"{number:02}" if kind == "decimalZero" else str(number)


def _all(parent: Any, name: str) -> list[Any]:
    return parent.findall(f"{_W}{name}") if parent is not None else []


def _value(element: Any, name: str, *, own: bool = False) -> str:
    """Return the value of a child, or an attribute of the element's own; empty where there is none."""
    if element is None:
        return ""
    if own:
        return element.get(f"{_W}{name}", "")  # type: ignore[no-any-return]
    child = element.find(f"{_W}{name}")
    return child.get(f"{_W}val", "") if child is not None else ""
