"""Answer → HTML: pure functions, the one place where text of documents, models and people becomes markup.

Whatever comes from outside passes `escape`. It does not know Gradio or how the answer was made.
"""

import html
import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from rag.citations import Source, Statement
from rag.engine import Answer
from rag.errors import RagError
from rag.index import DocumentRecord

from .conversations import answer_markdown
from .uploads import Upload, owner_in, shown_path

NOT_FOUND = "not found in the documents"
"""What is said of a statement that no sentence supports."""

# Gradio fills a template in the browser: what could be template syntax is written as entities too.
_TEMPLATE = {ord(character): f"&#{ord(character)};" for character in "`${}\\"}


def escape(text: str) -> str:
    """Return `text` as HTML that shows exactly it, fit for elements and for quoted attributes."""
    return html.escape(text, quote=True).translate(_TEMPLATE)


def plain(text: str) -> str:
    """Return `text` for a chat message: Gradio shows tags of a string even where it renders no Markdown."""
    return html.escape(text, quote=False)


def anchor(turn: int, number: int) -> str:
    """Return the id of source `number` of the answer `turn`; both count from 1."""
    return f"source-{turn}-{number}"


def confidence_in_words(confidence: float) -> str:
    """Return how sure a probability (0 to 1) is, in words."""
    steps = ((0.95, "very sure"), (0.8, "sure"), (0.65, "fairly sure"), (0.5, "not very sure"), (0.2, "unsure"))
    return next((words for least, words in steps if confidence >= least), "very unsure")


def place(source: Source) -> str:
    """Return where the source stands within its document: page, where there is one, and characters."""
    page = "" if source.page is None else f"page {source.page:,} · "
    return f"{page}characters {source.start:,}–{source.end:,}"


def answer_html(answer: Answer, turn: int) -> str:
    """Return the finished answer: each statement with its markers, or marked as unsupported in words."""
    if answer.abstained:
        return _refusal(answer, turn)
    sources = {source.number: source for source in answer.sources}
    pieces, end = [], 0
    for statement in answer.statements:
        pieces += [escape(answer.answer[end : statement.start]), _statement(statement, sources, turn)]
        end = statement.end
    pieces.append(escape(answer.answer[end:]))
    notes = [f"Confidence: {confidence_in_words(answer.confidence)} that the documents hold the answer."]
    unsupported = sum(not statement.supported for statement in answer.statements)
    if unsupported:
        notes.append(f"{_count(unsupported, 'statement')} of {len(answer.statements)} {NOT_FOUND}.")
    if answer.stopped:
        notes.insert(0, "Stopped before the end.")
    text = "".join(pieces)
    body = f'<p class="text" dir="auto">{text}</p>' if text.strip() else ""
    return f'<div class="answer">{body}<p class="note">{" ".join(notes)}</p>{_understood(answer)}{_copy(answer)}</div>'


def _understood(answer: Answer) -> str:
    """Return, for a follow-up, the question as it was rewritten to stand alone."""
    if answer.standalone_question == answer.question:
        return ""
    return f'<p class="note understood" dir="auto">Understood as: {escape(answer.standalone_question)}</p>'


def _copy(answer: Answer) -> str:
    return (
        f'<button type="button" class="copy" data-copy="{escape(answer_markdown(answer))}">Copy with sources</button>'
    )


def _statement(statement: Statement, sources: dict[int, Source], turn: int) -> str:
    text = escape(statement.text)
    cited = [sources[number] for number in statement.sources if number in sources]
    if not cited:
        return f'<span class="unsupported">{text} <span class="verdict">{NOT_FOUND}</span></span>'
    return f'<span class="statement">{text}{"".join(_marker(source, turn) for source in cited)}</span>'


