"""Rows of questions → rows of answers; a bad row becomes an error row. It does not know models."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import typer

from rag.api import Rag, never
from rag.cli import terminal
from rag.cli.chat import stoppable
from rag.errors import RagError, UsageError

Stoppable = Callable[[], AbstractContextManager[Callable[[], bool]]]
"""Entered for each answer: a function that becomes true when the answer is to stop."""
_BOM = b"\xef\xbb\xbf"


@contextmanager
def open_rows(name: str) -> Iterator[BinaryIO]:
    """Open a file of rows, `-` for standard input. Raises UsageError."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  (closed below; only opening may fail here)
    except OSError as error:
        raise UsageError(
            f"The file of questions {name} cannot be read: {error.strerror or error}. "
            'Name a file with one {"id": …, "question": …} a line, or - for standard input.'
        ) from error
    with file:
        yield file


def run(lines: Iterable[bytes], rag: Rag) -> int:
    """Print the answer to each row as soon as it is there; returns how many rows had an error."""
    rows = bad = 0
    for row in answer_rows(lines, rag, stoppable):
        rows += 1
        bad += "error" in row
        typer.echo(terminal.json_line(row))
        sys.stdout.flush()
    terminal.say(f"{rows} rows, {bad} with an error")
    return bad


def answer_rows(
    lines: Iterable[bytes], rag: Rag, stopping: Stoppable = lambda: nullcontext(never)
) -> Iterator[dict[str, Any]]:
    """Yield for each row, as soon as it is ready, its `id` with the answer or with an `error`; blank lines are skipped.

    Raises KeyboardInterrupt, dropping the row at work, when the answer was stopped. `stopping` is entered for answers
    alone: a wait for the next line has to end by an ordinary interrupt.
    """
    for number, line in enumerate(lines):
        line = (line.removeprefix(_BOM) if number == 0 else line).strip()
        if not line:
            continue
        row: dict[str, Any] = {}
        try:
            row = _read_object(line)
            id_, question, history = _read_row(row)
            with stopping() as stopped:
                answer = rag.ask(question, history, stopped=stopped)
                interrupted = stopped()
            if interrupted:
                raise KeyboardInterrupt
            yield {"id": id_, **answer.to_dict()}
        except RagError as error:
            id_ = row.get("id")
            yield {"id": id_ if _is_id(id_) else None, "error": str(error)}


def _read_object(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The row is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise UsageError('The row is not an object like {"id": "1", "question": "…"}.')
    return row


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_id(value: object) -> bool:
    # A number such as 1e400 is read as infinity, which could not be written as JSON again.
    whole = not isinstance(value, float) or math.isfinite(value)
    return isinstance(value, str | int | float) and not isinstance(value, bool) and whole


def _read_row(row: dict[str, Any]) -> tuple[object, str, list[tuple[str, str]]]:
    if not _is_id(row.get("id")):
        raise UsageError("The row has no 'id' that is a string or a number.")
    question = row.get("question")
    if not isinstance(question, str):
        raise UsageError("The row has no 'question' that is a string.")
    turns = row.get("history")
    if turns is None:
        turns = []
    if not isinstance(turns, list):
        raise UsageError("The row's 'history' is not a list.")
    history = []
    for turn in turns:
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise UsageError(
                'The row\'s \'history\' has a turn that is not {"role": "user" or "assistant", "content": "…"}.'
            )
        history.append((role, content))
    return row["id"], question, history
