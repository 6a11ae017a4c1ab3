"""A model's own chat template, filled in within a sandbox."""

import pytest

from rag.errors import ReaderError
from rag.llm.chat_template import render_chat, split_chat

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}[assistant]"
)


def test_the_chat_is_split_where_the_user_text_goes() -> None:
    before, behind = split_chat(CHATML, "Be brief.", "Answer.")
    assert before == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
    assert behind == "Answer.<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_without_system_role_gets_its_words_in_the_first_message() -> None:
    assert split_chat(NO_SYSTEM, "Be brief.", "Answer.") == ("[user] Be brief.\n\n", "Answer. [assistant]")


@pytest.mark.parametrize("template", ["{% for %}", "{{ ''.__class__.__mro__[1].__subclasses__() }}"])
def test_a_bad_or_hostile_template_is_an_error(template: str) -> None:
    with pytest.raises(ReaderError):
        render_chat(template, [{"role": "user", "content": "x"}])
