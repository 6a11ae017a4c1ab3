"""One question or one search, asked and shown: `rag ask` and `rag search`. It does not know who answers."""

import sys
from collections.abc import Sequence

from rag.cli import chat, terminal
from rag.cli.chat import Asked
from rag.cli.ends import ABSTAINED


def ask(rag: Asked, question: str, *, as_json: bool) -> int:
    """Ask and show the answer; returns the exit code. Raises RagError, KeyboardInterrupt where it was stopped."""
    answer = chat.answer(rag, question, (), quiet=as_json)
    if answer.stopped:
        raise KeyboardInterrupt
    if as_json:
        sys.stdout.write(terminal.json_line(answer.to_dict()) + "\n")
    return ABSTAINED if answer.abstained else 0


def search(rag: Asked, query: str, limit: int, *, as_json: bool) -> int:
    """Search and show what was found; returns the exit code. Raises RagError."""
    found = rag.search(query, limit)
    if as_json:
        sources = [source.to_dict() for source in found]
        sys.stdout.write(terminal.json_line({"query": query, "sources": sources}) + "\n")
    else:
        terminal.print_found(found)
    return 0


def say_skipped(skipped: Sequence[tuple[str, str]], named: int = 3) -> None:
    """Say on standard error which files could not be read, at most `named`."""
    for _, reason in skipped[:named]:
        terminal.say(f"Skipped: {reason}", "yellow")
    if len(skipped) > named:
        terminal.say(f"Skipped: {len(skipped) - named:,} more. `rag index` names them.", "yellow")
