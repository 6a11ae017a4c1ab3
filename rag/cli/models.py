"""`rag models`: lists, fetches and verifies the weights. It does not know what they are used for."""

from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import terminal
from rag.cli.command import command
from rag.errors import UsageError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.weights.catalogue import Entry
    from rag.weights.machine import Outlook

models = typer.Typer(help="List, fetch and verify the weights.", invoke_without_command=True)


@command(models, "")
def models_alone(settings: Settings, context: typer.Context) -> None:
    """List, fetch and verify the weights."""
    if context.invoked_subcommand is None:
        list_models(settings)


@command(models, "list")
def list_models(settings: Settings) -> None:
    """List the weights, which answer models fit this machine, and about how fast they would be."""
    from rag.weights.catalogue import load_catalogue
    from rag.weights.machine import outlook, this_machine
    from rag.weights.verified import location, state

    machine = this_machine(settings)
    rows = []
    for entry in load_catalogue().values():
        size = f"{entry.size / 1e6:,.1f} MB" if entry.bytes else f"about {entry.size / 1e6:,.0f} MB"
        here = "" if entry.role != "answer" else _here(outlook(entry, machine, settings))
        licence = entry.licence if entry.terms is None else f"{entry.licence} (not free)"
        place = str(location(entry, settings))
        rows.append((entry.name, entry.role, size, licence, state(entry, settings), here, place))
    terminal.print_table(("name", "role", "size", "licence", "state", "here", "path"), rows)
    how = "as `rag doctor` measured it" if machine.measured else "guessed; `rag doctor` measures it"
    memory, free, disk = (f"{size / 1e9:.0f} GB" for size in (machine.memory, machine.free_memory, machine.free_disk))
    typer.echo(
        f"{memory} of memory ({free} free), {machine.cores} CPU threads, {disk} of disk. Speeds go by the size of the "
        f"weights and the default model's pace, {how}."
    )


def _here(found: "Outlook") -> str:
    """Return in words what a model would be like on this machine."""
    return found.why_not or f"fits, reads about {found.reads:.0f} tokens/s, first word {found.first_word_s:.1f} s"


@command(models, "recommend")
def recommend_model(settings: Settings) -> None:
    """Name the answer model that suits this machine best, and why; `--model auto` takes it."""
    from rag.weights.catalogue import find
    from rag.weights.machine import PATIENCE_S, recommended

    found, default = recommended(settings), find("answer")
    typer.echo(found.entry.name)
    why = (
        f"The largest of a free licence that fits here and has the first word within {PATIENCE_S:.0f} s, by its size: "
        f"{found.entry.size / 1e9:.1f} GB, about {found.first_word_s:.1f} s."
    )
    if default is not None and found.entry.name == default.name:
        why = f"The default: nothing larger would fit or have the first word within {PATIENCE_S:.0f} s."
    elif found.entry.bytes is None:
        why += " It comes from the hub, and was not run by those who made this program: `rag calibrate` fits to it."
    terminal.say(why)


@command(models, "fetch")
def fetch_models(
    settings: Settings,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names or roles.")],
    accept: Annotated[
        bool, typer.Option("--accept-licence", help="Accept licences that are not free ones without being asked.")
    ] = False,
) -> None:
    """Fetch and verify weights; asks once where a licence is not a free one."""
    from rag.cli.bars import progress
    from rag.weights.resolve import resolve

    entries = [_known(name) for name in names]
    for entry in entries:
        _ask_licence(entry, settings, accept)
    with progress() as report:
        paths = [resolve(entry.name, settings, report) for entry in entries]
    for path in paths:
        typer.echo(str(path))


def _ask_licence(entry: "Entry", settings: Settings, accept: bool) -> None:
    from rag.weights import licences

    if licences.accepted(entry, settings):
        return
    question = f"{entry.name} is under the licence {entry.licence}, which is not a free one: {entry.terms}. Accept it?"
    if not accept and not typer.confirm(question, err=True):
        raise UsageError(f"The licence of {entry.name} was not accepted: nothing was fetched.")
    licences.accept(entry, settings)


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
