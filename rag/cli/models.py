"""`rag models`: lists, fetches and verifies the weights. It does not know what they are used for."""

from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import terminal
from rag.cli.command import command
from rag.errors import UsageError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.weights.catalogue import Entry

models = typer.Typer(help="List, fetch and verify the weights.", invoke_without_command=True)


@command(models, "")
def models_alone(settings: Settings, context: typer.Context) -> None:
    """List, fetch and verify the weights."""
    if context.invoked_subcommand is None:
        list_models(settings)


@command(models, "list")
def list_models(settings: Settings) -> None:
    """List the weights: name, role, size, licence, state and path."""
    from rag.weights.catalogue import load_catalogue
    from rag.weights.verified import location, state

    rows = [
        (e.name, e.role, f"{e.bytes / 1e6:,.1f} MB", e.licence, state(e, settings), str(location(e, settings)))
        for e in load_catalogue().values()
    ]
    terminal.print_table(("name", "role", "size", "licence", "state", "path"), rows)


@command(models, "fetch")
def fetch_models(
    settings: Settings, names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names or roles.")]
) -> None:
    """Fetch and verify weights."""
    from rag.cli.bars import progress
    from rag.weights.resolve import resolve

    with progress() as report:
        paths = [resolve(_known(name).name, settings, report) for name in names]
    for path in paths:
        typer.echo(str(path))


@command(models, "verify")
def verify_models(
    settings: Settings,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Names or roles; none: whatever is on disk.")
    ] = None,
) -> None:
    """Read weights again and compare them with the catalogue; exit code 1 when one differs."""
    from rag.weights.catalogue import load_catalogue
    from rag.weights.verified import location, verify

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


@command(models, "path")
def path_of_model(
    settings: Settings, name: Annotated[str, typer.Argument(help="A name or a role, such as answer or embed.")]
) -> None:
    """Print where a weights file lies, or will lie."""
    from rag.weights.verified import location

    typer.echo(str(location(_known(name), settings)))


def _known(name: str) -> "Entry":
    from rag.weights.catalogue import find, load_catalogue

    entry = find(name)
    if entry is None:
        raise UsageError(f"There are no weights '{name}'; `rag models` lists {', '.join(load_catalogue())}.")
    return entry
