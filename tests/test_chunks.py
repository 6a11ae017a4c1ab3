"""Chunks: every sentence once, in order, within the budget; pages by sentence."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.chunks import make_chunks, page_at
from rag.documents import Document
from rag.sentences import split_sentences


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
