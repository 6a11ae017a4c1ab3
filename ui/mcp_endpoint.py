"""The page's endpoint of the Model Context Protocol: the tools `ask` and `search`, and nothing else.

Gradio has one of its own, which needs `mcp` before 2; `rag mcp` is built on 2, and one environment holds one of them.
So the protocol's own library serves the same two functions at the same address here. It does not know passwords.
"""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.chat_completions import Turn
from rag.errors import RagError

from .programs import Programs

PATH = "/gradio_api/mcp"


def mcp_app(programs: Programs, host: str) -> Any:
    """Return the endpoint as an ASGI application; None where the protocol's library, an extra, is not installed."""
    try:
        import anyio.to_thread
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp_types import ToolAnnotations
    except ImportError:
        return None
    server = MCPServer(
        "rag",
        instructions="Answers from one folder of documents, each statement with its exact source sentences.",
        log_level="WARNING",
        subscriptions=False,
    )
    reads_only = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(annotations=reads_only)  # type: ignore[untyped-decorator]
    async def ask(
        question: Annotated[str, Field(description="the question, in any words")],
        history: Annotated[list[Turn], Field(description="what was said before, oldest first")] = [],  # noqa: B006
    ) -> dict[str, Any]:
        """Answer a question from the documents, with the sentences that the answer rests on.

        `abstained` is true when the documents do not say; `sources` then holds the nearest sentences.
        """
        gone = threading.Event()
        messages = [{"role": turn.role, "content": turn.text()} for turn in history]
        try:
            return await anyio.to_thread.run_sync(
                lambda: programs.answer(question, messages, gone.is_set), abandon_on_cancel=True
            )
        except RagError as error:
            raise ToolError(str(error)) from error
        finally:
            gone.set()  # a client that cancels stops the model

    @server.tool(annotations=reads_only)  # type: ignore[untyped-decorator]
    def search(
        query: Annotated[str, Field(description="what the sentences should be about")],
        limit: Annotated[int, Field(ge=1, le=100, description="most sentences returned")] = 10,
    ) -> dict[str, Any]:
        """Find the sentences of the documents that are nearest to a query, best first; no model writes anything."""
        try:
            return {"query": query, "sources": programs.find(query, limit)}
        except RagError as error:
            raise ToolError(str(error)) from error

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
