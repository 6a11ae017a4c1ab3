"""Other programs ask over HTTP: OpenAI-compatible chat, and the JSON contract itself. It does not know the stages.

Each answer waits in line (`rag.serve.line`) and is then made apart from its client (`rag.serve.http_events`).
fastapi and uvicorn come with chromadb and gradio.
"""

import hmac
import ipaddress
import signal
import socket
import threading
from contextlib import aclosing, suppress
from dataclasses import replace

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.api import Answer, Rag
from rag.errors import RagError, UsageError, unexpected
from rag.progress import Report, silent
from rag.serve.chat_completions import ChatRequest, Json, Reply, history_of
from rag.serve.http_api import (
    AskReply,
    AskRequest,
    ChatReply,
    HealthReply,
    ModelsReply,
    ReadyReply,
    SearchReply,
    SearchRequest,
    describe,
    replies,
)
from rag.serve.http_errors import add_handlers, error_reply
from rag.serve.http_events import behind, events_of, stream
from rag.serve.line import Line
from rag.serve.local_server import answering_locally
from rag.settings import Settings

LARGEST_REQUEST = 1_000_000
"""Bytes of a request's body; a conversation that long fits no model."""
_HUNG_UP = 499  # nobody reads this status
_FINISH_S = 120
"""How long running answers may take when the server is told to end."""


def create_app(rag: Rag, api_key: str | None = None, line: Line | None = None) -> FastAPI:
    """Return the application; with `api_key` every call but /health and /ready needs `Authorization: Bearer <key>`.

    Answers wait in `line`; None lets twenty wait for one.
    """
    line = line or Line()
    app = FastAPI(title="rag", docs_url=None, redoc_url=None)  # their pages load scripts from elsewhere
    app.add_middleware(Guard, api_key=api_key)
    if api_key is None:  # a web page whose name was pointed at this machine must not be able to ask
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "::1", "[::1]"])
    add_handlers(app)
    describe(app, with_key=api_key is not None)
    model = rag.reader.name if rag.reader else "none"

    _add_state(app, line, model)
    _add_answers(app, rag, line, model)
    return app


def _add_state(app: FastAPI, line: Line, model: str) -> None:
    """Add what tells how the server is, and what it has."""

    @app.get("/health", responses=replies(HealthReply))
    async def health() -> Json:
        return {"status": "ok"}

    @app.get("/ready", responses={**replies(ReadyReply), 503: {"model": ReadyReply}})
    async def ready() -> Response:
        found = {"status": "ready" if line.is_open else "full", "answering": line.served, "waiting": line.waiting}
        return JSONResponse(found, status_code=200 if line.is_open else 503)

    @app.get("/v1/models", responses=replies(ModelsReply))
    async def models() -> Json:
        return {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "rag"}]}


def _add_answers(app: FastAPI, rag: Rag, line: Line, model: str) -> None:
    """Add what searches and answers."""

    @app.post("/v1/search", responses=replies(SearchReply, 400, 413, 500))
    def search(body: SearchRequest) -> Json:
        try:
            found = rag.search(body.query, body.limit)
        except RagError:
            raise
        except Exception as error:
            raise RagError(unexpected(error)) from error
        return {"query": body.query, "sources": [source.to_dict() for source in found]}

    @app.post("/v1/ask", responses=replies(AskReply, 400, 413, 500, 503))
    async def ask(body: AskRequest, request: Request) -> Response:
        async with aclosing(events_of(rag, line, request, body.question, history_of(body.history))) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return JSONResponse(event.to_dict())
        return Response(status_code=_HUNG_UP)

    @app.post("/v1/chat/completions", responses=replies(ChatReply, 400, 413, 500, 503, streams=True))
    async def chat(body: ChatRequest, request: Request) -> Response:
        asked = [i for i, turn in enumerate(body.messages) if turn.role == "user"]
        if not asked:
            raise UsageError("There is no message with the role 'user' to answer.")
        question, history = body.messages[asked[-1]].text(), history_of(body.messages[: asked[-1]])
        most = min(body.max_completion_tokens or body.max_tokens or 10**9, rag.limits.answer_tokens)
        reply = Reply(model, most, body.markers)
        events = events_of(rag, line, request, question, history, replace(rag.limits, answer_tokens=most))
        if body.stream:
            with_usage = bool(body.stream_options and body.stream_options.include_usage)
            lines = stream(reply, events, with_usage)
            first = await anext(lines)  # the status goes out with the first word: an error before it has its own
            return StreamingResponse(behind(first, lines), media_type="text/event-stream")
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Answer):
                    return JSONResponse(reply.whole(event))
        return Response(status_code=_HUNG_UP)


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8321,
    api_key: str | None = None,
    report: Report = silent,
) -> None:
    """Serve until interrupted. Raises RagError; UsageError when the port is taken or other machines need a key."""
    if not api_key and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, and anybody there could read your documents: "
            "set a key with --api-key, or leave --host at 127.0.0.1."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)  # before the model loads: it takes a while
    except (OSError, OverflowError) as error:
        raise UsageError(f"Cannot listen at {host}:{port} ({error}). Choose another with --port.") from error
    with listening, Rag.open(settings, report) as rag, rag.keeping_up(), answering_locally(rag, settings):
        line = Line(settings.llm_at_once if settings.llm_url else 1, settings.waiting)
        app = create_app(rag, api_key or None, line)
        name, chosen = f"[{host}]" if ":" in host else host, listening.getsockname()[1]
        report(f"Listening at http://{name}:{chosen}", 1, 1, "")
        config = uvicorn.Config(app, log_level="warning", proxy_headers=False, timeout_graceful_shutdown=_FINISH_S)
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal again when its connections are closed
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, signal.default_int_handler)
            _Server(config, line).run([listening])


class _Server(uvicorn.Server):
    """Finishes the running answers when it is told to end, and begins no others."""

    def __init__(self, config: uvicorn.Config, line: Line) -> None:
        super().__init__(config)
        self._line = line

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._line.close()
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Lets nobody in without the key, and no body that is too large, before anything of it is parsed."""

    def __init__(self, app: ASGIApp, api_key: str | None) -> None:
        """Guard `app`."""
        self._app = app
        self._wanted = f"Bearer {api_key}".encode() if api_key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        headers = dict(scope.get("headers", ()))
        if self._wanted and scope["type"] == "http" and scope["path"] not in ("/health", "/ready"):
            given = headers.get(b"authorization", b"")
            if not hmac.compare_digest(given, self._wanted):
                refusal = error_reply(401, "The API key is missing or wrong.", "authentication_error")
                await refusal(scope, receive, send)
                return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_REQUEST:
                raise HTTPException(413, f"The request is larger than {LARGEST_REQUEST:,} bytes.")
            return message

        await self._app(scope, counted, send)
