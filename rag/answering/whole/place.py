"""Which documents and which part of them a request means that its words alone do not tell. It does not know stages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag.answering.answer import History
from rag.answering.naming import EVERYTHING, Meant, meant, roots
from rag.answering.requests import Request, understand
from rag.answering.whole.line import Line
from rag.answering.whole.outline import Sentence, below, content, headings
from rag.answering.whole.workshop import Workshop
from rag.documents.words import words

NEAR = 12  # passages found for a topic
_LOOKED_AT = 50  # documents in which a numbered part is looked for
_NAMED = 12  # parts that are named
_OFFERED = 3  # documents whose parts are named where there is none of that number
_SEES = 0.02  # least relevance of the best of them
_NUMBERED = re.compile(
    r"\b(?P<what>chapter|section|article|part|kapitel|abschnitt|artikel|teil|chapitre|partie|capítulo|sección"
    r"|artículo)\s+"
    r"(?P<number>\d+|[ivxl]+)\b",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\b(?:page|seite|página)\s+(\d+)\b", re.IGNORECASE)


def spoken_of(shop: Workshop, request: Request, history: History) -> tuple[str, ...]:
    """Return the document that the conversation is about, where the request points at one."""
    asked = next((text for role, text in reversed(list(history)) if role == "user"), "")
    if not asked or EVERYTHING.search(request.subject):
        return ()
    named = meant(understand(asked).subject or asked, shop.index.documents(), shop.scope)
    if named.named and len(named.documents) == 1:
        return named.documents
    passages = shop.retrieve(asked, 1)
    return (passages[0].chunk.document,) if passages else ()


def near(shop: Workshop, subject: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the document that is about a subject which names none, and the words that it is about."""
    passages = shop.retrieve(subject, NEAR)
    if not passages or max(each.rerank_score or 0.0 for each in passages) < _SEES:
        return None
    best = max(passages, key=lambda each: each.rerank_score or 0.0).chunk.document
    return (best,), tuple(words(subject))


def on_topic(sentences: Sequence[Sentence], topic: Sequence[str]) -> list[Sentence]:
    """Return the sections of a document that hold most of a topic's words; all of it where none holds half of them."""
    wanted = {word for each in topic for word in roots(each)}
    held: dict[tuple[str, ...], set[str]] = {}
    for each in sentences:
        held.setdefault(each.section, set()).update(wanted & set(roots(" ".join((*each.section[-1:], each.said)))))
    most = max((len(found) for found in held.values()), default=0)
    if not most or most < len(wanted) / 2:
        return list(sentences)
    return [each for each in sentences if len(held[each.section]) == most]


def part(sentences: list[Sentence], subject: str, topic: Sequence[str]) -> tuple[list[Sentence], str]:
    """Return the part of a document that is asked for, or in words that there is none."""
    titles = headings(sentences)
    if page := _PAGE.search(subject):
        on = [each for each in sentences if each.chunk.pages and each.chunk.pages[each.position] == int(page[1])]
        most = max((number for each in sentences for number in each.chunk.pages if number), default=0)
        return on, "" if on else f"has no page {page[1]}" + (f"; it has {most}." if most else ", it has no pages.")
    if asked := _NUMBERED.search(subject):
        number = asked["number"].casefold()
        for each in titles:
            if re.match(rf"(?:\w+\s+)?{number}\b", each.said.casefold()):
                return below(sentences, each), ""
        own = len(titles) > 1 and titles[0] is sentences[0] and titles[0].level < titles[1].level
        parts = "; ".join(each.said for each in titles[own:][:_NAMED])
        return [], f"has no {asked['what'].casefold()} {asked['number']}." + (f" It has: {parts}." if parts else "")
    if wanted := {word for each in topic for word in roots(each)}:
        for each in titles:
            if wanted <= set(roots(each.said)) and (inside := below(sentences, each)) and content(inside):
                return inside, ""
    return sentences, ""


@dataclass(frozen=True)
class Parts:
    """The documents that have a numbered part, or in words that there is none."""

    documents: tuple[str, ...]
    missing: str


def with_part(shop: Workshop, paths: Sequence[str], subject: str) -> Parts | None:
    """Return the documents that have the chapter, section or article that is asked for; None where none is asked for.

    They are looked for where the subject names no document.
    """
    if not (asked := _NUMBERED.search(subject)):
        return None
    holding, others = [], []
    for path in paths[:_LOOKED_AT]:
        inside, missing = part(shop.sentences(path), asked[0], ())
        if inside:
            holding.append(path)
        elif asked["what"].casefold() in (there := missing.partition("It has: ")[2]).casefold():
            others.append(f"{PurePosixPath(path).name}: {there}")
    offered = "\n".join(("There is:", *(f"- {each}" for each in others[:_OFFERED]))) if others else ""
    return Parts(tuple(holding), f"No document has a {asked[0].casefold()}. {offered}".strip())


def focus(request: Request, found: Meant, inside: Sequence[Sentence]) -> str:
    """Return what of the document matters most: the subject's words that do not name it, where it holds them."""
    there = {word for each in inside for word in roots(each.text)}
    return request.subject if found.topic and {word for each in found.topic for word in roots(each)} & there else ""


def cut(shop: Workshop, documents: Sequence[str]) -> Iterator[Line]:
    """Say of which documents not everything was read."""
    for path in documents:
        if (every := shop.every(path)) > 1:
            yield Line(f"{path} is so long that one of {every} of its passages was looked at.", before="\n")
