"""Other programs ask over the Model Context Protocol, on standard input and output. It does not know the stages.

Tools `ask` and `search`, and every document as a resource. The protocol's own library is an optional install.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from rag.api import Rag
from rag.errors import RagError
from rag.progress import Report, silent
from rag.serve.chat_completions import Json, Turn, history_of
from rag.settings import Settings

_SCHEME = "document:///"
OPTIONS: dict[str, Any] = {
    "instructions": "Answers from one folder of documents, each statement with its exact source sentences.",
    "log_level": "WARNING",
    "subscriptions": False,
}
"""Of every `MCPServer` of ours."""


def run(settings: Settings, report: Report = silent) -> None:
    """Serve until the client goes. Raises RagError.

    Speaks at once; the folder opens meanwhile, since clients do not wait for weights to be fetched.
    """
    opening: Future[Rag]
    server = create_server(lambda: opening.result())
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(Rag.open, settings, report)
        try:
            server.run("stdio")
        finally:
            opening.result().close()


def create_server(opened: Callable[[], Rag]) -> Any:
    """Return the `MCPServer`; `opened` returns what is asked and may take its time.

    Raises RagError when the protocol's library is not installed.
    """
    try:
        import anyio.to_thread
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ResourceError
        from mcp_types import Resource
    except ImportError as error:
        raise RagError(
            f"The Model Context Protocol is an extra that is not installed ({error}): "
            "run \"pip install 'rag-answers[mcp]'\"."
        ) from error

    class DocumentServer(MCPServer):  # type: ignore[misc]
        """Lists what the index holds now; documents come and go while it runs."""

        async def list_resources(self) -> list[Resource]:
            documents = await anyio.to_thread.run_sync(lambda: opened().documents())
            return [
                Resource(uri=_SCHEME + quote(path), name=path, title=record.title, mime_type="text/plain")
                for path, record in documents.items()
            ]

    server = DocumentServer("rag", **OPTIONS)

    def answer(question: str, history: list[Turn], stopped: Callable[[], bool]) -> Json:
        return opened().ask(question, history_of(history), stopped=stopped).to_dict()

    add_tools(server, answer, lambda query, limit: [source.to_dict() for source in opened().search(query, limit)])

    @server.resource(_SCHEME + "{+path}", name="document", mime_type="text/plain")  # type: ignore[untyped-decorator]
    def document(path: str) -> str:
        """Return the text of a document; sources' offsets count its characters."""
        try:
            return opened().text(path)
        except RagError as error:
            raise ResourceError(str(error)) from error

    return server


def add_tools(
    server: Any,
    answer: Callable[[str, list[Turn], Callable[[], bool]], Json],
    find: Callable[[str, int], list[Json]],
) -> None:
    """Give an `MCPServer` the tools `ask` and `search`.

    `answer(question, history, stopped)` and `find(query, limit)` do the work in a thread and may raise RagError.
    """
    import anyio.to_thread
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import ToolAnnotations

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
        try:
            return await anyio.to_thread.run_sync(
                lambda: answer(question, history, gone.is_set), abandon_on_cancel=True
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
            return {"query": query, "sources": find(query, limit)}
        except RagError as error:
            raise ToolError(str(error)) from error
