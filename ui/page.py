"""Lays the page out and serves it on this machine alone. It does not know how answers are made or shown."""

import hmac
import ipaddress
import socket
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import gradio as gr
import typer
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rag.compose import index_folder, open_engine
from rag.documents import SUFFIXES
from rag.engine import Engine
from rag.errors import UsageError
from rag.formats.limits import LARGEST
from rag.progress import Report, silent
from rag.settings import Settings
from rag.warm import warming
from rag.watch import following

from .conversations import Conversation, Conversations, conversation_json, conversation_markdown, new_id
from .examples import example_questions
from .handlers import Choices, Handlers, View, messages_of, person
from .person import RememberBrowser
from .render import found_html, header_html
from .uploads import owner_in, shown_path

_SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

_ACTS = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) trigger("click", { ...button.dataset });
});
watch("value", () => element.querySelector("mark.at, .document")?.scrollIntoView({ block: "center" }));
"""
"""Buttons inside our HTML tell the server what they are for, and a document opens at its place."""
_WAITING = 20
"""How many may see their place in line; the handlers answer one after the other."""


def launch(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    auth: str | tuple[str, str] | None = None,
    open_browser: bool = True,
    report: Report = silent,
) -> None:
    """Serve the page until Ctrl-C. `auth` is USER:PASSWORD or the pair. Raises RagError.

    Nothing outside this machine is asked for, and no public link is made.
    """
    credentials = _credentials(auth)
    port = port or None  # 0, as elsewhere, means a free one
    _check_address(host, port, credentials)
    with (
        open_engine(settings, report) as engine,
        warming(engine.index, engine.reader, engine.at_work),
        following(engine.docs, engine.refresh),
    ):
        page = build(engine, settings.data_dir / "conversations" / index_folder(settings).name)
        try:
            _, address, _ = serve(page, host=host, port=port, auth=credentials, open_browser=open_browser)
        except OSError as error:
            raise UsageError(f"The page cannot listen on {host}: {error}. Choose another port with --port.") from error
        typer.echo(f"The page is at {address} (Ctrl-C ends it).", err=True)
        try:
            page.block_thread()
        finally:
            page.close(verbose=False)


def serve(page: gr.Blocks, *, host: str, port: int | None, auth: Any = None, open_browser: bool = False) -> Any:
    """Start serving in a thread of its own; returns Gradio's (app, address, None)."""
    middleware = [Middleware(RememberBrowser)]
    if auth is None:  # a web page whose name was pointed at this machine must not be able to ask
        names = ["127.0.0.1", "localhost", "::1", "[::1]", host]
        middleware.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=names))
    return page.launch(
        server_name=host,
        server_port=port,
        auth=auth and _checked_by(*auth),
        app_kwargs={"middleware": middleware},
        max_file_size=LARGEST,
        inbrowser=open_browser,
        share=False,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
        run_history=False,
        mcp_server=False,
        footer_links=[],
        theme=_theme(),
        css=(resources.files("rag.ui") / "style.css").read_text(encoding="utf-8"),
        js=(resources.files("rag.ui") / "page.js").read_text(encoding="utf-8"),
    )


def _checked_by(user: str, password: str) -> Any:
    """Return a check of a name and a password that takes as long whatever is wrong with them."""

    def check(given_user: str, given_password: str) -> bool:
        right_user = hmac.compare_digest(given_user.encode(), user.encode())
        return hmac.compare_digest(given_password.encode(), password.encode()) and right_user

    return check


