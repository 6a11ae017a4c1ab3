"""Sources → HTML: the panel of passages, and a whole document at a place. Pure functions, everything escaped."""

from collections.abc import Sequence
from itertools import groupby

from rag.api import Answer, ShownTable, Source
from rag.documents.printed import is_printable

from .render import anchor, escape, place
from .uploads import shown_path


def sources_html(answers: Sequence[tuple[int, Answer]]) -> str:
    """Return the panel of sources of (turn, answer) pairs, oldest first: the latest open, the earlier ones folded."""
    shown = [(turn, answer) for turn, answer in answers if answer.sources]
    if not shown:
        return (
            '<div class="sources empty"><h2 class="unseen">Sources</h2>'
            "<p>The sentences that an answer rests on appear here, each in the passage around it.</p>"
            "<p>Point at a number in the answer to read its sentence; press it, and it is shown here.</p></div>"
        )
    turn, latest = shown[-1]
    heading = "<h2>Nearest sentences</h2>" if latest.abstained else '<h2 class="unseen">Sources</h2>'
    earlier = "".join(
        f'<details><summary dir="auto">{escape(answer.question)}</summary>{_passages(answer, turn)}</details>'
        for turn, answer in reversed(shown[:-1])
    )
    folded = f'<h2 class="earlier">Earlier</h2>{earlier}' if earlier else ""
    return f'<div class="sources">{heading}{_passages(latest, turn)}{folded}</div>'


def _passages(answer: Answer, turn: int) -> str:
    """Return one card for each table, or each passage: sentences in the same one are marked in it together."""
    if answer.tables:
        return "".join(_table(table, answer, turn) for table in answer.tables)
    first: dict[tuple[str, int], int] = {}
    for source in answer.sources:
        first.setdefault((source.document, source.passage_start), source.number)
    ordered = sorted(answer.sources, key=lambda s: (first[s.document, s.passage_start], s.start, s.end))
    groups = groupby(ordered, key=lambda s: (s.document, s.passage_start, s.passage_text))
    return "".join(_card(list(group), turn) for _, group in groups)


def _table(table: ShownTable, answer: Answer, turn: int) -> str:
    """Return rows of a table, those that the answer rests on marked."""
    sources = {source.number: source for source in answer.sources}
    rows = []
    for number, cells in table.rows:
        texts = [escape(cell) for cell in cells]
        if number in sources:
            texts[0] = (
                f'<mark id="{anchor(turn, number)}" tabindex="-1"><span class="number" aria-label="Source {number}">'
                f"{number}</span>{texts[0]}</mark>"
            )
            texts.append(open_html(sources[number]))
        told = "".join(f'<td dir="auto">{text}</td>' for text in texts)
        rows.append(f'<tr class="marked">{told}</tr>' if number in sources else f"<tr>{told}</tr>")
    heads = "".join(f'<th scope="col" dir="auto">{escape(head)}</th>' for head in table.heads)
    named = f" · {escape(table.name)}" if table.name else ""
    return (
        f'<article class="source"><h3 dir="auto">{escape(shown_path(table.document))}{named}</h3>'
        '<div class="rows" tabindex="0" role="region" aria-label="Rows of the table"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></article>"
    )


def _card(sources: Sequence[Source], turn: int) -> str:
    passage, begun = sources[0].passage_text, sources[0].passage_start
    pieces, at = [], 0
    for source in sources:
        start, end = source.start - begun, source.end - begun
        inside = at <= start < end <= len(passage) and passage[start:end] == source.text
        if inside:
            pieces.append(escape(passage[at:start]))
            at = end
        pieces.append(
            f'<mark id="{anchor(turn, source.number)}" tabindex="-1"><span class="number" aria-label="Source '
            f'{source.number}">{source.number}</span>{escape(source.text)}</mark>'
        )
    pieces.append(escape(passage[at:]))
    places = "".join(
        f'<li><span class="number">{source.number}</span>{place(source)}{open_html(source)}</li>'
        for source in sorted(sources, key=lambda s: s.number)
    )
    name, title = escape(shown_path(sources[0].document)), escape(sources[0].title)
    return (
        f'<article class="source"><h3 dir="auto" title="{title}">{name}</h3>'
        f'<p class="passage" dir="auto">{"".join(pieces)}</p><ul class="places">{places}</ul></article>'
    )


def open_html(source: Source) -> str:
    """Return the buttons that open the whole document at `source`, as text and, where it has one, as printed."""
    at = source.document, source.start, source.end
    page = act_html("page", "See the page", *at) if is_printable(source.document) else ""
    return f'<span class="ways">{act_html("open", "Open here", *at)}{page}</span>'


def act_html(act: str, label: str, path: str, start: int, end: int, more: str = "") -> str:
    """Return a button that shows a document at a place."""
    return (
        f'<button type="button" class="open" data-act="{act}" data-document="{escape(path)}" '
        f'data-start="{start}" data-end="{end}"{more}>{label}</button>'
    )


CHANGED = '<p class="note" role="status">The document has changed since: the sentence no longer stands there.</p>'
SHOWN = 200_000
"""Characters of a document that are shown on either side of a place."""


def head_html(path: str, other: str) -> str:
    """Return the beginning of a document that is shown, with the button for its `other` view."""
    return (
        f'<div class="document"><button type="button" class="back" data-act="back">Back to the sources</button>'
        f'<h2 dir="auto">{escape(shown_path(path))}</h2>' + (f'<p class="views">{other}</p>' if other else "")
    )


def document_html(path: str, text: str, start: int = 0, end: int = 0, sentence: str | None = None) -> str:
    """Return the whole document with the characters `start` to `end` marked; of a huge one what is near them.

    `sentence` is what is expected there: when the document has changed since, that is said and nothing is marked.
    """
    note = ""
    if not 0 <= start <= end <= len(text) or (sentence is not None and text[start:end] != sentence):
        start = end = 0
        note = CHANGED
    first, last = max(0, start - SHOWN), min(len(text), end + SHOWN)
    if first or last < len(text):
        note += f'<p class="note">Shown: characters {first:,}–{last:,} of {len(text):,}.</p>'
    marked = f'<mark class="at" tabindex="-1">{escape(text[start:end])}</mark>' if end > start else ""
    return (
        f"{head_html(path, act_html('page', 'As printed', path, start, end) if is_printable(path) else '')}"
        f'{note}<div class="whole" dir="auto" data-first="{first}">'
        f"{escape(text[first:start])}{marked}{escape(text[end:last])}</div></div>"
    )
