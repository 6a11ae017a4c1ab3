"""Documents → HTML: what is there, what is being brought, what a search found. Pure functions, everything escaped."""

from collections.abc import Mapping, Sequence

from rag.api import DocumentRecord, Source

from .render import count_of, escape, place
from .render_sources import open_html
from .uploads import Upload, about, owner_in, shown_path


def header_html(documents: int, sentences: int, size: int = 0) -> str:
    """Return the page's head: its name and what can be asked about; `size` in bytes."""
    counts = [
        count_of(documents, "document"),
        count_of(sentences, "sentence"),
        *([size_in_words(size)] if size else []),
    ]
    state = ", ".join(counts) if documents else "No documents yet"
    return f'<header class="head"><h1>Ask your documents</h1><p class="state">{state}</p></header>'


def welcome_html(questions: Sequence[str], *, any_documents: bool) -> str:
    """Return what stands before the first question: examples, or where there is nothing to ask about, an invitation."""
    if not any_documents:
        return (
            '<section class="welcome bare" aria-label="Bring documents"><p class="lead">Drop documents here, or a '
            'whole folder of them, and ask about what they say.</p><p class="choose"><button type="button" '
            'data-choose="files">Choose files</button><button type="button" data-choose="folder">Choose a folder'
            "</button></p><p>PDF, Word, PowerPoint, spreadsheets, web pages, e-books, mail, text and more. They stay "
            "on the computer that runs this page.</p></section>"
        )
    rows = "".join(
        f'<li><button type="button" dir="auto" data-act="ask" data-question="{escape(question)}">{escape(question)}'
        "</button></li>"
        for question in questions
    )
    listed = f'<ul aria-label="Example questions">{rows}</ul>' if rows else ""
    lead = "Every statement of an answer shows the exact sentences that it rests on."
    return f'<section class="welcome" aria-label="Before you ask"><p class="lead">{lead}</p>{listed}</section>'


def found_html(query: str, found: Sequence[Source]) -> str:
    """Return the sentences that a search found, best first."""
    if not query.strip():
        return '<p class="hint">Sentences nearest to your words, straight from the documents: no model writes.</p>'
    if not found:
        return '<p class="hint" role="status">Nothing was found.</p>'
    rows = "".join(
        f'<li><p dir="auto">{escape(source.text)}</p><p class="where">{escape(shown_path(source.document))} · '
        f"{place(source)}{open_html(source)}</p></li>"
        for source in found
    )
    return f'<ol class="found" aria-label="Sentences found">{rows}</ol>'


LISTED = 500
"""Documents listed at once."""


def documents_html(documents: Mapping[str, DocumentRecord], skipped: Sequence[tuple[str, str]] = ()) -> str:
    """Return the list of documents, of which those that the person brought can be removed.

    `skipped` are (path, reason) of what lies beside them and is not read.
    """
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
            f'data-start="0" data-end="0">{name}</button><p class="where">{count_of(record.sentences, "sentence")} · '
            f"{size_in_words(record.size)}</p></div>{remove}</li>"
        )
    more = f'<p class="hint">and {len(documents) - LISTED:,} more</p>' if len(documents) > LISTED else ""
    left_out = "".join(
        f'<li><span class="name" dir="auto">{escape(shown_path(path))}</span> {escape(about(path, reason))}</li>'
        for path, reason in skipped[:LISTED]
    )
    listed = f'<ul class="documents">{"".join(rows)}</ul>{more}' if rows else '<p class="hint">No documents yet.</p>'
    unread = f'<h2 class="listed">Not read</h2><ul class="skipped">{left_out}</ul>' if left_out else ""
    return f'<h2 class="listed">All documents</h2>{listed}{unread}'


def uploads_html(uploads: Sequence[Upload]) -> str:
    """Return what becomes of each file that is being brought in."""
    words = {"waiting": "Waiting.", "reading": "Reading …", "ready": "Ready.", "failed": "Not taken."}
    rows = "".join(
        f'<li class="{upload.state}"><span class="name" dir="auto">{escape(upload.name)}</span> '
        f"<strong>{words[upload.state]}</strong> {escape(upload.note)}</li>"
        for upload in uploads
    )
    states = [upload.state for upload in uploads]
    done = f"{states.count('ready'):,} of {count_of(len(states), 'file')} taken"
    failed = f", {states.count('failed'):,} not" if "failed" in states else ""
    return f'<h2 class="listed" role="status">{done}{failed}</h2><ul class="uploads">{rows}</ul>' if rows else ""


def size_in_words(size: int) -> str:
    """Return a number of bytes for people."""
    return f"{size:,} bytes" if size < 1000 else f"{size / 1e3:,.0f} kB" if size < 1e6 else f"{size / 1e6:,.1f} MB"
