"""Prompts: files with variables, and which one a question calls for."""

import pytest

from rag.answering.prompting import instruction_for, prompt
from rag.errors import ReaderError


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


@pytest.mark.parametrize(
    ("question", "instruction"),
    [
        ("Was the bridge opened in 1912?", "yes_or_no"),
        ("I am a guest. Do I pay for the bridge?", "yes_or_no"),
        ("If a ship comes, is the bridge closed?", "yes_or_no"),
        ("What does Ann, the keeper of the bridge, do at night?", "answer"),
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
