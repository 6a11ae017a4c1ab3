"""A model's own chat template, filled in within a sandbox."""

from pathlib import Path

import pytest

from rag.errors import ReaderError
from rag.llm.chat_template import ChatTemplate, end_of_words, read_template, render_chat, shipped_templates, split_chat

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}[assistant]"
)


def test_the_chat_is_split_where_the_user_text_goes() -> None:
    before, behind = split_chat(ChatTemplate(CHATML), "Be brief.", "Answer.")
    assert before == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
    assert behind == "Answer.<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_without_system_role_gets_its_words_in_the_first_message() -> None:
    assert split_chat(ChatTemplate(NO_SYSTEM), "Be brief.", "Answer.") == (
        "[user] Be brief.\n\n",
        "Answer. [assistant]",
    )


@pytest.mark.parametrize("template", ["{% for %}", "{{ ''.__class__.__mro__[1].__subclasses__() }}"])
def test_a_bad_or_hostile_template_is_an_error(template: str) -> None:
    with pytest.raises(ReaderError):
        render_chat(ChatTemplate(template), [{"role": "user", "content": "x"}])


def test_words_that_a_template_passes_over_go_first_in_the_users() -> None:
    silent = "{% for m in messages %}{% if m.role == 'user' %}[user] {{ m.content }}{% endif %}{% endfor %}[assistant]"
    assert split_chat(ChatTemplate(silent), "Be brief.", "Answer.") == ("[user] Be brief.\n\n", "Answer.[assistant]")


def test_a_template_for_pictures_gets_its_text_in_parts() -> None:
    parts = "{% for m in messages %}[{{ m.role }}]{% for p in m.content %}{{ p['text'] }}{% endfor %}{% endfor %}"
    assert split_chat(ChatTemplate(parts), "Be brief.", "Answer.") == ("[system]Be brief.[user]", "Answer.")


def test_a_template_that_leaves_out_what_is_asked_is_an_error() -> None:
    with pytest.raises(ReaderError, match="leaves out"):
        split_chat(ChatTemplate("[user]"), "Be brief.", "Answer.")


def test_thoughts_that_a_template_begins_are_over() -> None:
    thinks = CHATML.replace("assistant\n{%", "assistant\n<think>\n{%")
    _, behind = split_chat(ChatTemplate(thinks), "Be brief.", "Answer.")
    assert behind.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


@pytest.mark.parametrize("name", shipped_templates())
def test_templates_that_ship_hold_all_that_is_said(name: str) -> None:
    template = ChatTemplate(read_template(name), "<first>", "<last>")
    before, behind = split_chat(template, "Be brief.", "\n\nAnswer.")
    assert before.count("Be brief.") == 1 and before.count("<first>") <= 1
    assert behind.startswith("\n\nAnswer.") and behind != "\n\nAnswer."
    assert end_of_words(template)


def test_a_template_is_a_name_or_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.jinja"
    own.write_text(CHATML, encoding="utf-8")
    assert read_template(str(own)) == CHATML
    with pytest.raises(ReaderError, match="chatml"):
        read_template(str(tmp_path / "none.jinja"))
