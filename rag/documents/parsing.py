"""Files → text through a child process, which may break: a file made to hurt costs that file and nothing else.

One child reads many files; it is ended and begun anew when a file hurt it, and after some hundred, since libraries
leak. Its answers are data, checked here. It does not know which files there are nor what becomes of them.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rag.documents.formats.limits import CPU_SECONDS, LONGEST_TEXT, MEMORY, PATIENCE_SECONDS
from rag.documents.formats.parts import Table, clean
from rag.documents.formats.worker import Frame, read_frame, write_frame
from rag.documents.told_tables import checked_tables
from rag.errors import DocumentError

_FILES_OF_ONE_CHILD = 300
_LARGEST_FRAME = 8 * LONGEST_TEXT
_MOST_DEATHS = 5
"""Members of one archive that may end the child before the rest of the archive is given up."""
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""Variables that the child gets: none that may hold a secret."""


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
        self, cpu_seconds: float = CPU_SECONDS, patience_seconds: float = PATIENCE_SECONDS, memory: int = MEMORY
    ) -> None:
        """Let each file, or member of one, take so much time by the processor's count and by the clock, and bytes."""
        self._cpu_seconds = cpu_seconds
        self._patience = patience_seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._child: _Child | None = None
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

    def parse(self, file: Path, name: str) -> Iterator[Parsed | Refused]:
        """Yield what `file` holds; `name` tells its kind. Raises DocumentError when no child can be begun."""
        with self._lock:
            try:
                yield from self._parse(file, name)
            except GeneratorExit:  # the child is in the middle of its answer
                self.close()
                raise

    def _parse(self, file: Path, name: str) -> Iterator[Parsed | Refused]:
        over: list[str] = []
        for _ in range(_MOST_DEATHS):
            child = self._ready_child()
            fresh = child.files == 0
            request = {"file": str(file), "name": name, "cpu_seconds": self._cpu_seconds, "skip": over}
            reading = [""]  # what the child is at: the file, and members within members
            memory: Refused | None = None
            for frame in child.ask(request, self._patience):
                if "begin" in frame:
                    reading.append(str(frame["begin"]))
                elif "end" in frame:
                    if memory is None or memory.inside != frame["end"]:
                        over.append(str(frame["end"]))
                    reading.pop()
                elif "page" in frame:
                    continue  # one of many is read: the child is at work
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

    def _ready_child(self) -> "_Child":
        if self._child is not None and self._child.files >= _FILES_OF_ONE_CHILD:
            self.close()
        self._check_open()
        if self._child is None:
            try:
                self._child = _Child(self._memory)
            except OSError as error:
                raise DocumentError(f"No process can be started to read documents: {error}. Close programs.") from error
            if self._over:  # since it was looked at
                self.close()
            self._check_open()
        return self._child

    def _check_open(self) -> None:
        if self._over:
            raise DocumentError("Nothing is read any more: the index is being closed.")


class _Child:
    """One process, and a thread that ends it when it takes too long."""

    def __init__(self, memory: int) -> None:
        root = str(Path(__file__).parent.parent.parent)
        variables = {name: os.environ[name] for name in _KEPT if name in os.environ}
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "rag.documents.formats.worker", str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=variables,
            start_new_session=True,
        )
        self.files = 0
        self.why: str | None = None
        """Why it is no longer there, as a sentence behind the file's name."""
        self.took_too_long = False
        self._deadline: float | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="watching the reader of documents", daemon=True).start()

    def ask(self, request: Frame, patience: float) -> Iterator[Frame]:
        """Yield the answer's frames; when it ends early, `why` says so."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._deadline = time.monotonic() + patience
            write_frame(self._process.stdin, request)  # type: ignore[arg-type]
            while True:
                frame = read_frame(self._process.stdout, _LARGEST_FRAME)  # type: ignore[arg-type]
                if frame is None:
                    break
                if frame.get("done"):
                    self.files += 1
                    return
                yield frame
                self._deadline = time.monotonic() + patience
        except (OSError, ValueError):
            pass
        finally:
            self._deadline = None
        self.why = self._cause()

    def _cause(self) -> str:
        with suppress(subprocess.TimeoutExpired):  # it may be at its own end: the code says why
            self._process.wait(0.05)
        self.end()
        code = self._process.returncode
        if self.took_too_long or (hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU):
            self.took_too_long = True
            return "takes too long to read; it was given up. If it is a good file, save it again or split it."
        return f"ended the process that read it (code {code}); it may be damaged. Save it again with its own program."

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self.took_too_long = True
                self._process.kill()
                return

    def end(self) -> None:
        """End the process, whatever it is at: a thread that waits for its answer holds the stream until then."""
        self._ended.set()
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()
        self._process.wait()


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
    return Parsed(inside, title.strip() or "Untitled", text, offsets, _text(frame, "sha256"), tables)


def _refused(frame: Frame) -> Refused:
    return Refused(
        _text(frame, "refused"), _text(frame, "reason") or "cannot be read.", bool(frame.get("lasting", True))
    )


def _text(frame: dict[str, Any], key: str) -> str:
    value = frame.get(key, "")
    return clean(value) if isinstance(value, str) else ""
