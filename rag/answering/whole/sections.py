"""A long document → parts of about the same length, cut at its headings. It does not know what is done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from rag.answering.whole.outline import Sentence, content, headings

LONG = 2_500
"""Words from which on a text is gone through part by part: more than a context of 4,096 tokens holds."""
_PARTS = 7
"""Parts of a text that has no chapters of its own, where nothing else is wanted."""
_CHAPTERS = 12
"""Most chapters that are taken one by one."""
_TITLE = 60  # characters


@dataclass(frozen=True)
class Section:
    """A part of a document under a name."""

    title: str
    sentences: tuple[Sentence, ...]


def is_long(sentences: Sequence[Sentence]) -> bool:
    """Tell whether a text is too long to be read at once."""
    return _size(sentences) > LONG


def sections(sentences: Sequence[Sentence], wanted: int | None) -> list[Section]:
    """Return the chapters of a text, or `wanted` parts of about the same length."""
    cuts = _chapters(sentences)
    if not 3 <= len(cuts) <= _CHAPTERS or (wanted is not None and len(cuts) != wanted) or _uneven(sentences, cuts):
        cuts = _cuts(sentences, wanted or _PARTS)
    runs = [sentences[start:end] for start, end in pairwise([*cuts, len(sentences)])]
    told = [run for run in runs if content(run)]
    return [Section(_title(run, number, len(told)), tuple(run)) for number, run in enumerate(told, 1)]


def _size(sentences: Sequence[Sentence]) -> int:
    return sum(len(each.text.split()) for each in sentences)


def _chapters(sentences: Sequence[Sentence]) -> list[int]:
    """Return where each chapter starts: at the headings of the highest level, the document's own title aside."""
    found = headings(sentences)
    if len(found) > 1 and found[0] is sentences[0] and found[0].level < min(each.level for each in found[1:]):
        found = found[1:]
    shallow = min((each.level for each in found), default=0)
    starts = [i for i, each in enumerate(sentences) if each.level == shallow and shallow]
    return [0, *starts[1:]] if starts and not content(sentences[: starts[0]])[3:] else [0, *starts]


def _uneven(sentences: Sequence[Sentence], cuts: Sequence[int]) -> bool:
    """Tell whether one chapter is most of the text."""
    sizes = [_size(sentences[start:end]) for start, end in pairwise([*cuts, len(sentences)])]
    return max(sizes) > 0.6 * sum(sizes)


def _cuts(sentences: Sequence[Sentence], parts: int) -> list[int]:
    """Return where each of so many parts starts, at a heading where one is near."""
    ends: list[int] = []
    total = 0
    for each in sentences:
        total += len(each.text.split())
        ends.append(total)
    part = total / parts
    cuts = [0]
    for number in range(1, parts):
        aim = number * part
        best = min(
            range(cuts[-1] + 1, len(sentences)),
            key=lambda i: abs(ends[i - 1] - aim) + (0.0 if sentences[i].level else 0.4 * part),
            default=None,
        )
        if best is not None:
            cuts.append(best)
    return cuts


def _title(run: Sequence[Sentence], number: int, of: int) -> str:
    """Return how a part is called: by the heading that it starts with, by its pages, or by its number."""
    opening = list(takewhile(lambda each: each.level, run))
    if number == 1 and len(opening) > 1 and opening[0].level < opening[1].level:
        opening = opening[1:]  # the document's own title
    heading = opening[0].said if opening else ""
    if heading and len(heading) > _TITLE:
        heading = f"{heading[:_TITLE].rsplit(' ', 1)[0]} …"
    on = [page for each in (run[0], run[-1]) if each.chunk.pages and (page := each.chunk.pages[each.position])]
    pages = "" if not on else f"page {on[0]}" if on[0] == on[-1] else f"pages {on[0]}–{on[-1]}"
    if heading:
        return f"{heading} ({pages})" if pages else heading
    return pages[:1].upper() + pages[1:] if pages else f"Part {number} of {of}"
