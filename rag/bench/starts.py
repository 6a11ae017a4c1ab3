"""Whole processes, from their start to the first word: `rag ask` by itself, at a running server, and the stock way.

It measures the most memory of `rag ask`, too. Each question is new to all of them: what is kept of the folder is made
what a warmed folder has before each.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from rag.bench.kept import Kept
from rag.bench.measure import Measure, quicker
from rag.errors import UsageError
from rag.progress import Report
from rag.serve import background
from rag.serve.local_client import LocalClient
from rag.serve.local_protocol import is_supported
from rag.settings import Settings, environment_with
from rag.weights.resolve import resolve

_SPARE_MB = 700  # that a process may take beyond the weights
_COUNT = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
_NAME = "start of rag ask to the first word"


def measure_starts(
    settings: Settings, kept: Kept, given: dict[str, Any], questions: Sequence[str], report: Report
) -> list[Measure]:
    """Return how the processes compare; `given` is the stock pipeline's. The first question warms up."""
    environment = environment_with(settings)
    environment["PYTHONUNBUFFERED"] = "1"
    total = 3 * len(questions)
    alone, stock, served = [], [], []
    for number, question in enumerate(questions):
        kept.bring_back()
        alone.append(_first_output(_ask(question), environment))
        other = [sys.executable, "-m", "rag.bench.stock", json.dumps({**given, "question": question})]
        stock.append(_first_output(other, environment))
        report("Starting both ways", 2 * (number + 1), total, "starts")
    measures = [quicker(_NAME, list(zip(alone, stock, strict=True))[1:], "stock, as a script", 3.0)]
    measures += _peak(settings, kept, questions[0], environment)
    if is_supported():
        notice = background.start(settings)
        try:
            for number, question in enumerate(questions):
                kept.bring_back()
                served.append(_first_output(_ask(question), environment))
                report("Starting both ways", 2 * len(questions) + number + 1, total, "starts")
        finally:
            LocalClient(notice).stop()
        pairs = list(zip(served, alone, strict=True))[1:]
        measures.append(quicker(f"{_NAME}, a server running", pairs, "without one", 4.0))
    report("Starting both ways", total, total, "starts")
    return measures


def _ask(question: str) -> list[str]:
    return [sys.executable, "-m", "rag", "ask", question]


def _first_output(command: Sequence[str], environment: dict[str, str]) -> float:
    """Run a command and return the seconds to the first byte on its standard output."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as child:
            assert child.stdout is not None
            first = child.stdout.read(1)
            seconds = time.perf_counter() - begun
            child.stdout.read()
        if not first:
            errors.seek(0)
            raise UsageError(f"{' '.join(command[:4])} said nothing: {errors.read().decode(errors='replace')[-500:]}")
    return seconds


def _peak(settings: Settings, kept: Kept, question: str, environment: dict[str, str]) -> list[Measure]:
    """Return the most memory that `rag ask` held; nothing where the system does not say."""
    kept.bring_back()
    # Its parent is a small process: a child begins with the peak of the process that it was forked from.
    counted = [sys.executable, "-c", _COUNT, *_ask(question)]
    found = subprocess.run(counted, env=environment, capture_output=True, text=True).stdout.strip().splitlines()
    if not found or not found[-1].isdigit() or found[-1] == "0":
        return []
    used = int(found[-1]) * (1 if sys.platform == "darwin" else 1024) / 1e6
    allowed = resolve(settings.model, settings).stat().st_size / 1e6 + _SPARE_MB
    name, against = "peak memory of rag ask", f"weights + {_SPARE_MB}"
    return [Measure(name, "MB", round(used), against, round(allowed), round(allowed / used, 3), 1.0, 1)]
