"""The index on a real folder, with real Chroma and SQLite."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_samples import DIMENSIONS, make, put, vector
from rag.documents.keywords import MOST_TERMS, query_expressions, searchable, terms
from rag.errors import StoreError
from rag.index.index import Index

MANY = 1_100
"""More than Chroma keeps in memory before it writes its HNSW files."""


def opened(folder: Path, fingerprint: str = "words 200", wait_s: float = 20) -> Index:
    return Index.open(folder, dimensions=DIMENSIONS, fingerprint=fingerprint, wait_s=wait_s)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with opened(tmp_path / "index") as index:
        yield index


def nearest(index: Index, text: str, limit: int = 3) -> list[str]:
    ids = [id_ for id_, _ in index.dense(vector(text), limit)]
    chunks = index.chunks(ids)
    return [chunks[id_].text for id_ in ids]


def found(index: Index, query: str) -> list[str]:
    ids = [id_ for id_, _ in index.keyword(query, 10)]
    chunks = index.chunks(ids)
    return [chunks[id_].text for id_ in ids]


# What goes in comes out


def test_returns_what_was_put_in(index: Index) -> None:
    document, chunks = make("a/b.txt", "Police seized heroin.", "Patrols guard the border.", title="Drugs")
    vectors = np.stack([vector("heroin"), vector("border")])
    index.add(document, chunks, vectors, size=47, mtime_ns=5)
    assert index.text("a/b.txt") == document.text
    assert index.chunks([chunks[1].id, "unknown"]) == {chunks[1].id: chunks[1]}
    assert list(index.all_chunks()) == chunks
    assert index.count() == 2
    record = index.documents()["a/b.txt"]
    assert (record.title, record.sha256, record.size, record.mtime_ns) == ("Drugs", document.sha256, 47, 5)
    assert (record.sentences, record.chunks) == (2, 2)
    assert index.document("a/b.txt") == record
    np.testing.assert_array_equal(index.vectors([chunks[0].id])[chunks[0].id], vectors[0])
    best, similarity = index.dense(vectors[1], 5)[0]
    assert best == chunks[1].id
    assert similarity == pytest.approx(1, abs=1e-5)
    assert found(index, "patrol") == ["Patrols guard the border."]


def test_an_empty_index_finds_nothing(index: Index) -> None:
    assert index.dense(vector("x"), 5) == []
    assert index.keyword("x", 5) == []
    assert index.documents() == {}


def test_an_unknown_document_has_a_message(index: Index) -> None:
    with pytest.raises(StoreError, match=r"no\.txt"):
        index.text("no.txt")


def test_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        put(index, "a.txt", "alpha", "beta")
    with opened(tmp_path) as index:
        assert index.rebuilt is None
        assert nearest(index, "beta", 1) == found(index, "beta") == ["beta"]


def test_a_changed_document_replaces_the_old_one(index: Index) -> None:
    put(index, "a.txt", "old words", "common words")
    assert nearest(index, "old words", 1) == ["old words"]
    put(index, "a.txt", "new words", "common words")
    assert sorted(nearest(index, "old words")) == ["common words", "new words"]
    assert found(index, "old") == []
    assert index.text("a.txt") == "new words\ncommon words"
    assert index.count() == 2


def test_a_removed_document_is_gone_from_both_searches(index: Index) -> None:
    put(index, "a.txt", "alpha")
    put(index, "b.txt", "beta")
    index.dense(vector("alpha"), 2)
    index.remove(["a.txt", "unknown.txt"])
    assert nearest(index, "alpha") == ["beta"]
    assert found(index, "alpha") == []
    assert list(index.documents()) == ["b.txt"]


def test_touch_changes_size_and_time_only(index: Index) -> None:
    put(index, "a.txt", "alpha")
    before = index.documents()["a.txt"]
    index.touch("a.txt", 9, 99)
    after = index.documents()["a.txt"]
    assert (after.size, after.mtime_ns, after.sha256, after.chunks) == (9, 99, before.sha256, 1)


def test_searches_within_some_documents(index: Index) -> None:
    put(index, "a.txt", "shared one")
    put(index, "b.txt", "shared two")
    put(index, "c.txt", "shared three")
    ids = {id_ for id_, _ in index.dense(vector("shared one"), 5, ["b.txt", "c.txt"])}
    assert {chunk.document for chunk in index.chunks(list(ids)).values()} == {"b.txt", "c.txt"}
    assert len(index.keyword("shared", 5, ["b.txt"])) == 1
    assert index.dense(vector("shared"), 5, []) == index.keyword("shared", 5, []) == []


def test_dense_agrees_with_exhaustive_search(index: Index) -> None:
    vectors = np.random.default_rng(1).normal(size=(600, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    document, chunks = make("a.txt", *(f"text {i}" for i in range(600)))
    index.add(document, chunks, vectors, 1, 1)
    for query in vectors[:20] + 0.05:
        exact = index.dense(query, 10, ["a.txt"])
        near = index.dense(query, 10)
        assert [id_ for id_, _ in near] == [id_ for id_, _ in exact]
        np.testing.assert_allclose([s for _, s in near], [s for _, s in exact], atol=1e-5)


def test_equal_scores_are_ordered_by_id(index: Index) -> None:
    for name in "cab":
        put(index, f"{name}.txt", "the very same")
    for ranking in (index.dense(vector("same"), 3), index.keyword("same", 3)):
        ids = [id_ for id_, _ in ranking]
        assert ids == sorted(ids)
        assert len(ids) == 3


def test_rejects_vectors_of_another_shape(index: Index) -> None:
    document, chunks = make("a.txt", "alpha")
    with pytest.raises(ValueError, match="dimensions"):
        index.add(document, chunks, np.ones((1, DIMENSIONS + 1), np.float32), 1, 1)


def test_the_folder_is_its_owners_alone(index: Index, tmp_path: Path) -> None:
    assert (tmp_path / "index").stat().st_mode & 0o777 == 0o700


# Keywords


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The officers were seizing drugs", "seized drug"),
        ("Café Müller", "cafe muller"),
        ("don't panic", "don’t"),
        ("北京大学在哪里", "大学"),
        ("北京大学在哪里", "里"),
        ("水", "水"),
        ("東京タワーに行きました", "タワー"),
        ("서울대학교에서 공부했다", "대학교"),
        ("ภาษาไทยเป็นภาษาราชการ", "ราชการ"),
        ("हिन्दी भाषा", "हिन्दी"),
        ("كِتَابٌ جديد", "كتاب"),
        ("Ｆｕｌｌ ｗｉｄｔｈ", "full"),
        ("Qwen2モデル", "qwen2"),
    ],
)
def test_finds_words_of_many_scripts(index: Index, text: str, query: str) -> None:
    put(index, "a.txt", text, "something else entirely")
    assert found(index, query) == [text]


def test_finds_the_words_of_a_title(index: Index) -> None:
    put(index, "a.txt", "nothing to see", title="Annual report")
    put(index, "b.txt", "nothing either", title="Minutes")
    assert found(index, "annual reports") == ["nothing to see"]


def test_words_that_most_chunks_hold_do_not_matter(index: Index) -> None:
    put(index, "a.txt", "the report of the year", "the the the of of", "the minutes of the board")
    assert found(index, "the minutes of") == ["the minutes of the board"]
    assert len(found(index, "the of")) == 3


def test_a_hindi_word_is_not_found_by_its_consonants(index: Index) -> None:
    put(index, "a.txt", "हिन्दी")
    assert found(index, "ह") == []


@pytest.mark.parametrize(
    "query",
    ["", " ", '"', '""', "AND OR NOT", "*", "a*", "^a", "NEAR(a b, 3)", "title:x", "-x", "😀", "\x00\x01\x1b", "\ud800",
     "' OR 1=1 --", "(((", "{a b}: c", "x" * 50_000, "a b " * 12_500, "水" * 50_000, '"' * 50_000],
)  # fmt: skip
def test_hostile_queries_are_only_words(index: Index, query: str) -> None:
    put(index, "a.txt", "plain text")
    assert index.keyword(query, 5) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_query_is_harmless(index: Index, query: str) -> None:
    if not index.count():
        put(index, "a.txt", "plain text")
    assert all(score > 0 for _, score in index.keyword(query, 5))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=100))
def test_a_text_is_found_by_its_own_terms(text: str) -> None:
    parts = searchable(text).casefold().split()
    assert all(any(term in part for part in parts) for term in terms(text))
    assert len(terms(text * 100)) <= MOST_TERMS
    assert all(re.fullmatch(r'"[^"\0]+"\*?', expression) for expression in query_expressions(text))


# Kills, damage, other settings


def test_chroma_takes_over_what_a_killed_process_left(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        put(index, "a.txt", "alpha")
        index.dense(vector("alpha"), 1)
        put(index, "b.txt", "beta")
        index.remove(["a.txt"])
    with opened(tmp_path) as index:
        assert nearest(index, "beta") == ["beta"]


def test_a_kill_between_chroma_and_sqlite_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = opened(tmp_path)
    put(index, "a.txt", "alpha")
    settle = index._store.settle

    def killed(chroma_files: str, taken_over: Collection[str] = (), pending: Collection[str] = ()) -> None:
        if taken_over:
            raise KeyboardInterrupt
        settle(chroma_files, taken_over, pending)

    monkeypatch.setattr(index._store, "settle", killed)
    with pytest.raises(KeyboardInterrupt):
        index.dense(vector("alpha"), 1)
    index.close()
    with opened(tmp_path) as again:
        assert nearest(again, "alpha") == ["alpha"]
        assert again._vectors._collection is not None
        assert again._vectors._collection.count() == 1


def test_a_failed_add_leaves_the_index_as_it_was(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    put(index, "a.txt", "alpha")

    def killed(text: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.index.store.searchable", killed)
    with pytest.raises(KeyboardInterrupt):
        put(index, "a.txt", "beta")
    monkeypatch.undo()
    assert index.text("a.txt") == "alpha"
    assert found(index, "alpha") == nearest(index, "beta") == ["alpha"]
    put(index, "a.txt", "beta")
    assert nearest(index, "alpha") == ["beta"]


def test_a_full_disk_leaves_the_index_as_it_was(index: Index, tmp_path: Path) -> None:
    put(index, "a.txt", "alpha")
    (pages,) = index._store._write.execute("PRAGMA page_count").fetchone()
    index._store._write.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="full") as caught:
        put(index, "a.txt", *(f"much text {i} " * 50 for i in range(200)))
    assert str(tmp_path / "index") in str(caught.value)
    assert index.text("a.txt") == "alpha"
    assert nearest(index, "alpha") == found(index, "alpha") == ["alpha"]


def test_a_disk_full_for_chroma_is_a_message(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chromadb.api.models.Collection import Collection

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("database or disk is full")

    put(index, "a.txt", "alpha")
    monkeypatch.setattr(Collection, "upsert", full)
    with pytest.raises(StoreError, match="disk is full") as caught:
        index.dense(vector("alpha"), 1)
    assert str(tmp_path / "index") in str(caught.value)
    monkeypatch.undo()
    assert nearest(index, "alpha") == ["alpha"]


def test_vectors_that_sqlite_does_not_know_are_never_returned(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        put(index, "a.txt", "alpha")
        assert nearest(index, "alpha") == ["alpha"]
        assert index._vectors._collection is not None
        index._vectors._collection.upsert(ids=["stray"], embeddings=vector("stray").reshape(1, -1))
        assert nearest(index, "stray") == ["alpha"]
    with opened(tmp_path) as index:
        assert nearest(index, "stray") == ["alpha"]
        assert index._vectors._collection is not None
        assert index._vectors._collection.get()["ids"] == [id_ for id_, _ in index.dense(vector("alpha"), 5)]


def hnsw_folder(chroma: Path) -> Path:
    return next(path for path in chroma.iterdir() if path.is_dir())


def remove_all(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


CHROMA_DAMAGE: dict[str, Callable[[Path], object]] = {
    "all gone": remove_all,
    "database gone": lambda chroma: (chroma / "chroma.sqlite3").unlink(),
    "database empty": lambda chroma: os.truncate(chroma / "chroma.sqlite3", 0),
    "database truncated": lambda chroma: os.truncate(chroma / "chroma.sqlite3", 20_000),
    "database garbage": lambda chroma: (chroma / "chroma.sqlite3").write_bytes(b"x" * 50_000),
    "vectors gone": lambda chroma: remove_all(hnsw_folder(chroma)),
    "vectors truncated": lambda chroma: os.truncate(hnsw_folder(chroma) / "data_level0.bin", 1_000),
}


@pytest.mark.parametrize("damage", CHROMA_DAMAGE.values(), ids=CHROMA_DAMAGE.keys())
def test_a_damaged_chroma_is_made_again_without_embedding(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    document, chunks = make("a.txt", *(f"text number {i}" for i in range(MANY)))
    vectors = np.random.default_rng(3).normal(size=(MANY, DIMENSIONS)).astype(np.float32)
    with opened(tmp_path) as index:
        index.add(document, chunks, vectors, 1, 1)
        before = index.dense(vectors[7], 20)
    damage(tmp_path / "chroma")
    with opened(tmp_path) as index:
        assert index.rebuilt is None
        after = index.dense(vectors[7], 20)
        assert [id_ for id_, _ in after] == [id_ for id_, _ in before]
        assert index._vectors._collection is not None
        assert index._vectors._collection.count() == MANY


STORE_DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": lambda folder: (folder / "documents.sqlite").unlink(),
    "empty": lambda folder: os.truncate(folder / "documents.sqlite", 0),
    "truncated": lambda folder: os.truncate(folder / "documents.sqlite", 10_000),
    "garbage": lambda folder: (folder / "documents.sqlite").write_bytes(b"x" * 50_000),
    "middle": lambda folder: overwrite(folder / "documents.sqlite", 4096 * 3, b"\xff" * 8192),
    "marker": lambda folder: (folder / "index.json").write_text("{"),
    "marker is a list": lambda folder: (folder / "index.json").write_text("[1]"),
}


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


@pytest.mark.parametrize("damage", STORE_DAMAGE.values(), ids=STORE_DAMAGE.keys())
def test_a_damaged_index_is_rebuilt_and_says_so(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    with opened(tmp_path) as index:
        put(index, "a.txt", *(f"alpha {i}" for i in range(50)))
        index.dense(vector("alpha"), 1)
    damage(tmp_path)
    said: list[str] = []
    with Index.open(
        tmp_path, dimensions=DIMENSIONS, fingerprint="words 200", report=lambda task, *_: said.append(task)
    ) as index:
        assert index.rebuilt == "The index was damaged; it is rebuilt."
        assert said == [index.rebuilt]
        assert index.documents() == {}
        put(index, "b.txt", "beta")
        assert nearest(index, "alpha") == ["beta"]


def test_damage_that_shows_while_it_is_open_is_a_message_and_then_rebuilt(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        put(index, "a.txt", *(f"alpha {i} " * 100 for i in range(50)))
    with opened(tmp_path) as index:
        index._store._read.execute("PRAGMA cache_size = 1")
        overwrite(
            tmp_path / "documents.sqlite", 4096, b"\xff" * ((tmp_path / "documents.sqlite").stat().st_size - 4096)
        )
        with pytest.raises(StoreError, match="damaged"):
            index.text("a.txt")
        with pytest.raises(StoreError, match="damaged or rebuilt"):
            put(index, "b.txt", "beta")
    with opened(tmp_path) as index:
        assert index.rebuilt == "The index was damaged; it is rebuilt."


def test_opening_again_does_not_make_chroma_again(tmp_path: Path) -> None:
    """Small, large and again small changes: what Chroma has on disk stays as it was recorded."""
    for number, size in enumerate([5, MANY, 30, 970, 1]):
        with opened(tmp_path) as index:
            put(index, f"{number}.txt", *(f"file{number} line{i}" for i in range(size)))
            assert nearest(index, f"file{number} line0", 1) == [f"file{number} line0"]
        inode = (tmp_path / "chroma" / "chroma.sqlite3").stat().st_ino
        for _ in range(2):
            with opened(tmp_path) as index:
                assert nearest(index, "file0 line3", 1) == ["file0 line3"]
        assert (tmp_path / "chroma" / "chroma.sqlite3").stat().st_ino == inode


def test_other_settings_make_another_index(tmp_path: Path) -> None:
    with opened(tmp_path, "one") as index:
        put(index, "a.txt", "alpha")
        index.dense(vector("alpha"), 1)
    with opened(tmp_path, "two") as index:
        assert index.rebuilt is not None
        assert "made with the embedder one, now it is two" in index.rebuilt
        assert index.documents() == {}
        assert index.dense(vector("alpha"), 1) == []
        put(index, "b.txt", "beta")
        assert nearest(index, "alpha") == ["beta"]
    with opened(tmp_path, "two") as index:
        assert index.rebuilt is None


def test_an_older_version_is_rebuilt(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        put(index, "a.txt", "alpha")
    marker = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**marker, "format": 0}))
    with opened(tmp_path) as index:
        assert index.rebuilt == "The index was made by another version of the program; it is rebuilt."


def test_a_process_whose_index_was_rebuilt_does_not_write_into_the_new_one(tmp_path: Path) -> None:
    with opened(tmp_path, "one") as old:
        put(old, "a.txt", "alpha")
        with opened(tmp_path, "two") as new:
            with pytest.raises(StoreError, match="rebuilt"):
                put(old, "b.txt", "beta")
            assert new.documents() == {}


def test_a_database_of_somebody_else_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    database = tmp_path / "chroma" / "chroma.sqlite3"
    database.write_bytes(b"theirs")
    with pytest.raises(StoreError, match="did not make"):
        opened(tmp_path)
    assert database.read_bytes() == b"theirs"


def test_a_folder_that_cannot_be_made_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        opened(tmp_path / "file" / "index")


# Several at once


def test_a_writer_elsewhere_is_waited_for_and_then_named(tmp_path: Path) -> None:
    with opened(tmp_path, wait_s=0.1) as index:
        put(index, "a.txt", "alpha")
        index.dense(vector("alpha"), 1)
        with FileLock(tmp_path / "writer.lock"):
            assert nearest(index, "alpha") == found(index, "alpha") == ["alpha"]
            with pytest.raises(StoreError, match="Another process"):
                put(index, "b.txt", "beta")
            with pytest.raises(StoreError, match="Another process"):
                opened(tmp_path, wait_s=0.1)
        put(index, "b.txt", "beta")
        assert nearest(index, "beta", 1) == ["beta"]


def test_searches_what_another_process_wrote(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from index_samples import put, vector
from rag.index.index import Index
with Index.open(Path({str(tmp_path)!r}), dimensions={DIMENSIONS}, fingerprint="words 200") as index:
    put(index, "b.txt", *(f"beta {{i}}" for i in range({MANY})))
    index.remove(["a.txt"])
    index.dense(vector("beta"), 1)
"""
    with opened(tmp_path) as index:
        put(index, "a.txt", "alpha")
        assert nearest(index, "alpha") == ["alpha"]
        subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parent.parent)
        assert nearest(index, f"beta {MANY - 1}", 1) == [f"beta {MANY - 1}"]
        assert found(index, "alpha") == []
        put(index, "c.txt", "gamma")
        assert nearest(index, "gamma", 1) == ["gamma"]
    with opened(tmp_path) as index:
        assert nearest(index, "beta 5", 1) == ["beta 5"]
        assert index._vectors._collection is not None
        assert index._vectors._collection.count() == MANY + 1


