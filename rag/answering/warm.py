"""Passages that no question has needed yet are read ahead: by a command, or while nobody asks.

What is likely to be asked comes first, and what is ready is skipped, so that it goes on where it was interrupted. It
does not know how a passage is read ahead.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rag.answering.reader import Reader, never
from rag.documents.chunks import Chunk
from rag.errors import RagError
from rag.index.index import Index
from rag.progress import Report, silent

_QUIET_S = 2.0
"""Nobody asked for so long: until then the next question of a conversation may come any moment."""
_LOOK_S = 0.5
SMALL = 64
"""Passages of a folder that is read ahead whole in a minute or two."""


class AtWork:
    """Counts those who are being answered; enter it while at it. Thread-safe."""

    def __init__(self) -> None:
        """Nobody is at work."""
        self._lock = threading.Lock()
        self._count = 0
        self._last = time.monotonic() - _QUIET_S

    def __enter__(self) -> None:
        """One more."""
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        """One less."""
        with self._lock:
            self._count -= 1
            self._last = time.monotonic()

    def is_quiet(self, seconds: float = 0.0) -> bool:
        """Tell whether nobody has been at work for so long."""
        return not self._count and time.monotonic() - self._last >= seconds


def warm(
    index: Index,
    reader: Reader,
    *,
    report: Report = silent,
    stopped: Callable[[], bool] = never,
    order: Sequence[str] | None = None,
) -> tuple[int, int]:
    """Read ahead every passage, as far as there is room; returns how many are ready now, and of how many.

    `order` is the ids in a `reading_order` made before.
    """
    order = reading_order(index) if order is None else order
    ready, total = 0, len(order)
    for id_ in order:
        report("Reading passages ahead", ready, total, "passages")
        for chunk in index.chunks([id_]).values():
            if stopped() or not reader.warm(chunk, stopped):
                report("Reading passages ahead", total, total, "passages")
                return ready, total
            if not index.chunks([id_]):  # it went while it was read
                reader.forget([chunk.document])
        ready += 1
    report("Reading passages ahead", total, total, "passages")
    return ready, total


def reading_order(index: Index) -> list[str]:
    """Return the ids of all passages, those likely to be asked for first.

    The first passage of each document comes first, then the second of each, and so on: documents say at their beginning
    what they are about (docs/speed.md has what else was tried).
    """
    rounds: list[list[str]] = []
    place, document = 0, ""
    for chunk in index.all_chunks():
        place, document = place + 1 if chunk.document == document else 0, chunk.document
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(chunk.id)
    return [id_ for each in rounds for id_ in each]


def _prepare(chunks: Iterable[Chunk], prepare: Callable[[Chunk], object], stopped: Callable[[], bool]) -> bool:
    """Call `prepare` with each of `chunks`; False where it was stopped before the end."""
    for chunk in chunks:
        if stopped():
            return False
        prepare(chunk)
    return True


@contextmanager
def warming(
    index: Index,
    reader: Reader | None,
    at_work: AtWork,
    first: Callable[[Callable[[], bool]], None] | None = None,
    prepare: Callable[[Chunk], object] = lambda _: None,
) -> Iterator[None]:
    """Read passages ahead in a thread while nobody is at work; a question makes it give way at once.

    Before, `first` is called with what tells it to give way; what it was at is lost then, and it is called again. Then
    `prepare` is called with each passage of a small folder: for what takes little.
    """
    end = threading.Event()

    def fill(reader: Reader) -> None:
        done = ordered = prepared = -1
        order: list[str] = []
        while not end.wait(_LOOK_S):
            gave_way = False

            def give_way() -> bool:
                nonlocal gave_way
                gave_way = gave_way or end.is_set() or not at_work.is_quiet()
                return gave_way

            try:
                generation = index.generation()
                if generation != done and at_work.is_quiet(_QUIET_S):
                    if first:
                        first(give_way)
                    if gave_way:
                        continue
                    if generation != ordered:
                        order, ordered = reading_order(index), generation
                    if generation != prepared and len(order) <= SMALL:
                        prepared = generation if _prepare(index.chunks(order).values(), prepare, give_way) else -1
                    warm(index, reader, stopped=give_way, order=order)
                    done = done if gave_way else generation
            except RagError:  # who asks is told; here nobody listens
                end.wait(60)

    thread = threading.Thread(target=fill, args=(reader,), daemon=True, name="warming") if reader else None
    if thread:
        thread.start()
    try:
        yield
    finally:
        end.set()
        if thread:
            thread.join()
