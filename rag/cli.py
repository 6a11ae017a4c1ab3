"""The command line: flags → settings → engine → terminal. It does not know how anything is computed.

Answers go to standard output, everything else to standard error. Exit codes: 0 answered, 1 error, 2 usage, 3 abstained,
130 interrupted. What a command needs is imported when it runs, so that `rag --help` is quick.
"""

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag import terminal
from rag.errors import RagError, UsageError
from rag.settings import Settings, read_settings

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.weights import Entry

ABSTAINED = 3
INTERRUPTED = 130

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, and nothing else.")]
Host = Annotated[str, typer.Option(help="Address to listen at.")]

app = typer.Typer(
    name="rag",
    help="Answers from your own documents, on your own CPU, with the exact source sentences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models = typer.Typer(help="List, fetch and verify the weights.", invoke_without_command=True)
app.add_typer(models, name="models")


def main() -> None:
    """Run the command line; the console script's entry point."""
    terminal.speak_utf8()
    try:
        app()
    except BrokenPipeError:  # the reader went away before the last flush
        _drop_output()
        sys.exit(1)


@contextmanager
def _edge() -> Iterator[None]:
    """Turn whatever went wrong into one line and an exit code: the only place that does."""
    try:
        yield
        sys.stdout.flush()
    except RagError as error:
        terminal.say(f"Error: {error}", "red")
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        terminal.say("Stopped.")
        raise typer.Exit(INTERRUPTED) from interrupt
    except BrokenPipeError as error:
        _drop_output()
        raise typer.Exit(1) from error
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:
        if os.environ.get("RAG_DEBUG") == "1":
            traceback.print_exc()
        terminal.say(f"Error: unexpected {type(error).__name__}: {error}. Run `rag doctor`.", "red")
        raise typer.Exit(1) from error


def _drop_output() -> None:
    """Let the flush at exit go nowhere: there is no reader any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


def _flag(name: str) -> inspect.Parameter:
    """Return the flag of one setting."""
    field = Settings.model_fields[name]
    kind: Any = field.annotation
    words = field.description or name
    default = "" if field.default_factory else f" Default: {field.default}."
    option = typer.Option(
        help=f"{words[0].upper()}{words[1:]}.{default}", rich_help_panel="Settings", show_default=False
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _command(group: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose first parameter is the settings; every setting becomes a flag of it.

    Without a name it is what the group does by itself.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function).parameters.values())[1:]

        def run(**given: Any) -> None:
            with _edge():
                flags = {field: given.pop(field) for field in Settings.model_fields}
                function(read_settings(**flags), **given)

        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        parameters += [_flag(field) for field in Settings.model_fields]
        run.__name__, run.__doc__ = function.__name__, function.__doc__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        (group.command(name) if name else group.callback())(run)
        return function

    return register


@contextmanager
def _opened(settings: Settings, *, answers: bool) -> "Iterator[Engine]":
    """Open the engine with its progress on standard error, and say which files were skipped."""
    from rag import compose

    with terminal.progress() as report:
        engine = (compose.open_engine if answers else compose.open_index)(settings, report)
    with engine:
        for _, reason in engine.updated.skipped if engine.updated else ():
            terminal.say(f"Skipped: {reason}", "yellow")
        yield engine


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


@_command(app, "ask")
def ask(
    settings: Settings,
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    as_json: Json = False,
) -> None:
    """Answer one question, with its source sentences."""
    if question == "-":
        question = sys.stdin.read().removeprefix("\ufeff")
    from rag import chat as chat_loop
    from rag.engine import checked_question

    checked_question(question)  # before a gigabyte is loaded
    with _opened(settings, answers=True) as engine:
        answer = chat_loop.answer(engine, question, (), quiet=as_json)
    if answer.stopped:
        raise KeyboardInterrupt
    if as_json:
        typer.echo(terminal.json_line(answer.to_dict()))
    if answer.abstained:
        raise typer.Exit(ABSTAINED)


@_command(app, "chat")
def chat(settings: Settings) -> None:
    """Ask in turns, with follow-up questions."""
    from rag import chat as chat_loop

    with _opened(settings, answers=True) as engine:
        chat_loop.loop(engine)


@_command(app, "ui")
def ui(
    settings: Settings,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the page.", min=0, max=65535)] = 7860,
    auth: Annotated[str | None, typer.Option(help="USER:PASSWORD that the page asks for.")] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open the page in the browser."""
    from rag.ui.page import launch

    launch(settings, host=host, port=port, auth=auth, open_browser=open_browser)


@_command(app, "index")
def index(
    settings: Settings,
    folder: Annotated[Path | None, typer.Argument(metavar="[DOCS]", help="The folder, as --docs.")] = None,
    as_json: Json = False,
) -> None:
    """Read a folder of documents now; ask, chat and ui do it by themselves."""
    if folder is not None:
        settings = settings.model_copy(update={"docs": folder})
    with _opened(settings, answers=False) as engine:
        done = engine.updated
    assert done is not None
    if as_json:
        skipped = [{"document": path, "error": reason} for path, reason in done.skipped]
        report = {"docs": str(settings.docs), **asdict(done), "skipped": skipped, "stale": list(done.stale)}
        typer.echo(terminal.json_line(report))
        return
    typer.echo(
        f"{done.documents} documents, {done.sentences} sentences, {done.chunks} passages: {done.added} added, "
        f"{done.changed} changed, {done.removed} removed, {done.unchanged} unchanged, {len(done.skipped)} skipped."
    )
    terminal.say(f"{done.seconds:.1f} s")


@_command(app, "search")
def search(
    settings: Settings,
    query: Annotated[str, typer.Argument(help="What to look for; - reads it from standard input.")],
    limit: Annotated[int, typer.Option(help="Most sentences shown.", min=1, max=1000)] = 10,
    as_json: Json = False,
) -> None:
    """Rank the sentences of the documents, without the answer model."""
    if query == "-":
        query = sys.stdin.read().removeprefix("\ufeff")
    with _opened(settings, answers=False) as engine:
        found = engine.search(query, limit)
    if as_json:
        names = ("number", "document", "page", "start", "end", "text", "score")
        sources = [{name: getattr(source, name) for name in names} for source in found]
        typer.echo(terminal.json_line({"query": query, "sources": sources}))
    else:
        terminal.print_found(found)


@_command(models, "")
def models_alone(settings: Settings, context: typer.Context) -> None:
    """List, fetch and verify the weights."""
    if context.invoked_subcommand is None:
        list_models(settings)


@_command(models, "list")
def list_models(settings: Settings) -> None:
    """List the weights: name, role, size, licence, state and path."""
    from rag.weights import load_catalogue, location, state

    rows = [
        (e.name, e.role, f"{e.bytes / 1e6:,.1f} MB", e.licence, state(e, settings), str(location(e, settings)))
        for e in load_catalogue().values()
    ]
    terminal.print_table(("name", "role", "size", "licence", "state", "path"), rows)


@_command(models, "fetch")
def fetch_models(
    settings: Settings, names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names or roles.")]
) -> None:
    """Fetch and verify weights."""
    from rag.weights import resolve

    with terminal.progress() as report:
        paths = [resolve(_known(name).name, settings, report) for name in names]
    for path in paths:
        typer.echo(str(path))


@_command(models, "verify")
def verify_models(
    settings: Settings,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Names or roles; none: whatever is on disk.")
    ] = None,
) -> None:
    """Read weights again and compare them with the catalogue; exit code 1 when one differs."""
    from rag.weights import load_catalogue, location, verify

    chosen = [_known(name) for name in names] if names else list(load_catalogue().values())
    bad = False
    for entry in chosen:
        if not names and not location(entry, settings).is_file():
            typer.echo(f"{entry.name}: not fetched")
            continue
        good = verify(entry, settings)
        bad = bad or not good
        mend = f"missing or damaged, mend it with: rag models fetch {entry.name}"
        typer.echo(f"{entry.name}: {'as it should be' if good else mend}")
    if bad:
        raise typer.Exit(1)


