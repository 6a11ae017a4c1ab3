"""The last answer in another form: shorter, as points, in another language. It does not know how that was made."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rag.answering.requests import understand
from rag.answering.whole.line import LINE_TOKENS, Line, Told, supports
from rag.answering.whole.workshop import Workshop

_SHORT = re.compile(
    r"(?:(?:make|say|put|keep|write) (?:it|this|that|the answer) )?(?:a (?:bit|little) |much "
    r"|even )?(?:shorter|more concise|briefer"
    r"|shorten (?:it|this|that)|too long|more briefly|kürzer(?: bitte)?|fasse dich kürzer|plus court|plus bref"
    r"|más corto|más breve)"
)
_POINTS = re.compile(
    r"(?:(?:make|say|put|show|give|write|format) (?:me )?(?:it|this|that|the answer|them)? ?)?(?:again )?(?:as"
    r"|in|into|with|als|en|con)? ?(?:a )?"
    r"(?:bullet ?points?|bullets|bulleted list|points|list|stichpunkten?|stichpunkte|liste|puces|viñetas)"
)
_LANGUAGES = {
    "German": "german|deutsch|deutsche|allemand|alemán", "English": "english|englisch|englische|anglais|inglés",
    "French": "french|französisch|französische|français|francés", "Spanish": "spanish|spanisch|spanische"
    "|espagnol|español",
    "Italian": "italian|italienisch|italien|italiano", "Portuguese": "portuguese|portugiesisch|portugais|portugués",
    "Dutch": "dutch|niederländisch|holländisch", "Polish": "polish|polnisch", "Turkish": "turkish|türkisch",
}  # fmt: skip
_LANGUAGE = re.compile(
    r"(?:(?:and |now |again |please |can you |could you |the same |say |write |give |translate |put |me |it "
    r"|this |that |the answer |bitte |nun |jetzt |das |et |y |lo |dilo |dis-le )*)"
    r"(?:in|into|to|auf|ins|en|al|to)\s+(?P<language>[a-zà-ÿ]+)(?: please| bitte)?"
)
_WANTED = re.compile(
    r"(?:in|as|auf|en) (?:just |only )?(?:one|a single|two|three|four|five|\d|einem|zwei|drei|une|deux|una"
    r"|dos).{1,30}"
)


@dataclass(frozen=True)
class Edit:
    """Another form that is wanted of the last answer."""

    form: str
    """"shorter", "points" or "language"."""
    language: str = ""
    lines: int | None = None


def edit(question: str) -> Edit | None:
    """Return what `question`, in a conversation, wants made of the last answer; None where it is something else."""
    low = re.sub(r"^(?:now|please|ok|and|can you|could you|bitte|again)[ ,]+", "", question.casefold().strip(" .!?"))
    low = re.sub(r"[ ,]*(?:please|bitte)$", "", low)
    if _SHORT.fullmatch(low):
        return Edit("shorter")
    if _POINTS.fullmatch(low):
        return Edit("points")
    if found := _LANGUAGE.fullmatch(low):
        for name, words in _LANGUAGES.items():
            if found["language"] in words.split("|"):
                return Edit("language", name)
    if _WANTED.fullmatch(low) and (lines := understand(f"summarize {low}").lines):
        return Edit("shorter", lines=lines)
    return None


def edited(shop: Workshop, wanted: Edit, before: Iterable[Told]) -> Iterator[Line]:
    """Yield the lines of the last answer in the form that is wanted; each rests on what it rested on before.

    The cells of a table become lines.
    """
    lines = (replace(line, column=-1) for line in before if isinstance(line, Line))
    if wanted.form == "language":
        for line in lines:
            if shop.stopped():
                return
            yield _translated(shop, line, wanted.language)
        yield Line("A small model translated this; the sources are the documents' own words.", before="\n")
    elif wanted.form == "points":
        yield from (replace(line, before="- ") for line in lines)
    else:
        yield from _shorter(shop, [line for line in lines if line.rests_on], wanted.lines)


def _translated(shop: Workshop, line: Line, language: str) -> Line:
    """Return the line in another language; as it was where a number or everything got lost."""
    said = (
        shop.write("translate", 3 * LINE_TOKENS, _document(line), language=language, text=line.text)
        .split("\n")[0]
        .strip()
    )
    return replace(line, text=said) if said and _figures(line.text) == _figures(said) else line


def _document(line: Line) -> str:
    return line.rests_on[0].chunk.document if line.rests_on else ""


def _figures(text: str) -> list[str]:
    """Return the figures of a text, however a language writes thousands and fractions, in their order."""
    return sorted(re.sub(r"\D", "", found) for found in re.findall(r"\d(?:[\d.,\u00a0\u202f]*\d)?", text))


def _shorter(shop: Workshop, lines: list[Line], most: int | None) -> Iterator[Line]:
    """Yield about half of the lines, or the only one in fewer words."""
    most = most or max(1, len(lines) // 2)
    if len(lines) > most:
        step = len(lines) / most
        yield from (lines[int(i * step)] for i in range(most))
        return
    for line in lines:
        said = shop.write("shorter", LINE_TOKENS, _document(line), text=line.text).split("\n")[0].strip()
        resting = supports(shop, said, line.rests_on) if said and len(said) < len(line.text) else ()
        yield replace(line, text=said, rests_on=resting) if resting else line
