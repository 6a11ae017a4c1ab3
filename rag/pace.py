"""How fast the answer model is on this machine, as `rag doctor` measured it, and how long the next question will take.

What the last questions had to be read for is averaged and kept beside it. It does not measure, and does not know what
is asked. It imports nothing that takes long.
"""

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.settings import Settings

_NEWEST = 0.25  # what the newest question counts in an average


@dataclass(frozen=True)
class Pace:
    """Tokens a second of one model on one machine; what questions took lately."""

    reads: float
    writes: float
    evaluated: float | None = None
    """Tokens that had to be read before the first word, lately."""
    retrieval_s: float = 0.0

    def reading_s(self) -> float | None:
        """Return how many seconds are read before the first word, once the passages are found; None if none were."""
        return None if self.evaluated is None else self.evaluated / self.reads

    def first_word_s(self) -> float | None:
        """Return after how many seconds the first word is to be expected; None while nothing was asked."""
        reading = self.reading_s()
        return None if reading is None else self.retrieval_s + reading


@dataclass(frozen=True)
class Place:
    """Where a pace is kept: the file, and the name of model, threads and machine in it."""

    file: str
    name: str


def of_machine(settings: "Settings") -> Place:
    """Return where the pace of the model of `settings` on this machine is kept."""
    model = f"{settings.llm_url or settings.model} {settings.kv}"
    name = f"{model}, {settings.threads or 'all'} threads, {socket.gethostname()}"
    return Place(str(settings.data_dir / "pace.json"), name)


def kept_paces(place: Place) -> dict[str, dict[str, float]]:
    """Return all that is kept in the file of `place`, by model and circumstances."""
    try:
        found = json.loads(Path(place.file).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def known_pace(place: Place) -> Pace | None:
    """Return what was measured here of the answer model; None where nothing was."""
    try:
        return Pace(**kept_paces(place)[place.name])
    except (KeyError, TypeError):
        return None


def expected_s(place: Place) -> float | None:
    """Return after how many seconds the first word of a question is to be expected, where that is known."""
    pace = known_pace(place)
    return pace.first_word_s() if pace else None


def about(seconds: float | None) -> str:
    """Return in words how long the first word takes, a blank before them; nothing where it is not known."""
    return "" if seconds is None else f" about {max(1, round(seconds))} s to the first word"


def keep(place: Place, pace: Pace) -> None:
    """Keep `pace`, if the disk allows."""
    import tempfile

    folder = Path(place.file).parent
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".pace")
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            json.dump({**kept_paces(place), place.name: asdict(pace)}, written, indent=1)
        Path(name).replace(place.file)


def note(place: Place, retrieval_s: float, evaluated: int) -> None:
    """Let the next expectation know what a question took: seconds of search, tokens read; where the pace is known."""
    pace = known_pace(place)
    if pace is None or not evaluated:
        return
    if pace.evaluated is None:
        now = replace(pace, evaluated=float(evaluated), retrieval_s=retrieval_s)
    else:
        now = replace(
            pace,
            evaluated=pace.evaluated + _NEWEST * (evaluated - pace.evaluated),
            retrieval_s=pace.retrieval_s + _NEWEST * (retrieval_s - pace.retrieval_s),
        )
    keep(place, now)
