"""What the answer model can: its memory, its template, its words for yes and no. It asks the model, and keeps nothing.

As a script, `python -m rag.doctor.model`, it does so in a process of its own, which may die of a library made for
another processor, or of a model that it cannot read.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

from rag.answering.fitted import NOT_FITTED, fit_of
from rag.doctor.check import Check
from rag.settings import Settings, environment_with, read_settings

_PATIENCE_S = 120


def answer_model(settings: Settings) -> Iterator[Check]:
    """Tell what the answer model can, where its weights are there."""
    from rag.weights.resolve import resolve
    from rag.weights.verified import model_sha256

    if settings.llm_url:
        return
    try:
        model = resolve(settings.model, settings.model_copy(update={"offline": True}))
    except Exception:  # what is wrong with the weights is said elsewhere
        return
    found = ask(settings)
    if "error" in found:
        yield Check("answer model", False, found["error"], "Name another with --model, or mend what it says.")
        return
    yield Check("answer model", True, found["memory"])
    yield Check("chat template", True, found["template"])
    yield Check("P(answerable)", True, found["words"])
    if fit_of(model_sha256(model, settings), settings.data_dir) is None:
        yield Check("confidence", True, NOT_FITTED, "Run `rag calibrate`: until then the default model's stands in.")
    else:
        yield Check("confidence", True, "fitted to this model")


def ask(settings: Settings) -> dict[str, str]:
    """Return what the model can, in words, or under "error" why it cannot be asked."""
    command, given = [sys.executable, "-m", "rag.doctor.model"], environment_with(settings)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, env=given, errors="replace")
    except subprocess.TimeoutExpired:
        return {"error": f"it did not load within {_PATIENCE_S} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines()[-1:] or [f"it ended with code {done.returncode}"])[0]}
    found: dict[str, str] = json.loads(done.stdout)
    return found


def main() -> None:
    """Load the model of the environment's settings, and print what it can; an error is one line on standard error."""
    from rag import compose
    from rag.errors import RagError

    settings = read_settings()
    try:
        reader = compose.open_reader(settings, settings.model)
    except RagError as error:
        sys.exit(str(error))
    template = "one of your own" if settings.chat_template else "the model's own"
    told = {"memory": reader.abilities.told(), "template": f"{template}, {reader.manners()}", "words": reader.words()}
    reader.close()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
