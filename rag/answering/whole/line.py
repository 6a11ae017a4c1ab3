"""One line of an answer with the sentences it rests on, and the check that it does. It does not know its makers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.answer import Working
from rag.answering.citations import cite, sentences_of
from rag.answering.retriever import Passage
from rag.answering.whole.outline import Sentence
from rag.answering.whole.workshop import Workshop
from rag.documents.chunks import Chunk
from rag.documents.words import names, stems, words

LINE_TOKENS = 96
"""Most tokens of a line that the model writes."""
_DENIED = re.compile(
    r"\b(?:no|not|never|neither|nor|none|nobody|nothing|without|cannot|nicht|kein\w*|nie|niemals|weder|ohne|ne"
    r"|n['’](?=\w)|pas|sans"
    r"|jamais|aucune?|nunca|jamás|sin|ningun[oa]?|ningún)\b|n['’]t\b",
    re.IGNORECASE,
)
_SHORT = 160  # characters of a single sentence that needs no shortening
_WHOLE = re.compile(r"[.!?。…\"”’»)]$")  # the model came to an end
_HELD = 0.6  # least share of a line's words that stand in its sentences, their heading and title
POINTS_BACK = re.compile(
    r"(?:it|its|he|she|they|this|that|these|those|his|her|their|such|also|but|however|then|there|here|another"
    r"|both|er|sie|es|dies\w*"
    r"|il|elle|ils|elles|ce|cette|él|ella|esto|este|esta)\b",
    re.IGNORECASE,
)
"""How a sentence begins that is no line by itself. Not `said.LEANS`, which asks what the sentence before may add:
"The" is among its beginnings, since a role may be explained there, though the sentence says something without it."""


@dataclass(frozen=True)
class Line:
    """One line of an answer."""

    text: str
    rests_on: tuple[Sentence, ...] = ()
    """Empty where the program itself says it: no statement about the world."""
    before: str = "- "
    """What stands before it and is no part of the statement."""
    row: str = ""
    """Of a cell of a table: how its row is called."""
    column: int = -1
    """Of a cell of a table: the number of its column, from 0; -1 for what is no cell."""


Told = Line | Working
"""What a request is answered with: lines, and meanwhile how far it is."""


def compressed(shop: Workshop, sentences: Sequence[Sentence]) -> Line:
    """Return one line of what `sentences` say: the model's where they support it, else the best sentence itself."""
    first = sentences[0]
    if len(listed := [each for each in sentences if is_listed(each)]) > len(sentences) / 2:
        return joined(listed)
    if len(sentences) == 1 and (len(first.said) <= _SHORT or first.is_row) and not POINTS_BACK.match(first.said):
        return Line(first.said, (first,))
    said = shop.write(
        "shorten",
        LINE_TOKENS,
        first.chunk.document,
        title=first.chunk.title,
        heading=" – ".join(first.section) or first.chunk.title,
        text="\n".join(sentence.said for sentence in sentences),
    )
    line = " ".join(said.split()).removeprefix("- ").strip()
    if _WHOLE.search(line) and (resting := supports(shop, line, sentences)):
        return Line(line, resting)
    best = next((sentence for sentence in sentences if not POINTS_BACK.match(sentence.said)), first)
    return Line(best.said, (best,))


def is_listed(sentence: Sentence) -> bool:
    """Tell whether a sentence is an item, a row or a short line: figures beside words, which a model misreads."""
    return sentence.is_row or sentence.is_short or (sentence.is_item and len(sentence.said) <= _SHORT)


def joined(sentences: Sequence[Sentence]) -> Line:
    """Return items as one line below their heading, word for word."""
    above = sentences[0].section[-1] if sentences[0].section else ""
    heading = f"{above}: " if any(character.isalpha() for character in above) else ""
    text = "; ".join(each.said.rstrip(".;") for each in sentences)
    return Line(text, tuple(sentences), f"- {heading}")


def supports(shop: Workshop, line: str, sentences: Sequence[Sentence], *, whole: bool = True) -> tuple[Sentence, ...]:
    """Return those of `sentences` that support all of `line`; empty where they do not.

    A line that is no `whole` sentence, but something that they name, need not share their "not".
    """
    around = " ".join([sentences[0].chunk.title, *sentences[0].section, *(sentence.text for sentence in sentences)])
    wanted, there = stems(line), stems(around)
    if not wanted or names(line) - set(words(around)) or len(wanted & there) < _HELD * len(wanted):
        return ()
    passages = [as_passage(sentence) for sentence in sentences]
    statements, sources = cite("", line, sentences_of(passages), shop.relevance)
    shown = {(each.document, each.start) for each in sources}
    if not all(statement.supported for statement in statements):
        return ()
    resting = tuple(
        sentence
        for sentence in sentences
        if (sentence.chunk.document, sentence.chunk.sentences[sentence.position].start) in shown
    )
    if whole and bool(_DENIED.search(line)) != any(_DENIED.search(sentence.text) for sentence in resting):
        return ()  # a small model drops a "not" now and then, or makes one up
    return resting


def as_passage(sentence: Sentence) -> Passage:
    """Return a passage that holds this sentence alone."""
    chunk: Chunk = sentence.chunk
    pages = chunk.pages[sentence.position : sentence.position + 1] if chunk.pages else ()
    return Passage(replace(chunk, sentences=(chunk.sentences[sentence.position],), pages=pages), 0.0, 0.0)
