"""Hard days: kills, two processes, damage, a full disk, many threads, large folders. docs/faults.md has the results.

How long they take is told by variables: KILLS (moments, 50), TOGETHER_SECONDS (60), SMALL_FILES (10,000).
"""

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import faults
from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from faults import answers_rightly, content, context, in_peace, killed_after, open_index, update, words, write_document
from rag.answering.answer import Answer
from rag.answering.engine import Engine
from rag.api import Rag
from rag.errors import RagError, StoreError
from rag.index.index import Index
from rag.llm.attention import AttentionStore

KILLS = int(os.environ.get("KILLS", "50"))
TOGETHER_SECONDS = float(os.environ.get("TOGETHER_SECONDS", "60"))
SMALL_FILES = int(os.environ.get("SMALL_FILES", "10000"))
pytestmark = pytest.mark.long


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(30):
        write_document(folder, number, 0)
    return folder


def hashes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.timeout(1800)
def test_killed_at_random_moments_of_indexing(docs: Path, tmp_path: Path) -> None:
    folder, chance = tmp_path / "index", random.Random(6)
    begun = time.monotonic()
    assert not killed_after(context().Process(target=faults.bring_up, args=(docs, tmp_path / "timed")), 300)
    whole = time.monotonic() - begun
    killed = 0
    for moment in range(KILLS):
        for _ in range(3):  # something is new, changed or gone each time
            number = chance.randrange(60)
            write_document(docs, number, moment)
        for gone in chance.sample(sorted(docs.iterdir()), 2):
            gone.unlink()
        process = context().Process(target=faults.bring_up, args=(docs, folder))
        killed += killed_after(process, chance.uniform(0, whole if moment % 3 == 0 else whole / 3))
        if moment % 5 == 0:
            with open_index(folder) as index:
                assert index.rebuilt is None
                answers_rightly(index)
    before = hashes(docs)
    with open_index(folder) as index:
        assert index.rebuilt is None
        update(docs, index)
        found = content(index)
    wanted = in_peace(docs, tmp_path / "peace")
    assert {name: found[name] for name in wanted} == wanted
    assert found["pending"] == [] and found["damage"] == [("ok",)]
    assert hashes(docs) == before
    assert killed > KILLS / 4, f"only {killed} of {KILLS} were in time"


@pytest.mark.timeout(1800)
def test_killed_at_random_moments_of_keeping_attention(tmp_path: Path) -> None:
    folder, chance, whole = tmp_path / "attention", random.Random(6), 0
    for moment in range(KILLS):
        killed_after(context().Process(target=faults.keep_attention, args=(folder, moment)), chance.uniform(0.1, 0.6))
        store = AttentionStore(folder, 60_000_000)
        for number in range(40):
            kept = store.get(f"{number % 7}.txt", f"{number:064x}")
            whole += kept is not None
            assert kept is None or bytes(kept) == bytes(faults.state(number))
            del kept
        assert store.size() <= 60_000_000
    assert whole
    store.forget([f"{number}.txt" for number in range(7)])
    assert [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > 1_000_000] == []


