"""Sentences: exact offsets in every script, and cuts where a reader would cut."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.sentences import split_sentences

CASES = [
    (["Dr. Smith paid 3.5 million.", "He left."], " "),
    (["J. R. R. Tolkien wrote it.", "The U.S. Army came."], " "),
    (["St. Louis is big.", "See p. 5.", "It cost $3.50."], " "),
    (["He lives in the U.S.", "The end."], " "),
    (["Use nuts, e.g. almonds, or seeds.", "Stir."], " "),
    (["He said “No!” and left...", "Then came rain."], " "),
    (["“Stop!” she cried.", "Nobody did."], " "),
    (["What now?", "Yes."], " "),
    (["# Opening hours", "We open at nine.", "We close at five."], "\n"),
    (["1. Boil water.", "2. Add salt.", "- Serve warm"], "\n"),
    (["A line that was\nwrapped by hand.", "And another."], " "),
    (["今日は晴れです。", "明日は雨です。"], ""),
    (["他来了。", "她走了！"], ""),
    (["यह एक वाक्य है।", "यह दूसरा है।"], " "),
    (["هل هذا سؤال؟", "نعم، هذا سؤال."], " "),
    (["Это первое.", "Это второе."], " "),
    (["Πού είναι;", "Εδώ."], "\n\n"),
    (["A heading without a stop", "A paragraph follows it."], "\n\n"),
]


@pytest.mark.parametrize(("sentences", "between"), CASES)
def test_cuts(sentences: list[str], between: str) -> None:
    text = between.join(sentences)
    found = [text[start:end] for start, end in split_sentences(text)]
    assert found == sentences


PIECES = st.sampled_from(
    [
        "Word",
        "e.g.",
        "U.S.",
        "3.5",
        "No.",
        "!",
        "...",
        "”",
        "“",
        "。",
        "？",
        "।",
        "😀",
        "\n",
        "\n\n",
        "\t",
        "- ",
        "# ",
        "| a",
        "नमस्ते",
        "สวัสดี",
        "你好",
        "مرحبا",
        "\u200d",
        "\u2028",
        "\x0b",
        "end.",
        " ",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join), st.lists(PIECES).map(" ".join)))
def test_spans_cover_everything_but_white_space_once_and_in_order(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert start >= position and end > start
        assert text[position:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        position = end
    assert text[position:].strip() == ""


@pytest.mark.parametrize("text", ["word " * 200_000, "a" * 1_000_000, "One. " * 200_000, "。" * 300_000])
def test_a_megabyte_without_a_line_break_is_covered(text: str) -> None:
    spans = split_sentences(text)
    assert spans[0].start == 0
    assert spans[-1].end == len(text.rstrip())
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