def _marker(source: Source, turn: int) -> str:
    sentence, document = escape(source.text), escape(shown_path(source.document))
    target, label = anchor(turn, source.number), f"Source {source.number}: {sentence}"
    return (
        f'&NoBreak;<a class="marker" href="#{target}" aria-label="{label}">'
        f'<span class="figure">[{source.number}]</span>'
        f'<span class="quote" aria-hidden="true" dir="auto">{sentence}<span class="where">{document}</span></span></a>'
    )


def _refusal(answer: Answer, turn: int) -> str:
    nearest = "".join(f'<li dir="auto">{escape(source.text)}{_marker(source, turn)}</li>' for source in answer.sources)
    offer = f'<p class="note">The nearest sentences:</p><ol class="nearest">{nearest}</ol>' if nearest else ""
    sure = (
        f'<p class="note">Confidence: {confidence_in_words(answer.confidence)} that the documents hold the answer.</p>'
    )
    return (
        f'<div class="answer abstained"><p class="text">{escape(answer.answer)}</p>{sure}{_understood(answer)}{offer}'
        f"{_copy(answer)}</div>"
    )


def sources_html(answers: Sequence[tuple[int, Answer]]) -> str:
    """Return the panel of sources of (turn, answer) pairs, oldest first: the latest open, the earlier ones folded."""
    shown = [(turn, answer) for turn, answer in answers if answer.sources]
    if not shown:
        return (
            '<div class="sources empty"><h2>Sources</h2>'
            "<p>The sentences that an answer rests on appear here, each in the passage around it.</p></div>"
        )
    turn, latest = shown[-1]
    heading = "Nearest sentences" if latest.abstained else "Sources"
    earlier = "".join(
        f'<details><summary dir="auto">{escape(answer.question)}</summary>{_passages(answer, turn)}</details>'
        for turn, answer in reversed(shown[:-1])
    )
    folded = f'<h2 class="earlier">Earlier</h2>{earlier}' if earlier else ""
    return f'<div class="sources"><h2>{heading}</h2>{_passages(latest, turn)}{folded}</div>'


def _passages(answer: Answer, turn: int) -> str:
    """Return one card for each passage: sentences that stand in the same one are marked in it together."""
    first: dict[tuple[str, int], int] = {}
    for source in answer.sources:
        first.setdefault((source.document, source.passage_start), source.number)
    ordered = sorted(answer.sources, key=lambda s: (first[s.document, s.passage_start], s.start, s.end))
    groups = groupby(ordered, key=lambda s: (s.document, s.passage_start, s.passage_text))
    return "".join(_card(list(group), turn) for _, group in groups)


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
        f'<li><span class="number">{source.number}</span>{place(source)}{_open(source)}</li>'
        for source in sorted(sources, key=lambda s: s.number)
    )
    name, title = escape(shown_path(sources[0].document)), escape(sources[0].title)
    return (
        f'<article class="source"><h3 dir="auto" title="{title}">{name}</h3>'
        f'<p class="passage" dir="auto">{"".join(pieces)}</p><ul class="places">{places}</ul></article>'
    )


def _open(source: Source) -> str:
    return (
        f'<button type="button" class="open" data-act="open" data-document="{escape(source.document)}" '
        f'data-start="{source.start}" data-end="{source.end}">Open the document here</button>'
    )


SHOWN = 200_000
"""Characters of a document that are shown on either side of a place."""


def document_html(path: str, text: str, start: int = 0, end: int = 0, sentence: str | None = None) -> str:
    """Return the whole document with the characters `start` to `end` marked; of a huge one what is near them.

    `sentence` is what is expected there: when the document has changed since, that is said and nothing is marked.
    """
    note = ""
    if not 0 <= start <= end <= len(text) or (sentence is not None and text[start:end] != sentence):
        start = end = 0
        note = '<p class="note" role="status">The document has changed since: the sentence no longer stands there.</p>'
    first, last = max(0, start - SHOWN), min(len(text), end + SHOWN)
    if first or last < len(text):
        note += f'<p class="note">Shown: characters {first:,}–{last:,} of {len(text):,}.</p>'
    marked = f'<mark class="at" tabindex="-1">{escape(text[start:end])}</mark>' if end > start else ""
    return (
        f'<div class="document"><button type="button" class="back" data-act="back">Back to the sources</button>'
        f'<h2 dir="auto">{escape(shown_path(path))}</h2>{note}<div class="whole" dir="auto" data-first="{first}">'
        f"{escape(text[first:start])}{marked}{escape(text[end:last])}</div></div>"
    )


