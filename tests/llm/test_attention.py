"""Kept attention and answers, with the real small model: whatever becomes of the store, the answer is the same."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.documents.chunks import Chunk
from rag.llm.attention_store import AttentionStore
from rag.llm.llama_reader import LlamaReader

KILLS = int(os.environ.get("RAG_TEST_KILLS", "3"))
PASSAGES = [
    Chunk("1", "a.txt", "Harbour", None, "The harbour of Lysa was dredged in 1931 by Karin Holt.", 0, 54, ()),
    Chunk("2", "b.txt", "Bridge", None, "The bridge at Mora is 412 metres long. It carries trams.", 0, 56, ()),
    Chunk("3", "c.txt", "Tower", None, "The tower at Vik was built of granite. Its clock is from 1904.", 0, 62, ()),
]
QUESTION = "How long is the bridge at Mora?"
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_attention import PASSAGES, QUESTION, open_reader
reader = open_reader(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
while True:
    "".join(reader.read(PASSAGES, QUESTION, max_tokens=4).tokens)
    reader.forget(["", "a.txt", "b.txt", "c.txt"])
"""


def open_reader(model: Path, folder: Path, limit: int = 1 << 30) -> LlamaReader:
    store = AttentionStore(folder, limit)
    return LlamaReader(model, name="small", sha256="s", store=store, context_tokens=1024, threads=1)


def answer(reader: LlamaReader) -> tuple[str, float | None]:
    reading = reader.read(PASSAGES, QUESTION, max_tokens=16)
    return "".join(reading.tokens), reading.answerable


@pytest.fixture(scope="module")
def model(weights: Callable[[str], Path]) -> Path:
    return weights("smollm2-135m")


@pytest.fixture(scope="module")
def expected(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, float | None]]:
    reader = open_reader(model, tmp_path_factory.mktemp("none"), limit=0)
    yield answer(reader)
    reader.close()


@pytest.mark.long
def test_killed_while_keeping(model: Path, expected: tuple[str, float | None], tmp_path: Path) -> None:
    """Set RAG_TEST_KILLS for more than a few kills."""
    if sys.platform == "win32":
        pytest.skip("this system has no SIGKILL")
    chance = random.Random(3)
    for _ in range(KILLS):
        arguments = [str(model), str(tmp_path), str(Path(__file__).parent)]
        child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.05, 0.8))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        reader = open_reader(model, tmp_path)
        assert answer(reader) == expected
        reader.close()


def test_a_disk_that_takes_nothing(
    model: Path, expected: tuple[str, float | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rag.llm.attention_store.tempfile.mkstemp", full)
    reader = open_reader(model, tmp_path)
    assert answer(reader) == expected
    assert not reader.warm(PASSAGES[0])
    assert answer(reader) == expected
    reader.close()


@pytest.mark.long
def test_a_state_of_another_model_or_prompt_is_never_used(
    model: Path, expected: tuple[str, float | None], tmp_path: Path
) -> None:
    other = AttentionStore(tmp_path, 1 << 30)
    foreign = LlamaReader(model, name="small", sha256="other", store=other, context_tokens=1024, threads=1)
    answer(foreign)
    foreign.close()
    reader = open_reader(model, tmp_path)
    reading = reader.read(PASSAGES, QUESTION, max_tokens=16)
    assert "".join(reading.tokens) == expected[0]
    assert other.count() == 2 * 2  # the prefix, the first passage
    fresh = open_reader(model, tmp_path / "fresh")
    first = fresh.read(PASSAGES, QUESTION, max_tokens=16)
    assert "".join(first.tokens) == expected[0]
    assert reading.reused_tokens == first.reused_tokens
    fresh.close()
    reader.close()


@pytest.mark.long
def test_an_entry_that_llama_refuses_is_computed_again(
    model: Path, expected: tuple[str, float | None], tmp_path: Path
) -> None:
    reader = open_reader(model, tmp_path)
    answer(reader)
    store = AttentionStore(tmp_path, 1 << 30)
    for document in ("a.txt", ""):
        (file,) = (tmp_path / store._place(document).name).iterdir()
        store.put(document, file.name, b"whole, but no state at all")
        reader.close()
        reader = open_reader(model, tmp_path)  # which reads both from disk
        assert answer(reader) == expected
    again = reader.read(PASSAGES, QUESTION, max_tokens=16)
    assert "".join(again.tokens) == expected[0]
    assert again.reused_tokens > 0
    reader.close()


def test_what_stands_before_every_passage_is_computed_once(
    model: Path, expected: tuple[str, float | None], tmp_path: Path
) -> None:
    reader = open_reader(model, tmp_path)
    before = len(reader._prefix)
    first = reader.read([], QUESTION, max_tokens=1)
    first.tokens.close()  # type: ignore[attr-defined]
    assert first.reused_tokens == 0
    shutil.rmtree(tmp_path)  # the folder is another, or was indexed anew
    reading = reader.read(PASSAGES, QUESTION, max_tokens=16)
    assert reading.reused_tokens == before
    assert ("".join(reading.tokens), reading.answerable) == expected
    assert AttentionStore(tmp_path, 1 << 30).count() == 2  # it and the first passage, for the next process
    reader.close()


@pytest.mark.long
def test_a_growing_context_changes_nothing(
    model: Path, expected: tuple[str, float | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.llm.llama._USUAL", 256)
    monkeypatch.setattr("rag.llm.llama._GROWTH", 256)
    reader = open_reader(model, tmp_path)
    assert "".join(reader.read(PASSAGES[:1], "Who?", max_tokens=4).tokens)
    before = reader._llama._parameters.n_ctx
    assert answer(reader) == expected
    many = reader.read(PASSAGES * 5, QUESTION, max_tokens=8)
    assert "".join(many.tokens)
    assert reader._llama._parameters.n_ctx > before
    assert answer(reader) == expected
    reader.close()
