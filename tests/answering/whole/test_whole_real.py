"""Requests about whole documents with the model that answers by default, over real files of several formats."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.answering.answer import Answer
from rag.api import Rag
from rag.documents.words import names, words
from rag.settings import read_settings

DATA = Path(__file__).parent.parent.parent / "data" / "formats"
NOTES = """# Meeting of the allotment society, 5 February 2025

## Water

The new well was drilled in January and gives forty litres a minute. The members may use it from 1 April on, but only
in the evening, since the pump is loud. Hoses longer than twenty metres are not allowed.

## Money

The treasurer, Mr. Ferris, reported an income of 5,240 EUR and expenses of 4,870 EUR in 2024. The yearly fee rises from
60 EUR to 66 EUR in 2026, which was decided with 31 votes against 4.

## People

Ms. Tomasek was elected as chair. Mr. Ferris remains the treasurer, and Ms. Adeyemi looks after the tools.
"""


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory, weights: Callable[[str], Path]) -> Iterator[Rag]:
    for role in ("answer", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(role)
    folder = tmp_path_factory.mktemp("whole")
    docs = folder / "docs"
    docs.mkdir()
    (docs / "allotments.md").write_text(NOTES, encoding="utf-8")
    for name in ("sheet.xlsx", "slides.pptx", "letter.docx"):
        (docs / name).write_bytes((DATA / name).read_bytes())
    with Rag.open(read_settings(docs=docs, data_dir=folder / "data")) as opened:
        yield opened


def checked(rag: Rag, answer: Answer, kind: str) -> Answer:
    """Return the answer after a look at what holds for every kind: exact sources, and no name or figure of its own."""
    assert answer.kind == kind and not answer.abstained and answer.statements
    by_number = {source.number: source for source in answer.sources}
    for source in answer.sources:
        assert rag.text(source.document)[source.start : source.end] == source.text
    for statement in answer.statements:
        assert answer.answer[statement.start : statement.end] == statement.text
        assert statement.supported and statement.sources
        read = " ".join(by_number[number].text for number in statement.sources)
        assert not names(statement.text) - set(words(read)), statement.text
    return answer


def test_a_summary_covers_the_sections_and_adds_nothing(rag: Rag) -> None:
    answer = checked(rag, rag.ask("Summarize the allotments document in three sentences."), "summary")
    assert len(answer.statements) == 3
    assert {source.document for source in answer.sources} == {"allotments.md"}
    told = answer.answer
    assert sum(any(word in told for word in group) for group in (("well", "water"), ("EUR", "fee"), ("chair",))) >= 2


def test_a_spreadsheet_is_told_by_its_columns_and_rows_without_the_model(rag: Rag) -> None:
    answer = checked(rag, rag.ask("What is in sheet.xlsx?"), "about")
    assert "Tonnage" in answer.answer and "Aurora" in answer.answer
    assert answer.timings.answer_tokens == 0


def test_a_list_goes_through_the_whole_text(rag: Rag) -> None:
    answer = checked(rag, rag.ask("List all people in the allotments document with their roles."), "list")
    assert "Ferris" in answer.answer and "Tomasek" in answer.answer
    assert all(len(line) < 120 for line in answer.answer.splitlines())


def test_two_people_are_compared_side_by_side(rag: Rag) -> None:
    answer = checked(rag, rag.ask("Compare Mr. Ferris and Ms. Adeyemi"), "compare")
    first, second = answer.answer.splitlines()
    assert first.startswith("- Mr. Ferris: ") and second.startswith("- Ms. Adeyemi: ")
    assert "Ferris" in answer.sources[0].text and any("Adeyemi" in source.text for source in answer.sources)


def test_stopping_in_the_middle_keeps_what_is_there(rag: Rag) -> None:
    answer = rag.ask("Summarize allotments.md in detail", stopped=lambda: True)
    assert answer.stopped and not answer.statements
