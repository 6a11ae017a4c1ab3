"""The page as a table of contents: what is laid out, and what happens on which event.

It does not know how answers are made, shown or served.
"""

from typing import Any

import gradio as gr

from . import document_drawer
from .conversations import conversation_json, conversation_markdown
from .document_drawer import QUICK
from .document_handlers import DocumentHandlers
from .events import Events
from .handlers import Handlers
from .layout import Layout, lay_out
from .line import WAITING
from .programs import Programs

_ANSWERING: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", **WAITING}
"""How an event goes that an answer of the model is waited for."""
_FOCUS = "() => document.querySelector('#question textarea').focus()"


def build(handlers: Handlers, documents: DocumentHandlers, programs: Programs) -> gr.Blocks:
    """Return the page, not yet served."""
    with gr.Blocks(title="Ask your documents", analytics_enabled=False, fill_width=True) as page:
        layout = lay_out(handlers, documents)
        events = Events(layout, handlers, documents)
        _count_after([*_asking(layout, events), *_reading(layout, events, documents)], layout, events)
        _talking(layout, events, handlers)
        _exporting(layout)
        page.load(
            events.opened, [layout.shelf.settings.kept], [*layout.counted, *layout.shelf.settings.chosen], **QUICK
        )
        page.unload(handlers.leave)
        gr.api(programs.ask, api_name="ask", concurrency_id="program", concurrency_limit=4)
        gr.api(programs.search, api_name="search")
    return page


def _asking(layout: Layout, events: Events) -> list[Any]:
    """Tie what is answered, and the deletion of what was; returns these events."""
    talk, session, choices, shown = layout.talk, layout.session, layout.choices, layout.shown
    asked = [talk.box, session.turns, session.name, session.editing, *choices]
    return [
        talk.box.submit(events.submitted, asked, shown, **_ANSWERING),
        talk.welcome.click(events.chosen_example, choices, shown, **_ANSWERING),
        talk.chat.retry(events.retried, [session.turns, session.name, *choices], shown, **_ANSWERING),
        talk.forget.click(events.forgotten, [session.name], shown, **QUICK),
    ]


def _reading(layout: Layout, events: Events, documents: DocumentHandlers) -> list[Any]:
    """Tie what is clicked in sources, documents and search; returns the events after which there may be others."""
    shelf, drawer = layout.shelf, layout.shelf.drawer
    changed = [shelf.panel, shelf.tabs, drawer.brought]
    clicked = (shelf.panel, drawer.listing, drawer.found)
    return [
        *(part.click(events.acted, [layout.session.turns], changed, **QUICK) for part in clicked),
        *document_drawer.tie(drawer, documents, shelf.tabs),
    ]


def _count_after(changes: list[Any], layout: Layout, events: Events) -> None:
    """Tell anew, after each of these events, which documents and conversations there are."""
    for change in changes:
        change.then(events.counted, [layout.session.turns], layout.counted, **QUICK)


def _talking(layout: Layout, events: Events, handlers: Handlers) -> None:
    """Tie stopping, beginning anew, editing a question, and coming back to an earlier conversation."""
    talk, session = layout.talk, layout.session
    talk.box.stop(handlers.stop, None, None, **QUICK)
    talk.fresh.click(events.cleared, None, layout.shown, **QUICK)
    edited = [talk.box, session.editing, talk.editing_note]
    talk.editing_note.click(events.edit, [session.turns], edited, **QUICK).then(None, None, None, js=_FOCUS)
    layout.shelf.earlier.input(events.recalled, [layout.shelf.earlier], layout.shown, **QUICK)


def _exporting(layout: Layout) -> None:
    """Tie the buttons that save the conversation as a file: the browser's own, nothing is written here."""
    talk, session = layout.talk, layout.session
    for button, form, ending in (
        (talk.as_markdown, conversation_markdown, "md"),
        (talk.as_json, conversation_json, "json"),
    ):
        button.click(form, [session.turns], session.exported, **QUICK).then(
            None, [session.exported], None, js=f"(text) => window.ragSave('conversation.{ending}', text)"
        )
