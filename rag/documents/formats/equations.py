"""Equations of office files (OMML) → one line that can be read: "a² + b² = c²", "(x + 1)/2", "∑_(i=1)^n i".

The libraries for this write LaTeX, which neither people nor small models read as easily. It does not know Word.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_RAISABLE, _LOWERABLE = re.compile(r"[0-9+\-−=()ni]+"), re.compile(r"[0-9+\-−=()]+")
_RELATION = re.compile(r"\s*([=<>≤≥≈≠≡∼≅∝→←↔⇒⇐⇔∈∉⊂⊆∪∩±])\s*")
_BINARY = re.compile(r"(?<=[\w)\]}′⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ₀₁₂₃₄₅₆₇₈₉])\s*([+−×÷·∗∧∨]|-)\s*(?=\S)")
_FACTOR = re.compile(r"\w[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ₀₁₂₃₄₅₆₇₈₉]*|\d+(?:[.,]\d+)?|\([^()]*\)")
_PRODUCT = re.compile(r"[√∛∜]?[\w.⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ₀₁₂₃₄₅₆₇₈₉]+|\([^()]*\)")
_WORD = re.compile(r"[^\W\d]{2,}(?:[_^](?:\w|\([^()]*\)))*")
_ACCENTS = {"^": "\u0302", "~": "\u0303", "¯": "\u0304", "‾": "\u0304", "˙": "\u0307", "¨": "\u0308", "→": "\u20d7",
            "ˇ": "\u030c", "´": "\u0301", "`": "\u0300"}  # fmt: skip
_NO_PART = re.compile(r"(?:rPr|.*Pr)")


def linear(equation: Any) -> str:
    """Return an equation on one line, `equation` being an element `oMath`."""
    return " ".join(_spaced(_row(equation)).split())


def _spaced(text: str) -> str:
    return _BINARY.sub(r" \1 ", _RELATION.sub(r" \1 ", text))


def _dense(text: str) -> str:
    """Return what stands raised or lowered: without spaces about its signs."""
    return _BINARY.sub(r"\1", _RELATION.sub(r"\1", text)).strip()


def _row(parent: Any) -> str:
    """Return the parts of an element behind each other, words apart from what stands beside them."""
    text, word_before = "", False
    for child in parent:
        tag = _tag(child)
        if not tag or tag == "del" or _NO_PART.fullmatch(tag):
            continue
        part = _part(child, tag)
        is_word = _is_upright(child) and _WORD.fullmatch(part.strip()) is not None
        operator = tag == "nary"
        if text and part and text[-1:] != " " and part[:1] != " ":
            after_word = word_before and tag != "d" and (part[0].isalnum() or part[0] in "(√∑∫∏")
            before_word = (is_word or operator) and (text[-1].isalnum() or text[-1] in ")]")
            text += " " if after_word or before_word else ""
        text += part
        if part.strip():
            word_before = is_word
    return text


def _part(element: Any, tag: str) -> str:
    if tag == "t":
        return "".join(map(_plain, element.text or ""))
    made = _PARTS.get(tag)
    return made(element) if made else _row(element)


def _fraction(element: Any) -> str:
    above, below = _child(element, "num"), _child(element, "den")
    if _property(element, "type", "bar") == "noBar":
        return f"{above} choose {below}"
    above = above if _PRODUCT.fullmatch(above) else f"({_spaced(above)})"
    return f"{above}/{below if _FACTOR.fullmatch(below) else f'({_spaced(below)})'}"


def _scripts(element: Any) -> str:
    base = _child(element, "e") or _child(element, "fName")
    if re.search(r"[+\-−=×/ ]", base) and not _FACTOR.fullmatch(base):
        base = f"({_spaced(base)})"
    return base + _lowered(_child(element, "sub")) + _raised(_child(element, "sup"))


def _before(element: Any) -> str:
    return _lowered(_child(element, "sub")) + _raised(_child(element, "sup")) + _child(element, "e")


def _limit(element: Any) -> str:
    limit = _dense(_child(element, "lim"))
    return f"{_child(element, 'e')}{'_' if _tag(element) == 'limLow' else '^'}({limit})"


def _raised(text: str) -> str:
    text = _dense(text)
    return text.translate(_RAISED) if _RAISABLE.fullmatch(text) else _marked("^", text)


def _lowered(text: str) -> str:
    text = _dense(text)
    return text.translate(_LOWERED) if _LOWERABLE.fullmatch(text) else _marked("_", text)


def _marked(mark: str, text: str) -> str:
    if text in {"", "′", "″", "*"}:
        return text
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"


def _root(element: Any) -> str:
    degree, inside = _child(element, "deg"), _child(element, "e")
    sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree, f"{_raised(degree)}√")
    return f"{sign}{inside if _FACTOR.fullmatch(inside) else f'({_spaced(inside)})'}"


def _sum(element: Any) -> str:
    sign = _property(element, "chr", "∫")
    below, above = _marked("_", _dense(_child(element, "sub"))), _marked("^", _dense(_child(element, "sup")))
    return f"{sign}{below}{above} {_child(element, 'e')}"


def _delimited(element: Any) -> str:
    parts = [_spaced(_row(child)) for child in element if _tag(child) == "e"]
    between = _property(element, "sepChr", "|")
    return _property(element, "begChr", "(") + between.join(parts) + _property(element, "endChr", ")")


def _function(element: Any) -> str:
    name, of = _child(element, "fName"), _child(element, "e")
    return f"{name}{of}" if of.startswith("(") else f"{name} {of}"


def _accent(element: Any) -> str:
    return _over(_child(element, "e"), _property(element, "chr", "\u0302"))


def _bar(element: Any) -> str:
    return _over(_child(element, "e"), "\u0332" if _property(element, "pos", "bot") == "bot" else "\u0305")


def _over(text: str, mark: str) -> str:
    mark = _ACCENTS.get(mark, mark)
    if not unicodedata.combining(mark[:1] or " "):
        return text
    return unicodedata.normalize("NFC", "".join(letter + mark for letter in text))


def _matrix(element: Any) -> str:
    rows = [[_spaced(_row(cell)).strip() for cell in row if _tag(cell) == "e"] for row in element if _tag(row) == "mr"]
    text = "; ".join(", ".join(filter(None, row)) for row in rows)
    parent = element.getparent()
    return text if parent is not None and _tag(parent) == "e" and _tag(parent.getparent()) == "d" else f"[{text}]"


def _lines(element: Any) -> str:
    return "; ".join(_spaced(_row(line).replace("&", "")).strip() for line in element if _tag(line) == "e")


_PARTS: dict[str, Callable[[Any], str]] = {
    "f": _fraction, "sSup": _scripts, "sSub": _scripts, "sSubSup": _scripts, "sPre": _before, "rad": _root,
    "nary": _sum, "d": _delimited, "func": _function, "acc": _accent, "bar": _bar, "m": _matrix, "eqArr": _lines,
    "limLow": _limit, "limUpp": _limit,
}  # fmt: skip


def _tag(element: Any) -> str:
    return element.tag.rpartition("}")[2] if element is not None and isinstance(element.tag, str) else ""


def _child(element: Any, name: str) -> str:
    found = element.find(f"{MATH}{name}")
    return _row(found).strip() if found is not None else ""


def _property(element: Any, name: str, default: str) -> str:
    found = element.find(f"{MATH}{_tag(element)}Pr/{MATH}{name}")
    return found.get(f"{MATH}val", "") if found is not None else default


def _is_upright(element: Any) -> bool:
    """Tell names of functions and words from products of variables."""
    tag = _tag(element)
    if tag == "r":
        style = element.find(f"{MATH}rPr/{MATH}sty")
        normal = element.find(f"{MATH}rPr/{MATH}nor") is not None
        return normal or (style is not None and style.get(f"{MATH}val") == "p")
    inner = element.find(f"{MATH}e/{MATH}r") if tag in {"sSub", "sSup", "sSubSup", "limLow", "limUpp"} else None
    return tag == "func" or (inner is not None and _is_upright(inner))


def _plain(letter: str) -> str:
    """Return a letter of mathematics as a letter: those of the usual alphabets only look different."""
    return unicodedata.normalize("NFKC", letter) if "\U0001d400" <= letter <= "\U0001d7ff" else letter
