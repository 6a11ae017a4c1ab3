"""Passages read ahead: by a command, in the background, and with the real model giving way to a question."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from fakes import HashEmbedder, ScriptedReader
from index_samples import put
from rag.answering.reader import never
from rag.answering.warm import AtWork, reading_order, warm, warming
from rag.documents.chunks import Chunk
from rag.index.index import Index
from rag.llm.attention_store import AttentionStore
from rag.llm.llama_reader import LlamaReader


class Ahead(ScriptedReader):
    """Remembers what it was given to read ahead; has room for so many."""

    def __init__(self, room: int = 1000) -> None:
        super().__init__(lambda passages, question: (1.0, ["yes"]))
        self.read_ahead: list[str] = []
        self.room = room
        self.enough = threading.Event()
        self.awaited = ""
        """With which text it is enough; the third one, if none is named."""

    def warm(self, passage: Chunk, stopped: Callable[[], bool] = never) -> bool:
        if len(self.read_ahead) >= self.room:
            return False
        self.read_ahead.append(passage.text)
        if passage.text == self.awaited or (not self.awaited and len(self.read_ahead) >= 3):
            self.enough.set()
        return True


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    embedder = HashEmbedder()
    with Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint=embedder.fingerprint) as opened:
        put(opened, "a.txt", "One.", "Two.")
        put(opened, "b.txt", "Three.")
        opened.synchronise()
        yield opened


def test_every_passage_is_read_ahead_with_progress(index: Index) -> None:
    reader, told = Ahead(), []
    assert warm(index, reader, report=lambda task, done, total, unit: told.append((done, total))) == (3, 3)
    assert reader.read_ahead == ["One.", "Three.", "Two."]
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_it_ends_when_there_is_no_room_or_it_is_stopped(index: Index) -> None:
    assert warm(index, Ahead(room=2)) == (2, 3)
    assert warm(index, Ahead(), stopped=lambda: True) == (0, 3)


def test_the_beginnings_of_all_documents_come_before_what_follows_them(index: Index) -> None:
    put(index, "c.txt", "Four.", "Five.", "Six.")
    texts = {chunk.id: chunk.text for chunk in index.all_chunks()}
    assert [texts[id_] for id_ in reading_order(index)] == ["One.", "Three.", "Four.", "Two.", "Five.", "Six."]


def test_the_background_waits_until_it_is_quiet_and_goes_on_after_a_question(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.answering.warm._QUIET_S", 0.0)
    monkeypatch.setattr("rag.answering.warm._LOOK_S", 0.01)
    reader, at_work = Ahead(), AtWork()
    with at_work, warming(index, reader, at_work):
        assert not reader.enough.wait(0.3)
        assert reader.read_ahead == []
    prepared: list[str] = []
    with warming(index, reader, at_work, prepare=lambda chunk: prepared.append(chunk.text)):
        assert reader.enough.wait(30)
        reader.awaited = "Four."
        reader.enough.clear()
        put(index, "c.txt", "Four.")
        index.synchronise()
        assert reader.enough.wait(30)  # what is new in the index is read as well
    assert reader.read_ahead[:3] == ["One.", "Three.", "Two."]
    assert set(prepared) == {"One.", "Two.", "Three.", "Four."}  # before the passages were read
    assert not [thread for thread in threading.enumerate() if thread.name == "warming"]


def test_without_an_answer_model_nothing_is_read_ahead(index: Index) -> None:
    with warming(index, None, AtWork()):
        assert not [thread for thread in threading.enumerate() if thread.name == "warming"]


def passage(number: int, words: int) -> Chunk:
    text = " ".join(f"The bridge number {number + i} is {i} metres long." for i in range(words // 8))
    return Chunk(str(number), "a.txt", "Bridges", None, text, 0, len(text), ())


@pytest.fixture
def make_reader(weights: Callable[[str], Path], tmp_path: Path) -> Iterator[Callable[..., LlamaReader]]:
    made: list[LlamaReader] = []

    def make(limit: int = 1 << 30, **options: object) -> LlamaReader:
        store = AttentionStore(tmp_path / "attention", limit)
        options = {"context_tokens": 2048, "threads": 1, **options}
        reader = LlamaReader(weights("smollm2-135m"), name="small", sha256="s", store=store, **options)  # type: ignore[arg-type]
        made.append(reader)
        return reader

    yield make
    for reader in made:
        reader.close()


def answer(reader: LlamaReader, passages: Sequence[Chunk]) -> tuple[str, int]:
    reading = reader.read(passages, "How long is bridge number 7?", max_tokens=12)
    return "".join(reading.tokens), reading.reused_tokens


@pytest.mark.long
@pytest.mark.parametrize("kv", ["f16", "q8_0"])
def test_a_passage_read_ahead_is_not_computed_again_and_answers_the_same(
    make_reader: Callable[..., LlamaReader], kv: str
) -> None:
    passages = [passage(1, 80), passage(40, 80)]
    expected, at_first = answer(make_reader(kv=kv), passages)
    ahead = make_reader(kv=kv, exact=False)
    ahead._store.forget(["", "a.txt"])
    assert all(ahead.warm(each) for each in passages)
    text, reused = answer(ahead, passages)
    assert text == expected != ""
    assert reused > at_first + 50
    assert not make_reader(kv=kv, exact=True).warm(passages[0])


def test_8_bit_attention_takes_about_half_the_space(make_reader: Callable[..., LlamaReader]) -> None:
    sizes = []
    for kv in ("f16", "q8_0"):
        reader = make_reader(kv=kv)
        reader._store.forget(["", "a.txt"])
        reader.warm(passage(1, 80))
        sizes.append(reader._store.size())
    assert 0.45 < sizes[1] / sizes[0] < 0.6


def test_a_full_store_ends_it_and_keeps_what_it_has(make_reader: Callable[..., LlamaReader]) -> None:
    reader = make_reader(limit=6_000_000)
    done = [reader.warm(passage(number, 80)) for number in range(10)]
    assert done[0] and not done[-1]
    kept = reader._store.count()
    assert answer(reader, [passage(0, 80)])[1] > 100
    assert reader._store.count() == kept


@pytest.mark.long
def test_a_question_makes_it_give_way_in_the_middle_of_a_batch(make_reader: Callable[..., LlamaReader]) -> None:
    reader = make_reader()
    alone, _ = answer(reader, [passage(1, 80)])
    long = passage(100, 700)
    outcomes: list[bool] = []
    begun = threading.Event()

    def told() -> bool:
        begun.set()
        return False

    ahead = threading.Thread(target=lambda: outcomes.append(reader.warm(long, told)))
    ahead.start()
    assert begun.wait(60)  # it computes
    assert answer(reader, [passage(1, 80)])[0] == alone
    ahead.join()
    assert outcomes == [False]
    assert reader.warm(long)
    assert answer(reader, [passage(1, 80)])[0] == alone
