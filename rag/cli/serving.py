"""Commands by which other programs and later processes ask: `serve`, `stop`, `mcp`. It does not know how they do."""

from typing import Annotated

import typer

from rag.cli.bars import progress
from rag.cli.command import Host, command
from rag.errors import UsageError
from rag.settings import Settings

_HOST, _PORT = "127.0.0.1", 8321
serving = typer.Typer()


@command(serving, "serve")
def serve(
    settings: Settings,
    host: Host = _HOST,
    port: Annotated[int, typer.Option(help="Port to listen at.", min=0, max=65535)] = _PORT,
    api_key: Annotated[str | None, typer.Option(envvar="RAG_API_KEY", help="Key that clients must send.")] = None,
    background: Annotated[
        bool, typer.Option("--background", help="Stay behind for `rag ask` and `rag search`; no port is opened.")
    ] = False,
    stay: Annotated[bool, typer.Option("--stay", hidden=True)] = False,
) -> None:
    """Serve other programs over HTTP, OpenAI-compatible; with --background, only your own `rag ask`."""
    if background:
        if (host, port) != (_HOST, _PORT):
            raise UsageError("A server in the background opens no port: leave --host and --port out, or --background.")
        from rag.cli.background import start

        start(settings)
        return
    with progress() as report:
        if stay:
            from rag.serve.background import stay as stay_behind

            stay_behind(settings, report)
        else:
            from rag.serve.http import serve as serve_http

            serve_http(settings, host=host, port=port, api_key=api_key, report=report)


@command(serving, "stop")
def stop(settings: Settings) -> None:
    """End the servers that `rag serve --background` left."""
    from rag.cli.background import stop_all

    stop_all(settings)


@command(serving, "mcp")
def mcp(settings: Settings) -> None:
    """Serve other programs over the Model Context Protocol, on standard input and output."""
    from rag.serve.mcp import run

    with progress() as report:
        run(settings, report)