def build(engine: Engine, conversations: Path | None = None) -> gr.Blocks:
    """Return the page over `engine`, not yet served; `conversations` is the folder that keeps them."""
    handlers = Handlers(engine, Conversations(conversations))
    examples = example_questions(chunk for chunk in engine.index.all_chunks() if owner_in(chunk.document) is None)
    with gr.Blocks(title="Ask your documents", analytics_enabled=False, fill_width=True) as page:
        header = gr.HTML(header_html(0, 0), elem_id="head")
        with gr.Row(elem_id="columns", equal_height=True):
            with gr.Column(scale=11, min_width=320, elem_id="conversation"):
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
                    placeholder="Every statement of an answer shows the exact sentences that it rests on.",
                    examples=[{"text": question} for question in examples] or None,
                    group_consecutive_messages=False,
                )
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
                    edit = gr.Button("Edit the question", size="sm", elem_id="edit")
                    as_markdown = gr.Button("Export Markdown", size="sm", elem_id="as-markdown")
                    as_json = gr.Button("Export JSON", size="sm", elem_id="as-json")
                    forget = gr.Button("Delete", size="sm", elem_id="forget")
            with gr.Column(scale=9, min_width=320, elem_id="reading"), gr.Tabs(elem_id="tabs") as tabs:
                with gr.Tab("Sources", id="sources"):
                    panel = gr.HTML(handlers.panel(()), elem_id="panel", js_on_load=_ACTS)
                with gr.Tab("Documents", id="documents"):
                    scope = gr.Dropdown(
                        [], label="Ask only in", multiselect=True, elem_id="scope", info="Nothing chosen means all."
                    )
                    files = gr.File(
                        label="Drop files here, or choose them",
                        file_count="multiple",
                        file_types=sorted(SUFFIXES),
                        elem_id="files",
                        height=120,
                    )
                    folder = gr.UploadButton(
                        "Bring a whole folder", file_count="directory", size="sm", elem_id="folder"
                    )
                    brought = gr.HTML("", elem_id="brought")
                    listing = gr.HTML("", elem_id="listing", js_on_load=_ACTS)
                with gr.Tab("Search", id="search"):
                    words = gr.Textbox(
                        label="Search the documents", placeholder="Words or a sentence", elem_id="words", max_lines=1
                    )
                    found = gr.HTML(found_html("", ()), elem_id="found", js_on_load=_ACTS)
                with gr.Tab("Earlier", id="earlier"):
                    earlier = gr.Radio([], label="Earlier conversations", elem_id="earlier")
                with gr.Tab("Settings", id="settings"):
                    passages = gr.Slider(
                        1, 12, engine.limits.passages, step=1, label="Passages that are read", elem_id="passages"
                    )
                    threshold = gr.Slider(
                        0, 1, engine.limits.threshold, step=0.05, label="Stay silent below this confidence"
                    )
        turns = gr.State(())
        name = gr.State("")
        editing = gr.State(False)
        exported = gr.Textbox(visible="hidden", label="Exported")

        def show(view: View, panel_html: Any) -> dict[Any, Any]:
            return {
                turns: view.turns,
                chat: messages_of(view.turns),
                panel: panel_html,
                box: gr.update(submit_btn=False if view.busy else "Ask", stop_btn="Stop" if view.busy else False),
                about: gr.update(visible=bool(view.turns) and not view.busy),
            }

        def stream(views: Iterator[View]) -> Iterator[dict[Any, Any]]:
            begun = False
            try:
                for view in views:
                    shown = show(view, gr.skip() if view.busy else handlers.panel(view.turns))
                    if begun and view.busy:
                        shown = {chat: shown[chat]}
                    elif not begun:
                        shown[box] = gr.update(value="", submit_btn=False, stop_btn="Stop")
                    begun = True
                    yield shown
            finally:
                views.close()  # type: ignore[attr-defined]

        def answered(views: Iterator[View], id_: str, request: gr.Request) -> Iterator[dict[Any, Any]]:
            last: Conversation = ()
            id_ = id_ or new_id()

            def watched() -> Iterator[View]:
                nonlocal last
                try:
                    for view in views:
                        last = last if view.busy else view.turns
                        yield view
                finally:
                    views.close()  # type: ignore[attr-defined]

            for shown in stream(watched()):
                if turns in shown:
                    shown |= {name: id_, editing: False, tabs: gr.Tabs(selected="sources")}
                yield shown
            handlers.conversations.save(person(request), id_, last)

        def choices(documents: list[str] | None, most: float, least: float) -> Choices:
            return Choices(tuple(documents or ()), int(most), float(least))

        def submitted(
            question: str,
            held: Conversation,
            id_: str,
            edited: bool,
            documents: list[str],
            most: float,
            least: float,
            request: gr.Request,
        ) -> Iterator[dict[Any, Any]]:
            before = held[:-1] if edited and question.strip() else held
            yield from answered(handlers.ask(question, before, request, choices(documents, most, least)), id_, request)

        def chosen_example(
            held: Conversation,
            id_: str,
            documents: list[str],
            most: float,
            least: float,
            request: gr.Request,
            chosen: gr.SelectData,
        ) -> Iterator[dict[Any, Any]]:
            asked = str(chosen.value["text"])
            yield from answered(handlers.ask(asked, held, request, choices(documents, most, least)), id_, request)

        def retried(
            held: Conversation, id_: str, documents: list[str], most: float, least: float, request: gr.Request
        ) -> Iterator[dict[Any, Any]]:
            yield from answered(handlers.retry(held, request, choices(documents, most, least)), id_, request)

        def clear() -> dict[Any, Any]:
            emptied = gr.update(value="", submit_btn="Ask", stop_btn=False)
            return {**show(View(()), handlers.panel(())), box: emptied, name: "", editing: False}

        def forgotten(id_: str, request: gr.Request) -> dict[Any, Any]:
            handlers.conversations.delete(person(request), id_)
            return clear()

        def edit_last(held: Conversation) -> dict[Any, Any]:
            return {box: gr.update(value=held[-1].question if held else ""), editing: bool(held)}

        def recalled(id_: str, request: gr.Request) -> dict[Any, Any]:
            held = handlers.conversations.load(person(request), id_)
            return {**show(View(held), handlers.panel(held)), name: id_, editing: False}

        def act(held: Conversation, request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            done, path = str(event.act), str(getattr(event, "document", ""))
            if done == "open":
                place = (int(event.start), int(event.end))
                opened = handlers.open_document(path, *place, held, request)
                return {panel: opened, tabs: gr.Tabs(selected="sources")}
            if done == "remove":
                return {brought: handlers.remove(path, request)}
            return {panel: handlers.panel(held)}

        def overview(request: gr.Request) -> dict[Any, Any]:
            documents = handlers.uploads.documents(person(request))
            return {
                header: handlers.header(request),
                listing: handlers.listing(request),
                scope: gr.update(choices=[(shown_path(path), path) for path in documents]),
                earlier: gr.update(choices=handlers.conversations.titles(person(request)), value=None),
            }

        def bring(given: Any, request: gr.Request) -> Iterator[dict[Any, Any]]:
            for state in handlers.bring(given if isinstance(given, list) else [given] if given else [], request):
                yield {brought: state}
            yield {files: None}

        outputs = [turns, chat, panel, box, about, name, editing, tabs]
        answering: dict[str, Any] = {
            "outputs": outputs,
            "show_progress": "hidden",
            "concurrency_id": "answer",
            "concurrency_limit": _WAITING,
            "api_visibility": "private",
        }
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        seen = [header, listing, scope, earlier]
        set_by = [scope, passages, threshold]
        for begin in (
            box.submit(submitted, [box, turns, name, editing, *set_by], **answering),
            chat.example_select(chosen_example, [turns, name, *set_by], **answering),
            chat.retry(retried, [turns, name, *set_by], **answering),
        ):
            begin.then(overview, None, seen, **quick)
        box.stop(handlers.stop, None, None, **quick)
        fresh.click(clear, None, outputs, **quick)
        edit.click(edit_last, [turns], [box, editing], **quick)
        forget.click(forgotten, [name], outputs, **quick).then(overview, None, seen, **quick)
        earlier.input(recalled, [earlier], outputs, **quick)
        for part in (panel, listing, found):
            part.click(act, [turns], [panel, tabs, brought], **quick).then(overview, None, seen, **quick)
        for upload in (files, folder):
            upload.upload(
                bring, [upload], [brought, files], show_progress="hidden", api_visibility="private",
                concurrency_limit=4,
            ).then(overview, None, seen, **quick)  # fmt: skip
        words.submit(handlers.look_up, [words, scope], found, **quick)
        for button, form, ending in (
            (as_markdown, conversation_markdown, "md"),
            (as_json, conversation_json, "json"),
        ):
            button.click(form, [turns], exported, **quick).then(
                None, [exported], None, js=f"(text) => window.ragSave('conversation.{ending}', text)"
            )
        page.load(overview, None, seen, **quick)
        page.unload(handlers.leave)
        gr.api(handlers.answer, api_name="ask", concurrency_id="program", concurrency_limit=4)
        gr.api(handlers.search, api_name="search")
    return page


def _theme() -> gr.themes.Base:
    """Return Gradio's plain theme with fonts of the reader's own system: named ones would be fetched."""
    return gr.themes.Base(
        primary_hue="teal",
        secondary_hue="stone",
        neutral_hue="stone",
        radius_size="lg",
        text_size="md",
        font=_SANS,
        font_mono=_MONO,
    ).set(
        body_background_fill="#faf9f7",
        body_background_fill_dark="#191817",
        body_text_color="#1f1d1a",
        body_text_color_dark="#ebe8e3",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#22211f",
        background_fill_secondary="#f4f2ee",
        background_fill_secondary_dark="#2a2826",
        border_color_primary="#e5e1da",
        border_color_primary_dark="#3a3734",
        block_border_width="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#115e59",
        button_primary_text_color="#ffffff",
    )


def _credentials(auth: str | tuple[str, str] | None) -> tuple[str, str] | None:
    if auth is None:
        return None
    user, password = auth if isinstance(auth, tuple) else auth.partition(":")[::2]
    if not user or not password:
        raise UsageError("--auth needs a name and a password: --auth USER:PASSWORD.")
    return user, password


def _check_address(host: str, port: int | None, credentials: tuple[str, str] | None) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and credentials is None:
        raise UsageError(
            f"Listening on {host} lets others on the network read your documents. Give --auth USER:PASSWORD as well, "
            "or leave --host out."
        )
    if port is None:
        return
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise UsageError(
            f"Port {port} on {host} cannot be used: {error.strerror}. Choose another, for example --port {port + 1}."
        ) from error
