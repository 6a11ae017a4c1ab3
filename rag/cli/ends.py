"""How a command ends: what went wrong as one line, and the exit code. It knows no command.

Exit codes: 0 answered, 1 error, 2 usage, 3 abstained, 130 interrupted.
"""

import os
import sys

from rag.cli import terminal
from rag.errors import RagError, unexpected

ABSTAINED = 3
INTERRUPTED = 130


def told(error: BaseException) -> int:
    """Say what went wrong in one line on standard error; return the exit code."""
    if isinstance(error, RagError):
        terminal.say(f"Error: {error}", "red")
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        terminal.say("Stopped.")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        drop_output()
    elif isinstance(error, Exception):
        terminal.say(f"Error: {unexpected(error)}", "red")
    else:
        raise error
    return 1


def drop_output() -> None:
    """Let the flush at exit go nowhere: there is no reader any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
