"""Lays the page out and serves it on this machine alone. It does not know how answers are made or shown."""

import ipaddress
import socket
from collections.abc import Iterator
from importlib import resources
from typing import Any

import gradio as gr
import typer

from rag.compose import open_engine
from rag.engine import Engine
from rag.errors import UsageError
from rag.progress import Report, silent
from rag.settings import Settings
from rag.warm import warming
from rag.watch import following

from .examples import example_questions
from .handlers import Conversation, Handlers, View, messages_of

_SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

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
        page = build(engine)
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
    return page.launch(
        server_name=host,
        server_port=port,
        auth=auth,
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


def build(engine: Engine) -> gr.Blocks:
    """Return the page over `engine`, not yet served."""
    handlers = Handlers(engine)
    examples = example_questions(engine.index.all_chunks())
    with gr.Blocks(title="Ask your documents", analytics_enabled=False, fill_width=True) as page:
        header = gr.HTML(handlers.header(), elem_id="head")
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
                fresh = gr.Button("New conversation", size="sm", variant="secondary", elem_id="fresh", visible=False)
            with gr.Column(scale=9, min_width=320, elem_id="reading"):
                panel = gr.HTML(handlers.panel(()), elem_id="panel")
        turns = gr.State(())

        def show(view: View, panel_html: Any) -> dict[Any, Any]:
            return {
                turns: view.turns,
                chat: messages_of(view.turns),
                panel: panel_html,
                box: gr.update(submit_btn=False if view.busy else "Ask", stop_btn="Stop" if view.busy else False),
                fresh: gr.update(visible=bool(view.turns) and not view.busy),
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

        def submitted(question: str, held: Conversation, request: gr.Request) -> Iterator[dict[Any, Any]]:
            yield from stream(handlers.ask(question, held, request))

        def chosen_example(held: Conversation, request: gr.Request, chosen: gr.SelectData) -> Iterator[dict[Any, Any]]:
            yield from stream(handlers.ask(str(chosen.value["text"]), held, request))

        def retried(held: Conversation, request: gr.Request) -> Iterator[dict[Any, Any]]:
            yield from stream(handlers.retry(held, request))

        def clear() -> dict[Any, Any]:
            return {**show(View(()), handlers.panel(())), box: gr.update(value="", submit_btn="Ask", stop_btn=False)}

        outputs = [turns, chat, panel, box, fresh]
        answering: dict[str, Any] = {
            "outputs": outputs,
            "show_progress": "hidden",
            "concurrency_id": "answer",
            "concurrency_limit": _WAITING,
            "api_visibility": "private",
        }
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        for begin in (
            box.submit(submitted, [box, turns], **answering),
            chat.example_select(chosen_example, [turns], **answering),
            chat.retry(retried, [turns], **answering),
        ):
            begin.then(handlers.header, None, header, **quick)
        box.stop(handlers.stop, None, None, **quick)
        fresh.click(clear, None, outputs, **quick)
        page.load(handlers.header, None, header, **quick)
        page.unload(handlers.leave)
        gr.api(handlers.answer, api_name="ask", concurrency_id="program", concurrency_limit=1)
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
