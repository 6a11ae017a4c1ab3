"""A document's chunks → its sentences under their headings. It does not know what is done with them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.answering.citations import Source, source
from rag.answering.retriever import Passage
from rag.documents.chunks import Chunk

_MARKED = re.compile(r"(#{1,6})\s+(.*)")
_NUMBERED = re.compile(
    r"(?:article|section|chapter|part|appendix|annex|artikel|kapitel|abschnitt|teil|anhang|article|chapitre"
    r"|partie|annexe"
    r"|artículo|capítulo|sección|parte|anexo|§)\s*(?:\d+|[ivxl]+)\b.{0,80}",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?:[-*+•‣◦–]\s+|\(?\d{1,3}[.)]\s+|[a-z]\)\s+)")
_QUOTED = re.compile(r"(?:^|(?<=\n)|(?<=\s))>+(?=\s|>)")  # marks of what a mail quotes
_HEADING_AT_MOST = 100  # characters
_RUNNING = re.compile(r"[a-zß-ÿ]{3,} [a-zß-ÿ]{3,} [a-zß-ÿ]{3,}")  # words as they stand in a sentence
_LINE_AT_MOST = 90  # characters
_PLAIN_LEVEL = 3
"""Level of a heading that only stands by itself; marked ones have as many as they have marks."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a document and where it stands."""

    chunk: Chunk
    position: int
    """In `chunk.sentences`."""
    text: str
    """As in the document."""
    section: tuple[str, ...] = ()
    """Headings above it, outermost first."""
    level: int = 0
    """Of a heading, from 1; 0 for what is none."""

    @property
    def said(self) -> str:
        """The text on one line, without the mark of a heading or of a list's item."""
        text = " ".join(_QUOTED.sub(" ", self.text).split())
        if self.level and (found := _MARKED.fullmatch(text)):
            return found[2].strip()
        return text[found.end() :] if (found := _ITEM.match(text)) and found.end() < len(text) else text

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a list."""
        return bool(_ITEM.match(self.text))

    @property
    def is_short(self) -> bool:
        """Whether it is a line rather than a sentence: short, from a capital or a figure on, without an end."""
        text = self.said
        return len(text) <= _LINE_AT_MOST and text[-1] not in ".!?:" and (text[0].isupper() or text[0].isdigit())

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        cells = self.text.count("; ")
        return self.text.startswith("|") or (
            cells >= 2 and (self.text.count(": ") >= 2 or not _RUNNING.search(self.text))
        )

    def as_source(self, number: int, score: float) -> Source:
        """Return it as a source of an answer."""
        return source(Passage(self.chunk, score, score), self.position, score, number)


def outline(chunks: Iterable[Chunk]) -> list[Sentence]:
    """Return the sentences of one document's chunks, in their order, each under its headings."""
    flat = [(chunk, i) for chunk in chunks for i in range(len(chunk.sentences))]
    texts = [chunk.slice(chunk.sentences[i]) for chunk, i in flat]
    levels = [_level(text, _gap(flat, number), _gap(flat, number + 1)) for number, text in enumerate(texts)]
    found: list[Sentence] = []
    above: list[tuple[int, str]] = []
    for number, (chunk, i) in enumerate(flat):
        text, level = texts[number], levels[number]
        if (
            level == _PLAIN_LEVEL
            and not _MARKED.match(text)
            and level in (levels[number - 1 : number] + levels[number + 1 : number + 2])
        ):
            level = 0  # short lines one below the other are a list, or a table that lost its lines
        if level:
            above = [heading for heading in above if heading[0] < level]
        made = Sentence(chunk, i, text, tuple(heading for _, heading in above), level)
        found.append(made)
        if level:
            above.append((level, made.said))
    return found


def _gap(flat: Sequence[tuple[Chunk, int]], number: int) -> bool:
    """Tell whether a paragraph ends before the sentence `number`; in doubt it does not."""
    if number in (0, len(flat)):
        return True
    (chunk, i), (before, j) = flat[number], flat[number - 1]
    if chunk is not before:
        return chunk.sentences[i].start - before.sentences[j].end >= 2
    return chunk.text[before.sentences[j].end - chunk.start : chunk.sentences[i].start - chunk.start].count("\n") > 1


def _level(text: str, opens: bool, closes: bool) -> int:
    """Return the level of a heading, 0 for a sentence."""
    if len(text) > _HEADING_AT_MOST:
        return 0
    if found := _MARKED.fullmatch(text.strip()):
        return len(found[1])
    if "\n" in text:
        first, *_, last = text.splitlines()
        return (1 if "=" in last else 2) if re.fullmatch(r"\s*(?:={3,}|-{3,})\s*", last) and first.strip() else 0
    if opens and _NUMBERED.fullmatch(text):
        return _PLAIN_LEVEL
    plain = opens and closes and text[0].isalnum() and (text[-1].isalnum() or text[-1] in ")?")
    return _PLAIN_LEVEL if plain and not _ITEM.match(text) and len(text.split()) <= 12 else 0


def content(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Return the sentences that are no headings."""
    return [sentence for sentence in sentences if not sentence.level]


def headings(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Return the headings."""
    return [sentence for sentence in sentences if sentence.level]


def below(sentences: Sequence[Sentence], heading: Sentence) -> list[Sentence]:
    """Return what stands under `heading`, deeper headings included."""
    start = sentences.index(heading) + 1
    found = []
    for sentence in sentences[start:]:
        if sentence.level and sentence.level <= heading.level:
            break
        found.append(sentence)
    return found


def is_table(sentences: Sequence[Sentence]) -> bool:
    """Tell whether a document is rows for the most part."""
    said = content(sentences)
    return bool(said) and sum(sentence.is_row for sentence in said) > 0.6 * len(said)