@pytest.mark.timeout(900)
def test_two_processes_index_and_ask_while_the_folder_changes(docs: Path, tmp_path: Path) -> None:
    folder, chance = tmp_path / "index", random.Random(6)
    results = context().Queue()
    arguments = (docs, folder, TOGETHER_SECONDS, results)
    processes = [context().Process(target=faults.index_and_ask, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    end = time.monotonic() + TOGETHER_SECONDS
    while time.monotonic() < end:
        write_document(docs, chance.randrange(60), chance.randrange(1_000))
        if chance.random() < 0.3:
            chance.choice(sorted(docs.iterdir())[5:]).unlink()
        time.sleep(0.1)
    rounds = [results.get(timeout=300) for _ in processes]
    for process in processes:
        process.join(300)
        assert process.exitcode == 0
    assert all(isinstance(each, int) and each > 1 for each in rounds), rounds
    with open_index(folder) as index:
        assert index.rebuilt is None
        update(docs, index)
        assert content(index) == in_peace(docs, tmp_path / "peace")


DAMAGES = ("deleted", "emptied", "halved", "overwritten")


@pytest.mark.timeout(1800)
def test_any_file_of_the_index_may_be_damaged(docs: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    wanted = in_peace(docs, whole)
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.suffix != ".lock")
    before = hashes(docs)
    said: dict[str, list[str]] = {}
    for number, file in enumerate(files):
        for damage in DAMAGES:
            folder = tmp_path / f"damaged{number}{damage}"
            shutil.copytree(whole, folder, copy_function=shutil.copy2)
            path = folder / file
            size = path.stat().st_size
            if damage == "deleted":
                path.unlink()
            elif damage == "overwritten":
                with path.open("r+b") as opened:
                    opened.seek(size // 3)
                    opened.write(os.urandom(max(1, size // 3)))
            else:
                os.truncate(path, 0 if damage == "emptied" else size // 2)
            results = context().Queue()
            process = context().Process(target=faults.damage_and_open, args=(docs, folder, results))
            process.start()
            process.join(120)
            assert process.exitcode == 0, (file, damage, process.exitcode)
            said[f"{file} {damage}"] = messages = results.get(timeout=10)
            if file.name == "index.json" and damage == "deleted":  # then nothing vouches for what lies there
                assert len(messages) == 2 and "Move it away" in messages[0]
                continue
            assert len(messages) < 2, (file, damage, messages)
            with open_index(folder) as index:
                update(docs, index)
                found = content(index)
            assert {name: found[name] for name in wanted} == wanted, (file, damage)
            shutil.rmtree(folder)
    assert hashes(docs) == before
    asked_twice = [what for what, messages in said.items() if messages]
    assert len(asked_twice) < len(said) / 2, json.dumps(said, indent=1)  # the rest was mended without a word


def mounted(place: Path, size: str) -> bool:
    """Mount a small file system in memory; only root may."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.timeout(900)
def test_a_disk_that_is_full_at_each_stage(docs: Path, tmp_path: Path) -> None:
    wanted = in_peace(docs, tmp_path / "peace")
    place = tmp_path / "small"
    outcomes = []
    for kilobytes in (8, 64, 200, 300, 400, 500, 600, 800, 1000, 1300, 1700, 2200, 3000, 5000):
        if not mounted(place, f"{kilobytes}k"):
            pytest.skip("a small file system can be mounted by root alone")
        try:
            try:
                with open_index(place / "index") as index:
                    update(docs, index)
                    answers_rightly(index)
                outcomes.append("done")
            except StoreError as error:
                assert "free space" in str(error)
                outcomes.append("message")
            subprocess.run(["mount", "-o", "remount,size=100m", str(place)], check=True)
            with open_index(place / "index") as index:
                update(docs, index)
                found = content(index)
            assert {name: found[name] for name in wanted} == wanted
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
    assert outcomes[0] == "message" and outcomes[-1] == "done" and outcomes.count("message") > 3, outcomes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone who may not write")
def test_an_index_that_may_not_be_written_is_a_message(docs: Path, tmp_path: Path) -> None:
    in_peace(docs, tmp_path / "index")
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for parent in tmp_path.parents:
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(0o755)
    program = "import os, sys, faults, pathlib; from rag.errors import RagError; os.setgid(65534); os.setuid(65534)\n"
    program += "try: faults.bring_up(*map(pathlib.Path, sys.argv[1:]))\nexcept RagError as e: sys.exit(f'{e}')"
    command = [sys.executable, "-c", program, str(docs), str(tmp_path / "index")]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "the folder is yours" in done.stderr.replace("\n", " "), done.stderr


def test_a_clock_that_was_set_back(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_index(tmp_path / "index") as index:
        update(docs, index)
        write_document(docs, 3, 1)
        os.utime(docs / "003.txt", (1_000_000, 1_000_000))
        monkeypatch.setattr("rag.index.indexing.time.time_ns", lambda: 1_000_000_000_000_000)
        assert update(docs, index).changed == 1
        write_document(docs, 4, 1)
        future = time.time() + 1e8
        os.utime(docs / "004.txt", (future, future))
        assert update(docs, index).changed == 1
        found = content(index)
    wanted = in_peace(docs, tmp_path / "peace")
    assert {name: found[name] for name in wanted} == wanted


def engine_over(docs: Path, index: Index) -> Engine:
    reader = ScriptedReader(lambda passages, question: (0.9, [f"{passages[0].text} ", "That is all."]))
    return Engine(docs, index, HashEmbedder(), reader, OverlapReranker(), budget=30, count=words)


def timeless(answer: object) -> dict[str, object]:
    assert isinstance(answer, Answer)
    return {name: value for name, value in answer.to_dict().items() if name != "timings"}


@pytest.mark.timeout(900)
def test_200_questions_from_8_threads_while_files_are_touched(docs: Path, tmp_path: Path) -> None:
    questions = [f"Which {faults.WORDS[i % 15]} has number {i % 30}, and {faults.WORDS[i % 7]}?" for i in range(200)]
    stop = threading.Event()

    def touch() -> None:
        while not stop.wait(0.01):
            for path in sorted(docs.iterdir()):
                path.touch()

    with open_index(tmp_path / "index") as index, engine_over(docs, index) as engine:
        one_by_one = [timeless(list(engine.ask(question))[-1]) for question in questions]
        touching = threading.Thread(target=touch)
        touching.start()
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda question: timeless(list(engine.ask(question))[-1]), questions))
        stop.set()
        touching.join()
    assert together == one_by_one


@pytest.mark.timeout(900)
def test_200_questions_from_8_threads_through_the_page(docs: Path, tmp_path: Path) -> None:
    from gradio_client import Client

    from rag.ui.serving import serve

    def timeless_json(answer: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in answer.items() if name != "timings"}

    questions = [f"Which {faults.WORDS[i % 15]} has number {i % 30}, and {faults.WORDS[i % 7]}?" for i in range(200)]
    with open_index(tmp_path / "index") as index, engine_over(docs, index) as engine:
        one_by_one = [timeless(list(engine.ask(question))[-1]) for question in questions]
        page, address = serve(Rag.over(engine))
        try:
            clients = [Client(address, verbose=False) for _ in range(8)]

            def ask(i: int) -> dict[str, object]:
                return timeless_json(clients[i % 8].predict(questions[i], [], api_name="/ask"))

            with ThreadPoolExecutor(8) as pool:
                together = list(pool.map(ask, range(200)))
        finally:
            page.close(verbose=False)
    assert together == json.loads(json.dumps(one_by_one))


@pytest.mark.timeout(900)
def test_a_document_that_changes_while_it_is_asked_about(docs: Path, tmp_path: Path) -> None:
    """Every source is a slice of a text that the document had, old or new, never of neither."""
    with open_index(tmp_path / "index") as index, engine_over(docs, index) as engine:
        engine.refresh()
        texts: dict[str, set[str]] = {path: {index.text(path)} for path in index.documents()}
        stop = threading.Event()

        def change() -> None:
            version = 1
            while not stop.is_set():
                for number in (5, 10, 15):
                    write_document(docs, number, version)
                    texts[f"{number:03}.txt"].add((docs / f"{number:03}.txt").read_text())
                version += 1
                stop.wait(0.05)

        changing = threading.Thread(target=change)
        changing.start()
        try:
            with ThreadPoolExecutor(4) as pool:
                answers = list(
                    pool.map(lambda i: list(engine.ask(f"Which ferry has number {5 * i % 20}?"))[-1], range(60))
                )
        finally:
            stop.set()
            changing.join()
        for answer in answers:
            assert isinstance(answer, Answer)
            for source in answer.sources:
                assert any(text[source.start : source.end] == source.text for text in texts[source.document])


@pytest.mark.timeout(1800)
def test_ten_thousand_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = tmp_path / "docs"
    for number in range(SMALL_FILES):
        folder = docs / f"{number // 500:03}"
        if not number % 500:
            folder.mkdir(parents=True)
        kind = "html" if number % 10 == 0 else "txt"
        path = folder / f"{number}.{kind}"
        path.write_text(f"The ferry number {number} is {faults.WORDS[number % 15]}.")
        os.utime(path, (1.7e9, 1.7e9))
    with open_index(tmp_path / "index") as index:
        assert update(docs, index).added == SMALL_FILES
        monkeypatch.setattr("rag.index.cutting.read_documents", None)  # nothing is read again
        assert update(docs, index).unchanged == SMALL_FILES
        assert index.keyword(f"number {SMALL_FILES - 1}", 1)
        answers_rightly(index)


@pytest.mark.timeout(900)
def test_a_sentence_of_a_megabyte(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("the ferry " * 100_000 + "ends here.")
    (docs / "b.txt").write_text("x" * 1_000_000)
    (docs / "c.html").write_text("<p>" + "word, " * 170_000)
    with open_index(tmp_path / "index") as index:
        assert update(docs, index).added == 3
        for path in index.documents():
            text = index.text(path)
            chunks = [chunk for chunk in index.all_chunks() if chunk.document == path]
            assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
            assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(text.split())


def test_what_is_kept_is_for_its_owner_alone(docs: Path, tmp_path: Path) -> None:
    os.umask(0o022)
    with open_index(tmp_path / "index") as index:
        update(docs, index)
    AttentionStore(tmp_path / "attention", 10_000_000).put("a.txt", "0" * 64, faults.state(1))
    for folder in ("index", "attention"):
        assert (tmp_path / folder).stat().st_mode & 0o077 == 0


def test_a_rag_error_never_hides_a_lost_document(docs: Path, tmp_path: Path) -> None:
    """The documents are never written to, whatever is done to the folder of the index."""
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in docs.iterdir()}
    with open_index(tmp_path / "index") as index:
        update(docs, index)
        shutil.rmtree(tmp_path / "index")
        try:
            update(docs, index)
        except RagError as error:
            assert "Traceback" not in str(error)
    with open_index(tmp_path / "index") as index:
        update(docs, index)
        answers_rightly(index)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in docs.iterdir()} == before
