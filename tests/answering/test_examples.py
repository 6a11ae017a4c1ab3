"""Example questions: real ones, tried before they are shown, made while nobody asks, kept for the next time."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.engine import Engine
from rag.answering.examples import read_examples, shown
from rag.api import Rag
from rag.documents.chunks import Chunk
from rag.index.index import Index

HARBOUR = (
    "The harbour of Lysa was dredged in the year 1931 by forty men from Orba. They did it in two summers of hard "
    "work. The bridge to Korsvik is 412 metres long and was opened by the king in 1955. The ferry Havfruen carried "
    "the post of the island of Lysa twice a day until then."
)
Make = Callable[[], Engine]


def says(passages: Sequence[Chunk], question: str) -> tuple[float | None, list[str]]:
    """Answer with the sentence that the question was made of; of the bridge nothing is known."""
    wanted = question.removeprefix("Is there word that ").rstrip("?")
    found = [line for each in passages for line in re.split(r"(?<=\.) ", each.text) if wanted in line]
    return (0.99, found[:1]) if found and "bridge" not in question else (0.01, ["No."])


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    opened: list[Engine] = []

    def made() -> Engine:
        embedder = HashEmbedder()
        index = Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test")
        reader = ScriptedReader(says)
        reader.writes = lambda request: "Is there word that " + " ".join(request.split("\n")[-2].split()[:7]) + "?"
        engine = Engine(
            docs, index, embedder, reader, OverlapReranker(), budget=80, count=lambda t: len(t.split()),
            keeps=tmp_path / "index",
        )  # fmt: skip
        engine.refresh()
        opened.append(engine)
        return engine

    yield made
    for engine in opened:
        engine.close()


def test_only_questions_that_are_answered_with_their_sentence_are_kept(make: Make) -> None:
    engine = make()
    assert engine.examples.there() == ()
    engine.examples.make(lambda: False)
    questions = [each.question for each in engine.examples.there()]
    assert len(questions) == 2 and all(each.startswith("Is there word that The ") for each in questions)
    assert not any("bridge" in each or "They" in each for each in questions)
    assert shown(engine.index.documents(), engine.examples.there()) == [
        "Summarize the document", "What is the document about?", *questions
    ]  # fmt: skip


def test_they_are_there_at_once_the_next_time_and_go_with_what_answers_them(make: Make) -> None:
    first = make()
    first.examples.make(lambda: False)
    before = first.examples.there()
    first.close()
    again = make()
    assert again.examples.there() == before
    again.examples.make(lambda: False)
    assert isinstance(again.reader, ScriptedReader) and not again.reader.requests  # nothing is left to do
    (again.docs / "harbour.txt").write_text("Nothing of the kind is said any more in Lysa today.", encoding="utf-8")
    again.refresh()
    assert again.examples.there() == ()


def test_it_gives_way_at_once_and_goes_on_later(make: Make) -> None:
    engine = make()
    assert isinstance(engine.reader, ScriptedReader)
    asked = engine.reader.requests
    engine.examples.make(lambda: len(asked) >= 1)
    assert len(asked) == 1 and engine.examples.there() == ()
    engine.examples.make(lambda: False)
    assert len(engine.examples.there()) == 2


def test_they_are_made_while_nobody_asks(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make()
    done = threading.Event()
    making = engine.examples.make

    def told(stopped: Callable[[], bool]) -> None:
        making(stopped)
        done.set()

    monkeypatch.setattr(engine.examples, "make", told)
    monkeypatch.setattr(ScriptedReader, "warm", lambda *_: True, raising=False)
    with Rag.over(engine).keeping_up(examples=True):
        assert done.wait(60)
    assert len(engine.examples.there()) == 2


def test_what_is_damaged_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    file = tmp_path / "examples.json"
    for text in ("", "[]", "{}", '{"generation": 1, "made": [{"a": 1}], "finished": true}'):
        file.write_text(text, encoding="utf-8")
        assert read_examples(file) is None
    assert read_examples(None) is None
