"""Chunks: every sentence once, in order, within the budget; pages by sentence."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.chunks import make_chunks, page_at
from rag.documents.folder import Document
from rag.documents.sentences import split_sentences


def count(text: str) -> int:
    return len(text.split())


TEXTS = st.lists(
    st.sampled_from(
        ["One two three.", "Four.", "A much longer sentence that goes on and on.", "word", "\n\n", "？", "你好。"]
    ),
    min_size=1,
    max_size=60,
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(3, 40))
def test_chunks_cover_the_sentences_once_within_the_budget(text: str, budget: int) -> None:
    document = Document("a.txt", "A", text, "0" * 64)
    sentences = split_sentences(text)
    chunks = make_chunks(document, sentences, budget, count)
    spans = [span for chunk in chunks for span in chunk.sentences]
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == "".join(text.split())
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end]
        assert (chunk.start, chunk.end) == (chunk.sentences[0].start, chunk.sentences[-1].end)
        assert count(chunk.text) <= budget
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert make_chunks(document, sentences, budget, count) == chunks


def test_only_a_sentence_beyond_the_budget_is_cut() -> None:
    text = "Short one. " + "long " * 50 + "end. Short two."
    chunks = make_chunks(Document("a.txt", "A", text, "0"), split_sentences(text), 12, count)
    whole = [text[a:b] for chunk in chunks for a, b in chunk.sentences]
    assert whole[0] == "Short one." and whole[-1] == "Short two."
    assert all(not piece.startswith(" ") and count(piece) <= 12 for piece in whole)


def test_a_paragraph_ends_a_chunk_that_is_half_full() -> None:
    text = "One two three four five six.\n\nSeven eight."
    chunks = make_chunks(Document("a.txt", "A", text, "0"), split_sentences(text), 12, count)
    assert [chunk.text for chunk in chunks] == ["One two three four five six.", "Seven eight."]


def test_a_sentence_within_the_budget_stays_whole_however_long_its_words_are() -> None:
    text = "Short one. " + "incomprehensibilities " * 8 + "end. Short two."
    chunks = make_chunks(Document("a.txt", "A", text, "0"), split_sentences(text), 10, count)
    assert [span for chunk in chunks for span in chunk.sentences] == split_sentences(text)


def test_a_heading_goes_with_what_follows_it() -> None:
    for heading in ["## Prices", "Prices", "Prices\n======"]:
        text = f"One two three.\n\n{heading}\n\nFour five six seven eight nine. Ten."
        chunks = make_chunks(Document("a.txt", "A", text, "0"), split_sentences(text), 9, count)
        assert chunks[0].text == "One two three."
        assert chunks[1].text.startswith(f"{heading}\n\nFour five")


def test_a_long_sentence_is_cut_at_clauses_and_never_inside_a_character() -> None:
    text = "很长的一句话，" * 40 + "👩‍👩‍👧" * 40 + "e\u0301" * 40
    chunks = make_chunks(Document("a.txt", "A", text, "0"), split_sentences(text), 20, len)
    assert "".join(chunk.text for chunk in chunks) == text
    assert all(len(chunk.text) <= 20 for chunk in chunks)
    assert chunks[0].text.endswith("，")
    assert all(chunk.text[0] not in "\u200d\u0301" and chunk.text[-1] != "\u200d" for chunk in chunks)


def test_white_space_between_sentences_counts() -> None:
    text = "One." + " " * 5_000 + "\n\n" * 50 + "Two. " + "x" + " " * 5_000 + "y."
    chunks = make_chunks(Document("a.txt", "A", text, "0"), split_sentences(text), 100, len)
    assert all(len(chunk.text) <= 100 for chunk in chunks)
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "One.Two.xy."


def test_each_character_is_counted_a_few_times_at_most() -> None:
    counted = 0

    def measure(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return len(text.encode())

    for text in ["One sentence is here. " * 5_000, "word " * 20_000, "東" * 50_000, "a" * 100_000]:
        counted = 0
        make_chunks(Document("a.txt", "A", text, "0"), split_sentences(text), 200, measure)
        assert counted < 4 * len(text)


def test_pages_are_those_of_each_sentence() -> None:
    document = Document("a.pdf", "A", "One here. Two here. Three here.", "0", pages=(0, 10, 20))
    chunk = make_chunks(document, split_sentences(document.text), 100, count)[0]
    assert chunk.pages == (1, 2, 3)
    assert page_at(Document("a.txt", "A", "x", "0"), 0) is None


def test_ids_change_with_the_document() -> None:
    text = "One here."
    ids = {
        make_chunks(Document(path, "A", text, sha), split_sentences(text), 9, count)[0].id
        for path, sha in [("a.txt", "0"), ("b.txt", "0"), ("a.txt", "1")]
    }
    assert len(ids) == 3
