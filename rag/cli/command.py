"""What commands have in common: settings as flags, errors as exit codes, the folder opened. It knows no command."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli import terminal
from rag.cli.ends import told
from rag.cli.one import say_skipped
from rag.settings import SECRETS, Settings, read_settings

if TYPE_CHECKING:
    from rag.api import Rag

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, and nothing else.")]
Host = Annotated[str, typer.Option(help="Address to listen at.")]
_FLAGS = [name for name in Settings.model_fields if name not in SECRETS]


@contextmanager
def edge() -> Iterator[None]:
    """Turn whatever went wrong into one line and an exit code."""
    try:
        yield
        sys.stdout.flush()
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except (Exception, KeyboardInterrupt) as error:
        raise typer.Exit(told(error)) from error


@contextmanager
def opened(settings: Settings, *, answers: bool, named: int = 3) -> "Iterator[Rag]":
    """Open the folder with its progress on standard error, and say which files were skipped, at most `named`."""
    from rag.api import Rag
    from rag.cli.bars import progress

    with progress() as report:
        rag = Rag.open(settings, report, answers=answers)
    with rag:
        say_skipped(rag.skipped, named)
        if rag.not_fitted:
            terminal.say(rag.not_fitted, "yellow")
        yield rag


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


def command(group: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose first parameter is the settings; every setting becomes a flag of it.

    Without a name it is what the group does by itself. A flag given to the group counts for its commands, too.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function).parameters.values())[1:]
        wants_context = any(parameter.name == "context" for parameter in own)

        def run(**given: Any) -> None:
            with edge():
                context: typer.Context = given["context"] if wants_context else given.pop("context")
                outer = context.parent.params if context.parent else {}
                flags = {field: given.pop(field) for field in _FLAGS}
                flags = {field: outer.get(field) if flag is None else flag for field, flag in flags.items()}
                settings = read_settings(**flags)
                if settings.model == "auto":
                    from rag.weights.machine import with_model

                    settings = with_model(settings)
                function(settings, **given)

        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        parameters += [_flag(field) for field in _FLAGS]
        if not wants_context:
            parameters.append(inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))
        run.__name__, run.__doc__ = function.__name__, function.__doc__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        (group.command(name) if name else group.callback())(run)
        return function

    return register
