"""Other programs ask over HTTP: OpenAI-compatible chat, and the JSON contract itself. It does not know the stages.

Each answer waits in line (`rag.line`) and is then made in a thread of its own that never waits for its client: a slow
one cannot hold up the model, and one that hangs up stops it. fastapi and uvicorn come with chromadb and gradio.
"""

import asyncio
import hmac
import ipaddress
import json
import signal
import socket
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing, suppress
from dataclasses import replace
from typing import cast

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.answer import Answer, Event, History, Limits, Retrieved
from rag.api import Rag
from rag.chat_completions import ChatRequest, Json, Reply, history_of, with_markers
from rag.errors import RagError, UsageError
from rag.line import Line, LineFull
from rag.progress import Report, silent
from rag.server_api import (
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
    app.add_exception_handler(RagError, _rag_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)
    describe(app, with_key=api_key is not None)
    model = rag.engine.reader.name if rag.engine.reader else "none"

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

    @app.post("/v1/search", responses=replies(SearchReply, 400, 413, 500))
    def search(body: SearchRequest) -> Json:
        found = rag.search(body.query, body.limit)
        return {"query": body.query, "sources": [source.to_dict() for source in found]}

    @app.post("/v1/ask", responses=replies(AskReply, 400, 413, 500, 503))
    async def ask(body: AskRequest, request: Request) -> Response:
        async with aclosing(_events(rag, line, request, body.question, history_of(body.history))) as events:
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
        most = min(body.max_completion_tokens or body.max_tokens or 10**9, rag.engine.limits.answer_tokens)
        reply = Reply(model, most, body.markers)
        events = _events(rag, line, request, question, history, replace(rag.engine.limits, answer_tokens=most))
        if body.stream:
            with_usage = bool(body.stream_options and body.stream_options.include_usage)
            lines = _stream(reply, events, with_usage)
            first = await anext(lines)  # the status goes out with the first word: an error before it has its own
            return StreamingResponse(_behind(first, lines), media_type="text/event-stream")
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Answer):
                    return JSONResponse(reply.whole(event))
        return Response(status_code=_HUNG_UP)

    return app


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
    with listening, Rag.open(settings, report) as rag, rag.keeping_up():
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
                refusal = _error(401, "The API key is missing or wrong.", "authentication_error")
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


async def _events(
    rag: Rag, line: Line, request: Request, question: str, history: History, limits: Limits | None = None
) -> AsyncGenerator[Event, None]:
    """Yield the engine's events; ends early, leaves the line and stops the model, when the client hangs up."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
    gone = threading.Event()

    def work() -> None:
        try:
            answering = rag.stream(question, history, limits=limits, stopped=gone.is_set)
            with closing(cast(Generator[Event, None, None], answering)) as events:
                for event in events:
                    loop.call_soon_threadsafe(queue.put_nowait, event)
                    if gone.is_set():
                        break
        except Exception as error:
            loop.call_soon_threadsafe(queue.put_nowait, error)
        finally:
            loop.call_soon_threadsafe(queue.put_nowait, None)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watching = asyncio.create_task(watch())
    try:
        since = await _turn(line, watching)
        if since is None:
            return
        # The next one's turn comes when the model is free, which may be after the client has gone.
        loop.run_in_executor(None, work).add_done_callback(lambda _: line.leave(since))
        while (event := await queue.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event
    finally:
        gone.set()
        watching.cancel()


async def _turn(line: Line, watching: "asyncio.Task[None]") -> float | None:
    """Wait in line; None when the client hangs up meanwhile, which ends `watching`. Raises LineFull."""
    entering = asyncio.create_task(line.enter())
    try:
        await asyncio.wait({entering, watching}, return_when=asyncio.FIRST_COMPLETED)
    except BaseException:
        _give_up(entering, line)
        raise
    if watching.done():
        _give_up(entering, line)
        return None
    return entering.result()


def _give_up(entering: "asyncio.Task[float]", line: Line) -> None:
    if not entering.cancel() and entering.exception() is None:
        line.leave(entering.result())


async def _stream(reply: Reply, events: AsyncGenerator[Event, None], with_usage: bool) -> AsyncGenerator[str, None]:
    """Yield the lines of a stream; an error before the first word is raised, a later one becomes a line."""
    begun = False
    try:
        async for event in events:
            if isinstance(event, Retrieved):
                continue
            if not begun:
                begun = True
                yield _line(reply.piece({"role": "assistant", "content": ""}))
            if isinstance(event, Answer):
                if reply.markers:
                    yield _line(reply.piece({"content": with_markers(event)}))
                yield _line(reply.piece({}, event))
                if with_usage:
                    yield _line(reply.usage(event))
            elif not reply.markers:
                yield _line(reply.piece({"content": event.text}))
    except RagError as error:
        if not begun:
            raise
        yield _line(_message(str(error), _kind(error)))
    yield "data: [DONE]\n\n"


async def _behind(first: str, lines: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    yield first
    async for line in lines:
        yield line


def _line(data: Json) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _message(message: str, kind: str) -> Json:
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def _error(status: int, message: str, kind: str = "invalid_request_error") -> JSONResponse:
    return JSONResponse(_message(message, kind), status_code=status)


def _kind(error: RagError) -> str:
    return "invalid_request_error" if isinstance(error, UsageError) else "server_error"


def _rag_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RagError)
    if isinstance(error, LineFull):
        full = _error(503, str(error), _kind(error))
        full.headers["Retry-After"] = str(error.retry_after_s)
        return full
    return _error(400 if isinstance(error, UsageError) else 500, str(error), _kind(error))


def _bad_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return _error(400, f"The request is off{f' at {where}' if where else ''}: {first['msg']}.")


def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, str(error.detail))
