"""Which answer models this machine can carry, how fast they would be, and which one is recommended.

How fast: the default model's pace here (`rag doctor` measures it once), by how many bytes of weights a token goes
through, which is what reading and writing take their time for. It measures nothing itself.
"""

import shutil
from dataclasses import dataclass

import psutil

from rag.cores import physical_cores
from rag.pace import kept_paces, of_machine
from rag.settings import Settings
from rag.weights.catalogue import Catalogue, Entry, find, load_catalogue
from rag.weights.verified import state

AUTO = "auto"
PATIENCE_S = 8.0
"""Seconds to the first word that a recommended model may take."""
_BEHIND = 200
"""Tokens that are read for a question: evidence, the question itself, and what is asked of it."""
_READS_A_CORE = 30.0
"""Tokens a second that the default model reads on one core, where nobody has measured it."""
_BESIDE = 900_000_000
"""Bytes of memory besides the weights: the program, the index, the attention of one prompt."""
_SHARE = 0.7
"""Of the machine's memory, what the program may take."""


@dataclass(frozen=True)
class Machine:
    """What there is, in bytes, and the default model's pace (tokens a second that it reads; measured or guessed)."""

    memory: int
    free_memory: int
    free_disk: int
    cores: int
    reads: float
    measured: bool


@dataclass(frozen=True)
class Outlook:
    """What an answer model would be like here."""

    entry: Entry
    fits: bool
    why_not: str
    reads: float
    """Tokens a second."""

    @property
    def first_word_s(self) -> float:
        """Seconds to the first word of an answer, about."""
        return _BEHIND / self.reads


def this_machine(settings: Settings, catalogue: Catalogue | None = None) -> Machine:
    """Look at the machine."""
    default, cores = find("answer", catalogue), settings.threads or physical_cores()
    name = f"{default.name} " if default else ""
    measured = [
        pace["reads"]
        for key, pace in kept_paces(of_machine(settings)).items()
        if key.startswith(name) and "reads" in pace
    ]
    memory, there = psutil.virtual_memory(), settings.models_dir.absolute()
    while not there.exists():
        there = there.parent
    free_disk = shutil.disk_usage(there).free
    reads = max(measured) if measured else _READS_A_CORE * cores
    return Machine(memory.total, memory.available, free_disk, cores, reads, bool(measured))


def outlook(entry: Entry, machine: Machine, settings: Settings, catalogue: Catalogue | None = None) -> Outlook:
    """Return what `entry`, an answer model, would be like on `machine`."""
    default = find("answer", catalogue)
    needed = entry.size + _BESIDE
    why_not = ""
    if needed > _SHARE * machine.memory:
        why_not = f"needs {needed / 1e9:.1f} GB of memory"
    elif state(entry, settings) in {"missing", "partial"} and entry.size > machine.free_disk:
        why_not = f"needs {entry.size / 1e9:.1f} GB of disk"
    through = entry.size * entry.active
    reads = machine.reads * (default.size if default else through) / max(1, through)
    return Outlook(entry, not why_not, why_not, reads)


def recommended(settings: Settings, catalogue: Catalogue | None = None) -> Outlook:
    """Return the answer model for this machine: the largest that fits, is free, and has the first word soon.

    The default where none does, and never a smaller one; offline, among those that are on disk. What depends on the
    moment (memory that is free just now) has no part in it, so that it stays the same.
    """
    machine, entries = this_machine(settings, catalogue), load_catalogue() if catalogue is None else catalogue
    answers = [outlook(each, machine, settings, catalogue) for each in entries.values() if each.role == "answer"]
    there = [each for each in answers if not settings.offline or state(each.entry, settings) in {"ready", "unverified"}]
    good = [each for each in there if each.fits and each.entry.terms is None and each.first_word_s <= PATIENCE_S]
    return max([answers[0], *good], key=lambda each: each.entry.size)


def with_model(settings: Settings) -> Settings:
    """Return the settings with a model's name in place of `auto`."""
    if settings.model != AUTO or settings.llm_url:
        return settings
    return settings.model_copy(update={"model": recommended(settings).entry.name})
