"""How `rag ask` and a running server of the same user find each other and speak. It knows no engine and no command.

A server listens at a Unix socket, which a file in the data folder names: `servers/<fingerprint>.json`. The fingerprint
is of the program and of every setting that an answer depends on, so that another version or other settings are simply
not found. One connection is one request, a line of JSON; the replies are lines, too:

    {"ask": question, "history": [[role, text], …]}    {"retrieved": …, "skipped": …}, {"working": …} and
                                                       {"token": …} in turn, {"answer": …}
    {"search": query, "limit": number}                 {"found": [source, …], "skipped": …}
    {"stop": true}                                     {"stopping": true | false}

or {"error": kind, "message": …}, or {"decline": true} for what the asking side has to do by itself. A byte behind the
request asks for the answer to end where it is. File, folder and socket are the owner's alone, and each side looks up
who is at the other end.
"""

import hashlib
import json
import os
import socket
import stat
import struct
import sys
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from rag.shipped import data_folder

if TYPE_CHECKING:
    from rag.settings import Settings

LONGEST_LINE = 1_000_000
"""Bytes of a request; a conversation that long fits no model."""
_ELSEWHERE = {"offline", "workers", "cluster", "waiting", "llm_at_once", "idle_minutes", "warm_after"}
"""Settings that no answer depends on."""


def is_supported() -> bool:
    """Tell whether this system has sockets that only their owner reaches."""
    return hasattr(socket, "AF_UNIX") and hasattr(os, "getuid")


def fingerprint(settings: "Settings") -> str:
    """Return the name of what answers with these `settings`: this very program, on the same folder, in the same way."""
    from rag.settings import Settings, as_environment

    given = as_environment(settings)
    wanted = {name: given.get(f"RAG_{name.upper()}") for name in Settings.model_fields if name not in _ELSEWHERE}
    return hashlib.sha256(json.dumps([program(), wanted], sort_keys=True).encode()).hexdigest()[:24]


def program() -> list[tuple[str, int, int]]:
    """Return name, size and time of change of each file of the program: another version, or one at work, is another."""
    found = []
    for folder in (Path(__file__).parent.parent, data_folder("prompts"), data_folder("models")):
        for place, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if name[0] not in "._"]
            for name in files:
                if name.endswith((".py", ".txt", ".toml")):
                    found.append((os.path.join(place, name), *_size_and_time(os.path.join(place, name))))  # noqa: PTH118
    return sorted(found)


def _size_and_time(path: str) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116  (a hundred files, in the way of the first word)
    return found.st_size, found.st_mtime_ns


def servers_folder(settings: "Settings") -> Path:
    """Return where the files of servers are."""
    return settings.data_dir / "servers"


@dataclass(frozen=True)
class Notice:
    """The file by which a server is found."""

    socket: str
    pid: int
    docs: str
    background: bool
    """Whether `rag stop` ends it."""


def read_private(file: Path) -> Any:
    """Return what `file` says in JSON; None when there is none, or it is not the user's alone."""
    try:
        with file.open("rb") as opened:
            found = os.fstat(opened.fileno())
            if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
                return None
            return json.loads(opened.read())
    except (OSError, ValueError):
        return None


def write_private(file: Path, value: object) -> None:
    """Write `value` as JSON, for the user alone to read, in one piece or not at all. Raises OSError."""
    import tempfile

    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.parent.chmod(0o700)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".")  # 0600
    with os.fdopen(handle, "w", encoding="utf-8") as written:
        json.dump(value, written)
    Path(name).replace(file)


def read_notice(file: Path) -> Notice | None:
    """Return the server that `file` tells of; None when there is none, or it is not the user's alone."""
    try:
        return Notice(**read_private(file))
    except TypeError:
        return None


def connect(notice: Notice) -> socket.socket | None:
    """Return a connection to the server; None when nobody is there, or somebody else."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(notice.socket)
        if is_owner(connection):
            return connection
    except OSError:
        pass
    connection.close()
    return None


def is_owner(connection: socket.socket) -> bool:
    """Tell whether the process at the other end is the same user's."""
    try:
        if sys.platform == "linux":
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            return bool(struct.unpack("3i", credentials)[1] == os.getuid())
        if sys.platform == "darwin":  # LOCAL_PEERCRED, of the level SOL_LOCAL: a version, then the user
            return bool(struct.unpack_from("2I", connection.getsockopt(0, 1, 76))[1] == os.getuid())
    except OSError:
        return False
    return True  # elsewhere the folder's rights alone keep others out


def line(**values: object) -> bytes:
    """Return a message as it is sent; names of files that are no text survive it."""
    return json.dumps(values).encode() + b"\n"


def revive(kind: Any, value: Any) -> Any:
    """Make a `kind` (a dataclass, or what its fields are annotated with) of what JSON left of one."""
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        return kind(**{name: revive(hints[name], each) for name, each in value.items()})  # type: ignore[operator]
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(revive(get_args(kind)[0], each) for each in value)
    if get_origin(kind) in (Union, UnionType) and value is not None:
        return revive(next(each for each in get_args(kind) if each is not type(None)), value)
    return value
