"""Old office files → new ones, by LibreOffice where a person has it. It does not know folders or the index.

It runs with a profile of its own in a folder that goes away: no macros, no links followed, no network, no secrets in
its variables, and an end to its time and the size of what it writes.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from rag.documents.formats.limits import CONVERTING_SECONDS, CPU_SECONDS, LARGEST_PACKED
from rag.documents.formats.parts import RefusedError
from rag.errors import DocumentError

_NAMES = ("soffice", "libreoffice")
_ELSEWHERE = (
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
)
_BEGINNINGS = (b"\xd0\xcf\x11\xe0", b"PK", b"{\\rtf", b"<", b"\xef\xbb\xbf<", b"\xffWPC", b"\xdb\xa5", b"\x31\xbe")
"""Of files that office programs write: anything else LibreOffice would take for text."""
_LOOK = 0.1  # seconds
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
_SETTINGS = {
    ("Common/Security/Scripting", "MacroSecurityLevel"): "3",
    ("Common/Security/Scripting", "DisableMacrosExecution"): "true",
    ("Common/Security/Scripting", "DisableActiveContent"): "true",
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks"): "true",
    ("Common/Misc", "FirstRun"): "false",
    ("Inet/Settings", "ooInetProxyType"): "2",  # a proxy at which nobody listens
    **{("Inet/Settings", f"ooInet{kind}ProxyName"): "127.0.0.1" for kind in ("HTTP", "HTTPS", "FTP")},
    **{("Inet/Settings", f"ooInet{kind}ProxyPort"): "9" for kind in ("HTTP", "HTTPS", "FTP")},
}


@cache
def program() -> str | None:
    """Return where LibreOffice is; None where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or next((place for place in _ELSEWHERE if Path(place).exists()), None)


@contextmanager
def converted(
    file: Path, suffix: str, stopped: Callable[[], bool] = lambda: False, seconds: float = CONVERTING_SECONDS
) -> Iterator[Path]:
    """Give `file` as a file of the kind `suffix`, as long as the block lasts.

    Raises RefusedError, and DocumentError as soon as `stopped` says that nobody waits for it any more.
    """
    with tempfile.TemporaryDirectory(prefix="rag-office-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        profile = folder / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(_profile(), encoding="utf-8")
        (folder / "made").mkdir()
        # Its own copy under a plain name: no lock file beside the document, no name that looks like an option.
        copy = folder / f"document{file.suffix.lower()}"
        try:
            shutil.copyfile(file, copy)
        except OSError as error:
            raise RefusedError(f"cannot be read: {error.strerror or error}. Check its permissions.") from error
        with copy.open("rb") as opened:
            if not opened.read(16).lstrip().startswith(_BEGINNINGS):
                raise RefusedError("is another kind of file than its name says.")
        _run(folder, copy, suffix.removeprefix("."), stopped, seconds)
        made = folder / "made" / f"document{suffix}"
        if not made.is_file():
            raise RefusedError(
                "could not be converted by LibreOffice; it may be damaged, protected by a password or another kind of "
                f"file than its name says. Open it there and save it as {suffix.removeprefix('.').upper()}."
            )
        yield made


def _run(folder: Path, file: Path, kind: str, stopped: Callable[[], bool], seconds: float) -> None:
    variables = {name: os.environ[name] for name in _KEPT if name in os.environ}
    variables |= {"HOME": str(folder), "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    variables |= {"LC_ALL": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    variables |= dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy"), "http://127.0.0.1:9")
    command = [
        program() or _NAMES[0], f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore",
        "--nolockcheck", "--nodefault", "--convert-to", kind, "--outdir", str(folder / "made"), str(file),
    ]  # fmt: skip
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=variables, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise RefusedError(f"cannot be converted: LibreOffice does not start ({error}). Install it again.") from error
    try:
        _limit(process.pid)
        until = time.monotonic() + seconds
        while process.poll() is None:
            if stopped():
                raise DocumentError("Nothing is read any more: the index is being closed.")
            if time.monotonic() > until:
                raise RefusedError("takes LibreOffice too long to convert; it was given up. Save it again or split it.")
            time.sleep(_LOOK)
    finally:
        _end(process)


def _limit(pid: int) -> None:
    """Let the system end it after so much work, or when it fills the disk."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):  # it is over already, or has lower limits than these
            resource.prlimit(pid, resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_PACKED, LARGEST_PACKED))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End it and what it started, of which the window system's part is one."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _profile() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path if path.startswith("Inet") else f"Office.{path}"}">'
        f'<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for (path, name), value in _SETTINGS.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>'
    )
