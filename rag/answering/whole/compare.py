"""Two things → what the documents say of each, found apart and told side by side. It does not know how it is shown.

Every line is a cell: its row is what is compared, its column the side. What is compared is what was asked for, the
columns of a table where both sides are rows, or what two documents have sentences about.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from rag.answering.naming import roots
from rag.answering.whole.about import columns
from rag.answering.whole.central import groups
from rag.answering.whole.line import LINE_TOKENS, POINTS_BACK, Line, compressed, supports
from rag.answering.whole.outline import Sentence
from rag.answering.whole.workshop import Workshop

Find = Callable[[str], Sequence[Sentence]]
"""The sentences nearest to a query, best first."""
_SENTENCES = 3
"""Most sentences of one side."""
_SIDE = 0.5  # least share of a side's words in a sentence, its headings and title
_ROWS = 4
"""Rows of a comparison of documents for which nothing else was asked, and most aspects."""
_CENTRAL = 8  # groups of a document among which those about the same are looked for
_AND = re.compile(r"\s*(?:[,;]|\band\b|\bund\b|\bet\b|\by\b|&)\s*", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?"
    r"(EUR|USD|GBP|CHF|€|\$|£|euros?|dollars?|pounds?|kg|km|cm|mm|m²|m|g|litres?|hours?|minutes?|days?|weeks?"
    r"|years?|%|°C)(?!\w)"
)


def side_by_side(
    shop: Workshop, sides: tuple[str, str], aspects: str, find: Find, *, difference: bool = False, told: bool = False
) -> Iterator[Line]:
    """Yield what is said of each side; nothing where one of them is not found.

    `told` says that what is found is about the side, whether it is called so or not. Where the `difference` is
    wanted, nothing either unless each side has one amount of the same unit.
    """

    def of(side: str, aspect: str) -> list[Sentence]:
        query = f"{side} {aspect}".strip()
        return _in_order(find(query)) if told else _of(shop, side, query, find)

    found = [of(side, aspects) for side in sides]
    if not all(found):
        return
    if difference:
        yield from _difference(sides, found)
        return
    if all(side[0].is_row and columns(side[0]) for side in found):
        yield from _rows(sides, aspects, [side[0] for side in found])
        return
    asked = aspects_of(aspects)
    for aspect in asked:
        for number, side in enumerate(sides):
            if shop.stopped():
                return
            sentences = found[number] if len(asked) == 1 else of(side, aspect)
            for line in _told(shop, side, aspect, sentences):
                yield replace(line, before=f"- {side}: ", row=aspect, column=number)


def aspects_of(text: str) -> list[str]:
    """Return what is to be compared, one by one: "cost and length" are two."""
    return ([each.strip() for each in _AND.split(text) if each.strip()] or [""])[:_ROWS]


def documents_side_by_side(
    shop: Workshop, documents: Sequence[tuple[str, Sequence[Sentence]]], aspects: str
) -> Iterator[Line]:
    """Yield what each document says of what is asked, or of what both are about."""
    if aspects:
        rows = [
            (aspect, [groups(shop, sentences, 1, aspect) for _, sentences in documents])
            for aspect in aspects_of(aspects)
        ]
        pairs = [(aspect, [found[0] if found else [] for found in each]) for aspect, each in rows]
    else:
        pairs = _about_the_same(shop, [groups(shop, sentences, _CENTRAL) for _, sentences in documents])
    for row, pair in pairs:
        for number, group in enumerate(pair):
            if shop.stopped():
                return
            if group:
                name = documents[number][0]
                yield replace(compressed(shop, group), before=f"- {name}: ", row=row, column=number)


def _about_the_same(shop: Workshop, found: Sequence[list[list[Sentence]]]) -> list[tuple[str, list[list[Sentence]]]]:
    """Return the groups of two documents in pairs that are about the same, under the heading that they stand under."""
    texts = [[" ".join((*group[0].section[-1:], *(each.said for each in group))) for group in side] for side in found]
    if not all(texts):
        return [("", [side[0] if side else [] for side in found])]
    like = shop.embed(texts[0]) @ shop.embed(texts[1]).T
    pairs: list[tuple[int, int]] = []
    while len(pairs) < min(_ROWS, *like.shape):
        here, there = (int(i) for i in np.unravel_index(like.argmax(), like.shape))
        pairs.append((here, there))
        like[here, :] = like[:, there] = -np.inf
    paired = [[found[0][here], found[1][there]] for here, there in sorted(pairs)]
    return [
        (" – ".join(dict.fromkeys(name for group in pair for name in group[0].section[-1:])), pair) for pair in paired
    ]


def _rows(sides: tuple[str, str], aspects: str, rows: Sequence[Sentence]) -> Iterator[Line]:
    """Yield the cells of two rows of a table under the names of their columns; where it is said which, those."""
    cells = [_cells(row) for row in rows]
    names = list(dict.fromkeys(name for each in cells for name in each))
    wanted = [set(roots(aspect)) for aspect in aspects_of(aspects) if aspect]
    chosen = [name for name in names if any(set(roots(name)) & each for each in wanted)]
    met = all(any(set(roots(name)) & each for name in chosen) for each in wanted)
    for name in chosen if chosen and met else names:
        for number, row in enumerate(rows):
            if value := cells[number].get(name):
                yield Line(value, (row,), f"- {sides[number]}, {name}: ", name, number)


def _cells(row: Sentence) -> dict[str, str]:
    """Return the cells of a row by the names of their columns."""
    pairs = [cell.partition(": ") for cell in row.said.rstrip(".").split("; ")]
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _difference(sides: tuple[str, str], found: Sequence[Sequence[Sentence]]) -> Iterator[Line]:
    """Yield the sentences with the amounts, and the difference."""
    amounts = [{unit: (float(number), each) for each in side for number, unit in _amounts(each.said)} for side in found]
    common = [unit for unit in amounts[0] if unit in amounts[1]]
    if len(common) != 1:
        return
    unit = common[0]
    values = [amount[unit][0] for amount in amounts]
    for number, (side, amount) in enumerate(zip(sides, amounts, strict=True)):
        yield Line(amount[unit][1].said, (amount[unit][1],), f"- {side}: ", column=number)
    yield Line(f"The difference is {abs(values[0] - values[1]):,.12g} {unit}.", before="\n")


def _amounts(text: str) -> list[tuple[str, str]]:
    """Return the (number, unit) pairs of a sentence; of one unit only where it stands once."""
    found = [(number.replace(",", ""), unit) for number, unit in _AMOUNT.findall(text)]
    units = [unit for _, unit in found]
    return [(number, unit) for number, unit in found if units.count(unit) == 1]


def _told(shop: Workshop, side: str, aspect: str, sentences: Sequence[Sentence]) -> list[Line]:
    """Return what the sentences say of one side: a row as it is, the model's line where they support it, the best."""
    if not sentences:
        return []
    if rows := [each for each in sentences if each.is_row]:
        return [Line(rows[0].said, (rows[0],))]
    text = "\n".join(each.said for each in sentences)
    asked = f"{side} ({aspect})" if aspect else side
    said = shop.write("side", LINE_TOKENS, sentences[0].chunk.document, text=text, side=asked).split("\n")[0].strip()
    if said and (resting := supports(shop, said, sentences)):
        return [Line(said, resting)]
    best = max(sentences, key=lambda each: [len(set(roots(each.said)) & set(roots(words))) for words in (aspect, side)])
    return [Line(best.said, (best,))]


def _in_order(found: Sequence[Sentence]) -> list[Sentence]:
    """Return the best sentences in the order of the documents."""
    return sorted(found[:_SENTENCES], key=lambda each: (each.chunk.document, each.chunk.start, each.position))


def _of(shop: Workshop, side: str, query: str, find: Find) -> list[Sentence]:
    """Return the sentences about one side, in the order of the documents."""
    wanted = set(roots(side))
    found: list[Sentence] = []
    for each in find(query):
        around = set(roots(" ".join((each.said, *each.section))))
        if len(wanted & around) >= max(1, _SIDE * len(wanted)):
            found.append(each)
            found += [after for after in _leaning(shop, each) if after not in found]
    if any(each.is_row for each in found[:2]):
        return [each for each in found if each.is_row][:1]
    return _in_order(found)


def _leaning(shop: Workshop, sentence: Sentence) -> list[Sentence]:
    """Return the sentence behind this one where it goes on about the same: "It costs …"."""
    there = shop.sentences(sentence.chunk.document)
    behind = there[there.index(sentence) + 1 :][:1]
    return [each for each in behind if POINTS_BACK.match(each.said) and each.section == sentence.section]
