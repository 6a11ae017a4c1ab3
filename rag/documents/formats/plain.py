"""Bytes → text in whatever encoding, and the title that a text names. Only the library that guesses parses here."""

import re
import unicodedata
from typing import Final

from rag.documents.formats.parts import RefusedError

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WIDE_SAMPLE = 65_536  # bytes
_CONTROLS = frozenset("\t\n\r\f\v")
_COMMON = frozenset(" \t\n\r,.\u3000\u3001\u3002\uff0c\uff0e")
_LEAST_COMMON = 0.02  # of the characters; text has five times that
_SAMPLE = 1_000_000  # bytes by which an encoding is told
_FEW = 3  # bytes beyond ASCII that are too few to tell an encoding by
LONGEST_TITLE: Final = 80
"""Characters."""
_BEGINNING = 20_000  # characters among which a title is looked for
_TITLE_LINES = 20  # lines of text among which a heading is looked for
_HEADING = re.compile(r"#{1,6}\s+(.*?)(?:\s+#+)?")
_FRONT_MATTER = re.compile(r"---\n(.*?)\n(?:---|\.\.\.)(?:\n|$)", re.DOTALL)
_FRONT_MATTER_TITLE = re.compile(r"^title:\s*[\"']?(.*?)[\"']?\s*$", re.MULTILINE)


def decode(data: bytes) -> str:
    """Return the text of `data`: by its byte-order mark, as UTF-8, else in the encoding that fits best.

    Every line end is a newline. Bytes that the encoding does not know become U+FFFD. Raises RefusedError for no text.
    """
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise RefusedError("is empty.")
    return text


def _decode(data: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data:
        if wide := wide_encoding(data):
            return data.decode(wide, "replace")
        raise RefusedError("is not text but binary data. If it is text, save it as UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        first_odd = error.start
    damaged = data.decode("utf-8", "replace")
    beyond_ascii = sum(1 for character in damaged if character > "\x7f")
    if beyond_ascii > 10 * damaged.count("\ufffd"):  # other encodings seldom look like UTF-8, so this one is damaged
        return damaged
    return _decode_by_guess(data, first_odd)


def wide_encoding(data: bytes) -> str | None:
    """Return the encoding of text in UTF-16 or UTF-32 without a byte-order mark; None for anything else.

    Bytes in the wrong order make rare characters of all sorts, so the right order has spaces and line ends.
    """
    if b"\0" not in data[:_WIDE_SAMPLE]:
        return None
    shares = {encoding: _share_of_common(data[:_WIDE_SAMPLE], encoding) for encoding in _WIDE}
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] >= _LEAST_COMMON else None


def _share_of_common(data: bytes, encoding: str) -> float:
    """Return which share of the characters is common in text; 0 where the bytes are no text in this encoding."""
    width = 4 if "32" in encoding else 2
    try:
        text = data[: len(data) // width * width].decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(data) - 2 * width:  # not only the sample's end in the middle of a character
            return 0
        text = data[: error.start].decode(encoding)
    if not text or any(unicodedata.category(character) in {"Cc", "Cn", "Co"} for character in set(text) - _CONTROLS):
        return 0
    return sum(character in _COMMON for character in text) / len(text)


def _decode_by_guess(data: bytes, first_odd: int) -> str:
    from charset_normalizer import from_bytes

    start = max(data.rfind(b"\n", 0, first_odd) + 1, first_odd - 1000)
    sample = data[start : start + _SAMPLE]
    if start + _SAMPLE < len(data):  # not in the middle of a character, if there is a line end or a space at all
        sample = sample[: max(sample.rfind(b"\n"), sample.rfind(b" ")) + 1] or sample
    candidates = [match.encoding for match in from_bytes(sample)]
    if candidates and len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100)))) <= _FEW:
        candidates.insert(0, "cp1252")
    if not candidates:
        raise RefusedError("is text in no encoding that is known, or binary data. Save it as UTF-8.")
    for encoding in candidates:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(candidates[0], "replace")


def title(text: str, stem: str) -> str:
    """Return the first Markdown heading near the start, or else the first line, or else the file's name.

    A first line that runs on is text, not a title: passages carry the title, and it would speak for each of them.
    """
    beginning = text[:_BEGINNING]
    if matter := _FRONT_MATTER.match(beginning):
        if (named := _FRONT_MATTER_TITLE.search(matter[1])) and named[1]:
            return shortened(named[1])
        beginning = beginning[matter.end() :]
    found: list[str] = []
    fenced = False
    for line in map(str.strip, beginning.splitlines()):
        fenced ^= line.startswith(("```", "~~~"))
        if fenced or not any(map(str.isalnum, line)):
            continue
        if (heading := _HEADING.fullmatch(line)) and heading[1]:
            return shortened(heading[1])
        found.append(line)
        if len(found) == _TITLE_LINES:
            break
    return shortened(found[0] if found and len(found[0]) <= LONGEST_TITLE else stem)


def shortened(title: str) -> str:
    """Return a title on one line without control characters, cut at a word where it is long; it goes into prompts."""
    title = " ".join("".join(letter if letter.isprintable() else " " for letter in title).split()) or "Untitled"
    if len(title) <= LONGEST_TITLE:
        return title
    words = title[: LONGEST_TITLE + 1].rsplit(" ", 1)[0]
    kept = words if LONGEST_TITLE // 2 <= len(words) <= LONGEST_TITLE else title[:LONGEST_TITLE]
    return kept.rstrip(" ,;:–-") + "…"
