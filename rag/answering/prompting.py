"""Prompt files → prompts: which one a question calls for, and its words. It does not know models.

A prompt file is one job in plain words with `$name` variables; a variable missing or left over is an error.
"""

import re
from functools import cache
from string import Template

from rag.errors import ReaderError
from rag.shipped import data_folder

INSTRUCTIONS = ("answer", "yes_or_no", "explanation")
"""Prompts that stand behind a question and say what kind of answer is wanted."""
_ASKS_WHETHER = re.compile(
    r"(?:(?:and|but|so|also|then|or|something else)\W+)*(?:is|are|am|was|were|do|does|did|has|have|had|can|could"
    r"|will|would|should|may|must|shall|isn['’]t|aren['’]t|don['’]t|doesn['’]t|can['’]t)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
_ASKS_WHAT = re.compile(
    r"(?:(?:and|but|so|also|then)\W+)*(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"([.,;:!?])[.,;:!?]*\s+")
_SUBJECT = re.compile(
    r"(?:\w+\W+)+?(?:i|we|you|he|she|it|they|there|this|that|these|those|the|an?|my|our|his|her|your|their|any)\b",
    re.IGNORECASE,
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


def is_yes_or_no(question: str) -> bool:
    """Tell whether `question` asks whether something is so; told by its words, in English.

    Only its last clause counts that asks anything: "I am a member. Do I get a vote?". Behind a comma a verb alone asks
    nothing: "What does Grant, the man on the tandem, do for a living?".
    """
    if _ASKS_WHAT.match(question.strip()):
        return False
    parts = ["", *_CLAUSE.split(question.strip())]
    for mark, clause in reversed(list(zip(parts[::2], parts[1::2], strict=True))):
        if _ASKS_WHAT.match(clause):
            return False
        if _ASKS_WHETHER.match(clause) and (mark != "," or _SUBJECT.match(" ".join(clause.split()[:3]))):
            return True
    return False


def instruction_for(question: str) -> str:
    """Return the one of `INSTRUCTIONS` that `question` calls for: yes or no, one sentence, or up to three.

    Told by its words, in English: other questions get one sentence.
    """
    if is_yes_or_no(question):
        return "yes_or_no"
    return "explanation" if _EXPLANATION.search(question) else "answer"
