"""`from rag import Rag` as a program uses it: real weights, a real index, and the fakes where an engine is enough."""

import subprocess
import sys
import time
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

import rag
from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag import Answer, Rag, RagError, Retrieved, Token, compose
from rag.answering.answer import Limits
from rag.answering.engine import Engine
from rag.answering.reader import never
from rag.documents.chunks import Chunk
from rag.errors import UsageError
from rag.index.index import Index
from rag.progress import Report
from rag.settings import Settings, read_settings

TEXT = "The harbour of Lysa was dredged in 1931. Karin Holt led the work. The bridge is 412 metres long."


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "harbour.txt").write_text(TEXT, encoding="utf-8")
    return folder


def test_a_folder_is_asked_with_real_weights(
    docs: Path, tmp_path: Path, weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("smollm2-135m", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    told: list[str] = []
    with Rag(
        docs=str(docs),
        model="smollm2-135m",
        data_dir=tmp_path / "data",
        threshold=0,
        answer_tokens=16,
        report=lambda task, done, total, unit: told.append(task),
    ) as asking:
        answer = asking.ask("When was the harbour of Lysa dredged?")
        assert answer.answer and answer.model == "smollm2-135m" and not answer.abstained
        assert all(source.text == TEXT[source.start : source.end] for source in answer.sources)
        events = list(asking.stream("When was the harbour of Lysa dredged?"))
        assert isinstance(events[0], Retrieved) and isinstance(events[-1], Answer)
        assert "".join(event.text for event in events if isinstance(event, Token)) == answer.answer
        assert events[-1].answer == answer.answer
        assert asking.search("Who led the work?", 1)[0].text == "Karin Holt led the work."
        assert asking.search("Who led the work?", documents=["other.txt"]) == []
        assert asking.warm() == (1, 1)
    assert "Reading documents" in told


def test_without_answers_no_answer_model_is_loaded(docs: Path, tmp_path: Path, weights: Callable[[str], Path]) -> None:
    weights("smollm2-135m")
    with Rag(docs, answers=False, model="smollm2-135m", data_dir=tmp_path / "data") as searching:
        assert searching.engine.reader is None
        assert searching.search("bridge", 1)[0].text == "The bridge is 412 metres long."
        with pytest.raises(RagError, match="only searches"):
            searching.ask("How long is the bridge?")
        with pytest.raises(RagError, match="No answer model"):
            searching.warm()


class Ahead(ScriptedReader):
    """Remembers what it was given to read ahead."""

    def __init__(self) -> None:
        super().__init__(lambda passages, question: (0.999, ["It is ", "412 ", "metres ", "long."]))
        self.read_ahead: set[str] = set()

    def warm(self, passage: Chunk, stopped: Callable[[], bool] = never) -> bool:
        self.read_ahead.add(passage.document)
        return True


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Settings]:
    """Let the one place that builds engines build them of fakes; the settings that it was given."""
    given: list[Settings] = []

    def open_engine(settings: Settings, report: Report, **more: bool) -> Engine:
        given.append(settings)
        embedder = HashEmbedder()
        index = Index.open(tmp_path / "index", dimensions=64, fingerprint="f")
        return Engine(settings.docs, index, embedder, Ahead(), OverlapReranker(), budget=50, count=len)

    monkeypatch.setattr(compose, "open_engine", open_engine)
    return given


def test_settings_are_keywords_over_variables(
    docs: Path, fakes: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_PASSAGES", "7")
    monkeypatch.setenv("RAG_THREADS", "3")
    Rag(docs=docs, passages=2).close()
    assert (fakes[0].docs, fakes[0].passages, fakes[0].threads) == (docs, 2, 3)


@pytest.mark.parametrize(
    ("settings", "message"), [({"passage": 3}, "do you mean 'passages'"), ({"passages": "many"}, "passages")]
)
def test_a_setting_that_is_none_or_off_is_a_message(fakes: list[Settings], settings: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Rag(**settings)


def test_what_was_read_and_what_was_not_is_told(docs: Path, fakes: list[Settings]) -> None:
    (docs / "broken.pdf").write_bytes(b"nothing of the kind")
    with Rag(docs) as asking:
        assert asking.documents() == {} and asking.skipped == ()
        done = asking.refresh()
        assert (done.added, done.skipped) == (1, asking.skipped)
        assert list(asking.documents()) == ["harbour.txt"] and [path for path, _ in asking.skipped] == ["broken.pdf"]
        assert asking.text("harbour.txt") == TEXT
        with pytest.raises(RagError, match="not in the index"):
            asking.text("broken.pdf")


def test_limits_and_a_reader_of_ones_own_stand_in_for_the_engines(docs: Path, fakes: list[Settings]) -> None:
    other = ScriptedReader(lambda passages, question: (0.999, ["The ", "bridge."]))
    with Rag.open(read_settings(docs=docs)) as asking:
        *_, answer = asking.stream("How long is the bridge?", limits=Limits(answer_tokens=1))
        assert isinstance(answer, Answer) and answer.answer == "It is "
        *_, answer = asking.stream("How long is the bridge?", reader=other)
        assert isinstance(answer, Answer) and answer.answer == "The bridge."
        *_, answer = asking.stream("How long is the bridge?")
        assert isinstance(answer, Answer) and answer.answer == "It is 412 metres long."


@pytest.mark.long
def test_keeping_up_reads_what_comes_into_the_folder_and_passages_ahead(docs: Path, fakes: list[Settings]) -> None:
    with Rag(docs) as asking, asking.keeping_up():
        reader = asking.engine.reader
        assert isinstance(reader, Ahead)
        (docs / "tower.txt").write_text("The tower is tall.", encoding="utf-8")
        for _ in range(1000):
            if reader.read_ahead == {"harbour.txt", "tower.txt"}:
                return
            time.sleep(0.05)
    raise AssertionError("it was not read")


def test_closing_the_stream_and_stopping_end_the_answer(docs: Path, fakes: list[Settings]) -> None:
    with Rag(docs) as asking:
        events = asking.stream("How long is the bridge?")
        assert isinstance(next(events), Retrieved)
        cast(Any, events).close()
        assert not asking.ask("How long is the bridge?").stopped
        pressed: list[bool] = []
        answer = asking.ask("How long is the bridge?", stopped=lambda: bool(pressed) or pressed.append(True) or False)
        assert answer.stopped and answer.answer == ""


def test_importing_it_imports_nothing_else() -> None:
    code = "import rag, sys; print(sorted({name.split('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pydantic", "chromadb", "llama_cpp", "gradio", "openai"} & set(eval(run.stdout))
    assert all(getattr(rag, name).__doc__ for name in rag.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = rag.nothing  # type: ignore[attr-defined]


def test_it_is_typed_and_its_signature_is_the_engines() -> None:
    assert typing.get_type_hints(Rag.ask)["return"] is Answer
    hints, of_engine = typing.get_type_hints(Rag.stream), typing.get_type_hints(Engine.ask)
    assert {name: hints[name] for name in hints} == {name: of_engine[name] for name in hints}
