"""A question that asks several things → each asked by itself, and one answer of all. No model, no index.

A small model answers one of two questions, or is silent over both because no sentence holds the two. What a part leaves
out stands in the part before, as in a conversation: so each is asked as the next turn of one. It does not know how a
question is answered.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer, Event, History, Retrieved, ShownTable, Timings, Token
from rag.answering.citations import Source, Statement
from rag.documents.dates import MONTHS
from rag.documents.words import words

_MOST = 3
_AND = "|".join(
    rf"(?:{joint})\s+(?=(?:(?:{before})\s+)?(?:{asking})\b)"
    for joint, before, asking in (
        ("and", "at|by|for|from|in|of|on|since|to|under|until|with", "who|what|when|where|why|how|which"),
        ("und", "ab|bis|für|in|mit|seit|unter|von|zu", "wer|wen|wem|was|wann|wo|warum|wie|wieviel|welche[rnms]?"),
        ("et", "à|de|depuis|jusqu'à|pour", "qui|quand|où|combien|quel(?:le)?s?|comment|pourquoi"),
        ("y", "a|con|de|desde|hasta|para", "quién(?:es)?|qué|cuándo|dónde|cuánt[oa]s?|cuál(?:es)?|cómo"),
    )
)
_FRAGMENT = re.compile(
    "(?:at|by|for|from|in|of|on|since|to|under|until|with|ab|bis|für|mit|seit|unter|von|zu|à|de|depuis|a|con|desde) ",
    re.I,
)
_JOINT = re.compile(
    r"(?<!\bwho)(?<!\bhow)(?<!\bwhat)(?<!\bwhen)(?<!\bwhere)(?<!\bwhich)(?<!\bwann)(?<!\bquand)"
    rf"(?:[,;]?\s+(?:{_AND})|\?\s+(?:(?:and|und|et|y)\s+)?(?=[^?]+\?))",
    re.IGNORECASE,
)
"""Where another question begins: behind a question mark, or behind "and" with a word that asks."""
_RELATIVE = re.compile(r"\w[^?]*?\b(?:who|whose|whom|which|that|where)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"(?:\w+\s+)?(?:who|which|where)\b", re.IGNORECASE)
"""A relative clause, and what goes on with it: "the man who lives there and who pays"."""
_LEAST, _LONGEST = 3, 16
"""Words of a question that can stand before another: "How and when …?" is one; a long one has clauses of its own."""
_HARDLY = {"any", "big", "far", "few", "high", "large", "late", "long", "many", "much", "often", "old", "same", "tall"}
"""What "how" asks for: no subject."""


def parts_of(question: str) -> list[str]:
    """Return the questions that `question` is made of, each with a question mark; itself where it is one."""
    joints = list(_JOINT.finditer(question))
    bounds = [0, *(place for joint in joints for place in joint.span()), len(question)]
    pieces = [question[start:end].strip(" ,;") for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
    if not 2 <= len(pieces) <= _MOST or not all(_LEAST <= len(piece.split()) <= _LONGEST for piece in pieces[:-1]):
        return [question]
    if any(_RELATIVE.match(before) and _GOES_ON.match(piece) for before, piece in pairwise(pieces)):
        return [question]
    first, *further = (f"{piece.rstrip(' ?.!')}?" for piece in pieces)
    return [first, *(_going_on(joint.group().strip(" ,;?"), part) for joint, part in zip(joints, further, strict=True))]


def _going_on(joint: str, part: str) -> str:
    """Return `part` behind what joins it, where it may need the part before it to be understood.

    That is where it begins with a preposition or names nothing but a number or a day; in other languages than English
    nothing tells.
    """
    own = [word for word in words(part) if not word[0].isdigit() and word not in MONTHS and word not in _HARDLY]
    if joint.casefold() in ("", "and") and len(own) > 1 and not _FRAGMENT.match(part):
        return part
    return f"{joint or 'and'} {part}"


def tell_parts(
    question: str, parts: Sequence[str], history: History, ask: Callable[[str, History], Iterator[Event]]
) -> Iterator[Event]:
    """Ask each of `parts` as a turn of the conversation; yield what comes of each, then one answer of all.

    What the documents do not say stands at the end. Raises what `ask` raises.
    """
    told: list[Answer] = []
    for part in parts:
        turns = [*history, *(turn for each in told for turn in (("user", each.question), ("assistant", each.answer)))]
        begins = any(not each.abstained for each in told)
        for event in ask(part, turns):
            match event:
                case Answer():
                    told.append(event)
                case Token(text=text) if not text.startswith(REFUSAL):
                    yield Token(f" {text}" if begins else text)
                    begins = False
                case Token():
                    pass  # what is not said is told at the end
                case Retrieved() if told:
                    pass
                case _:
                    yield event
        if told[-1].stopped:
            break
    answer = _joined(question, told)
    said = sum(len(each.answer) + 1 for each in told if not each.abstained) - 1
    if rest := answer.answer[max(0, said) :]:
        yield Token(rest)
    yield answer


def _joined(question: str, told: Sequence[Answer]) -> Answer:
    """Return one answer of those of the parts, its sources numbered anew."""
    answered = [each for each in told if not each.abstained]
    if not answered:
        return replace(told[0], question=question, standalone_question=_joined_questions(told), timings=_sum(told))
    text = ""
    statements: list[Statement] = []
    numbers: dict[tuple[str, int, int], int] = {}
    sources: list[Source] = []
    tables: list[ShownTable] = []
    for each in answered:
        start = len(text) + bool(text)
        text = f"{text} {each.answer}" if text else each.answer
        new = {}
        for source in each.sources:
            place = (source.document, source.start, source.end)
            if place not in numbers:
                numbers[place] = len(numbers) + 1
                sources.append(replace(source, number=numbers[place]))
            new[source.number] = numbers[place]
        statements += [
            replace(
                one, start=one.start + start, end=one.end + start, sources=tuple(sorted(new[n] for n in one.sources))
            )
            for one in each.statements
        ]
        tables += [
            replace(table, rows=tuple((new.get(number, 0), cells) for number, cells in table.rows))
            for table in each.tables
        ]
    for each in told:
        if each.abstained:
            text += f" {REFUSAL.rstrip('.')}: “{each.question}”"
    return replace(
        min(answered, key=lambda each: each.confidence),
        question=question,
        standalone_question=_joined_questions(told),
        answer=text,
        statements=tuple(statements),
        sources=tuple(sources),
        timings=_sum(told),
        stopped=any(each.stopped for each in told),
        looks=sum(each.looks for each in told),
        computation=next((each.computation for each in answered if each.computation), None),
        tables=tuple(tables),
    )


def _joined_questions(told: Sequence[Answer]) -> str:
    return " ".join(each.standalone_question for each in told)


def _sum(told: Sequence[Answer]) -> Timings:
    """Return the times of parts that were answered one behind the other; the first word is the first one's."""
    before, first = 0.0, 0.0
    for each in told:
        if not first and (not each.abstained or each is told[-1]):
            first = before + each.timings.first_token_s
        before += each.timings.total_s
    return Timings(
        retrieval_s=round(sum(each.timings.retrieval_s for each in told), 3),
        first_token_s=round(first, 3),
        total_s=round(before, 3),
        prompt_tokens=sum(each.timings.prompt_tokens for each in told),
        reused_tokens=sum(each.timings.reused_tokens for each in told),
        answer_tokens=sum(each.timings.answer_tokens for each in told),
    )
