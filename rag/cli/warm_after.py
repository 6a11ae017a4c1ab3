"""What `rag ask` leaves behind: a process that reads a small folder's passages ahead, when nobody needs the processor.

It has the lowest priority, works for some seconds and ends by itself, whatever happens. As a module it is that process.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rag.api import Rag
from rag.compose import index_folder
from rag.errors import RagError
from rag.serve.local_protocol import fingerprint
from rag.settings import Settings, environment_with, read_settings

_WORK_S, _MOST_S = 17.0, 20.0
"""How long passages are read, and how long the process may be there at all."""


def leave_warm(settings: Settings, rag: Rag) -> "subprocess.Popen[bytes] | None":
    """Start the process where there is something for it to do, and do not wait for it."""
    if not settings.warm_after or settings.llm_url or settings.exact or not settings.attention_gb:
        return None
    if not rag.is_small():
        return None
    with suppress(OSError):
        if _mark(settings).read_text() == _state(settings, rag):
            return None
    given = environment_with(settings.model_copy(update={"offline": True}))
    lowest = getattr(subprocess, "IDLE_PRIORITY_CLASS", 0)  # Windows
    with suppress(OSError):
        return subprocess.Popen(
            [sys.executable, "-m", "rag.cli.warm_after", str(_WORK_S)],
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=lowest,
        )
    return None


def _mark(settings: Settings) -> Path:
    """Return the file that says what was read ahead to the end; it goes away with what is kept."""
    return index_folder(settings) / "attention" / "warmed"


def _state(settings: Settings, rag: Rag) -> str:
    return f"{fingerprint(settings)} {rag.generation()}"


def read_ahead(settings: Settings, seconds: float, begin: Callable[[], None] = lambda: None) -> None:
    """Read passages ahead for so long; does nothing while another process does. Raises RagError.

    `begin` is called when the folder is open and no lock of the index is needed any more.
    """
    from filelock import FileLock, Timeout

    until = time.monotonic() + seconds
    try:
        with FileLock(index_folder(settings) / "warming.lock", timeout=0), Rag.open(settings) as rag:
            state = _state(settings, rag)
            begin()
            rag.warm(stopped=lambda: time.monotonic() >= until)
            if time.monotonic() < until:  # it came to the end, or there is no room for more
                _mark(settings).parent.mkdir(exist_ok=True, mode=0o700)
                _mark(settings).write_text(state)
    except (Timeout, OSError):
        return


def main() -> None:
    """Read ahead, and end in time."""
    end = threading.Timer(_MOST_S, os._exit, (0,))
    end.daemon = True
    end.start()
    with suppress(AttributeError, OSError):
        os.nice(10)
    with suppress(RagError):
        read_ahead(read_settings(), float(sys.argv[1]), _be_of_no_weight)


def _be_of_no_weight() -> None:
    """Run only when nobody else wants to: not before, since whoever holds a lock should not be kept from going on."""
    with suppress(AttributeError, OSError):
        os.nice(9)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    main()
