"""Lays the page out and ties it to what happens. It does not know how answers are made, shown or served."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from . import document_drawer, settings_drawer
from .conversations import Conversation, conversation_json, conversation_markdown, new_id
from .document_drawer import ACTS, QUICK
from .document_handlers import DocumentHandlers
from .handlers import Choices, Handlers, View, messages_of, person
from .line import WAITING
from .programs import Programs
from .render import editing_html
from .render_documents import header_html

_EDITS = """
element.addEventListener("click", (event) => event.target.closest("button") && trigger("click", { act: "cancel" }));
document.addEventListener("click", (event) => {  // the chat may not be there yet
  const button = event.target.closest?.("#chat button.edit");
  if (button) trigger("click", { ...button.dataset });
});
"""
"""Buttons beside the questions of the chat: what stands in a message can trigger nothing itself."""
_KEPT = "They are kept on the computer that runs this page, and shown only in this browser."
_FOCUS = "() => document.querySelector('#question textarea').focus()"


def build(handlers: Handlers, documents: DocumentHandlers, programs: Programs) -> gr.Blocks:
    """Return the page, not yet served."""
    limits = handlers.limits
    with gr.Blocks(title="Ask your documents", analytics_enabled=False, fill_width=True) as page:
        header = gr.HTML(header_html(0, 0), elem_id="head")
        with gr.Row(elem_id="columns", equal_height=True):
            with gr.Column(scale=11, min_width=320, elem_id="conversation"):
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
                    fresh = gr.Button("New conversation", size="sm", elem_id="fresh")
                    as_markdown = gr.Button("Export Markdown", size="sm", elem_id="as-markdown")
                    as_json = gr.Button("Export JSON", size="sm", elem_id="as-json")
                    forget = gr.Button("Delete", size="sm", elem_id="forget")
            with gr.Column(scale=9, min_width=320, elem_id="reading"), gr.Tabs(elem_id="tabs") as tabs:
                with gr.Tab("Sources", id="sources"):
                    panel = gr.HTML(documents.panel(()), elem_id="panel", js_on_load=ACTS)
                drawer = document_drawer.lay_out()
                with gr.Tab("Earlier", id="earlier"):
                    earlier = gr.Radio([], label="Earlier conversations", info=_KEPT, elem_id="earlier")
                settings = settings_drawer.lay_out(limits, handlers.models.names, handlers.load_model)
        turns = gr.State(())
        name = gr.State("")
        editing = gr.State(0)  # the number of the turn whose question is edited; 0 for none
        exported = gr.Textbox(visible="hidden", label="Exported")

        def show(view: View, panel_html: Any) -> dict[Any, Any]:
            return {
                turns: view.turns,
                chat: messages_of(view.turns),
                panel: panel_html,
                box: gr.update(submit_btn=False if view.busy else "Ask", stop_btn="Stop" if view.busy else False),
                about: gr.update(visible=bool(view.turns)),
            }

        def stream(views: Iterator[View], id_: str, request: gr.Request) -> Iterator[dict[Any, Any]]:
            """Show an answer as it arrives, and keep the conversation when it is there."""
            last: Conversation = ()
            begun = False
            try:
                for view in views:
                    last = last if view.busy else view.turns
                    if begun and view.busy:  # the rest stays: less to send, and the next word is sooner there
                        yield {chat: messages_of(view.turns)}
                        continue
                    shown = show(view, gr.skip() if view.busy else documents.panel(view.turns))
                    if not begun:
                        emptied = gr.update(value="", submit_btn=False, stop_btn="Stop")
                        shown |= {box: emptied, welcome: "" if view.turns else gr.skip(), editing: 0, editing_note: ""}
                    begun = True
                    yield shown | {name: id_, tabs: gr.Tabs(selected="sources")}
            finally:
                views.close()  # type: ignore[attr-defined]
            handlers.conversations.save(person(request), id_, last)

        def submitted(
            question: str, held: Conversation, id_: str, edited: int, scope: list[str], model: str, most: float,
            least: float, request: gr.Request,
        ) -> Iterator[dict[Any, Any]]:  # fmt: skip
            before = held[: edited - 1] if edited and question.strip() else held
            choices = Choices(tuple(scope or ()), int(most), float(least), model)
            yield from stream(handlers.ask(question, before, request, choices), id_ or new_id(), request)

        def chosen_example(
            scope: list[str], model: str, most: float, least: float, request: gr.Request, event: gr.EventData
        ) -> Iterator[dict[Any, Any]]:
            choices = Choices(tuple(scope or ()), int(most), float(least), model)
            yield from stream(handlers.ask(str(event.question), (), request, choices), new_id(), request)

        def retried(
            held: Conversation, id_: str, scope: list[str], model: str, most: float, least: float, request: gr.Request
        ) -> Iterator[dict[Any, Any]]:
            choices = Choices(tuple(scope or ()), int(most), float(least), model)
            yield from stream(handlers.retry(held, request, choices), id_ or new_id(), request)

        def clear(request: gr.Request) -> dict[Any, Any]:
            emptied = gr.update(value="", submit_btn="Ask", stop_btn=False)
            return {
                **show(View(()), documents.panel(())),
                welcome: documents.welcome(request),
                **{box: emptied, name: "", editing: 0, editing_note: ""},
            }

        def forgotten(id_: str, request: gr.Request) -> dict[Any, Any]:
            handlers.conversations.delete(person(request), id_)
            return clear(request)

        def edit(held: Conversation, event: gr.EventData) -> dict[Any, Any]:
            turn = int(event.turn) if event.act == "edit" else 0
            if not 0 < turn <= len(held):
                return {box: gr.update(value=""), editing: 0, editing_note: ""}
            note = editing_html(turn, len(held) - turn)
            return {box: gr.update(value=held[turn - 1].question), editing: turn, editing_note: note}

        def recalled(id_: str, request: gr.Request) -> dict[Any, Any]:
            held = handlers.conversations.load(person(request), id_)
            if not held:
                return clear(request)
            shown = show(View(held), documents.panel(held))
            return shown | {welcome: "", name: id_, editing: 0, editing_note: ""}

        def act(held: Conversation, request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            done, path = str(event.act), str(getattr(event, "document", ""))
            if done == "open":
                opened = documents.open_document(path, int(event.start), int(event.end), held, request)
                return {panel: opened, tabs: gr.Tabs(selected="sources")}
            if done == "remove":
                return {drawer.brought: documents.remove(path, request)}
            return {panel: documents.panel(held)}

        def overview(held: Conversation, request: gr.Request) -> dict[Any, Any]:
            return {
                header: documents.header(request),
                welcome: "" if held else documents.welcome(request),
                drawer.listing: documents.listing(request),
                drawer.scope: document_drawer.scope_choices(documents.paths(request)),
                earlier: gr.update(
                    choices=(titles := handlers.conversations.titles(person(request))),
                    value=None,
                    label="Earlier conversations" if titles else "No earlier conversations yet",
                ),
            }

        def opened(kept: Any, request: gr.Request) -> dict[Any, Any]:
            own = settings_drawer.restored(settings, kept, limits, handlers.models.names())
            return overview((), request) | own

        outputs = [turns, chat, panel, box, about, name, editing, editing_note, welcome, tabs]
        seen = [header, welcome, drawer.listing, drawer.scope, earlier]
        answering: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", **WAITING}
        set_by = [drawer.scope, *settings.chosen]
        changes = [
            box.submit(submitted, [box, turns, name, editing, *set_by], outputs, **answering),
            welcome.click(chosen_example, set_by, outputs, **answering),
            chat.retry(retried, [turns, name, *set_by], outputs, **answering),
            forget.click(forgotten, [name], outputs, **QUICK),
            *(part.click(act, [turns], [panel, tabs, drawer.brought], **QUICK)
              for part in (panel, drawer.listing, drawer.found)),
            *document_drawer.tie(drawer, documents, tabs),
        ]  # fmt: skip
        for change in changes:
            change.then(overview, [turns], seen, **QUICK)
        box.stop(handlers.stop, None, None, **QUICK)
        fresh.click(clear, None, outputs, **QUICK)
        editing_note.click(edit, [turns], [box, editing, editing_note], **QUICK).then(None, None, None, js=_FOCUS)
        earlier.input(recalled, [earlier], outputs, **QUICK)
        for button, form, ending in (
            (as_markdown, conversation_markdown, "md"),
            (as_json, conversation_json, "json"),
        ):
            button.click(form, [turns], exported, **QUICK).then(
                None, [exported], None, js=f"(text) => window.ragSave('conversation.{ending}', text)"
            )
        page.load(opened, [settings.kept], [*seen, *settings.chosen], **QUICK)
        page.unload(handlers.leave)
        gr.api(programs.ask, api_name="ask", concurrency_id="program", concurrency_limit=4)
        gr.api(programs.search, api_name="search")
    return page