def test_threads_read_while_one_writes(index: Index) -> None:
    put(index, "a.txt", "alpha")
    failures: list[BaseException] = []
    written = threading.Event()

    def read() -> None:
        try:
            while not written.is_set():
                assert "alpha" in nearest(index, "alpha", 100)
                assert found(index, "alpha") == ["alpha"]
                assert "a.txt" in index.documents()
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(10):
        put(index, f"{i}.txt", f"number {i}")
    written.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert index.count() == 11


def test_opening_and_searching_by_keyword_needs_no_chromadb(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from rag.index.index import Index
with Index.open(Path({str(tmp_path)!r}), dimensions=3, fingerprint="x") as index:
    index.keyword("x", 1), index.documents()
assert not [name for name in sys.modules if name.startswith(("chromadb", "onnxruntime"))]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("turn", range(20))
def test_closing_while_another_thread_reads_is_an_error_there_and_no_crash(tmp_path: Path, turn: int) -> None:
    index = opened(tmp_path / "index")
    put(index, "a.txt", "heroin report")
    ids = [chunk.id for chunk in index.all_chunks()]
    begun, errors = threading.Event(), []

    def read() -> None:
        try:
            while index.chunks(ids):
                begun.set()
        except StoreError as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    begun.wait(10)
    index.close()
    thread.join(10)
    assert not thread.is_alive() and len(errors) == 1
