"""The process in which documents are parsed, from outside: asked, waited for, ended. It knows no documents."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from rag.documents.formats.frames import Frame, read_frame, write_frame
from rag.documents.formats.limits import LONGEST_TEXT
from rag.documents.formats.parts import Found

_LARGEST_FRAME = 8 * LONGEST_TEXT
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""Variables that the child gets: none that may hold a secret."""


class Child:
    """One process, and a thread that ends it when it takes too long."""

    def __init__(self, memory: int) -> None:
        """Start it with so many bytes of address space. Raises OSError."""
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

    def ask(self, request: Frame, patience: float, recall: Callable[[str], Found | None]) -> Iterator[Frame]:
        """Yield the answer's frames; when it ends early, `why` says so.

        `recall` tells what was found before on the picture of a page, by its hash.
        """
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
                if "asked" in frame:
                    write_frame(self._process.stdin, {"found": recall(str(frame["asked"]))})  # type: ignore[arg-type]
                    continue
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
