"""A model's own chat template → the text around what the user brings. It does not know prompts or tokens.

Templates are written for the Transformers library, whose way of rendering them is followed (its page "Writing a chat
template"): what they may call and ask for is there, and thinking is switched off by every name that has a switch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rag.errors import ReaderError
from rag.llm.thinking import closed
from rag.shipped import data_folder

_HOLE = "\ue000"  # private-use character: stands where passages and question go while the template is rendered
_TODAY = datetime(2025, 1, 1)
"""The day that templates are told. A real one would change the prompt, and cost all that was kept, every midnight."""
_NO_THINKING = {"enable_thinking": False, "thinking": False, "reasoning": False, "reasoning_effort": "none"}
_MEND = "Choose another --model, or give a template of your own: --chat-template"


@dataclass(frozen=True)
class ChatTemplate:
    """A template in Jinja's language, and the texts of the tokens that it may place."""

    source: str
    bos: str = ""
    eos: str = ""


class _Generation(Extension):
    """The tag {% generation %} around an assistant's words, which only training needs."""

    tags = {"generation"}  # noqa: RUF012  # so in the library

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def shipped_templates() -> list[str]:
    """Return the names of the templates that travel with the program."""
    return sorted(file.stem for file in (data_folder("models") / "templates").glob("*.jinja"))


def read_template(name_or_file: str) -> str:
    """Return the source of a template that ships, or of a file. Raises ReaderError."""
    if name_or_file in shipped_templates():
        return (data_folder("models") / "templates" / f"{name_or_file}.jinja").read_text(encoding="utf-8")
    path = Path(name_or_file).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReaderError(
            f"The chat template {path} cannot be read ({error}). Name a file, or one that ships with the program: "
            f"--chat-template {'|'.join(shipped_templates())}."
        ) from error


def render_chat(template: ChatTemplate, messages: Sequence[Mapping[str, Any]], *, answer_follows: bool = True) -> str:
    """Render `messages`, ending where the assistant's words begin unless no `answer_follows`. Raises ReaderError.

    Templates come with weights, which are somebody else's: they run in a sandbox.
    """

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _Generation]
    )
    environment.filters["tojson"] = lambda value, **how: json.dumps(value, ensure_ascii=False, **how)
    try:
        return environment.from_string(template.source).render(
            messages=list(messages),
            add_generation_prompt=answer_follows,
            bos_token=template.bos,
            eos_token=template.eos,
            raise_exception=refuse,
            strftime_now=_TODAY.strftime,
            tools=None,
            documents=None,
            **_NO_THINKING,
        )
    except Exception as error:  # besides its own kinds, whatever an expression of the template raises
        raise ReaderError(
            f"The model's chat template cannot be rendered ({error}). {_MEND} {'|'.join(shipped_templates())}."
        ) from error


def split_chat(template: ChatTemplate, system: str, instruction: str) -> tuple[str, str]:
    """Return the texts before and behind what the user brings: `system … [hole] … instruction … assistant`.

    The hole is where passages and question go as plain text, so that no control token in them counts. Where a template
    knows no system role, or passes over what is said in it, those words go first in the user's. Raises ReaderError.
    """
    alone = [{"role": "user", "content": f"{system}\n\n{_HOLE}{instruction}"}]
    apart = [{"role": "system", "content": system}, {"role": "user", "content": f"{_HOLE}{instruction}"}]
    failure: ReaderError | None = None
    for chat in (apart, _in_parts(apart), alone, _in_parts(alone)):
        try:
            parts = render_chat(template, chat).split(_HOLE)
        except ReaderError as error:
            failure = error
            continue
        if len(parts) == 2 and system in parts[0] and instruction.strip() in parts[1]:
            return parts[0], closed(parts[1])
    raise failure or ReaderError(
        f"The model's chat template leaves out what is asked. {_MEND} {'|'.join(shipped_templates())}."
    )


def end_of_words(template: ChatTemplate) -> str:
    """Return what the template writes behind an assistant's words; "" where that cannot be told."""
    chat = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _HOLE}]
    for said in (chat, _in_parts(chat)):
        try:
            parts = render_chat(template, said, answer_follows=False).split(_HOLE)
        except ReaderError:
            continue
        if len(parts) == 2:
            return parts[1]
    return ""


def _in_parts(chat: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the chat as templates want it that are made for pictures, too."""
    return [{"role": one["role"], "content": [{"type": "text", "text": one["content"]}]} for one in chat]
