"""Serves the page and its endpoint for programs, on this machine alone unless it is told otherwise.

It does not know what stands on the page.
"""

import socket
from importlib import resources
from pathlib import Path

import gradio as gr
import typer
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rag.api import Rag
from rag.compose import index_folder, open_reader
from rag.documents.formats.limits import LARGEST_PACKED
from rag.errors import UsageError
from rag.pace import of_machine
from rag.progress import Report, silent
from rag.serve.http import is_loopback
from rag.serve.local_server import answering_locally
from rag.settings import Settings
from rag.weights.verified import ready_models

from .conversations import Conversations
from .document_handlers import DocumentHandlers
from .handlers import Handlers
from .line import Line
from .login import NOTE, Credentials, Gate, WrongPasswords, checked_by
from .mcp_endpoint import BesideThePage, mcp_app, running
from .models import AnswerModels
from .page import build
from .person import RememberBrowser
from .programs import Programs
from .theme import theme
from .uploads import Uploads


def launch(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    auth: str | Credentials | None = None,
    open_browser: bool = True,
    report: Report = silent,
) -> None:
    """Serve the page until Ctrl-C. `auth` is USER:PASSWORD or the pair. Raises RagError.

    Nothing outside this machine is asked for, and no public link is made. A folder without documents is opened, too:
    they can be brought through the page.
    """
    credentials = _credentials(auth)
    port = port or None  # 0, as elsewhere, means a free one
    _check_address(host, port, credentials)
    with (
        Rag.open(settings, report, may_be_empty=True) as rag,
        rag.keeping_up(examples=True),
        answering_locally(rag, settings),
    ):
        own = rag.reader
        assert own is not None
        models = AnswerModels(
            own,
            lambda: ready_models("answer", settings),
            lambda name: open_reader(settings, name),
            lambda name: of_machine(settings if name == own.name else settings.model_copy(update={"model": name})),
        )
        kept = settings.data_dir / "conversations" / index_folder(settings).name
        try:
            page, address = serve(rag, kept, models, host=host, port=port, auth=credentials, open_browser=open_browser)
        except OSError as error:
            raise UsageError(f"The page cannot listen on {host}: {error}. Choose another port with --port.") from error
        typer.echo(f"The page is at {address} (Ctrl-C ends it).", err=True)
        try:
            page.block_thread()
        finally:
            page.close(verbose=False)
            models.close()


def serve(
    rag: Rag,
    conversations: Path | None = None,
    models: AnswerModels | None = None,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    auth: Credentials | None = None,
    open_browser: bool = False,
) -> tuple[gr.Blocks, str]:
    """Start serving the page over `rag` in a thread of its own; returns the page, to be closed, and its address.

    `conversations` is the folder that keeps them; `models` is what there is to choose from. Raises OSError.
    """
    own = rag.reader
    assert own is not None
    line, uploads = Line(), Uploads(rag)
    programs = Programs(rag, line, uploads)
    handlers = Handlers(rag, Conversations(conversations), models or AnswerModels(own), line, uploads)
    page = build(handlers, DocumentHandlers(rag, uploads), programs)
    endpoint = mcp_app(programs, host)
    if auth is None:  # a web page whose name was pointed at this machine must not be able to ask
        names = ["127.0.0.1", "localhost", "::1", "[::1]", host]
        middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=names)]
    else:
        middleware = [Middleware(Gate, credentials=auth, wrong=WrongPasswords())]
    middleware.append(Middleware(RememberBrowser))
    if endpoint is not None:
        middleware.append(Middleware(BesideThePage, endpoint=endpoint))
    _, address, _ = page.launch(
        server_name=host,
        server_port=port,
        auth=auth and checked_by(*auth),
        auth_message=auth and NOTE,
        app_kwargs={"middleware": middleware, "lifespan": running(endpoint)},
        max_file_size=LARGEST_PACKED,  # what is smaller and still too large is refused by name: see uploads.py
        inbrowser=open_browser,
        share=False,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
        run_history=False,
        mcp_server=False,  # see mcp_endpoint.py
        footer_links=[],
        theme=theme(),
        css=(resources.files("rag.ui") / "style.css").read_text(encoding="utf-8"),
        js=(resources.files("rag.ui") / "page.js").read_text(encoding="utf-8"),
    )
    return page, address


def _credentials(auth: str | Credentials | None) -> Credentials | None:
    if auth is None:
        return None
    user, password = auth if isinstance(auth, tuple) else auth.partition(":")[::2]
    if not user or not password:
        raise UsageError("--auth needs a name and a password: --auth USER:PASSWORD.")
    return user, password


def _check_address(host: str, port: int | None, credentials: tuple[str, str] | None) -> None:
    if not is_loopback(host) and credentials is None:
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
