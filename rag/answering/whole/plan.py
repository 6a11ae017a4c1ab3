"""A request and the documents there are → the lines that answer it, or that it is a fact after all.

It decides which documents and which part of them are meant, and which stage goes to work. It does not know events.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath

from rag.answering.answer import History
from rag.answering.citations import cite, sentences_of
from rag.answering.naming import (
    EVERYTHING,
    MATTERS,
    Meant,
    by_file_name,
    is_generic,
    listed,
    meant,
    names_file,
    roots,
    title_of,
)
from rag.answering.requests import ABOUT, COMPARE, EDIT, LIST, SUMMARY, TIMELINE, Request, understand
from rag.answering.whole.about import about, kind_of
from rag.answering.whole.counting import counted, counting, is_stated
from rag.answering.whole.edit import edit, edited
from rag.answering.whole.line import Line, Told
from rag.answering.whole.listing import extracted
from rag.answering.whole.listing import listed as listed_in
from rag.answering.whole.outline import Sentence, content, is_table
from rag.answering.whole.place import cut, focus, near, on_topic, part, spoken_of, with_part
from rag.answering.whole.sides import comparison
from rag.answering.whole.summary import overview, summary
from rag.answering.whole.timeline import timeline
from rag.answering.whole.workshop import Workshop
from rag.index.records import DocumentRecord

_AT_MOST = 3
"""Documents of one name that are all told of; of more, the first."""
_SEARCHED = 50  # documents in which a list is looked for
_SOFT_LEAST = 3  # items that a list must have where the words do not say that one is wanted


@dataclass(frozen=True)
class Plan:
    """What is going to be told."""

    kind: str
    lines: Iterator[Told]
    documents: tuple[str, ...]
    """Paths of what is read for it, best first."""
    columns: tuple[str, ...] = ()
    """How the columns are called where the lines are the cells of a table."""


def plan(shop: Workshop, question: str, history: History) -> Plan | None:
    """Return how `question` is answered from whole documents; None where it asks for a fact."""
    if any(role == "assistant" for role, _ in history) and (wanted := edit(question)):
        before = _last(shop, history, wanted.lines)
        return Plan(EDIT, edited(shop, wanted, before.lines), before.documents)
    request = understand(question)
    if request.kind == COMPARE:
        found = comparison(shop, request)
        return Plan(COMPARE, found.lines, found.documents, found.sides) if found else None
    if request.kind in (SUMMARY, ABOUT, LIST, TIMELINE):
        return _told(shop, request, history)
    return None


def _last(shop: Workshop, history: History, lines: int | None) -> Plan:
    """Return the last answer as lines that rest on sentences."""
    turns = list(history)
    last = max(i for i, (role, _) in enumerate(turns) if role == "assistant")
    asked = next((text for role, text in reversed(turns[:last]) if role == "user"), "")
    if asked and (again := plan(shop, asked, turns[: max(0, last - 1)])):
        return again
    passages = shop.retrieve(asked or turns[last][1], 3)
    statements, sources = cite(asked, turns[last][1], sentences_of(passages), shop.relevance)
    by_place = {
        (passage.chunk.document, span.start): Sentence(passage.chunk, i, passage.chunk.slice(span))
        for passage in passages
        for i, span in enumerate(passage.chunk.sentences)
    }
    resting = {each.number: by_place[each.document, each.start] for each in sources}
    told = [Line(each.text, tuple(resting[number] for number in each.sources), "") for each in statements]
    return Plan(EDIT, iter(told), tuple(dict.fromkeys(each.document for each in sources)))


def _told(shop: Workshop, request: Request, history: History) -> Plan | None:
    """Return the lines of a summary, a description, a list or a timeline."""
    records = {
        path: record for path, record in shop.index.documents().items() if shop.scope is None or path in shop.scope
    }
    if not records:
        return None
    subject = f"{request.noun} {request.subject}".strip() if request.kind == LIST else request.subject
    found = meant(subject if request.kind != LIST else request.subject or subject, records)
    if request.kind == LIST and not found.named:
        found = meant(subject, records) if meant(subject, records).named else found
    reasons = dict(shop.unread)
    if not found.named and (unread := _unread(subject, reasons)):
        return Plan(request.kind, iter([Line(reasons[path], before="") for path in unread]), ())
    if request.documents:
        names = [Line(f"{title_of(record)}, {kind_of(path)}") for path, record in records.items()]
        return Plan(LIST, iter(names), tuple(records))
    if request.kind == LIST:
        return _list(shop, request, found, tuple(records), history)
    if request.kind == ABOUT and not _bears_out(request, found):
        return None
    if EVERYTHING.search(request.subject) or (not found.documents and is_generic(request.subject)):
        if len(records) > 1 and not (spoken := spoken_of(shop, request, history)):
            if request.kind == TIMELINE:
                return Plan(TIMELINE, timeline(shop.each(records)), tuple(records))
            return Plan(request.kind, overview(shop, records), tuple(records))
        found = Meant(spoken if len(records) > 1 else tuple(records))
    if not found.documents and (parts := with_part(shop, tuple(records), request.subject)) is not None:
        if not parts.documents:
            return Plan(request.kind, iter([Line(parts.missing, before="")]), ())
        found = Meant(parts.documents)
    if not found.documents:
        if request.kind == TIMELINE and (dated := _anywhere(shop, tuple(records), found.topic)):
            return dated
        if request.kind == TIMELINE and set(found.topic) <= MATTERS:
            return Plan(TIMELINE, timeline(shop.each(records)), tuple(records))
        if not (nearby := near(shop, request.subject)):
            return None
        found = Meant(*nearby)
    lines = _of_documents(shop, request, found)
    return Plan(request.kind, lines, found.documents)


def _unread(subject: str, reasons: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that a subject means of those that could not be read."""
    if exact := by_file_name(subject, reasons):
        return exact
    found = meant(subject, {path: DocumentRecord(path, PurePosixPath(path).stem, "", 0, 0, 0, 0) for path in reasons})
    return found.documents if found.named and not found.topic else ()