def found_html(query: str, found: Sequence[Source]) -> str:
    """Return the sentences that a search found, best first."""
    if not query.strip():
        return '<p class="hint">Sentences nearest to your words, straight from the documents: no model writes.</p>'
    if not found:
        return '<p class="hint" role="status">Nothing was found.</p>'
    rows = "".join(
        f'<li><p dir="auto">{escape(source.text)}</p><p class="where">{escape(shown_path(source.document))} · '
        f"{place(source)}{_open(source)}</p></li>"
        for source in found
    )
    return f'<ol class="found" aria-label="Sentences found">{rows}</ol>'


LISTED = 500
"""Documents listed at once."""


def documents_html(documents: Mapping[str, DocumentRecord]) -> str:
    """Return the list of documents; those that the person brought can be removed."""
    rows = []
    for path, record in list(documents.items())[:LISTED]:
        name = escape(shown_path(path))
        remove = (
            f'<details class="remove"><summary aria-label="Remove {name}">Remove</summary><button type="button" '
            f'data-act="remove" data-document="{escape(path)}">Yes, remove it</button></details>'
            if owner_in(path)
            else ""
        )
        rows.append(
            f'<li><div><button type="button" class="name" dir="auto" data-act="open" data-document="{escape(path)}" '
            f'data-start="0" data-end="0">{name}</button><p class="where">{_count(record.sentences, "sentence")} · '
            f"{size_in_words(record.size)}</p></div>{remove}</li>"
        )
    more = f'<p class="hint">and {len(documents) - LISTED:,} more</p>' if len(documents) > LISTED else ""
    return f'<ul class="documents">{"".join(rows)}</ul>{more}'


def uploads_html(uploads: Sequence[Upload]) -> str:
    """Return what becomes of each file that is being brought in."""
    words = {"waiting": "Waiting", "reading": "Reading …", "ready": "Ready", "failed": "Not taken"}
    rows = "".join(
        f'<li class="{upload.state}"><span class="name" dir="auto">{escape(upload.name)}</span> '
        f"<strong>{words[upload.state]}.</strong> {escape(upload.note)}</li>"
        for upload in uploads
    )
    return f'<ul class="uploads" role="status">{rows}</ul>' if rows else ""


def size_in_words(size: int) -> str:
    """Return a number of bytes for people."""
    return f"{size:,} bytes" if size < 1000 else f"{size / 1e3:,.0f} kB" if size < 1e6 else f"{size / 1e6:,.1f} MB"


def problem_html(error: RagError | str) -> str:
    """Return the one style in which an error is shown."""
    text = re.sub("&#96;(.+?)&#96;", r"<code>\1</code>", escape(str(error)))
    return f'<div class="problem" role="alert"><strong>That did not work.</strong> {text}</div>'


def reading(documents: Sequence[str]) -> str:
    """Return, as plain text, what is being read before the first word comes."""
    names = [shown_path(path) for path in dict.fromkeys(documents)]
    return f"Reading {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''} …"


def waiting(ahead: int) -> str:
    """Return, as plain text, that `ahead` other answers come first."""
    return f"Waiting: {_count(ahead, 'answer')} before yours …"


def header_html(documents: int, sentences: int, size: int = 0) -> str:
    """Return the page's head: its name and what can be asked about; `size` in bytes."""
    counts = f"{_count(documents, 'document')}, {_count(sentences, 'sentence')}"
    counts += f", {size_in_words(size)}" if size else ""
    return f'<header class="head"><h1>Ask your documents</h1><p class="state">{counts}</p></header>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
