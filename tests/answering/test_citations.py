"""Citations: every source is a slice, markers never exceed sources, what nothing supports is marked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import OverlapReranker
from rag.answering.citations import cite, nearest
from rag.answering.retriever import Passage
from rag.documents.chunks import make_chunks
from rag.documents.folder import Document
from rag.documents.sentences import split_sentences
from rag.documents.words import names, words

TEXT = (
    "The museum opened in 1987. It was designed by Ada Lindqvist. The roof weighs 2,400 tonnes.\n\n"
    "Entry is free on Mondays. Dr. Okafor has led the museum since 2011."
)
score = OverlapReranker().score


def passages_of(text: str, budget: int = 12) -> list[Passage]:
    document = Document("museum.txt", "The museum", text, "0" * 64)
    chunks = make_chunks(document, split_sentences(text), budget, lambda piece: len(piece.split()))
    return [Passage(chunk, 1.0, 0.5) for chunk in chunks]


def test_a_statement_is_tied_to_the_sentence_it_rests_on() -> None:
    statements, sources = cite("How heavy is the roof?", "The roof weighs 2,400 tonnes.", passages_of(TEXT), score)
    assert [source.text for source in sources] == ["The roof weighs 2,400 tonnes."]
    assert statements[0].supported and statements[0].sources == (1,)


def test_a_wrong_number_is_unsupported() -> None:
    statements, sources = cite("How heavy is the roof?", "The roof weighs 2,500 tonnes.", passages_of(TEXT), score)
    assert not statements[0].supported
    assert sources == ()


def test_a_wrong_name_is_unsupported() -> None:
    statements, _ = cite("Who designed it?", "It was designed by Ada Bergman.", passages_of(TEXT), score)
    assert not statements[0].supported


def test_a_number_means_the_same_with_and_without_separators() -> None:
    statements, _ = cite("How heavy is the roof?", "The roof weighs 2400 tonnes.", passages_of(TEXT), score)
    assert statements[0].supported


def test_two_statements_have_their_own_sources() -> None:
    answer = "The museum opened in 1987. Entry is free on Mondays."
    statements, sources = cite("When did it open and what does it cost?", answer, passages_of(TEXT), score)
    assert [statement.sources for statement in statements] == [(1,), (2,)]
    assert [source.text for source in sources] == ["The museum opened in 1987.", "Entry is free on Mondays."]


def test_a_statement_from_two_sentences_shows_both() -> None:
    answer = "Ada Lindqvist designed the museum, which Dr. Okafor has led since 2011."
    statements, sources = cite("Who designed and who leads the museum?", answer, passages_of(TEXT), score)
    assert statements[0].supported
    assert {source.text for source in sources} == {
        "It was designed by Ada Lindqvist.",
        "Dr. Okafor has led the museum since 2011.",
    }


def test_nothing_supports_an_answer_from_nowhere() -> None:
    statements, sources = cite("Capital of France?", "The capital of France is Paris.", passages_of(TEXT), score)
    assert [statement.supported for statement in statements] == [False]
    assert sources == ()


def test_names_and_numbers() -> None:
    assert names("The seizure of 2,400 kg on December 8 pleased Fedulov.") == {"2400", "december", "8", "fedulov"}


def test_words_fold_case_accents_and_scripts_without_spaces() -> None:
    assert words("The CAFÉ's 1,000") == ["cafe", "1000"]
    assert words("東京都") == ["東京", "京都"]


def test_nearest_sentences_are_ranked_slices() -> None:
    found = nearest(passages_of(TEXT), "Is entry free on Mondays?", score, limit=2)
    assert found[0].text == "Entry is free on Mondays."
    assert [source.number for source in found] == [1, 2]


PROSE = st.lists(
    st.sampled_from(["Alpha", "beta", "2,400", "Dr.", "the", "gamma", "東京", "مرحبا", "\n\n", "end.", "What?", "😀"]),
    min_size=1,
    max_size=40,
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(text=PROSE.filter(lambda text: bool(text.strip())), answer=PROSE, question=PROSE)
def test_every_source_is_a_slice_and_every_marker_has_its_source(text: str, answer: str, question: str) -> None:
    passages = passages_of(text)
    statements, sources = cite(question, answer, passages, score)
    assert cite(question, answer, passages, score) == (statements, sources)
    for source in sources:
        assert text[source.start : source.end] == source.text
        assert text[source.passage_start :].startswith(source.passage_text)
        assert 0 <= source.score <= 1
    assert [source.number for source in sources] == list(range(1, len(sources) + 1))
    for statement in statements:
        assert answer[statement.start : statement.end] == statement.text
        assert statement.supported == bool(statement.sources)
        assert set(statement.sources) <= {source.number for source in sources}
