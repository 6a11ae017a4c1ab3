"""Asking in the terminal: one answer streamed with its sources, and the loop of turns. It does not know the stages."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from typing import Any, Protocol, cast

from rag.answering.answer import Answer, Event, History, Timings, Token, Working
from rag.answering.citations import Source
from rag.cli import terminal
from rag.cli.bars import waiting
from rag.cli.stream import answer_stream
from rag.errors import RagError
from rag.pace import about

_HELP = "/new starts over, /sources shows the last sources again, /quit ends."


class Asked(Protocol):
    """Whoever answers: a server, or the folder opened here."""

    def stream(self, question: str, history: History = (), *, stopped: Callable[[], bool]) -> Iterator[Event]:
        """As `Rag.stream`."""
        ...

    def search(self, query: str, limit: int) -> Sequence[Source]:
        """As `Rag.search`."""
        ...

    def expected_s(self) -> float | None:
        """Return after how many seconds the first word is to be expected, where that is known."""
        ...

    def note(self, timings: Timings) -> None:
        """Let the next expectation know what a question took."""
        ...


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl-C was pressed meanwhile; a second Ctrl-C interrupts at once.

    The model is in C: an exception raised in its callbacks would be lost.
    """
    pressed = threading.Event()

    def press(number: int, frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def answer(rag: Asked, question: str, history: History, *, quiet: bool = False) -> Answer:
    """Ask, and show the answer while it comes and then its sources; `quiet` shows nothing. Raises RagError."""
    stream = None
    with (
        stoppable() as stopped,
        waiting(f"Reading …{about(rag.expected_s())}") as say,
        closing(cast(Any, rag.stream(question, history, stopped=stopped))) as events,
    ):
        try:
            for event in events:
                if isinstance(event, Working) and stream is None:
                    say(f"{terminal.shown(event.task)} ({event.done + 1} of {event.total}) …")
                elif isinstance(event, Token) and not quiet:
                    say("")
                    stream = stream or answer_stream()
                    stream.write(event.text)
        finally:
            if stream is not None:
                stream.close()
    assert isinstance(event, Answer)
    if not event.stopped:
        rag.note(event.timings)
    if not quiet and not event.stopped:
        terminal.print_sources(event)
        sys.stdout.flush()
        terminal.say(terminal.timings_line(asdict(event.timings)), "dim")
    return event


def loop(rag: Asked) -> None:
    """Ask in turns until /quit or the end of the input."""
    history: list[tuple[str, str]] = []
    last: Answer | None = None
    terminal.say(_HELP, "dim")
    while True:
        question = _next_line()
        if question is None or question == "/quit":
            return
        if question == "/new":
            history, last = [], None
            terminal.say("Starting over.")
        elif question == "/sources":
            if last is None:
                terminal.say("There are no sources yet.")
            else:
                terminal.print_sources(last)
        elif question.startswith("/"):
            terminal.say(_HELP)
        elif question:
            try:
                last = answer(rag, question, history)
            except RagError as error:  # one question went wrong, not the conversation
                terminal.say(f"Error: {error}", "red")
                continue
            if last.stopped:
                terminal.say("Stopped.")
            else:
                history += [("user", question), ("assistant", last.answer)]


def _next_line() -> str | None:
    """Return the next line typed, None at the end of the input; the prompt stands on standard error."""
    if sys.stdin.isatty():
        with suppress(ImportError):  # Windows has none
            import readline  # noqa: F401  (gives `input` its line editing)

        try:
            return input("\n> ").strip()
        except EOFError:
            return None
    line = sys.stdin.readline()
    return line.strip() if line else None
