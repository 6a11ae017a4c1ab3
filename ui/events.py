"""What each event does to the parts of the page. It does not know which event it is tied to, nor how answers are made.

Every function returns, or yields, new values by the part that shows them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from . import document_drawer, settings_drawer
from .conversations import Conversation, new_id
from .document_handlers import DocumentHandlers
from .handlers import Choices, Handlers, View, messages_of, person
from .layout import Layout
from .render import editing_html

Values = dict[Any, Any]
"""A part of the page → what it shows from now on."""


def choices_of(scope: list[str], model: str, most: float, least: float) -> Choices:
    """Return how a person wants to be answered, from the inputs `Layout.choices`."""
    return Choices(tuple(scope or ()), int(most), float(least), model)


@dataclass(frozen=True)
class Events:
    """The events of one page."""

    layout: Layout
    handlers: Handlers
    documents: DocumentHandlers

    # Asking

    def submitted(
        self, question: str, held: Conversation, id_: str, edited: int, request: gr.Request, *chosen: Any
    ) -> Iterator[Values]:
        """Answer what was typed; an edited question goes in place of itself and of what came after it."""
        before = held[: edited - 1] if edited and question.strip() else held
        views = self.handlers.ask(question, before, request, choices_of(*chosen))
        yield from self._stream(views, id_ or new_id(), request)

    def chosen_example(self, request: gr.Request, event: gr.EventData, *chosen: Any) -> Iterator[Values]:
        """Answer the example that was clicked, in a new conversation."""
        views = self.handlers.ask(str(event.question), (), request, choices_of(*chosen))
        yield from self._stream(views, new_id(), request)

    def retried(self, held: Conversation, id_: str, request: gr.Request, *chosen: Any) -> Iterator[Values]:
        """Answer the last question again."""
        views = self.handlers.retry(held, request, choices_of(*chosen))
        yield from self._stream(views, id_ or new_id(), request)

    def edit(self, held: Conversation, event: gr.EventData) -> Values:
        """Put the question of a turn back into the box, or give that up."""
        talk, session = self.layout.talk, self.layout.session
        turn = int(event.turn) if event.act == "edit" else 0
        if not 0 < turn <= len(held):
            return {talk.box: gr.update(value=""), session.editing: 0, talk.editing_note: ""}
        question = gr.update(value=held[turn - 1].question)
        return {talk.box: question, session.editing: turn, talk.editing_note: editing_html(turn, len(held) - turn)}

    def _stream(self, views: Iterator[View], id_: str, request: gr.Request) -> Iterator[Values]:
        """Show an answer as it arrives, and keep the conversation when it is there."""
        talk, session = self.layout.talk, self.layout.session
        last: Conversation = ()
        begun = False
        try:
            for view in views:
                last = last if view.busy else view.turns
                if begun and view.busy:  # the rest stays: less to send, and the next word is sooner there
                    yield {talk.chat: messages_of(view.turns)}
                    continue
                shown = self._show(view, gr.skip() if view.busy else self.documents.panel(view.turns))
                if not begun:
                    emptied = gr.update(value="", submit_btn=False, stop_btn="Stop")
                    shown |= {talk.box: emptied, talk.welcome: "" if view.turns else gr.skip(), **self._unedited()}
                begun = True
                yield shown | {session.name: id_, self.layout.shelf.tabs: gr.Tabs(selected="sources")}
        finally:
            views.close()  # type: ignore[attr-defined]
        self.handlers.conversations.save(person(request), id_, last)

    # Conversations

    def cleared(self, request: gr.Request) -> Values:
        """Begin a new conversation."""
        talk = self.layout.talk
        return {
            **self._show(View(()), self.documents.panel(())),
            **self._unedited(),
            talk.welcome: self.documents.welcome(request),
            talk.box: gr.update(value="", submit_btn="Ask", stop_btn=False),
            self.layout.session.name: "",
        }

    def forgotten(self, id_: str, request: gr.Request) -> Values:
        """Delete the conversation that is shown."""
        self.handlers.conversations.delete(person(request), id_)
        return self.cleared(request)

    def recalled(self, id_: str, request: gr.Request) -> Values:
        """Show an earlier conversation again."""
        held = self.handlers.conversations.load(person(request), id_)
        if not held:
            return self.cleared(request)
        shown = self._show(View(held), self.documents.panel(held))
        return {**shown, **self._unedited(), self.layout.talk.welcome: "", self.layout.session.name: id_}

    def _show(self, view: View, panel: Any) -> Values:
        talk = self.layout.talk
        return {
            self.layout.session.turns: view.turns,
            talk.chat: messages_of(view.turns),
            self.layout.shelf.panel: panel,
            talk.box: gr.update(submit_btn=False if view.busy else "Ask", stop_btn="Stop" if view.busy else False),
            talk.about: gr.update(visible=bool(view.turns)),
        }

    def _unedited(self) -> Values:
        return {self.layout.session.editing: 0, self.layout.talk.editing_note: ""}

    # Documents

    def acted(self, held: Conversation, request: gr.Request, event: gr.EventData) -> Values:
        """Do what a button inside our HTML is for: open a document, remove one, or go back to the sources."""
        shelf = self.layout.shelf
        done, path = str(event.act), str(getattr(event, "document", ""))
        if done == "open":
            opened = self.documents.open_document(path, int(event.start), int(event.end), held, request)
            return {shelf.panel: opened, shelf.tabs: gr.Tabs(selected="sources")}
        if done == "page":
            number = int(getattr(event, "number", 0))
            opened = self.documents.open_page(path, int(event.start), int(event.end), number, held, request)
            return {shelf.panel: opened, shelf.tabs: gr.Tabs(selected="sources")}
        if done == "remove":
            return {shelf.drawer.brought: self.documents.remove(path, request)}
        return {shelf.panel: self.documents.panel(held)}

    def counted(self, held: Conversation, request: gr.Request) -> Values:
        """Tell anew which documents and which earlier conversations there are."""
        titles = self.handlers.conversations.titles(person(request))
        label = "Earlier conversations" if titles else "No earlier conversations yet"
        drawer = self.layout.shelf.drawer
        return {
            self.layout.header: self.documents.header(request),
            self.layout.talk.welcome: "" if held else self.documents.welcome(request),
            drawer.listing: self.documents.listing(request),
            drawer.scope: document_drawer.scope_choices(self.documents.paths(request)),
            self.layout.shelf.earlier: gr.update(choices=titles, value=None, label=label),
        }

    def opened(self, kept: Any, request: gr.Request) -> Values:
        """Show a page that was just loaded, with the settings that its browser kept."""
        settings, names = self.layout.shelf.settings, self.handlers.models.names()
        own = settings_drawer.restored(settings, kept, self.handlers.limits, names)
        return self.counted((), request) | own
