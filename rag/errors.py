"""The tree of errors that a person may see. It does not know how they are shown.

    RagError                exit code 1
    ├── UsageError          exit code 2: the request itself is off (empty question, missing folder)
    ├── DocumentError       one document cannot be read
    ├── WeightsError        a weights file is missing, damaged or cannot be fetched
    ├── StoreError         the index on disk cannot be opened or written
    └── ReaderError         the answer model failed or the prompt does not fit

Each message says what happened, to which file, and the command that mends it. The command line, the page and
the servers turn a `RagError` into an exit code or a message once, at their edge; nothing else catches it.
"""

import os
import traceback


class RagError(Exception):
    """Something that a person can understand and mend; `str(error)` is the whole message."""

    exit_code = 1


class UsageError(RagError):
    """The request itself is off."""

    exit_code = 2


class DocumentError(RagError):
    """One document cannot be read; the others still can."""


class WeightsError(RagError):
    """A weights file is missing, damaged or cannot be fetched."""


class StoreError(RagError):
    """The index on disk cannot be opened or written."""


class ReaderError(RagError):
    """The answer model failed, or the prompt does not fit into its context."""


def unexpected(error: Exception) -> str:
    """Return the message for an error that nobody foresaw; with RAG_DEBUG=1 the whole of it goes to standard error."""
    if os.environ.get("RAG_DEBUG") == "1":
        traceback.print_exception(error)
    return f"Unexpected {type(error).__name__}: {error}. Run `rag doctor`."
