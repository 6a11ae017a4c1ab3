"""Files → text through a child process, which may break: a file made to hurt costs that file and nothing else.

One child reads many files; it is ended and begun anew when a file hurt it, and after some hundred, since libraries
leak. Its answers are data, checked here. It does not know which files there are nor what becomes of them.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rag.documents.child import Child
from rag.documents.formats.frames import Frame
from rag.documents.formats.limits import CPU_SECONDS, LONGEST_TEXT, MEMORY, PATIENCE_SECONDS
from rag.documents.formats.parts import Scanned, Table, Wishes, clean
from rag.documents.kept_pages import KeptPages, Pages
from rag.documents.told_tables import checked_scanned, checked_tables
from rag.errors import DocumentError
from rag.progress import Report, silent

NO_WISHES = Wishes()
_FILES_OF_ONE_CHILD = 300
_MOST_DEATHS = 5
"""Members of one archive that may end the child before the rest of the archive is given up."""


@dataclass(frozen=True)
class Parsed:
    """The text of a file, or of a file in it."""

    inside: str
    """Path of the member; empty for the file itself."""
    title: str
    text: str
    pages: tuple[int, ...]
    sha256: str
    """Of the member's bytes; empty for the file itself."""
    tables: tuple[Table, ...] = ()
    scanned: tuple[Scanned, ...] = ()
    """What of the text OCR read."""


@dataclass(frozen=True)
class Refused:
    """What is not read, and why: a sentence that goes on behind the name."""

    inside: str
    reason: str
    lasting: bool = True
    """Whether it stays so while the file stays as it is."""


class Parser:
    """The child process, begun when the first file needs it. Use it in a `with`; one thread at a time has its turn."""

    def __init__(
        self,
        cpu_seconds: float = CPU_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        memory: int = MEMORY,
        *,
        wishes: Wishes = NO_WISHES,
        kept: KeptPages | None = None,
        report: Report = silent,
    ) -> None:
        """Let each file, or member of one, take so much time by the processor's count and by the clock, and bytes.

        What OCR finds is taken from `kept` where it is there, and put there; `report` is told of each page.
        """
        self._wishes = wishes
        self._kept = kept
        self._report = report
        self._cpu_seconds = cpu_seconds
        self._patience = patience_seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._over = False

    def __enter__(self) -> Self:
        """Return the parser itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child for good: who waits for it in another thread gets a DocumentError."""
        self._over = True
        self.close()

    def is_over(self) -> bool:
        """Tell whether nothing is read any more."""
        return self._over

    def close(self) -> None:
        """End the child; the next file begins another."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def parse(self, file: Path, name: str, path: str = "") -> Iterator[Parsed | Refused]:
        """Yield what `file` holds; `name` tells its kind, `path` what it is kept under.

        Raises DocumentError when no child can be begun.
        """
        with self._lock:
            pages = Pages(path or name, self._kept, self._report)
            try:
                yield from self._parse(file, name, pages)
                pages.end()
            except GeneratorExit:  # the child is in the middle of its answer
                self.close()
                raise

    def _parse(self, file: Path, name: str, pages: Pages) -> Iterator[Parsed | Refused]:
        over: list[str] = []
        for _ in range(_MOST_DEATHS):
            child = self._ready_child()
            fresh = child.files == 0
            request = {"file": str(file), "name": name, "cpu_seconds": self._cpu_seconds, "skip": over}
            request["wishes"] = vars(self._wishes)
            reading = [""]  # what the child is at: the file, and members within members
            memory: Refused | None = None
            for frame in child.ask(request, self._patience, pages.recall):
                if "begin" in frame:
                    reading.append(str(frame["begin"]))
                elif "end" in frame:
                    if memory is None or memory.inside != frame["end"]:
                        over.append(str(frame["end"]))
                    reading.pop()
                elif "page" in frame:
                    pages.note(frame)
                elif frame.get("memory") and not fresh:
                    memory = _refused(frame)
                elif (part := _part(frame)) is not None:
                    yield part
            if child.why is None and memory is None:
                return
            self.close()
            self._check_open()
            if not fresh and (memory or not child.took_too_long):
                continue  # perhaps files before this one wore the child out
            yield Refused(reading[-1], child.why or "")
            if not reading[-1]:
                return
            over.append(reading[-1])
        yield Refused("", f"ended the process that reads it {_MOST_DEATHS} times; the rest is not read.")

    def _ready_child(self) -> Child:
        if self._child is not None and self._child.files >= _FILES_OF_ONE_CHILD:
            self.close()
        self._check_open()
        if self._child is None:
            try:
                self._child = Child(self._memory)
            except OSError as error:
                raise DocumentError(f"No process can be started to read documents: {error}. Close programs.") from error
            if self._over:  # since it was looked at
                self.close()
            self._check_open()
        return self._child

    def _check_open(self) -> None:
        if self._over:
            raise DocumentError("Nothing is read any more: the index is being closed.")


def _part(frame: Frame) -> Parsed | Refused | None:
    """Check what a child says: it may have been taken over."""
    if "refused" in frame:
        return _refused(frame)
    inside, title, text = (_text(frame, key) for key in ("inside", "title", "text"))
    if not text.strip() or len(text) > LONGEST_TEXT:
        return Refused(inside, "holds no text.")
    pages = frame.get("pages")
    offsets = tuple(page for page in pages if type(page) is int) if isinstance(pages, list) else ()
    if offsets and (offsets[0] != 0 or list(offsets) != sorted(offsets) or offsets[-1] > len(text)):
        offsets = ()
    tables = checked_tables(frame.get("tables"), text)
    scanned = checked_scanned(frame.get("scanned"), len(text))
    return Parsed(inside, title.strip() or "Untitled", text, offsets, _text(frame, "sha256"), tables, scanned)


def _refused(frame: Frame) -> Refused:
    return Refused(
        _text(frame, "refused"), _text(frame, "reason") or "cannot be read.", bool(frame.get("lasting", True))
    )


def _text(frame: dict[str, Any], key: str) -> str:
    value = frame.get(key, "")
    return clean(value) if isinstance(value, str) else ""
