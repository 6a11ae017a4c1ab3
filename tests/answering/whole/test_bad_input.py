"""Documents that hold nothing to tell of: each says so, and why, in place of an answer out of other documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.answer import Answer
from rag.answering.engine import Engine
from rag.index.index import Index

DATA = Path(__file__).parent.parent.parent / "data" / "formats"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    docs = tmp_path_factory.mktemp("docs")
    (docs / "mill.md").write_text("# The mill\n\nThe mill of Orba burned down in 1877.\n", encoding="utf-8")
    (docs / "towns.csv").write_text("Town,People\n", encoding="utf-8")
    (docs / "headings.md").write_text("# One\n\n## Two\n", encoding="utf-8")
    (docs / "pictures.pdf").write_bytes((DATA / "scan.pdf").read_bytes())
    embedder = HashEmbedder()
    index = Index.open(tmp_path_factory.mktemp("index"), dimensions=embedder.dimensions, fingerprint="test")
    reader = ScriptedReader(lambda passages, question: (0.95, ["A fact."]))
    with Engine(docs, index, embedder, reader, OverlapReranker(), budget=40, count=lambda t: len(t.split())) as made:
        yield made


@pytest.mark.parametrize("question", ["Summarize {}", "What is in {}?", "Give me a timeline of {}"])
@pytest.mark.parametrize("name", ["towns.csv", "headings.md", "pictures.pdf"])
def test_a_document_without_sentences_says_so(engine: Engine, name: str, question: str) -> None:
    *_, answer = engine.ask(question.format(name))
    assert isinstance(answer, Answer) and not answer.abstained
    assert name in answer.answer and "mill" not in answer.answer.casefold()
    assert not [source for source in answer.sources if source.document != name]


def test_a_file_that_could_not_be_read_is_known_by_its_name_without_the_ending(engine: Engine) -> None:
    engine.refresh()
    reasons = dict(engine.updated.skipped) if engine.updated else {}
    *_, answer = engine.ask("Summarize the pictures")
    if "pictures.pdf" in reasons:  # with the extra that reads scans it is a document
        assert isinstance(answer, Answer) and answer.answer == reasons["pictures.pdf"]
