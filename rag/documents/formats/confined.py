"""What the process that parses may do: little memory and time, no writing, no network, no other program."""

import os
import sys

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit(memory: int) -> None:
    """Let this process have `memory` bytes of address space, write no file, reach no network and start no program."""
    try:
        import resource
    except ImportError:  # Windows has none of it: there the parent's patience is the limit
        pass
    else:
        _set(resource.RLIMIT_AS, memory)
        _set(resource.RLIMIT_FSIZE, 0)
        _set(resource.RLIMIT_CORE, 0)
    sys.addaudithook(_audit)


def limit_processor(until: float) -> None:
    """Let the system end this process when it has worked for `until` seconds in all."""
    try:
        import resource
    except ImportError:
        return
    _set(resource.RLIMIT_CPU, int(until) + 1)


def _set(kind: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    with_hard = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (with_hard, hard))
    except (OSError, ValueError):  # macOS knows RLIMIT_AS but does not take it
        return


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not allowed while a document is read")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError("writing is not allowed while a document is read")
