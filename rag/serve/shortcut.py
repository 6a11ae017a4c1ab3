"""From a command line to the server that answered it before, without reading a setting: reading them takes long.

What a running server answered is remembered in one file, under a hash of all that the settings came from: the command
line but for the question, the working folder, the variables, `rag.toml`, and the program itself. The same again, about
whatever question, is the same settings, and so the same server. Where anything differs, nothing is found, and who asks
reads the settings. It does not know what the settings mean.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.pace import Place, of_machine
from rag.serve.local_client import LocalClient
from rag.serve.local_protocol import (
    connect,
    fingerprint,
    program,
    read_notice,
    read_private,
    servers_folder,
    write_private,
)

if TYPE_CHECKING:
    from rag.settings import Settings

_MOST = 32
"""Command lines that are remembered, the latest ones."""
_HOMES = ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
_PATHS = ("docs", "data_dir", "models_dir", "model")


@dataclass(frozen=True)
class Way:
    """What a command line asks for, beside its question."""

    command: str
    """`ask` or `search`."""
    as_json: bool
    limit: int = 0


@dataclass(frozen=True)
class Found:
    """A command line that is understood, and the server for it."""

    way: Way
    question: str
    client: LocalClient
    pace: Place


def _file() -> Path:
    if given := os.environ.get("RAG_DATA_DIR"):
        folder = Path(given).expanduser()
    else:
        import platformdirs

        folder = platformdirs.user_data_path("rag")
    return folder / "servers" / "shortcuts"


def _key(arguments: Sequence[str], place: int) -> str:
    """Return the hash of everything that settings come from, the argument at `place` left out."""
    variables = sorted(each for each in os.environ.items() if each[0].upper().startswith("RAG_") or each[0] in _HOMES)
    try:
        toml = Path("rag.toml").read_bytes().hex()
    except OSError:
        toml = ""
    origin = [program(), [*arguments[:place], None, *arguments[place + 1 :]], str(Path.cwd()), variables, toml]
    return hashlib.sha256(json.dumps([*origin, Path("seeds").is_dir()]).encode()).hexdigest()


def _places(settings: "Settings") -> dict[str, str]:
    """Return where the settings' paths lead now: a link may lead elsewhere tomorrow."""
    given = [str(Path(getattr(settings, name)).expanduser()) for name in _PATHS]
    return {path: os.path.realpath(path) for path in given}


def remember(arguments: Sequence[str], question: str, way: Way, settings: "Settings") -> None:
    """Remember that the server for `settings` answered this command line, if the disk allows."""
    if arguments.count(question) != 1 or question.startswith("-"):
        return
    found = {
        "way": asdict(way),
        "server": str(servers_folder(settings) / f"{fingerprint(settings)}.json"),
        "places": _places(settings),
        "pace": asdict(of_machine(settings)),
    }
    with suppress(OSError):
        file, key = _file(), _key(arguments, arguments.index(question))
        known = read_private(file)
        others = [each for each in known.items() if each[0] != key] if isinstance(known, dict) else []
        write_private(file, dict([*others[1 - _MOST :], (key, found)]))


def find(arguments: Sequence[str]) -> Found | None:
    """Return what `arguments` ask for and the server that answers, if all is as it was; nobody is told why not."""
    if not arguments or arguments[0] not in ("ask", "search"):
        return None
    known = read_private(_file())
    if not isinstance(known, dict):
        return None
    with suppress(OSError, KeyError, TypeError):  # a working folder that is gone, a file that somebody changed
        for place in range(1, len(arguments)):
            if not arguments[place].startswith("-") and (kept := known.get(_key(arguments, place))):
                return _found(kept, arguments[place])
    return None


def _found(kept: dict[str, Any], question: str) -> Found | None:
    if any(os.path.realpath(path) != led for path, led in kept["places"].items()):
        return None
    notice = read_notice(Path(kept["server"]))
    connection = notice and connect(notice)
    if not notice or not connection:
        return None
    return Found(Way(**kept["way"]), question, LocalClient(notice, connection), Place(**kept["pace"]))
