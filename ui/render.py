"""Question, answer, error → HTML of the conversation: pure functions.

Whatever comes from outside passes `escape`, here, in `render_sources` and in `render_documents`; nowhere else does text
of documents, models and people become markup. It does not know Gradio or how the answer was made.
"""

import html
import re
from collections.abc import Sequence

from rag.api import Answer, Source, Statement, Working
from rag.errors import RagError
from rag.pace import about

from .conversations import COMPARE, answer_markdown
from .render_tables import in_blocks
from .uploads import shown_path

NOT_FOUND = "not found in the documents"
"""What is said of a statement that no sentence supports."""

_LONG = 1_000  # characters of a question that would fill the window

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
    """Return, as HTML, where the source stands within its document, and how it was read, where that was by OCR."""
    page = "" if source.page is None else f"page {source.page:,} · "
    doubt = f'<strong class="doubt">{source.how_read}</strong>' if source.is_unsure else source.how_read
    return f"{page}characters {source.start:,}–{source.end:,}{f' · {doubt}' if doubt else ''}"


def question_html(question: str, turn: int) -> str:
    """Return a question with the button that edits it."""
    long = ' class="long" tabindex="0"' if len(question) > _LONG else ""  # it scrolls, also by the keyboard
    return (
        f'<div class="asked"><p dir="auto"{long}>{escape(question)}</p><button type="button" class="edit" '
        f'data-act="edit" data-turn="{turn}" aria-label="Edit this question" title="Edit this question"></button></div>'
    )


def editing_html(turn: int, later: int) -> str:
    """Return what is said while the question of `turn` is edited, with `later` more turns behind it."""
    gone = f" It and {count_of(later, 'later question')} will be replaced." if later else " It will be replaced."
    return (
        f'<p class="editing" role="status">Editing question {turn}.{gone} '
        '<button type="button" data-act="cancel">Cancel</button></p>'
    )


def answer_html(answer: Answer, turn: int) -> str:
    """Return the finished answer: each statement with its markers, or marked as unsupported in words."""
    if answer.abstained:
        return _refusal(answer, turn)
    sources = {source.number: source for source in answer.sources}

    def html_of(start: int, end: int) -> str:
        """Return a part of the text, its statements with their markers."""
        pieces, at = [], start
        for statement in answer.statements:
            if start <= statement.start and statement.end <= end:
                pieces += [escape(answer.answer[at : statement.start]), _statement(statement, sources, turn)]
                at = statement.end
        return "".join([*pieces, escape(answer.answer[at:end])])

    notes = [note] if (note := _note(answer)) else []
    unsupported = sum(not statement.supported for statement in answer.statements)
    if unsupported:
        notes.append(f"{count_of(unsupported, 'statement')} of {len(answer.statements)} {NOT_FOUND}.")
    if answer.stopped:
        notes.insert(0, "Stopped before the end.")
    body = in_blocks(answer.answer, html_of, tables=answer.kind == COMPARE)
    said = f'<p class="note">{" ".join(notes)}</p>' if notes else ""
    return f'<div class="answer">{body}{said}{_understood(answer)}{_computed(answer)}{_copy(answer)}</div>'


def _note(answer: Answer) -> str:
    """Return how much an answer can be relied on: only a fact has a probability, talk rests on nothing."""
    if answer.kind == "fact":
        return f"Confidence: {confidence_in_words(answer.confidence)} that the documents hold the answer."
    if answer.kind == "talk" or not answer.statements:
        return ""
    return f"Each line shows its sentences; {count_of(len(answer.sources), 'sentence')} in all."


def _understood(answer: Answer) -> str:
    """Return, for a follow-up, the question as it was rewritten to stand alone."""
    if answer.standalone_question == answer.question:
        return ""
    return f'<p class="note understood" dir="auto">Understood as: {escape(answer.standalone_question)}</p>'


def _computed(answer: Answer) -> str:
    """Return, folded, how the answer was computed over a table: the query, and how many rows it rests on."""
    computed = answer.computation
    if computed is None:
        return ""
    rows = f"Computed from {count_of(computed.rows, 'row')} of {escape(shown_path(computed.table))}"
    shown = f"; the first {len(answer.sources)} are shown" if len(answer.sources) < computed.rows else ""
    return (
        f'<details class="computed"><summary>How was this computed?</summary><p class="note">{rows}{shown}.</p>'
        f'<pre dir="ltr"><code>{escape(computed.sql)}</code></pre></details>'
    )


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


def _marker(source: Source, turn: int, *, quoted: bool = True) -> str:
    sentence, document = escape(source.text), escape(shown_path(source.document))
    target, label = anchor(turn, source.number), f"Source {source.number}: {sentence}"
    where = f'<span class="where">{document}</span>'
    quote = f'<span class="quote" aria-hidden="true" dir="auto">{sentence}{where}</span>' if quoted else ""
    return (
        f'&NoBreak;<a class="marker" href="#{target}" aria-label="{label}">'
        f'<span class="figure">[{source.number}]</span>{quote}</a>'
    )


def _refusal(answer: Answer, turn: int) -> str:
    # No quotes: they would say each sentence twice, over the next one.
    nearest = "".join(
        f'<li dir="auto">{escape(source.text)}{_marker(source, turn, quoted=False)}</li>' for source in answer.sources
    )
    offer = f'<p class="note">They do say, nearest to this:</p><ol class="nearest">{nearest}</ol>' if nearest else ""
    return (
        f'<div class="answer abstained"><p class="text">{escape(answer.answer)}</p>{_understood(answer)}{offer}'
        f"{_copy(answer)}</div>"
    )


def problem_html(error: RagError | str) -> str:
    """Return the one style in which an error is shown."""
    text = re.sub("&#96;(.+?)&#96;", r"<code>\1</code>", escape(str(error)))
    return f'<div class="problem" role="alert"><strong>That did not work.</strong> {text}</div>'


def hint_html(text: str) -> str:
    """Return a quiet remark on what is going on; nothing for no text."""
    return f'<p class="hint" role="status">{escape(text)}</p>' if text else ""


def looking(expected_s: float | None = None) -> str:
    """Return, as plain text, what happens before anything was found; seconds to the first word where they are known."""
    return f"Looking through the documents …{about(expected_s)}"


def reading(documents: Sequence[str], expected_s: float | None = None) -> str:
    """Return, as plain text, what is being read; seconds to the first word where they are known."""
    names = [shown_path(path) for path in dict.fromkeys(documents)]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Reading {', '.join(names[:3])}{more} …{about(expected_s)}"


def working(event: Working) -> str:
    """Return, as plain text, how far something is that takes long."""
    return f"{event.task} ({event.done + 1:,} of {event.total:,}) …"


def waiting(ahead: int) -> str:
    """Return, as plain text, that `ahead` other answers come first."""
    return f"Waiting: {count_of(ahead, 'answer')} before yours …"


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
