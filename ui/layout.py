"""Lays the page out. It does not know what happens on it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from . import document_drawer, settings_drawer
from .document_drawer import ACTS, DocumentDrawer
from .document_handlers import DocumentHandlers
from .handlers import Handlers
from .render_documents import header_html
from .settings_drawer import SettingsDrawer

_EDITS = """
element.addEventListener("click", (event) => event.target.closest("button") && trigger("click", { act: "cancel" }));
document.addEventListener("click", (event) => {  // the chat may not be there yet
  const button = event.target.closest?.("#chat button.edit");
  if (button) trigger("click", { ...button.dataset });
});
"""
"""Buttons beside the questions of the chat: what stands in a message can trigger nothing itself."""
_KEPT = "They are kept on the computer that runs this page, and shown only in this browser."


@dataclass(frozen=True)
class Talk:
    """The parts in which somebody asks and is answered."""

    welcome: gr.HTML
    chat: gr.Chatbot
    editing_note: gr.HTML
    box: gr.Textbox
    about: gr.Row
    fresh: gr.Button
    as_markdown: gr.Button
    as_json: gr.Button
    forget: gr.Button


@dataclass(frozen=True)
class Shelf:
    """The parts in which somebody reads and chooses, beside the talk."""

    tabs: gr.Tabs
    panel: gr.HTML
    drawer: DocumentDrawer
    earlier: gr.Radio
    settings: SettingsDrawer


@dataclass(frozen=True)
class Session:
    """What the page remembers of one browser's visit, unseen."""

    turns: gr.State
    name: gr.State
    editing: gr.State
    """The number of the turn whose question is edited; 0 for none."""
    exported: gr.Textbox


@dataclass(frozen=True)
class Layout:
    """Every part of the page that something happens to."""

    header: gr.HTML
    talk: Talk
    shelf: Shelf
    session: Session

    @property
    def shown(self) -> list[Any]:
        """What an answer or another conversation changes."""
        talk, shelf, session = self.talk, self.shelf, self.session
        parts = [session.turns, talk.chat, shelf.panel, talk.box, talk.about, session.name, session.editing]
        return [*parts, talk.editing_note, talk.welcome, shelf.tabs]

    @property
    def counted(self) -> list[Any]:
        """What tells of documents and earlier conversations."""
        drawer = self.shelf.drawer
        return [self.header, self.talk.welcome, drawer.listing, drawer.scope, self.shelf.earlier]

    @property
    def choices(self) -> list[Any]:
        """The inputs that say how a question is answered, in the order of `events.choices_of`."""
        return [self.shelf.drawer.scope, *self.shelf.settings.chosen]


def lay_out(handlers: Handlers, documents: DocumentHandlers) -> Layout:
    """Make the page's parts: the talk on the left, what is read and chosen on the right."""
    header = gr.HTML(header_html(0, 0), elem_id="head")
    with gr.Row(elem_id="columns", equal_height=True):
        with gr.Column(scale=11, min_width=320, elem_id="conversation"):
            talk = _talk()
        with gr.Column(scale=9, min_width=320, elem_id="reading"):
            shelf = _shelf(handlers, documents)
    exported = gr.Textbox(visible="hidden", label="Exported")
    return Layout(header, talk, shelf, Session(gr.State(()), gr.State(""), gr.State(0), exported))


def _talk() -> Talk:
    welcome = gr.HTML("", elem_id="welcome", js_on_load=ACTS)  # what it holds hides the chat: see style.css
    chat = gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="chat",
        render_markdown=False,
        latex_delimiters=[],
        reasoning_tags=[],
        allow_tags=False,
        buttons=[],
        layout="bubble",
        height="100%",
        group_consecutive_messages=False,
    )
    editing_note = gr.HTML("", elem_id="editing", js_on_load=_EDITS)
    box = gr.Textbox(
        label="Question",
        show_label=False,
        placeholder="Ask a question",
        elem_id="question",
        submit_btn="Ask",
        autofocus=True,
        max_lines=6,
    )
    with gr.Row(elem_id="about", visible=False) as about:
        buttons = (
            gr.Button("New conversation", size="sm", elem_id="fresh"),
            gr.Button("Export Markdown", size="sm", elem_id="as-markdown"),
            gr.Button("Export JSON", size="sm", elem_id="as-json"),
            gr.Button("Delete", size="sm", elem_id="forget"),
        )
    return Talk(welcome, chat, editing_note, box, about, *buttons)


def _shelf(handlers: Handlers, documents: DocumentHandlers) -> Shelf:
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab("Sources", id="sources"):
            panel = gr.HTML(documents.panel(()), elem_id="panel", js_on_load=ACTS)
        drawer = document_drawer.lay_out()
        with gr.Tab("Earlier", id="earlier"):
            earlier = gr.Radio([], label="Earlier conversations", info=_KEPT, elem_id="earlier")
        settings = settings_drawer.lay_out(handlers.limits, handlers.models.names, handlers.load_model)
    return Shelf(tabs, panel, drawer, earlier, settings)
