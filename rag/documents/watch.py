"""Follows a folder: calls back when something in it changed, by the system's notices. It does not know the index."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.documents.listing import IGNORE_FILE
from rag.errors import RagError, UsageError

_LOOK_ANYWAY_MS = 10_000
"""Network folders send no notices, and what changed while watching began is seen by none."""
_JOIN_SECONDS = 2.0
"""The thread ends when it next looks; one that is reading a long document is not waited for."""
_SETTLE_MS = 1_000
"""A file that is being written is not read before it is quiet for so long."""


def follow(
    folder: Path,
    update: Callable[[], object],
    stop: threading.Event,
    failed: Callable[[RagError], object] | None = None,
) -> None:
    """Call `update` whenever `folder` changed, until `stop` is set: for a thread of its own, or the command line.

    What `update` raises of RagError is given to `failed`, and the next change tries again.
    """
    for _ in changes(folder, stop):
        try:
            update()
        except RagError as error:
            if failed is not None:
                failed(error)


@contextmanager
def following(folder: Path, update: Callable[[], object]) -> Iterator[None]:
    """Follow `folder` in a thread while something else goes on, such as a page that waits for questions.

    What `update` raises is left to the next question, which meets it, too, and has someone to tell.
    """
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(folder, update, stop), name="following the folder", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_JOIN_SECONDS)


def changes(folder: Path, stop: threading.Event) -> Iterator[None]:
    """Yield when files of `folder` changed, and every ten seconds, until `stop` is set. Raises UsageError."""
    from watchfiles import watch

    root = folder.resolve()
    if not root.is_dir():  # of which watchfiles says nothing where it looks by itself
        raise UsageError(f"The folder of documents {folder} is not there. Name one with --docs DIR.")
    for polling in (False, True):
        try:
            for _ in watch(
                root,
                watch_filter=lambda _, path: _matters(root, path),
                step=min(_SETTLE_MS, 200),
                debounce=_SETTLE_MS,
                rust_timeout=_LOOK_ANYWAY_MS,
                yield_on_timeout=True,
                stop_event=stop,
                force_polling=polling or None,
                ignore_permission_denied=True,
            ):
                yield
            return
        except OSError:  # the system watches only so many folders: look at them one by one instead
            if polling:
                raise


def _matters(root: Path, path: str) -> bool:
    """Tell whether a change at `path` may change the documents: a folder's may, whatever its name ends with."""
    try:
        parts = Path(path).relative_to(root).parts
    except ValueError:
        return False
    return not any(part.startswith(".") and part != IGNORE_FILE for part in parts)
