"""Text → sentence spans. It does not know documents.

The sentence splitter is sentencex (Wikimedia), made for the running text of many languages. What it does not know is
layout: headings, list items, table rows and lines that stand by themselves are sentences of their own, and lines
wrapped by hand are not. Where it cuts behind an initial or an abbreviation, `_goes_on` joins again.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_BULLET = re.compile(r"\s{0,8}(?:[-*+•‣◦]\s|[a-zA-Z]\)\s|#{1,6}\s|\||```|~~~)")
_NUMBER = re.compile(r"\s{0,8}\d{1,3}[.)]\s")
_QUOTE = re.compile(r"\s{0,3}>")
_CLOSED = re.compile(r"\s{0,3}(?:#{1,6}\s|```|~~~|(?:[=*_~+]{3,}|-+)\s*$)")  # nothing goes on behind such a line
_RECORD = re.compile(r"\[|\d")  # how the lines of a log or a table of figures begin
_WIDE = re.compile(r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]")  # two columns in print
_WRAPPED_AT_MOST = 160  # columns; wider lines were not wrapped by hand, each is a paragraph
_FULL = 0.7  # of the widest line: where a narrower one ends though the next word would fit, it was meant to end

_CUTTING = re.compile(r"[^\w\s,\-–—*+()\"'‘’“”/#|>:&%]")  # without any such character there is nothing to cut
_INITIALS = re.compile(r"(?<![^\W\d_])(?:[^\W\d_a-z]\.\s?)+$")
_SHORT_WORD = re.compile(r"(?<!\w)(?:[^\W\d_]{1,4}|\d{1,3})\.$")
_SHORT_ENGLISH = re.compile(
    r"(?<![^\W_])(?:incl|excl|etc|est|dept|univ|[Ii]nc|Ltd|[Cc]orp|Co|eds?|km|kg|ft|lbs?|[ap]\.m|[IVX]+|\d{1,3})\.$"
)
_ABBREVIATION = re.compile(
    r"(?<![^\W\d_])(?:St|Mt|Ft|Dr|Mr|Mrs|Ms|Prof|Gen|Col|Lt|Sgt|Capt|Rev|Hon|Sen|Rep|Gov|Dl|TP"
    r"|No|Nos|Vol|pp?|Fig|Eq|Art|Sec|ca|cf|Cf|vs|approx|e\.g|i\.e|al|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
    r"|EE|nr|Nr|str|pag|pág|art|cap|fig|sec|vol|डॉ|श्री)\.$"
)
_SURE_START = frozenset(
    "The A An In On At It He She They We I This That These Those But And However After Before When While If As For His "
    "Her Its Their There Then Since During By From With To You Your My Our What Why How Who".split()
)
_LONGEST_END = 40  # characters looked at on both sides of a cut
_HEADING = re.compile(r"\s{0,3}#{1,6}\s[^\n]*\s*\Z")
_MARKER = re.compile(r"\s*\(\w{1,3}\)\s+")  # "(2) Members …": the splitter takes what follows for one sentence

_BY_SCRIPT = ((re.compile(r"[а-яё]", re.IGNORECASE), "ru"), (re.compile(r"[α-ωάέήίόύώ]", re.IGNORECASE), "el"))
_FUNCTION_WORDS = {
    "en": "the of and to is was that with for are",
    "de": "der die das und ist nicht mit den von ein",
    "es": "el los las y que del por una con está",
    "fr": "le les des et est une dans pour que qui",
    "it": "il gli di che è della per una sono nel",
    "pt": "o os as e que do da em não uma",
    "ro": "și în la cu pe nu este din pentru că",
    "tr": "ve bir bu da için ile de çok olarak gibi",
}
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 20_000  # characters by which the language is told


class Span(NamedTuple):
    """A half-open range of character offsets: `text[start:end]`."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """Return the sentences of `text` as ascending, disjoint spans without surrounding white space.

    Together they cover every character of `text` that is not white space. A sentence is as long as it is: nothing is
    cut for its length. The time is linear in the text.
    """
    language = _language(text[:_SAMPLE])
    return [span for unit in _units(text) for span in _sentences(text, unit, language)]


def _language(sample: str) -> str:
    """Return the language whose abbreviations fit best; "en" where that makes no difference or nothing tells."""
    letters = sum(character.isalpha() for character in sample)
    for script, language in _BY_SCRIPT:
        if 2 * len(script.findall(sample)) > letters:
            return language
    words = Counter(_WORD.findall(sample.lower()))
    scores = {name: sum(words[word] for word in known.split()) for name, known in _FUNCTION_WORDS.items()}
    return max(scores, key=scores.__getitem__)  # the first, English, when all are equal


def _units(text: str) -> Iterator[Span]:
    """Yield the runs of lines that are running text together: a paragraph, a list item, a heading, a table row."""
    block: list[str] = []
    position = start = 0
    for line in text.splitlines(keepends=True):
        if line.isspace():
            if block:
                yield from _units_of_block(block, start)
                block = []
        else:
            if not block:
                start = position
            block.append(line)
        position += len(line)
    if block:
        yield from _units_of_block(block, start)


def _units_of_block(lines: Sequence[str], start: int) -> Iterator[Span]:
    widths = [len(line.rstrip()) + len(_WIDE.findall(line)) for line in lines]
    widest = max(widths)
    records = len(lines) > 1 and all(map(_RECORD.match, lines))
    begin = position = start
    for i, line in enumerate(lines):
        if i and (records or _begins_anew(lines[i - 1], line, widths[i - 1], widest)):
            yield Span(begin, position)
            begin = position
        position += len(line)
    yield Span(begin, position)


def _begins_anew(before: str, line: str, width: int, widest: int) -> bool:
    """Tell whether `line` is no continuation of the line before it, which is `width` of `widest` columns wide."""
    if _BULLET.match(line) or _CLOSED.match(before):
        return True
    if _CLOSED.match(line):  # an underline belongs to its heading
        return False
    if _QUOTE.match(line):
        return not _QUOTE.match(before)
    ended = before.rstrip()
    first = line.lstrip()
    room = width + 1 + len(first[:_LONGEST_END].split(maxsplit=1)[0]) <= _FULL * widest
    if _NUMBER.match(line):
        return room or bool(_NUMBER.match(before)) or ended[-1] in ".:;!?。！？"
    if first[0].islower() or ended[-1] in ",-–—(/&" or _is_open(ended[-_LONGEST_END:]):
        return False
    return room or widest > _WRAPPED_AT_MOST


def _ends(piece: str, language: str) -> Iterator[int]:
    """Yield where sentences end by the splitter, which is asked again about what stands behind a marker."""
    from sentencex import get_sentence_boundaries

    begin = 0
    for boundary in get_sentence_boundaries(language, piece):
        end = boundary["end_index"]
        if marker := _MARKER.match(piece, begin, end):
            yield from (marker.end() + inner for inner in _ends(piece[marker.end() : end], language))
        else:
            yield end
        begin = end


def _sentences(text: str, unit: Span, language: str) -> Iterator[Span]:
    piece = text[unit.start : unit.end]
    ends = [len(piece)]
    if _CUTTING.search(piece) and not _HEADING.match(piece):
        ends = list(_ends(piece, language)) or ends
        ends[-1] = len(piece)
    short = _SHORT_ENGLISH if language == "en" else _SHORT_WORD
    begin = 0
    for end in ends:
        head = piece[max(begin, end - _LONGEST_END) : end].rstrip()
        tail = piece[end : end + _LONGEST_END].split(maxsplit=1)
        cased = not piece[begin : begin + _LONGEST_END].lstrip()[:1].islower()
        number_of_list = end - begin < 8 and head.lstrip().rstrip(".)").isdigit()
        if tail and (number_of_list or _goes_on(head, tail[0], short if cased else None)):
            continue
        if stripped := piece[begin:end].strip():
            start = unit.start + begin + len(piece[begin:end]) - len(piece[begin:end].lstrip())
            yield Span(start, start + len(stripped))
        begin = end


def _goes_on(head: str, next_word: str, short: re.Pattern[str] | None) -> bool:
    """Tell whether the sentence goes on although the splitter cut behind `head`.

    Behind what `short` finds it does if the next word is in small letters; None in text that has no capitals.
    """
    word = next_word.strip("\"'“”‘’(),.;")
    if short and word[:1].islower() and short.search(head):  # "90 km. and", "в 1990 г. и", "3. sınıf"
        return True
    if head[-1:] in "」』" and next_word[0] in "とっ":  # 「はい。」と言った
        return True
    return word not in _SURE_START and _is_open(head)


def _is_open(text: str) -> bool:
    return bool(_INITIALS.search(text) or _ABBREVIATION.search(text))
