"""A model's own chat template → the text around what the user brings. It does not know prompts or tokens."""

from collections.abc import Mapping, Sequence

from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rag.errors import ReaderError

_HOLE = "\ue000"  # private-use character: stands where passages and question go while the template is rendered


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