@_command(models, "path")
def path_of_model(
    settings: Settings, name: Annotated[str, typer.Argument(help="A name or a role, such as answer or embed.")]
) -> None:
    """Print where a weights file lies, or will lie."""
    from rag.weights import location

    typer.echo(str(location(_known(name), settings)))


def _known(name: str) -> "Entry":
    from rag.weights import find, load_catalogue

    entry = find(name)
    if entry is None:
        raise UsageError(f"There are no weights '{name}'; `rag models` lists {', '.join(load_catalogue())}.")
    return entry


@_command(app, "batch")
def batch(
    settings: Settings,
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="Questions, one JSON object a line; - is stdin.")],
) -> None:
    """Answer a file of questions, one line of JSON each."""
    from rag.batch import answer_rows, open_rows
    from rag.chat import stoppable

    with open_rows(file) as lines, _opened(settings, answers=True) as engine, stoppable() as stopped:
        rows = bad = 0
        for row in answer_rows(lines, engine, stopped):
            rows += 1
            bad += "error" in row
            typer.echo(terminal.json_line(row))
            sys.stdout.flush()
        if stopped():
            raise KeyboardInterrupt
    terminal.say(f"{rows} rows, {bad} with an error")
    if bad:
        raise typer.Exit(1)


@_command(app, "doctor")
def doctor(settings: Settings, as_json: Json = False) -> None:
    """Tell what is installed, where things are, what is wrong and what to do; exit code 1 when something is wrong."""
    from rag.doctor import examine

    checks = examine(settings)
    if as_json:
        typer.echo(terminal.json_line({"ok": all(c.ok for c in checks), "checks": [asdict(c) for c in checks]}))
    else:
        terminal.print_checks(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@_command(app, "serve")
def serve(
    settings: Settings,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=0, max=65535)] = 8321,
    api_key: Annotated[str | None, typer.Option(envvar="RAG_API_KEY", help="Key that clients must send.")] = None,
) -> None:
    """Serve other programs over HTTP, OpenAI-compatible."""
    from rag.server import serve as serve_http

    with terminal.progress() as report:
        serve_http(settings, host=host, port=port, api_key=api_key, report=report)


@_command(app, "mcp")
def mcp(settings: Settings) -> None:
    """Serve other programs over the Model Context Protocol, on standard input and output."""
    from rag.mcp_server import run

    with terminal.progress() as report:
        run(settings, report)


@_command(app, "bench")
def bench(
    settings: Settings,
    questions: Annotated[
        Path | None, typer.Argument(metavar="[QUESTIONS.jsonl]", help="Questions to measure with.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure speed, as ratios within one run."""
    from rag.bench import run

    run(settings, questions=questions, json_output=as_json)
