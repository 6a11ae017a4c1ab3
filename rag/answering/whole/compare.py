"""Two things → what the documents say of each, found apart and told side by side. It does not know how it is shown."""

import re
from collections.abc import Callable, Iterator, Sequence

from rag.answering.naming import roots
from rag.answering.whole.central import groups
from rag.answering.whole.line import LINE_TOKENS, POINTS_BACK, Line, compressed, supports
from rag.answering.whole.outline import Sentence
from rag.answering.whole.workshop import Workshop

Find = Callable[[str], Sequence[Sentence]]
"""The sentences nearest to a query, best first."""
_SENTENCES = 3
"""Most sentences of one side."""
_SIDE = 0.5  # least share of a side's words in a sentence, its headings and title
_DOCUMENT_LINES = 3
_AMOUNT = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?"
    r"(EUR|USD|GBP|CHF|€|\$|£|euros?|dollars?|pounds?|kg|km|cm|mm|m²|m|g|litres?|hours?|minutes?|days?|weeks?"
    r"|years?|%|°C)(?!\w)"
)


def side_by_side(
    shop: Workshop, sides: tuple[str, str], aspects: str, find: Find, *, difference: bool = False
) -> Iterator[Line]:
    """Yield what is said of each side; nothing where one of them is not found.

    Where the `difference` is wanted, nothing either unless each side has one amount of the same unit.
    """
    found = [_of(shop, side, aspects, find) for side in sides]
    if not all(found):
        return
    if difference:
        yield from _difference(sides, found)
        return
    for side, sentences in zip(sides, found, strict=True):
        if shop.stopped():
            return
        rows = [each for each in sentences if each.is_row]
        for line in [Line(row.said, (row,)) for row in rows[:2]] or [_said_of(shop, side, aspects, sentences)]:
            yield Line(line.text, line.rests_on, f"- {side}: ")


def documents_side_by_side(
    shop: Workshop, documents: Sequence[tuple[str, Sequence[Sentence]]], aspects: str
) -> Iterator[Line]:
    """Yield the central lines of each document in turn, by what is asked about them."""
    for name, sentences in documents:
        for group in groups(shop, sentences, _DOCUMENT_LINES, aspects):
            if shop.stopped():
                return
            line = compressed(shop, group)
            yield Line(line.text, line.rests_on, f"- {name}: ")


def _difference(sides: tuple[str, str], found: Sequence[Sequence[Sentence]]) -> Iterator[Line]:
    """Yield the sentences with the amounts, and the difference."""
    amounts = [{unit: (float(number), each) for each in side for number, unit in _amounts(each.said)} for side in found]
    common = [unit for unit in amounts[0] if unit in amounts[1]]
    if len(common) != 1:
        return
    unit = common[0]
    values = [amount[unit][0] for amount in amounts]
    for side, amount in zip(sides, amounts, strict=True):
        yield Line(amount[unit][1].said, (amount[unit][1],), f"- {side}: ")
    yield Line(f"The difference is {abs(values[0] - values[1]):,.12g} {unit}.", before="")


def _amounts(text: str) -> list[tuple[str, str]]:
    """Return the (number, unit) pairs of a sentence; of one unit only where it stands once."""
    found = [(number.replace(",", ""), unit) for number, unit in _AMOUNT.findall(text)]
    units = [unit for _, unit in found]
    return [(number, unit) for number, unit in found if units.count(unit) == 1]


def _said_of(shop: Workshop, side: str, aspects: str, sentences: Sequence[Sentence]) -> Line:
    """Return what the sentences say of one side: the model's line where they support it, else the best of them."""
    text = "\n".join(each.said for each in sentences)
    said = shop.write("side", LINE_TOKENS, text=text, side=f"{side} ({aspects})" if aspects else side).split("\n")[0]
    if said.strip() and (resting := supports(shop, said.strip(), sentences)):
        return Line(said.strip(), resting)
    best = max(sentences, key=lambda each: len(set(roots(each.said)) & set(roots(f"{side} {aspects}"))))
    return Line(best.said, (best,))


def _of(shop: Workshop, side: str, aspects: str, find: Find) -> list[Sentence]:
    """Return the sentences about one side, in the order of the documents."""
    wanted = set(roots(side))
    found: list[Sentence] = []
    for each in find(f"{side} {aspects}".strip()):
        around = set(roots(" ".join((each.said, *each.section))))
        if len(wanted & around) >= max(1, _SIDE * len(wanted)):
            found.append(each)
            found += [after for after in _leaning(shop, each) if after not in found]
    if any(each.is_row for each in found[:2]):
        return [each for each in found if each.is_row][:1]
    return sorted(found[:_SENTENCES], key=lambda each: (each.chunk.document, each.chunk.start, each.position))


def _leaning(shop: Workshop, sentence: Sentence) -> list[Sentence]:
    """Return the sentence behind this one where it goes on about the same: "It costs …"."""
    there = shop.sentences(sentence.chunk.document)
    behind = there[there.index(sentence) + 1 :][:1]
    return [each for each in behind if POINTS_BACK.match(each.said) and each.section == sentence.section]
