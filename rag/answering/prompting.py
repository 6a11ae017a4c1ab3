"""Prompt files → prompts: which one a question calls for, and its words. It does not know models.

A prompt file is one job in plain words with `$name` variables; a variable missing or left over is an error.
"""

import re
from functools import cache
from string import Template

from rag.errors import ReaderError
from rag.settings import data_folder

INSTRUCTIONS = ("answer", "yes_or_no", "explanation")
"""Prompts that stand behind a question and say what kind of answer is wanted."""
_YES_OR_NO = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must)\b(?!.*\bor\b)", re.IGNORECASE
)
_EXPLANATION = re.compile(
    r"\b(?:why|explain|describe|summari[sz]e|compare|differences? between|what happen(?:s|ed)"
    r"|how (?:do|does|did|can|could|should|would|to)|(?:role|function|purpose|meaning) of)\b",
    re.IGNORECASE,
)


@cache
def _template(name: str) -> Template:
    path = data_folder("prompts") / f"{name}.txt"
    try:
        return Template(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ReaderError(
            f"The prompt file {path} cannot be read: {error.strerror}. Install the program again."
        ) from None


def prompt(name: str, **variables: str) -> str:
    """Return the prompt `name` filled in; raises ReaderError when the variables are not exactly those of the file."""
    template = _template(name)
    wanted, given = set(template.get_identifiers()), set(variables)
    if wanted != given:
        raise ReaderError(f"The prompt '{name}' takes the variables {sorted(wanted)}, not {sorted(given)}.")
    return template.substitute(variables)


def instruction_for(question: str) -> str:
    """Return the one of `INSTRUCTIONS` that `question` calls for: yes or no, one sentence, or up to three.

    Told by its words, in English: other questions get one sentence.
    """
    if _YES_OR_NO.match(question):
        return "yes_or_no"
    return "explanation" if _EXPLANATION.search(question) else "answer"
