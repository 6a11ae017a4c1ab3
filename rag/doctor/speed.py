"""How many tokens a second the answer model reads and writes here: measured once in two seconds, and kept (`rag.pace`).

It does not know what is asked. As a script, `python -m rag.doctor.speed`, it measures: in a process of its own, which
may die of a library made for another processor.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rag.doctor.check import Check
from rag.pace import Pace, keep, known_pace, of_machine
from rag.settings import Settings, environment_with, read_settings

_READING_S, _WRITING_S = 1.2, 0.6
_AT_ONCE = 64  # tokens, about what stands behind what is kept
_PATIENCE_S = 60


def speed(settings: Settings) -> Iterator[Check]:
    """Tell how fast the answer model is here; measures it where nobody did before and its weights are there."""
    from rag.weights.resolve import resolve

    if settings.llm_url:
        return
    pace = known_pace(of_machine(settings))
    if pace is None:
        try:
            resolve(settings.model, settings.model_copy(update={"offline": True}))
        except Exception:  # what is wrong with the weights is said elsewhere
            yield Check("speed", True, "not measured: the answer model is not there", "The next `rag doctor` does it.")
            return
        command = [sys.executable, "-m", "rag.doctor.speed"]
        given = environment_with(settings)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, env=given)
            done.check_returncode()
            pace = Pace(**json.loads(done.stdout))
        except (OSError, subprocess.SubprocessError, ValueError) as error:  # a library that does not load is said above
            yield Check("speed", True, f"not measured: {error}", "Run `rag doctor` again when less else is going on.")
            return
        keep(of_machine(settings), pace)
    found = f"reads {pace.reads:.0f}, writes {pace.writes:.0f} tokens a second"
    if (expected := pace.first_word_s()) is not None:
        found += f"; about {expected:.1f} s to the first word"
    yield Check("speed", True, f"{found} ({settings.model}, {settings.threads or 'all'} threads)")


def measure(model: Path, settings: Settings) -> Pace:
    """Load the model, and read and write with it for two seconds. Raises ReaderError."""
    import time

    from rag.llm.llama import Llama, Piece

    llama = Llama(model, context_tokens=settings.context_tokens, threads=settings.threads, kv=settings.kv)
    try:
        text = llama.tokenize("The harbour was dredged and the bridge repaired in the same year. " * 100)[:512]
        most = min(len(text), llama.context_tokens // 2)

        def go_on(tokens: list[int], position: int) -> int:
            pieces = [Piece(token, position + i, output=i == len(tokens) - 1) for i, token in enumerate(tokens)]
            (logits,) = llama.decode(pieces)
            return int(logits.argmax())

        go_on(text[:8], 0)  # the first pages of the weights are read from disk
        llama.clear()
        position, begun = 0, time.perf_counter()
        while position + _AT_ONCE <= most and (not position or time.perf_counter() - begun < _READING_S):
            token = go_on(text[position : position + _AT_ONCE], position)
            position += _AT_ONCE
        reads = position / (time.perf_counter() - begun)
        written, begun = 0, time.perf_counter()
        while written < 64 and (not written or time.perf_counter() - begun < _WRITING_S):
            token = go_on([token], position + written)
            written += 1
        return Pace(round(reads, 1), round(written / (time.perf_counter() - begun), 1))
    finally:
        llama.close()


def main() -> None:
    """Measure with the settings of the environment, and print the pace."""
    from rag.weights.resolve import resolve

    settings = read_settings()
    json.dump(asdict(measure(resolve(settings.model, settings), settings)), sys.stdout)


if __name__ == "__main__":
    main()
