"""Long documents and folders of several: part by part, with progress, stopped in between, and quick the second time."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.answer import Answer, Event, Token, Working
from rag.answering.engine import Engine
from rag.answering.whole.outline import outline
from rag.answering.whole.sections import is_long, sections
from rag.answering.whole.workshop import Workshop
from rag.documents.chunks import make_chunks
from rag.documents.folder import Document
from rag.documents.sentences import split_sentences
from rag.index.index import Index

PLACES = "Aldmere Brack Corvo Dunmar Eskby Falun Garth".split()
Open = Callable[..., Engine]


def chapter(number: int, place: str, paragraphs: int = 12) -> str:
    told = (
        f"The harbour master of {place} counted {n + number} boats on the day {n} of the survey, and wrote each down "
        f"in the green book of the year. The council of {place} met on the same day, and it was agreed to pay for "
        f"{n + 2} new moorings at the long quay."
        for n in range(paragraphs)
    )
    return f"## Chapter {number}: The harbour of {place}\n\n" + "\n\n".join(told)


BOOK = "# Seven harbours\n\n" + "\n\n".join(chapter(i, place) for i, place in enumerate(PLACES, 1))


def words(text: str) -> int:
    return len(text.split())


@pytest.fixture
def open_engine(tmp_path: Path) -> Iterator[Open]:
    opened: list[Engine] = []

    def made(documents: dict[str, str]) -> Engine:
        docs = tmp_path / "docs"
        docs.mkdir(exist_ok=True)
        for name, text in documents.items():
            (docs / name).write_text(text, encoding="utf-8")
        embedder = HashEmbedder()
        index = Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test")
        reader = ScriptedReader(lambda passages, question: (0.95, ["A fact."]))
        kept = tmp_path / "index"
        engine = Engine(docs, index, embedder, reader, OverlapReranker(), budget=60, count=words, keeps=kept)
        opened.append(engine)
        return engine

    yield made
    for engine in opened:
        engine.close()


def asked(engine: Engine, question: str) -> tuple[list[Event], Answer]:
    events = list(engine.ask(question))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.answer
    for source in answer.sources:
        assert engine.index.text(source.document)[source.start : source.end] == source.text
    return events, answer


def requests_of(engine: Engine) -> list[str]:
    assert isinstance(engine.reader, ScriptedReader)
    return engine.reader.requests


def test_a_long_document_is_gone_through_chapter_by_chapter_with_progress(open_engine: Open) -> None:
    engine = open_engine({"book.md": BOOK})
    events, answer = asked(engine, "Summarize the document")
    told = [event for event in events if isinstance(event, Working)]
    assert [(event.done, event.total) for event in told] == [(i, 7) for i in range(7)]
    assert [event.task for event in told] == [
        f"Reading Chapter {i}: The harbour of {p}" for i, p in enumerate(PLACES, 1)
    ]
    lines = answer.answer.splitlines()
    assert len(lines) == len(answer.statements) == 7
    by_number = {source.number: source for source in answer.sources}
    for line, place, statement in zip(lines, PLACES, answer.statements, strict=True):
        assert place in line
        assert all(place in by_number[number].passage_text for number in statement.sources)


def test_as_many_lines_as_are_wanted_span_the_whole_of_it(open_engine: Open) -> None:
    engine = open_engine({"book.md": BOOK})
    _, answer = asked(engine, "Summarize the document in three sentences")
    starts = [source.start for source in answer.sources]
    assert len(answer.statements) == 3 and starts == sorted(starts)
    assert starts[0] < len(BOOK) / 3 and starts[-1] > len(BOOK) / 2


def test_it_stops_before_the_work_is_done(open_engine: Open) -> None:
    engine = open_engine({"book.md": BOOK})
    seen: list[Event] = []

    def stopped() -> bool:
        return sum(isinstance(event, Working) for event in seen) >= 2

    for event in engine.ask("Summarize the document", stopped=stopped):
        seen.append(event)
    answer = seen[-1]
    assert isinstance(answer, Answer) and answer.stopped
    assert len(answer.statements) == 1 and len(requests_of(engine)) == 1  # of seven


def test_what_was_made_is_there_after_a_restart_and_goes_with_its_document(open_engine: Open) -> None:
    first = open_engine({"book.md": BOOK})
    _, before = asked(first, "Summarize the document")
    assert requests_of(first)
    first.close()
    again = open_engine({})
    embedded: list[int] = []
    embed = again.embedder.embed
    again.embedder.embed = lambda texts: embedded.append(len(texts)) or embed(texts)  # type: ignore
    _, after = asked(again, "Summarize the document")
    assert after.answer == before.answer and not requests_of(again) and not embedded
    (again.docs / "book.md").write_text(BOOK.replace("green book", "red book"), encoding="utf-8")
    _, changed = asked(again, "Summarize the document")
    assert requests_of(again) and "green book" not in str(changed.sources)


def test_a_folder_ends_in_what_its_documents_have_in_common(open_engine: Open) -> None:
    minutes = "# Minutes\n\nIt was agreed that Karin Holt buys the pump. The Lysa Boat Club pays for it in May.\n"
    letter = "# A letter\n\nWe thank the Lysa Boat Club for the pump. It was brought by Karin Holt herself.\n"
    engine = open_engine({"minutes.md": minutes, "letter.md": letter, "book.md": BOOK})
    events, answer = asked(engine, "Summarize all documents")
    _, _, common = answer.answer.partition("What they have in common:")
    assert common.splitlines()[1:] == [
        "- In letter.md and minutes.md: Lysa Boat Club",
        "- In letter.md and minutes.md: Karin Holt",
    ]
    shared = {statement.text: statement.sources for statement in answer.statements[-2:]}
    by_number = {source.number: source for source in answer.sources}
    for name, numbers in shared.items():
        assert {by_number[n].document for n in numbers} == {"letter.md", "minutes.md"}
        assert all(name in by_number[n].text for n in numbers)
    assert sum(isinstance(event, Working) for event in events) == 3


def test_parts_without_chapters_are_of_about_the_same_length_and_named_by_their_pages() -> None:
    text, pages = "", []
    for page in range(1, 21):
        pages.append(len(text))
        text += " ".join(f"On page {page} the line {i} tells of boats, quays and ropes." for i in range(30)) + "\n\n"
    document = Document("long.pdf", "long", text, "0" * 64, tuple(pages))
    sentences = outline(make_chunks(document, split_sentences(text), 60, words))
    assert is_long(sentences)
    parts = sections(sentences, None)
    assert len(parts) == 7 and parts[0].title == "Pages 1–3" and parts[-1].title.endswith("–20")
    sizes = [len(part.sentences) for part in parts]
    assert max(sizes) < 1.5 * min(sizes) and sum(sizes) == len(sentences)
    assert all(a.sentences[-1].chunk.start <= b.sentences[0].chunk.start for a, b in pairwise(parts))


def test_of_a_very_long_text_a_part_is_read_and_that_is_said(
    open_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.answering.whole.workshop._MOST_CHUNKS", 40)
    engine = open_engine({"book.md": BOOK})
    seen: list[int] = []
    sentences = Workshop.sentences
    monkeypatch.setattr(
        Workshop, "sentences", lambda self, path: seen.append(len(found := sentences(self, path))) or found
    )
    _, answer = asked(engine, "Summarize the document")
    chunks = engine.index.documents()["book.md"].chunks
    assert f"book.md is so long that one of {1 + (chunks - 1) // 40} of its passages was looked at." in answer.answer
    assert seen and max(seen) <= 40 * 4
