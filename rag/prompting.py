"""Prompt files → prompts. It does not know models: a chat template comes in as text.

A prompt file is one job in plain words with `$name` variables; a variable missing or left over is an error.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from string import Template

from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rag.errors import ReaderError
from rag.settings import data_folder

_HOLE = "\ue000"  # private-use character: stands where passages and question go while the template is rendered


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


def render_chat(template: str, messages: Sequence[Mapping[str, str]]) -> str:
    """Render `messages` by a model's own chat template, ending where the assistant's words begin.

    Templates come with weights, which are somebody else's: they run in a sandbox.
    """

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    try:
        return environment.from_string(template).render(
            messages=list(messages), add_generation_prompt=True, bos_token="", eos_token="", raise_exception=refuse
        )
    except TemplateError as error:
        raise ReaderError(f"The model's chat template cannot be rendered ({error}): choose another --model.") from error


def split_chat(template: str, system: str, instruction: str) -> tuple[str, str]:
    """Return the texts before and behind what the user brings: `system … [hole] … instruction … assistant`.

    The hole is where passages and question go as plain text, so that no control token in them counts.
    """
    try:
        chat = [{"role": "system", "content": system}, {"role": "user", "content": f"{_HOLE}{instruction}"}]
        before, behind = render_chat(template, chat).split(_HOLE)
    except (ReaderError, ValueError):  # templates without a system role: its words go first in the user's
        chat = [{"role": "user", "content": f"{system}\n\n{_HOLE}{instruction}"}]
        before, behind = render_chat(template, chat).split(_HOLE)
    return before, behind


def instruction_for(question: str) -> str:
    """Return the one of `INSTRUCTIONS` that `question` calls for: yes or no, one sentence, or up to three.

    Told by its words, in English: other questions get one sentence.
    """
    if _YES_OR_NO.match(question):
        return "yes_or_no"
    return "explanation" if _EXPLANATION.search(question) else "answer"
