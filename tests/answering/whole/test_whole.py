"""Requests about whole documents through the engine, over fakes at its two seams: events, sources, bad input."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer, Event, Retrieved, Token
from rag.answering.engine import Engine
from rag.index.index import Index

FERRY = """# The Ferry of Lysa

## Timetable

The ferry leaves Lysa at seven and at noon. It comes back from the mainland at nine and at three, except on Sundays.

## Crew

Karin Holt has been the captain since 4 March 2011. Jon Aas keeps the engine, and Mette Lund sells the tickets on board.

## History

The first ferry was built in 1902 by the island's own carpenters. A storm sank it on 9 January 1921.
"""
MILL = """# The Mill of Orba

The mill of Orba burned down in 1877. The miller, Anders Vik, built a new one of stone within a year. It grinds oats.
"""
ASKED: list[tuple[str, str]] = []


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "ferry.md").write_text(FERRY, encoding="utf-8")
    (docs / "mill.md").write_text(MILL, encoding="utf-8")
    embedder = HashEmbedder()
    index = Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test")
    reader = ScriptedReader(lambda passages, question: (0.95, ["A fact."]))
    with Engine(docs, index, embedder, reader, OverlapReranker(), budget=40, count=lambda t: len(t.split())) as made:
        yield made


def ask(engine: Engine, question: str, history: list[tuple[str, str]] = ASKED) -> tuple[list[Event], Answer]:
    events = list(engine.ask(question, history))
    answer = events[-1]
    assert isinstance(events[0], Retrieved) and isinstance(answer, Answer)
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.answer
    for statement in answer.statements:
        assert answer.answer[statement.start : statement.end] == statement.text
        assert statement.supported and statement.sources
    for source in answer.sources:
        assert engine.index.text(source.document)[source.start : source.end] == source.text
    return events, answer


def reader_of(engine: Engine) -> ScriptedReader:
    assert isinstance(engine.reader, ScriptedReader)
    return engine.reader


def test_a_summary_comes_line_by_line_from_the_document_that_is_named(engine: Engine) -> None:
    events, answer = ask(engine, "Summarize the ferry document in three sentences")
    assert answer.kind == "summary" and len(answer.statements) == 3
    assert {source.document for source in answer.sources} == {"ferry.md"}
    assert sum(isinstance(event, Token) for event in events) == len(answer.answer.splitlines())


def test_a_line_that_its_sentences_do_not_support_is_replaced_by_a_sentence(engine: Engine) -> None:
    reader_of(engine).writes = lambda request: "Olaf Berg bought the ferry for 900 crowns."
    _, answer = ask(engine, "Summarize the ferry document")
    assert reader_of(engine).requests and "Olaf" not in answer.answer
    assert all(statement.text in " ".join(FERRY.split()) for statement in answer.statements)


def test_a_line_that_its_sentences_support_is_shown(engine: Engine) -> None:
    reader_of(engine).writes = lambda request: (
        "The ferry leaves Lysa at seven and comes back from the mainland at nine."
    )
    _, answer = ask(engine, "Summarize the timetable of the ferry")
    assert "comes back from the mainland at nine." in answer.answer
    (statement,) = answer.statements
    assert len(statement.sources) == 2


def test_the_same_is_not_written_twice(engine: Engine) -> None:
    _, first = ask(engine, "Summarize the ferry document")
    asked = len(reader_of(engine).requests)
    _, second = ask(engine, "Summarize the ferry document")
    assert first.answer == second.answer and len(reader_of(engine).requests) == asked


def test_a_folder_gets_a_line_for_each_document(engine: Engine) -> None:
    _, answer = ask(engine, "Summarize everything")
    assert {source.document for source in answer.sources} == {"ferry.md", "mill.md"}
    assert "ferry.md" in answer.answer and "mill.md" in answer.answer


def test_what_is_not_there_is_said_with_what_there_is(engine: Engine) -> None:
    _, answer = ask(engine, "Summarize chapter 12 of the ferry document")
    assert "no chapter 12" in answer.answer and "Timetable; Crew; History" in answer.answer
    assert not answer.sources


def test_two_documents_that_a_name_fits_are_both_told_of(engine: Engine) -> None:
    (engine.docs / "mill plan.md").write_text(
        "# Plan\n\nA new wheel of oak will be put in by Ola Rud.\n", encoding="utf-8"
    )
    _, answer = ask(engine, "Summarize mill.md")
    assert {source.document for source in answer.sources} == {"mill.md"}  # its name is exactly that
    _, answer = ask(engine, "Summarize the mill")
    assert "mill.md" in answer.answer and "mill plan.md" in answer.answer


def test_a_document_without_text_says_so(engine: Engine) -> None:
    (engine.docs / "blank.txt").write_text("\n \n", encoding="utf-8")
    _, answer = ask(engine, "Summarize blank.txt")
    assert answer.answer == "blank.txt is empty." and not answer.abstained


def test_a_timeline_spans_the_documents(engine: Engine) -> None:
    _, answer = ask(engine, "Give me a timeline of everything")
    assert [line.split(":")[0] for line in answer.answer.splitlines()] == [
        *("- 1877", "- 1902", "- 9 January 1921", "- 4 March 2011")
    ]


def test_parts_are_listed_and_a_list_that_is_not_there_is_silence(engine: Engine) -> None:
    _, answer = ask(engine, "List the sections of the ferry document")
    assert answer.answer.splitlines() == ["- Timetable", "- Crew", "- History"]
    _, answer = ask(engine, "List all volcanoes in the ferry document")
    assert answer.abstained and answer.answer == REFUSAL and answer.kind == "list"


def test_what_the_model_lists_is_kept_only_where_a_sentence_holds_it(engine: Engine) -> None:
    reader_of(engine).writes = lambda request: "- Karin Holt, captain\n- Olaf Berg, cook\n- Karin Holt, captain"
    _, answer = ask(engine, "List all people in the ferry document")
    assert answer.answer == "- Karin Holt, captain"


def test_a_comparison_tells_of_both_sides(engine: Engine) -> None:
    _, answer = ask(engine, "Compare the captain Karin Holt with the miller Anders Vik")
    assert answer.kind == "compare"
    assert {source.document for source in answer.sources} == {"ferry.md", "mill.md"}


def test_talk_needs_no_documents_and_no_model(engine: Engine) -> None:
    _, answer = ask(engine, "Hello!")
    assert answer.kind == "talk" and not answer.sources and not answer.abstained
    assert engine.updated is None and not reader_of(engine).requests


def test_the_last_answer_is_made_shorter_and_into_points(engine: Engine) -> None:
    question = "Summarize the ferry document"
    _, before = ask(engine, question)
    _, after = ask(engine, "shorter", [("user", question), ("assistant", before.answer)])
    assert after.kind == "edit" and 0 < len(after.statements) < len(before.statements)


def test_stopping_ends_the_answer_after_the_line_that_is_there(engine: Engine) -> None:
    said: list[Event] = []
    for event in engine.ask("Summarize the ferry document", stopped=lambda: len(said) >= 3):
        said.append(event)
    answer = said[-1]
    assert isinstance(answer, Answer) and answer.stopped and len(answer.statements) <= 2


def test_only_what_a_scope_holds_is_told_of(engine: Engine) -> None:
    *_, answer = engine.ask("What is this about?", documents=["mill.md"])
    assert isinstance(answer, Answer) and answer.kind == "about"
    assert {source.document for source in answer.sources} == {"mill.md"}
