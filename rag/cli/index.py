"""`rag index`: tells what was read, reads passages ahead, goes on with what changes. It does not know how."""

import sys
import threading
from dataclasses import asdict
from pathlib import Path

import typer

from rag.api import IndexReport, Rag
from rag.cli import terminal
from rag.cli.bars import progress
from rag.cli.chat import stoppable
from rag.documents.watch import follow
from rag.errors import RagError


def run(rag: Rag, *, watch: bool, ahead: bool, as_json: bool) -> None:
    """Print what was read; with `ahead` passages are read ahead before, with `watch` it goes on until Ctrl-C."""
    assert rag.updated is not None
    if ahead:
        _warm(rag)
    _print_update(rag.folder, rag.updated, as_json)
    if watch:
        _watch(rag, ahead, as_json)


def _watch(rag: Rag, ahead: bool, as_json: bool) -> None:
    """Print a report whenever something changed; what was said to be skipped before is not said again."""
    said = set(rag.skipped)
    told: list[str] = []

    def update() -> None:
        done = rag.refresh()
        told.clear()
        new = [(path, reason) for path, reason in done.skipped if (path, reason) not in said]
        said.update(new)
        for _, reason in new:
            terminal.say(f"Skipped: {reason}", "yellow")
        if new or done.added or done.changed or done.removed:
            if ahead:
                _warm(rag)
            _print_update(rag.folder, done, as_json)
            sys.stdout.flush()

    def failed(error: RagError) -> None:
        if str(error) not in told:  # it is tried again every few seconds
            told.append(str(error))
            terminal.say(f"Error: {error}", "red")

    sys.stdout.flush()
    terminal.say(f"Watching {rag.folder}. Ctrl-C ends it.")
    follow(rag.folder, update, threading.Event(), failed)


def _print_update(docs: Path, done: IndexReport, as_json: bool) -> None:
    if as_json:
        skipped = [{"document": path, "error": reason} for path, reason in done.skipped]
        report = {"docs": str(docs), **asdict(done), "skipped": skipped, "stale": list(done.stale)}
        typer.echo(terminal.json_line(report))
        return
    held = (("document", done.documents), ("sentence", done.sentences), ("passage", done.chunks))
    counts = ", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for noun, count in held)
    typer.echo(
        f"{counts}: {done.added} added, "
        f"{done.changed} changed, {done.removed} removed, {done.unchanged} unchanged, {len(done.skipped)} skipped."
    )
    terminal.say(f"{done.seconds:.1f} s")


def _warm(rag: Rag) -> None:
    with progress() as report, stoppable() as stopped:
        ready, total = rag.warm(report=report, stopped=stopped)
        if stopped():
            raise KeyboardInterrupt
    terminal.say(f"{ready:,} of {total:,} passages are ready to be answered from.")
    if ready < total:
        terminal.say("There is no room for more: raise --attention-gb.", "yellow")