def _anywhere(shop: Workshop, documents: tuple[str, ...], topic: Sequence[str]) -> Plan | None:
    """Return what happened about a topic by all documents; None where it is nowhere dated."""
    lines = timeline(shop.each(documents), topic, least=1)
    first = next(lines, None)
    return Plan(TIMELINE, chain((first,), lines), documents[:1]) if first else None


def _bears_out(request: Request, found: Meant) -> bool:
    """Tell whether the documents bear out that a document is asked about, and not a thing."""
    if names_file(request.subject) and found.documents:
        return True
    return is_generic(request.subject) or (found.named and not found.topic)


def _of_documents(shop: Workshop, request: Request, found: Meant) -> Iterator[Told]:
    """Yield what is told of each document, under its name where there are several in the folder."""
    records = shop.index.documents()
    taken = found.documents[:_AT_MOST]
    if request.kind == TIMELINE:
        dated = timeline(shop.each(found.documents), found.topic)
        named = listed([records[path] for path in found.documents])
        yield next(dated, None) or Line(f"No sentence of {named} names a date.", before="")
        yield from dated
        yield from cut(shop, found.documents)
        return
    for path in taken:
        sentences = shop.sentences(path)
        name = title_of(records[path])
        if not content(sentences):
            yield Line(f"There is no text in {name}.", before="")
            continue
        if request.kind == ABOUT or is_table(sentences):
            yield from about(shop, records[path], sentences)
            continue
        inside, missing = part(sentences, request.subject, found.topic)
        if missing:
            yield Line(f"{name} {missing}", before="")
            continue
        if not found.named and found.topic:
            inside = on_topic(inside, found.topic)
        if len(records) > 1:
            yield Line(f"{name}:", before="")
        lines = request.lines if len(taken) == 1 or request.lines is None else max(1, request.lines // len(taken))
        yield from summary(shop, inside, lines, focus(request, found, inside))
    yield from cut(shop, taken)
    left = [records[path] for path in (*found.documents[_AT_MOST:], *found.others) if path in records]
    if left and len(found.documents) > 1:
        yield Line(f"The name fits {listed(left)}, too.", before="\n")


def _list(shop: Workshop, request: Request, found: Meant, everything: tuple[str, ...], history: History) -> Plan | None:
    """Return a list: the one that a document has in that form, or what is found by going through the text."""
    least = 1 if request.sure else _SOFT_LEAST
    documents = found.documents
    if not documents and is_generic(request.subject):
        documents = spoken_of(shop, request, history)
    if not documents and not request.sure and not request.count:
        return None
    records = shop.index.documents()
    tried = documents or everything
    best: list[Line] = []
    for path in tried[:_SEARCHED]:
        name = roots(f"{path.replace('_', ' ').replace('-', ' ')} {records[path].title}")
        told = listed_in(request.noun, request.subject, shop.sentences(path), name, least=least)
        best = told if len(told) > len(best) else best
    if request.count and any(is_stated(request.noun, shop.sentences(path)) for path in tried[:_SEARCHED]):
        return None
    if best:
        best = list(counted(request.noun, best)) if request.count else best
        return Plan(LIST, iter(best), _read_for(best))
    if request.count and (found.named or is_generic(request.subject)) and not _are_tables(shop, documents):
        going = extracted(shop, request.noun, request.subject, [shop.sentences(path) for path in documents])
        lines = counting(request.noun, going, shop.stopped)
        return Plan(LIST, lines, documents) if lines else None
    if not request.sure:
        return None
    if not documents:
        nearby = near(shop, f"{request.noun} {request.subject}") if len(everything) > 1 else (everything, ())
        if nearby is None:
            return None
        documents = nearby[0]
    if _are_tables(shop, documents):
        return None  # rows under a condition are no text to be gone through
    lines = extracted(shop, request.noun, request.subject, [shop.sentences(path) for path in documents])
    return Plan(LIST, lines, documents)


def _are_tables(shop: Workshop, documents: Sequence[str]) -> bool:
    return all(is_table(shop.sentences(path)) for path in documents)


def _read_for(lines: Sequence[Line]) -> tuple[str, ...]:
    """Return the documents that lines rest on."""
    return tuple(dict.fromkeys(each.rests_on[0].chunk.document for each in lines if each.rests_on))
