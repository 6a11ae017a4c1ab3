"""Documents → what they list: items below a heading, a table's column, parts; else what the model finds in every part.

What has the form of a list is taken as it stands, without the model. Otherwise the whole text is gone through, each
part is read for what is asked, and only what the part's sentences support is kept. It does not know which documents
were meant.
"""

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from rag.answering.naming import root, roots
from rag.answering.whole.about import columns
from rag.answering.whole.dates import dates
from rag.answering.whole.line import Line, supports
from rag.answering.whole.outline import Sentence, below, content, headings
from rag.answering.whole.workshop import Workshop
from rag.documents.words import names, stems, words

_PARTS = 32
"""Parts of a text that the model reads for one list."""
_PART_WORDS = 90
_LISTED = 160  # tokens that it may write for a part
_FEW = 12  # sentences below a heading that are a list though they have not its form
_PARTS_OF_TEXT = frozenset(
    roots("sections parts chapters topics headings themes kapitel themen chapitres secciones temas")
)
_GENERAL = frozenset(roots("all different main various list")) | _PARTS_OF_TEXT
_PEOPLE = frozenset(
    roots(
        "people persons person everyone everybody names participants officials officers individuals personen namen "
        "leute gens personnes noms personas nombres"
    )
)
_EVERYBODY = frozenset(roots("everyone everybody"))
_DATES = frozenset(roots("dates date deadlines appointments events daten termine fristen fechas"))
_AMOUNTS = frozenset(
    roots(
        "amounts prices costs numbers figures sums payments fees beträge preise kosten zahlen montants prix "
        "importes precios"
    )
)


def listed(noun: str, rest: str, sentences: Sequence[Sentence], name: Collection[str], *, least: int = 1) -> list[Line]:
    """Return the items of the list that is called `noun`; none where the document has none of at least `least`.

    `name` are the beginnings of the words by which the document is called, `rest` what else was said.
    """
    wanted = [word for word in roots(noun) if word not in _GENERAL]
    if not sentences or not wanted:
        return _parts(sentences) if set(roots(noun)) & _PARTS_OF_TEXT else []
    head, around = wanted[-1], set(wanted) | set(roots(rest))
    figures = {word for word in words(rest) if word[0].isdigit()}
    best: list[Line] = []
    score = -1.0
    for heading in headings(sentences):
        called = roots(heading.said)
        above = set(name) | {word for title in heading.section for word in roots(title)}
        if head not in called or set(wanted) - set(called) - above or figures - set(words(heading.said)) - set(name):
            continue
        items = _items(below(sentences, heading), least)
        fit = len(around & set(called)) / len(called)
        if len(items) >= least and fit > score:
            best, score = items, fit
    if best or figures - set(name):
        return best
    if head in name and not set(wanted) - set(name):
        parts = _parts(sentences)
        if len(parts) >= max(3, least):
            return parts
    return _column(head, sentences, least)


def _items(inside: Sequence[Sentence], least: int) -> list[Line]:
    """Return what stands below a heading as a list."""
    parts = _parts(inside)
    if len(parts) >= 2:
        return parts
    said = content(inside)
    items = [each for each in said if each.is_item or each.is_row or each.is_short]
    if len(items) < 2:
        items = said if len(said) <= _FEW and (least == 1 or all(len(each.said) < 80 for each in said)) else []
    return [Line(each.said, (each,)) for each in items]


def _parts(inside: Sequence[Sentence]) -> list[Line]:
    """Return the headings of the next level, where there are any."""
    found = headings(inside)
    if found and found[0] is inside[0] and len(found) > 1 and found[0].level < min(each.level for each in found[1:]):
        found = found[1:]  # the document's own title
    shallow = min((each.level for each in found), default=0)
    return [Line(each.said, (each,)) for each in found if each.level == shallow]


def _column(head: str, sentences: Sequence[Sentence], least: int) -> list[Line]:
    """Return the values of the column that is called so, each once, with the row that holds it."""
    found: dict[str, Line] = {}
    for row in content(sentences):
        names_ = columns(row) if row.is_row else []
        if names_ and root(words(names_[0])[0] if words(names_[0]) else "") == head:
            value = row.said.split("; ")[0].partition(": ")[2].strip()
            if value and value not in found:
                found[value] = Line(value, (row,))
    return list(found.values()) if len(found) >= max(2, least) else []


def extracted(shop: Workshop, noun: str, rest: str, documents: Sequence[Sequence[Sentence]]) -> Iterator[Line]:
    """Yield what the model finds of `noun` in every part of the documents, each thing once, as it is found."""
    if set(roots(noun)) <= _EVERYBODY:
        noun = "people"
    wanted = " ".join(part for part in (noun, rest) if part)
    parts = [part for sentences in documents for part in _runs(_candidates(noun, content(sentences)))]
    read = _nearest(shop, wanted, parts)
    seen: list[set[str]] = []
    for part in read:
        if shop.stopped():
            return
        text = "\n".join(each.said for each in part)
        said = shop.write("listing", _LISTED, part[0].chunk.document, title=part[0].chunk.title, text=text, noun=noun)
        for item in said.splitlines():
            item = re.sub(r"^\W*(?:\d{1,3}[.)]\s*)?", "", item).strip()
            if not item or item.casefold().startswith("none") or len(item) > 300:
                continue
            resting = supports(shop, item, part, whole=False)
            key = names(f"- {item}") if set(roots(noun)) & _PEOPLE else stems(item)
            key = key & {word for word in key if not word.isdigit()} or key
            if resting and not any(key <= other or (other and other <= key) for other in seen):
                seen.append(key)
                yield Line(item, resting)
    if seen and len(read) < len(parts):
        yield Line(f"Read were the {len(read)} parts nearest to this, of {len(parts)}.", before="\n")


def _candidates(noun: str, said: Sequence[Sentence]) -> list[Sentence]:
    """Return the sentences that can name what is asked, where their form tells."""
    asked = set(roots(noun))
    if asked & _PEOPLE:
        return [each for each in said if any(not name[0].isdigit() for name in names(f"- {each.said}"))]
    if asked & _DATES:
        return [each for each in said if dates(each.text, 1)]
    if asked & _AMOUNTS:
        return [each for each in said if re.search(r"\d", each.text)]
    return list(said)


def _runs(said: Sequence[Sentence]) -> list[list[Sentence]]:
    """Return the sentences in runs that the model can read at once."""
    runs: list[list[Sentence]] = []
    size = _PART_WORDS
    for each in said:
        more = len(each.said.split())
        if size + more > _PART_WORDS:
            runs.append([])
            size = 0
        runs[-1].append(each)
        size += more
    return runs


def _nearest(shop: Workshop, wanted: str, parts: Sequence[list[Sentence]]) -> list[list[Sentence]]:
    """Return the parts to be read, in their order: all, or those nearest to what is asked."""
    if len(parts) <= _PARTS:
        return list(parts)
    asked = shop.embed([wanted])[0]
    vectors = shop.index.vectors([part[0].chunk.id for part in parts])
    near = [float(vectors[id_] @ asked) if (id_ := part[0].chunk.id) in vectors else -1.0 for part in parts]
    best = np.argsort([-each for each in near], kind="stable")[:_PARTS]
    return [parts[i] for i in sorted(best.tolist())]
