"""The page's endpoint of the Model Context Protocol: the tools `ask` and `search`, and nothing else.

Gradio has one of its own, which needs `mcp` before 2; `rag mcp` is built on 2, and one environment holds one of them.
So the protocol's own library serves the same two functions at the same address here. It does not know passwords.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from rag.serve.chat_completions import Turn
from rag.serve.mcp import OPTIONS, add_tools

from .programs import Programs

PATH = "/gradio_api/mcp"


def mcp_app(programs: Programs, host: str) -> Any:
    """Return the endpoint as an ASGI application; None where the protocol's library, an extra, is not installed."""
    try:
        from mcp.server.mcpserver import MCPServer
    except ImportError:
        return None
    server = MCPServer("rag", **OPTIONS)

    def answer(question: str, history: list[Turn], stopped: Callable[[], bool]) -> dict[str, Any]:
        return programs.answer(question, [{"role": turn.role, "content": turn.text()} for turn in history], stopped)

    add_tools(server, answer, programs.find)
    return server.streamable_http_app(streamable_http_path=PATH, stateless_http=True, json_response=True, host=host)


def running(endpoint: Any) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """Return the lifespan of a server that has the endpoint, or None for it, beside its own pages."""

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        if endpoint is None:
            yield
            return
        async with endpoint.router.lifespan_context(endpoint):
            yield

    return lifespan


class BesideThePage:
    """Sends what is asked at the endpoint's address to it."""

    def __init__(self, app: ASGIApp, endpoint: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and scope["path"].rstrip("/") == PATH:
            await self._endpoint({**scope, "path": PATH, "raw_path": PATH.encode()}, receive, send)
        else:
            await self._app(scope, receive, send)
