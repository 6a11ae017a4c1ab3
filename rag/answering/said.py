"""A sentence that was read → what it says, with what it stands under and leans on. It does not know statements."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rag.documents.language import language_of
from rag.documents.words import stems, words

if TYPE_CHECKING:  # who only shows an answer needs no search
    from rag.answering.retriever import Passage

_ROOT = 4  # letters of a name that its forms have in common, at least
_NEAR = 500  # characters between sentences that go on about the same
LEANS = re.compile(
    r"(?:[-*•>\s]*)(?:He|She|It|They|His|Her|Hers|Its|Their|This|That|These|Those|The|But|And|There|Then|Both|After"
    r"|On top|Er|Sie|Es|Dieser?|Diese[ms]?|Das|Il|Elle|Ils|Elles|Ce|Cette|Él|Ella|Ellos|Este|Esta)\b"
)
"""How a sentence begins that the one before it explains: a pronoun, a definite role, a word that goes on."""


@dataclass(frozen=True)
class Said:
    """A sentence with what it stands under, and the sentence before it, which its pronouns may stand for."""

    text: str
    context: str
    before: str
    document: str = ""
    start: int = 0

    def near(self, other: Said) -> bool:
        """Tell whether both stand in one document, a few lines apart."""
        return self.document == other.document and abs(self.start - other.start) <= _NEAR

    @cached_property
    def stems(self) -> set[str]:
        """Of the sentence alone."""
        return stems(self.text)

    def held(self, named: Collection[str]) -> set[str]:
        """Return those of some names and numbers that it says, in whatever form: Iraq in "Iraqi", too."""
        known = self.known
        longer = tuple(word for word in known if len(word) > _ROOT)
        return {
            name
            for name in named
            if name in known
            or (
                len(name) >= _ROOT
                and name.isalpha()
                and any(word.startswith(name[:-1]) or name.startswith(word) for word in longer)
            )
        }

    @cached_property
    def language(self) -> str | None:
        """Its language, where its small words tell."""
        return language_of(self.text)

    @cached_property
    def known(self) -> set[str]:
        """Words that the sentence says or stands for."""
        leaning = self.before if LEANS.match(self.text) else ""
        return set(words(f"{self.text}\n{self.context}\n{leaning}"))


def text_before(passage: Passage, position: int) -> str:
    """Return the sentence before that one in its passage; empty for the first one and behind a heading."""
    chunk = passage.chunk
    before = chunk.slice(chunk.sentences[position - 1]) if position else ""
    return "" if before.startswith("#") else before
