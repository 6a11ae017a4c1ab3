"""A comparison that is asked for → its two sides, named or not, and what the documents say of each.

"Compare what the two officials said" names none: then they are the two documents that are called so, the two headings,
or the two that the model finds named in the text about it. It does not know how the sides are told.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import PurePosixPath

from rag.answering.naming import is_generic, meant, root, roots, title_of
from rag.answering.requests import Request
from rag.answering.whole.compare import documents_side_by_side, side_by_side
from rag.answering.whole.line import Line, supports
from rag.answering.whole.outline import Sentence, below, content, headings
from rag.answering.whole.place import NEAR, near
from rag.answering.whole.workshop import Workshop
from rag.documents.words import names, words
from rag.index.records import DocumentRecord

_COMPARED = 120
"""Sentences among which those about one side of a comparison are found."""
_READ_WORDS = 350
"""Words that the model reads to find which two are meant."""
_AROUND = 6  # sentences on either side of one that calls them so
_NAMES = 60  # tokens that it may write
_AND = re.compile(r",|;|\band\b|\bund\b|\bet\b")


@dataclass(frozen=True)
class Comparison:
    """Two sides, and what is told of them, cell by cell."""

    sides: tuple[str, str]
    lines: Iterator[Line]
    documents: tuple[str, ...]


def comparison(shop: Workshop, request: Request) -> Comparison | None:
    """Return what is said of two things side by side; None where it is not two things or one is not found."""
    if not all(request.sides):
        return _unnamed(shop, request)
    records = shop.index.documents()
    found = [meant(side, records, shop.scope) for side in request.sides]
    named = all(each.named and not each.topic for each in found) and found[0].documents != found[1].documents
    if named and not request.sure:  # "the difference between Russia and Siberia" is a fact, whatever is called so
        named = all(_is_said(side, records[each.documents[0]]) for side, each in zip(request.sides, found, strict=True))
    if named:
        return _of_documents(shop, (found[0].documents[0], found[1].documents[0]), request.subject)
    if not request.sure:
        return None
    lines = side_by_side(shop, request.sides, request.subject, partial(_nearest, shop), difference=request.difference)
    return _begun(request.sides, lines)


def _is_said(side: str, record: DocumentRecord) -> bool:
    """Tell whether a document's whole name is said, and not a word of it."""
    said = set(roots(side))
    name = PurePosixPath(record.path)
    return name.name.casefold() in side.casefold() or any(
        set(roots(called.replace("_", " ").replace("-", " "))) <= said for called in (record.title, name.stem)
    )


def _of_documents(shop: Workshop, paths: tuple[str, str], aspects: str) -> Comparison:
    records = shop.index.documents()
    pairs = [(title_of(records[path]), shop.sentences(path)) for path in paths]
    return Comparison((pairs[0][0], pairs[1][0]), documents_side_by_side(shop, pairs, aspects), paths)


def _begun(sides: tuple[str, str], lines: Iterator[Line]) -> Comparison | None:
    """Return the comparison if there is anything in it."""
    if (first := next(lines, None)) is None:
        return None
    documents = tuple(dict.fromkeys(each.chunk.document for each in first.rests_on))
    return Comparison(sides, chain((first,), lines), documents)


def _unnamed(shop: Workshop, request: Request) -> Comparison | None:
    """Return the comparison of two that are only said to be two."""
    records = shop.index.documents()
    there = {path: record for path, record in records.items() if shop.scope is None or path in shop.scope}
    found = meant(request.noun, there)
    named = found.named and not found.topic
    paths = (*found.documents, *found.others) if named else tuple(there) if is_generic(request.noun) else ()
    if len(paths) == 2:
        return _of_documents(shop, (paths[0], paths[1]), request.subject)
    if not request.sure or not words(request.noun) or not there:
        return None
    nearby = near(shop, f"{request.noun} {request.subject}") if len(there) > 1 else (tuple(there), ())
    if nearby is None:
        return None
    sentences = shop.sentences(nearby[0][0])
    said = content(sentences)
    wanted = root(words(request.noun)[-1])
    called = [
        each for each in headings(sentences)[1:] if wanted in roots(each.said) and content(below(sentences, each))
    ]
    if len(called) == 2:
        inside = {each.said: below(sentences, each) for each in called}
        sides = (called[0].said, called[1].said)
        return _begun(sides, documents_side_by_side(shop, list(inside.items()), request.subject))
    two = _named_in(shop, request.noun, wanted, said)
    if two is None:
        return None
    about = {side: _about(said, two, number) for number, side in enumerate(two)}

    def find(query: str) -> Sequence[Sentence]:
        return _best(shop, query, next(about[side] for side in two if query.startswith(side)))

    return _begun(two, side_by_side(shop, two, request.subject, find, told=True))


def _named_in(shop: Workshop, noun: str, wanted: str, said: Sequence[Sentence]) -> tuple[str, str] | None:
    """Return the names of the two that a text calls so, by the model, as far as the text supports it."""
    calling = [i for i, each in enumerate(said) if wanted in roots(each.said)]
    near_by = {j for i in calling for j in range(i - _AROUND, i + _AROUND + 1) if 0 <= j < len(said)}
    read: list[Sentence] = []
    size = 0
    for i in sorted(near_by) or range(len(said)):
        size += len(said[i].said.split())
        if size > _READ_WORDS:
            break
        read.append(said[i])
    if not read:
        return None
    text = "\n".join(each.said for each in read)
    first = read[0].chunk
    told = shop.write("sides", _NAMES, first.document, title=first.title, text=text, noun=noun)
    lines = told.splitlines() if "\n" in told else _AND.split(told)
    lines = [line.strip(" -*•0123456789.)\t") for line in lines]
    held = [line for line in dict.fromkeys(lines) if names(f"- {line}") and supports(shop, line, read, whole=False)]
    return (held[0], held[1]) if len(held) >= 2 else None


def _about(said: Sequence[Sentence], sides: tuple[str, str], number: int) -> list[Sentence]:
    """Return the sentences that hold more of what only this side is called by than of the other."""
    own, other = (names(f"- {sides[each]}") for each in (number, 1 - number))
    own, other = own - other, other - own
    found = []
    for each in said:
        there = set(words(each.said))
        if len(own & there) > len(other & there):
            found.append(each)
    return found[:_COMPARED]


def _nearest(shop: Workshop, query: str) -> list[Sentence]:
    """Return the sentences nearest to a query, best first, under their headings."""
    passages = shop.retrieve(query, NEAR)
    found: list[Sentence] = []
    for passage in passages:
        ids = {each.chunk.id for each in found}
        if passage.chunk.id not in ids:
            found += [each for each in shop.sentences(passage.chunk.document) if each.chunk.id == passage.chunk.id]
    return _best(shop, query, content(found)[:_COMPARED])


def _best(shop: Workshop, query: str, said: Sequence[Sentence]) -> list[Sentence]:
    scores = shop.relevance(query, [" ".join((*each.section[-1:], each.said)) for each in said])
    return [said[i] for i in sorted(range(len(said)), key=lambda i: (-scores[i], i))]
