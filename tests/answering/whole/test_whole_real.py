"""Requests about whole documents with the model that answers by default, over real files of several formats."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from browsing import browser_needed
from rag.answering.answer import Answer, Event, Working
from rag.api import Rag
from rag.documents.words import names, words
from rag.settings import read_settings

pytestmark = pytest.mark.long
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
    head, rule, row = answer.answer.splitlines()
    assert head == "|  | Mr. Ferris | Ms. Adeyemi |" and rule == "|---|---|---|" and row.count("|") == 4
    assert "Ferris" in answer.sources[0].text and any("Adeyemi" in source.text for source in answer.sources)


def test_two_who_are_not_named_are_found_in_the_sample(rag: Rag, tmp_path: Path) -> None:
    sample = read_settings().docs
    with Rag.open(read_settings(docs=sample, data_dir=tmp_path)) as about_it:
        answer = checked(about_it, about_it.ask("Compare what the two officials said"), "compare")
        head = answer.answer.splitlines()[0]
        assert "Al-Zarkani" in head and "Kakavand" in head
        assert len(answer.statements) == 2 and answer.sources


def test_a_timeline_and_an_edit_need_no_more_than_what_is_there(rag: Rag) -> None:
    answer = checked(rag, rag.ask("Give me a timeline of the allotments document"), "timeline")
    assert answer.timings.answer_tokens == 0
    assert [line.split(":")[0] for line in answer.answer.splitlines()][-1] == "- 2026"
    before = rag.ask("Summarize the allotments document in three sentences.")
    asked = [("user", "Summarize the allotments document in three sentences."), ("assistant", before.answer)]
    edited = checked(rag, rag.ask("in one sentence", asked), "edit")
    assert len(edited.statements) == 1


def test_a_folder_is_told_document_by_document(rag: Rag) -> None:
    answer = checked(rag, rag.ask("Summarize all documents"), "summary")
    assert {source.document for source in answer.sources} >= set(rag.documents())
    assert all(PurePosixPath(path).name in answer.answer for path in rag.documents())


def test_how_many_people_a_text_names_is_counted(rag: Rag) -> None:
    answer = checked(rag, rag.ask("How many people are mentioned in the allotments document?"), "list")
    assert answer.answer.splitlines()[-1] == f"people found by going through the text: {len(answer.statements)}."


def test_stopping_in_the_middle_keeps_what_is_there(rag: Rag) -> None:
    answer = rag.ask("Summarize allotments.md in detail", stopped=lambda: True)
    assert answer.stopped and not answer.statements


def test_an_example_question_is_answered_with_its_sentence(rag: Rag) -> None:
    rag.engine.examples.make(lambda: False)
    for example in rag.engine.examples.there():
        answer = rag.ask(example.question)
        assert not answer.abstained and example.document in {source.document for source in answer.sources}
    assert rag.examples(rag.documents())[0] == "Summarize all documents"


HARBOURS = "Aldmere Brack Corvo Dunmar Eskby Falun Garth Holm Inver Jura".split()


def paper(browser: Any, file: Path) -> None:
    """Print a book of a hundred pages in ten chapters."""
    chapters = []
    for number, harbour in enumerate(HARBOURS, 1):
        pages = "".join(
            f"<p>In {1800 + 10 * number + page} the council of {harbour} met in the custom house. It agreed to "
            f"pay {120 + page} crowns for the long quay, which a storm had broken in the winter before.</p>"
            f"<p>The harbour master of {harbour} counted {300 + page} boats, and {40 + page} of them carried salt. "
            f"The others brought oak and wool from the {number * 10 + page} farms behind the town.</p>"
            f"<p>Of the {90 + page} pilots of {harbour} {12 + page} had drowned since the lamp was lit, and "
            f"their widows were given {6 + page} crowns a year out of the toll that every ship pays at the boom.</p>"
            '<div style="break-after: page"></div>'
            for page in range(10)
        )
        chapters.append(f"<h1>Chapter {number}: {harbour}</h1>{pages}")
    tab = browser.new_page()
    tab.set_content("".join(chapters))
    tab.pdf(path=file)
    tab.close()


@browser_needed
def test_a_pdf_of_a_hundred_pages_is_told_part_by_part_stops_and_is_quick_the_second_time(
    tmp_path: Path, browser: Any, weights: Callable[[str], Path]
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    paper(browser, docs / "harbours.pdf")
    with Rag.open(read_settings(docs=docs, data_dir=tmp_path / "data")) as rag:
        seen: list[Event] = []
        for event in rag.stream("Summarize harbours.pdf", stopped=lambda: sum(type(e) is Working for e in seen) > 2):
            seen.append(event)
        stopped = seen[-1]
        assert isinstance(stopped, Answer) and stopped.stopped and len(stopped.statements) == 2  # of ten
        events = list(rag.stream("Summarize harbours.pdf"))
        told = [event for event in events if isinstance(event, Working)]
        assert told[0].total == len(told) >= 7 and isinstance(events[-1], Answer)
        answer = checked(rag, events[-1], "summary")
        pages = [source.page for source in answer.sources if source.page]
        assert min(pages) <= 10 and max(pages) > 90
    with Rag.open(read_settings(docs=docs, data_dir=tmp_path / "data")) as again:
        second = again.ask("Summarize harbours.pdf")
        assert second.answer == answer.answer and second.timings.answer_tokens == 0
