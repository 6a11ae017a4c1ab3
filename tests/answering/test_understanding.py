"""A question as typed → as understood: misspelt words, other languages, follow-ups; over a real index."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import HashEmbedder, ScriptedReader
from rag.answering.followup import standalone
from rag.answering.spelling import corrected
from rag.answering.understanding import understood
from rag.documents.chunks import make_chunks
from rag.documents.dates import latest_day
from rag.documents.folder import Document
from rag.documents.language import language_of
from rag.documents.sentences import split_sentences
from rag.index.index import Index

TEXT = (
    "The tenants give notice of three months. The community garden of Kestrel harvested potatoes. "
    "The left wing of the garden is closed, and what was moved is in the cellar."
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    embedder = HashEmbedder()
    with Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test") as made:
        document = Document("garden.txt", "Garden", TEXT, "0" * 64)
        chunks = make_chunks(document, split_sentences(TEXT), 60, lambda text: len(text.split()))
        made.add(document, chunks, embedder.embed([chunk.text for chunk in chunks]).astype(np.float32), 1, 1)
        yield made


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("what notise do the tennants give", "what notice do the tenants give"),
        ("patatoes of the comunity gardn", "potatoes of the community garden"),
        ("the club Kestral", "the club Kestrel"),
        ("which plants r comming to the gardn", "which plants r coming to the garden"),  # by a dictionary
        ("how manny months, and wich", "how many months, and which"),  # everybody's words
        ("How many kilometres is the theatre from the harbour?",) * 2,  # British, though the lists are American
        ("Welche Gärten stehen in Blüte?",) * 2,  # German by one word of it
        ("¿Cuánto costó?", "¿Cuánto costó?"),  # accents its lists lack
        ("Is there a lift?", "Is there a lift?"),  # a word, though "left" is near
        ("Who owns the parrot?", "Who owns the parrot?"),
        ("What does E52 mean?", "What does E52 mean?"),
        ("", ""),
    ],
)
def test_misspelt_words_get_the_documents_spelling(index: Index, typed: str, meant: str) -> None:
    assert corrected(typed, index) == meant


@given(text=st.text(max_size=40))
def test_whatever_is_typed_something_is_understood(text: str) -> None:
    assert language_of(text) in (None, "English", "German", "French", "Spanish", "Italian", "Portuguese", "Dutch")
    latest_day(text)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wie oft muss man das Sieb der Maschine reinigen?", "German"),
        ("Quand a-t-il rendez-vous à la clinique ?", "French"),
        ("¿Cuánto costó el vino por persona?", "Spanish"),
        ("How often do I have to clean it?", "English"),
        ("E52?", None),
    ],
)
def test_small_words_tell_the_language(question: str, language: str | None) -> None:
    assert language_of(question) == language


def test_a_question_in_another_language_is_translated_and_one_in_the_documents_language_is_not(index: Index) -> None:
    asked: list[str] = []

    class Translator(ScriptedReader):
        def complete(self, system: str, request: str, **more: object) -> Iterator[str]:  # type: ignore[override]
            asked.append(request)
            yield "How long is the notice?\n\nMore words."

    reader = Translator(lambda passages, question: (0.9, []))
    assert understood("Wie lang ist die Frist der Mieter?", (), index, reader) == "How long is the notice?"
    assert "In English" in asked[0]
    assert understood("How long is the notice?", (), index, reader) == "How long is the notice?"
    assert len(asked) == 1


def test_one_thing_exchanged_needs_no_model() -> None:
    def never_asked(passages: object, question: str) -> tuple[float, list[str]]:
        raise AssertionError(question)

    history = [("user", "What does E10 mean on the WM 740?"), ("assistant", "No water comes in.")]
    assert standalone("And E31?", history, ScriptedReader(never_asked)) == "What does E31 mean on the WM 740?"


def test_the_latest_day_of_a_sentence() -> None:
    assert latest_day("From 1 April 2025 on, not 2024.") == (2025, 4, 1)
    assert latest_day("[03.05.25 17:10] Ruta: hello") == (2025, 5, 3)
    assert latest_day("2023-01-02 and May 7, 2024") == (2024, 5, 7)
    assert latest_day("am 3. März 2022") == (2022, 3, 3)
    assert latest_day("nothing, and 1,055 euros") is None
