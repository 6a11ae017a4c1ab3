"""Answer → HTML: pure functions, the one place where text of documents, models and people becomes markup.

Whatever comes from outside passes `escape`. It does not know Gradio or how the answer was made.
"""

import html
import re
from collections.abc import Sequence
from itertools import groupby

from rag.citations import Source, Statement
from rag.engine import Answer
from rag.errors import RagError

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
    return f'<div class="answer">{body}<p class="note">{" ".join(notes)}</p></div>'


def _statement(statement: Statement, sources: dict[int, Source], turn: int) -> str:
    text = escape(statement.text)
    cited = [sources[number] for number in statement.sources if number in sources]
    if not cited:
        return f'<span class="unsupported">{text} <span class="verdict">{NOT_FOUND}</span></span>'
    return f'<span class="statement">{text}{"".join(_marker(source, turn) for source in cited)}</span>'


def _marker(source: Source, turn: int) -> str:
    sentence, document = escape(source.text), escape(source.document)
    target, label = anchor(turn, source.number), f"Source {source.number}: {sentence}"
    return (
        f'&NoBreak;<a class="marker" href="#{target}" aria-label="{label}">'
        f'<span class="figure">[{source.number}]</span>'
        f'<span class="quote" aria-hidden="true" dir="auto">{sentence}<span class="where">{document}</span></span></a>'
    )


def _refusal(answer: Answer, turn: int) -> str:
    nearest = "".join(f'<li dir="auto">{escape(source.text)}{_marker(source, turn)}</li>' for source in answer.sources)
    offer = f'<p class="note">The nearest sentences:</p><ol class="nearest">{nearest}</ol>' if nearest else ""
    return f'<div class="answer abstained"><p class="text">{escape(answer.answer)}</p>{offer}</div>'


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
        f'<li><span class="number">{source.number}</span>{place(source)}</li>'
        for source in sorted(sources, key=lambda s: s.number)
    )
    name, title = escape(sources[0].document), escape(sources[0].title)
    return (
        f'<article class="source"><h3 dir="auto" title="{title}">{name}</h3>'
        f'<p class="passage" dir="auto">{"".join(pieces)}</p><ul class="places">{places}</ul></article>'
    )


def problem_html(error: RagError) -> str:
    """Return the one style in which an error is shown."""
    text = re.sub("&#96;(.+?)&#96;", r"<code>\1</code>", escape(str(error)))
    return f'<div class="problem" role="alert"><strong>That did not work.</strong> {text}</div>'


def reading(documents: Sequence[str]) -> str:
    """Return, as plain text, what is being read before the first word comes."""
    names = list(dict.fromkeys(documents))
    return f"Reading {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''} …"


def waiting(ahead: int) -> str:
    """Return, as plain text, that `ahead` other answers come first."""
    return f"Waiting: {_count(ahead, 'answer')} before yours …"


def header_html(documents: int, sentences: int) -> str:
    """Return the page's head: its name and what can be asked about."""
    counts = f"{_count(documents, 'document')}, {_count(sentences, 'sentence')}"
    return f'<header class="head"><h1>Ask your documents</h1><p class="state">{counts}</p></header>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
