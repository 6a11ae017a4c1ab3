"""The command line: flags → settings → engine → terminal. It does not know how anything is computed.

Answers go to standard output, everything else to standard error. What a command needs is imported when it runs, so that
`rag --help` is quick.
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag.cli import one, terminal
from rag.cli.bars import progress
from rag.cli.command import Host, Json, command, opened
from rag.cli.ends import drop_output
from rag.cli.measuring import measuring
from rag.cli.models import models
from rag.cli.serving import serving
from rag.errors import UsageError
from rag.settings import Settings

app = typer.Typer(
    name="rag",
    help="Answers from your own documents, on your own CPU, with the exact source sentences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(models, name="models")
app.add_typer(serving)
app.add_typer(measuring)


def main() -> None:
    """Run the command line."""
    terminal.speak_utf8()
    try:
        app()
    except BrokenPipeError:  # the reader went away before the last flush
        drop_output()
        sys.exit(1)


def _typed(argument: str) -> str:
    """Return the argument itself, or what stands on standard input for `-`."""
    return sys.stdin.read().removeprefix("\ufeff") if argument == "-" else argument


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"rag {version('rag-answers')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None: ...


@command(app, "ask")
def ask(
    settings: Settings,
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    as_json: Json = False,
) -> None:
    """Answer one question, with its source sentences."""
    question = _typed(question)
    from rag.cli.asking import Asking
    from rag.serve.shortcut import Way

    def check() -> None:  # before a gigabyte is loaded
        from rag.api import checked_question

        checked_question(question)

    with Asking(settings, answers=True, check=check) as rag:
        code = one.ask(rag, question, as_json=as_json)
        rag.remember_way(question, Way("ask", as_json))
        rag.leave_warm()
    raise typer.Exit(code)


@command(app, "chat")
def chat(settings: Settings) -> None:
    """Ask in turns, with follow-up questions."""
    from rag.cli import chat as chat_loop
    from rag.cli.asking import Asking

    with Asking(settings, answers=True) as rag:
        chat_loop.loop(rag)


@command(app, "ui")
def ui(
    settings: Settings,
    host: Host = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port of the page; without it a free one.", min=0, max=65535)] = None,
    auth: Annotated[str | None, typer.Option(help="USER:PASSWORD that the page asks for.")] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open the page in the browser."""
    from rag.ui.serving import launch

    with progress() as report:
        launch(settings, host=host, port=port, auth=auth, open_browser=open_browser, report=report)


@command(app, "index")
def index(
    settings: Settings,
    folder: Annotated[Path | None, typer.Argument(metavar="[DOCS]", help="The folder, as --docs.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and take in what changes, until Ctrl-C.")] = False,
    ahead: Annotated[
        bool, typer.Option("--warm", help="Compute the attention of every passage, too: no question waits for it then.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read a folder of documents now; ask, chat and ui do it by themselves."""
    if folder is not None:
        settings = settings.model_copy(update={"docs": folder})
    if ahead and settings.llm_url:
        raise UsageError("A model server keeps what it has read by itself: there is nothing for --warm to do.")
    from rag.cli.index import run

    with opened(settings, answers=ahead, named=sys.maxsize) as rag:
        run(rag, watch=watch, ahead=ahead, as_json=as_json)


@command(app, "move")
def move(
    settings: Settings,
    to: Annotated[str, typer.Argument(metavar="URL|here", help="A Chroma server's address, or `here`.")],
) -> None:
    """Move the index's vectors to a Chroma server or back, and compare them one by one."""
    from rag.cli import move as move_command

    with progress() as report:
        said = move_command.run(settings, to, report)
    typer.echo(said)


@command(app, "search")
def search(
    settings: Settings,
    query: Annotated[str, typer.Argument(help="What to look for; - reads it from standard input.")],
    limit: Annotated[int, typer.Option(help="Most sentences shown.", min=1, max=1000)] = 10,
    as_json: Json = False,
) -> None:
    """Rank the sentences of the documents, without the answer model."""
    query = _typed(query)
    from rag.cli.asking import Asking
    from rag.serve.shortcut import Way

    with Asking(settings, answers=False) as rag:
        one.search(rag, query, limit, as_json=as_json)
        rag.remember_way(query, Way("search", as_json, limit))


@command(app, "batch")
def batch(
    settings: Settings,
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="Questions, one JSON object a line; - is stdin.")],
) -> None:
    """Answer a file of questions, one line of JSON each."""
    from rag.cli import batch as batch_command

    with batch_command.open_rows(file) as lines, opened(settings, answers=True) as rag:
        bad = batch_command.run(lines, rag)
    if bad:
        raise typer.Exit(1)


@command(app, "doctor")
def doctor(settings: Settings, as_json: Json = False) -> None:
    """Tell what is installed, where things are, what is wrong and what to do; exit code 1 when something is wrong."""
    from rag.cli.background import running
    from rag.doctor.examine import examine

    checks = [*examine(settings), *running(settings)]
    if as_json:
        typer.echo(terminal.json_line({"ok": all(c.ok for c in checks), "checks": [asdict(c) for c in checks]}))
    else:
        terminal.print_checks(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
