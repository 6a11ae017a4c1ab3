"""Sentences: exact offsets in every script, and cuts where a reader would cut."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.sentences import split_sentences

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
    (
        ["Opening hours", "We open at nine.", "We close at five.", "Prices", "Adults pay five euros, children two."],
        "\n",
    ),
    (["Title\n=====", "Text under it."], "\n"),
    (["> A quotation that\n> goes on.", "And ends."], " "),
    (["| a | b |", "|---|---|", "| 1 | 2 |"], "\n"),
    (["2024-01-01 10:00 INFO started", "2024-01-01 10:01 WARN slow", "2024-01-01 10:02 INFO done"], "\n"),
    (["The book that nobody in town had read was written by\nJ. Smith in 1999.", "It sold well."], " "),
    (["Am Abend kam der Minister nach Berlin und blieb bis zum\n12. Dezember.", "Er ging."], " "),
    (["George W. Bush won.", "J.K. Rowling wrote.", "Vitamin C.", "The best."], " "),
    (["It weighed 90 kg. and fell.", "See Fig. 3 in Jones et al. 2004.", "At 5 p.m. we left."], " "),
    (["Der 3. Mai war schön.", "Das ist z. B. die Nr. 5.", "Er ging."], " "),
    (["А. С. Пушкин родился в 1799 г. и писал.", "Потом ушёл."], " "),
    (["Ο κ. Παπαδόπουλος ήρθε.", "Έφυγε το 1990 μ.Χ. από εδώ."], " "),
    (["El Sr. García y la Sra. López llegaron.", "Véase pág. 5."], " "),
    (["Ông Nguyễn đến từ TP. Hồ Chí Minh.", "Ông ấy tốt."], " "),
    (["मैं डॉ. शर्मा हूँ।", "आप कैसे हैं?"], " "),
    (["彼は「はい。」と言った。", "次。"], ""),
    (["i went home.", "it was late.", "we ate."], " "),
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


@pytest.mark.parametrize("text", ["\n" * 1_000_000, " \n" * 500_000, " " * 1_000_000])
def test_white_space_alone_holds_no_sentence(text: str) -> None:
    assert split_sentences(text) == []


@pytest.mark.parametrize("text", ["word " * 200_000, "a" * 1_000_000, "One. " * 200_000, "。" * 300_000])
def test_a_megabyte_without_a_line_break_is_covered(text: str) -> None:
    spans = split_sentences(text)
    assert spans[0].start == 0
    assert spans[-1].end == len(text.rstrip())
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert len(spans) == (200_000 if text.startswith("One.") else 1)
