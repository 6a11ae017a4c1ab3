"""Citations: every source is a slice, markers never exceed sources, what nothing supports is marked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import OverlapReranker
from rag.answering.citations import cite
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


def passages_of(text: str, budget: int = 12, title: str = "The museum") -> list[Passage]:
    document = Document("museum.txt", title, text, "0" * 64)
    chunks = make_chunks(document, split_sentences(text), budget, lambda piece: len(piece.split()))
    return [Passage(chunk, 1.0, 0.5) for chunk in chunks]


def sentences_of(text: str, budget: int = 12, title: str = "The museum") -> list[tuple[Passage, int]]:
    return [(passage, i) for passage in passages_of(text, budget, title) for i in range(len(passage.chunk.sentences))]


def test_a_statement_is_tied_to_the_sentence_it_rests_on() -> None:
    statements, sources = cite("How heavy is the roof?", "The roof weighs 2,400 tonnes.", sentences_of(TEXT), score)
    assert [source.text for source in sources] == ["The roof weighs 2,400 tonnes."]
    assert statements[0].supported and statements[0].sources == (1,)


def test_a_wrong_number_is_unsupported() -> None:
    statements, sources = cite("How heavy is the roof?", "The roof weighs 2,500 tonnes.", sentences_of(TEXT), score)
    assert not statements[0].supported
    assert sources == ()


def test_a_wrong_name_is_unsupported() -> None:
    statements, _ = cite("Who designed it?", "It was designed by Ada Bergman.", sentences_of(TEXT), score)
    assert not statements[0].supported


def test_a_number_means_the_same_with_and_without_separators() -> None:
    statements, _ = cite("How heavy is the roof?", "The roof weighs 2400 tonnes.", sentences_of(TEXT), score)
    assert statements[0].supported


def test_a_number_means_the_same_in_words() -> None:
    text = "Leave is five weeks. Up to ten days may be carried into the next year."
    statements, sources = cite("How much is carried over?", "10 days may be carried over.", sentences_of(text), score)
    assert statements[0].supported and "ten days" in sources[0].text


def test_a_sentence_in_another_language_supports_what_names_and_numbers_say() -> None:
    text = "Le portail de la rue du Lavoir sera fermé du 16 mars au 3 avril. L’entrée se fait par le parking."
    asked = "Until when is the entrance in rue du Lavoir closed?"
    (right,), sources = cite(asked, "It is closed from March 16 to April 3.", sentences_of(text, 40), score)
    (wrong,), _ = cite(asked, "It is closed from March 16 to April 8.", sentences_of(text, 40), score)
    assert right.supported and "Le portail" in sources[0].text and not wrong.supported


def test_two_statements_have_their_own_sources() -> None:
    answer = "The museum opened in 1987. Entry is free on Mondays."
    statements, sources = cite("When did it open and what does it cost?", answer, sentences_of(TEXT), score)
    assert [statement.sources for statement in statements] == [(1,), (2,)]
    assert [source.text for source in sources] == ["The museum opened in 1987.", "Entry is free on Mondays."]


def test_a_statement_from_two_sentences_shows_both() -> None:
    answer = "Ada Lindqvist designed the museum, which Dr. Okafor has led since 2011."
    statements, sources = cite("Who designed and who leads the museum?", answer, sentences_of(TEXT), score)
    assert statements[0].supported
    assert {source.text for source in sources} == {
        "It was designed by Ada Lindqvist.",
        "Dr. Okafor has led the museum since 2011.",
    }


def test_nothing_supports_an_answer_from_nowhere() -> None:
    statements, sources = cite("Capital of France?", "The capital of France is Paris.", sentences_of(TEXT), score)
    assert [statement.supported for statement in statements] == [False]
    assert sources == ()


def test_names_and_numbers() -> None:
    assert names("The seizure of 2,400 kg on December 8 pleased Fedulov.") == {"2400", "december", "8", "fedulov"}


def test_words_fold_case_accents_and_scripts_without_spaces() -> None:
    assert words("The CAFÉ's 1,000") == ["cafe", "1000"]
    assert words("東京都") == ["東京", "京都"]


def test_a_name_counts_where_it_is_the_first_word() -> None:
    text = "The chief met his counterpart, Iraj Kakavand. The minister of the interior is Reza Karim."
    statements, _ = cite("Who is Kakavand?", "Kakavand is the minister of the interior.", sentences_of(text, 8), score)
    assert not statements[0].supported


def test_a_pronoun_stands_for_the_name_in_the_sentence_before() -> None:
    text = "Karin Holt ran the yard. She dredged the harbour in 1931."
    statements, sources = cite(
        "When did Karin Holt dredge it?", "Karin Holt dredged the harbour in 1931.", sentences_of(text, 30), score
    )
    assert statements[0].supported
    assert "She dredged the harbour in 1931." in [source.text for source in sources]


def test_what_a_title_says_need_not_be_said_again() -> None:
    statements, _ = cite(
        "What does the Norrland cost?", "The Norrland costs 40 euros.",
        sentences_of("It costs 40 euros.", 30, "Norrland"),
        score,
    )  # fmt: skip
    assert statements[0].supported


def test_a_name_may_have_another_form_in_the_source() -> None:
    statements, _ = cite(
        "Who is Iraq's minister?", "Ahmed Zarkani is Iraq's minister.",
        sentences_of("The Iraqi minister, Ahmed Zarkani, came."), score,
    )  # fmt: skip
    assert statements[0].supported


def test_sentences_about_different_things_are_no_source_together() -> None:
    text = (
        "The caretaker is Tadeusz Brill.\n\n"
        + "Nothing of note happened there.\n\n" * 30
        + "Mail goes to urban@example.org."
    )
    answer = "The mail address of Tadeusz Brill is urban@example.org."
    statements, _ = cite("What is the mail address of Tadeusz Brill?", answer, sentences_of(text, 30), score)
    assert not statements[0].supported


def test_zeros_at_the_end_of_a_number_change_nothing() -> None:
    statements, _ = cite(
        "What does it cost?", "It costs 5.70 euros.", sentences_of("The bread costs 5.7 euros."), score
    )
    assert statements[0].supported


PROSE = st.lists(
    st.sampled_from(["Alpha", "beta", "2,400", "Dr.", "the", "gamma", "東京", "مرحبا", "\n\n", "end.", "What?", "😀"]),
    min_size=1,
    max_size=40,
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(text=PROSE.filter(lambda text: bool(text.strip())), answer=PROSE, question=PROSE)
def test_every_source_is_a_slice_and_every_marker_has_its_source(text: str, answer: str, question: str) -> None:
    passages = sentences_of(text)
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
