"""What is thought is not said, however the words are cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.llm.thinking import MARKS, closed, nothing_thought, spoken

WORDS = st.text("ab <>/|[]think", max_size=12)


def said(*pieces: str) -> str:
    return "".join(spoken(iter(pieces)))


@pytest.mark.parametrize(("opening", "closing"), MARKS.items())
def test_thoughts_are_not_said(opening: str, closing: str) -> None:
    assert said(f"Well. {opening}hm, {{}}{closing}\n\nIt is 4.") == "Well. It is 4."
    assert said(f"{opening}it never ends") == ""
    assert said(nothing_thought(opening) + "Yes.") == "Yes."


def test_what_only_looks_like_a_mark_is_said() -> None:
    assert said("a < b and <thi", "ng> it", " [TH", "E]") == "a < b and <thing> it [THE]"
    assert said("<", "t", "h", "ink", ">no</th", "ink>yes", "<") == "yes<"


@given(st.lists(WORDS, max_size=6), st.integers(1, 5))
def test_pieces_do_not_matter(parts: list[str], size: int) -> None:
    whole = "<think>x</think>".join(parts)
    assert said(*(whole[i : i + size] for i in range(0, len(whole), size))) == said(whole)


def test_words_come_as_soon_as_they_are_known_to_be_said() -> None:
    stream = spoken(iter(["One ", "two ", "<thi", "nk>x</think>", "three"]))
    assert next(stream) == "One " and next(stream) == "two " and next(stream) == "three"


def test_a_prompt_that_has_the_model_think_is_closed() -> None:
    assert closed("assistant\n<think>\n") == "assistant\n<think>\n\n</think>\n\n"
    for kept in ("assistant\n", "<think>\n\n</think>\n\n", "<|channel>thought\n<channel|>"):
        assert closed(kept) == kept
