"""Prompts: files with variables, a model's own chat template in a sandbox, documents outside of it."""

import pytest

from rag.answering.prompting import instruction_for, prompt
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


def test_a_prompt_takes_exactly_its_variables() -> None:
    assert "Why?" in prompt("question", question="Why?")
    with pytest.raises(ReaderError, match="question"):
        prompt("question")
    with pytest.raises(ReaderError, match="colour"):
        prompt("question", question="Why?", colour="red")


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert "$title ${text}" in prompt("passage", title="A", text="$title ${text}")


def test_an_unknown_prompt_names_its_file() -> None:
    with pytest.raises(ReaderError, match="nonsense"):
        prompt("nonsense")


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


@pytest.mark.parametrize(
    ("question", "instruction"),
    [
        ("Was the bridge opened in 1912?", "yes_or_no"),
        ("Is it longer or shorter than the old one?", "answer"),
        ("How long is the bridge?", "answer"),
        ("Who explained it?", "answer"),
        ("How does the bridge turn?", "explanation"),
        ("what is the role of the keeper", "explanation"),
        ("Wie lang ist die Brücke?", "answer"),
    ],
)
def test_the_words_of_a_question_tell_how_long_its_answer_may_be(question: str, instruction: str) -> None:
    assert instruction_for(question) == instruction
    assert prompt(instruction).endswith(".")
