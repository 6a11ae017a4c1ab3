"""Commands that measure: `eval` for quality, `bench` for speed, `calibrate` for confidence. It does not know how."""

from pathlib import Path
from typing import Annotated

import typer

from rag.cli import terminal
from rag.cli.bars import progress
from rag.cli.command import Json, command, opened
from rag.settings import Settings

measuring = typer.Typer()


@command(measuring, "eval")
def evaluate(
    settings: Settings,
    sets: Annotated[list[Path], typer.Argument(metavar="SET…", help="Folder of a set, or a file of questions.")],
    limit: Annotated[int | None, typer.Option(help="Questions of each set, drawn by --seed.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Which questions --limit draws.")] = 0,
    baseline: Annotated[str | None, typer.Option(help="'stuffed' asks the stock pipeline, too.")] = None,
    twice: Annotated[bool, typer.Option("--twice", help="Ask again, for the speed over known passages.")] = False,
    as_json: Json = False,
) -> None:
    """Measure retrieval, answers, silence, sources and speed over sets of questions."""
    from rag.cli import evaluate as eval_command

    with progress() as report:
        found = eval_command.run(settings, sets, limit=limit, seed=seed, baseline=baseline, twice=twice, report=report)
    if as_json:
        typer.echo(terminal.json_line(found))
    else:
        eval_command.print_table(found)


@command(measuring, "bench")
def bench(
    settings: Settings,
    questions: Annotated[
        Path | None, typer.Option(help="File of questions, one a line; without it they are made of the documents.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Most questions asked.", min=1, max=1000)] = 10,
    growth: Annotated[
        list[int] | None, typer.Option(help="Measure search among so many passages, too; may be repeated.", min=1)
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure speed over questions never asked before, as ratios within one run."""
    from rag.bench.bench import run

    with progress() as report:
        run(settings, questions=questions, limit=limit, growth=growth or (), json_output=as_json, report=report)


@command(measuring, "calibrate")
def calibrate(
    settings: Settings,
    limit: Annotated[int, typer.Option(help="Passages of your own that are asked about.", min=1, max=1000)] = 40,
    as_json: Json = False,
) -> None:
    """Fit confidence to the answer model, by questions made of your own passages; nobody has to label anything."""
    from rag.cli import calibrate as calibrate_command

    with opened(settings, answers=True) as rag, progress() as report:
        done = calibrate_command.run(settings, rag, limit=limit, report=report)
    if as_json:
        typer.echo(terminal.json_line(calibrate_command.as_dict(done)))
    else:
        calibrate_command.print_calibration(done)
