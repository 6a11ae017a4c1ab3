"""The beginning of a request that comes again: evaluated once, kept with its document; what is said is the same."""

from collections.abc import Callable
from pathlib import Path

from rag.answering.reader import Excerpt
from rag.llm.attention_store import AttentionStore
from rag.llm.llama_reader import LlamaReader

MODEL = "smollm2-135m"
OPENING = Excerpt("towns.csv", "towns", "CREATE TABLE data (\n town TEXT,\n people INTEGER\n);\n")


def test_an_opening_is_kept_and_read_again(weights: Callable[[str], Path], tmp_path: Path) -> None:
    store = AttentionStore(tmp_path / "attention", 1 << 30)
    reader = LlamaReader(weights(MODEL), name=MODEL, sha256="x", store=store, threads=1)

    def write(request: str) -> str:
        return "".join(reader.complete("You write SQLite queries.", request, max_tokens=8, opening=OPENING))

    first = write("How many towns are there?")
    assert first and store.count() == 1
    write("Which town is the largest?")
    assert store.count() == 1 and write("How many towns are there?") == first
    reader.forget(["towns.csv"])
    assert store.count() == 0 and write("How many towns are there?") == first
    list(reader.complete("You write.", "Hello", max_tokens=4))
    assert store.count() == 1  # of a request without an opening nothing is
    reader.close()


def test_an_opening_that_was_stopped_says_nothing(weights: Callable[[str], Path], tmp_path: Path) -> None:
    store = AttentionStore(tmp_path / "attention", 1 << 30)
    reader = LlamaReader(weights(MODEL), name=MODEL, sha256="x", store=store, threads=1)
    written = reader.complete("You write.", "Hello", max_tokens=8, stopped=lambda: True, opening=OPENING)
    assert list(written) == [] and store.count() == 0
    reader.close()
