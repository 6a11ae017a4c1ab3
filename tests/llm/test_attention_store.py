"""Kept attention on disk: bounded, checked, and whole after a kill at any moment. No model is needed here."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.llm.attention_store import AttentionStore

KILLS = int(os.environ.get("RAG_TEST_KILLS", "5"))
STATE = random.Random(7).randbytes(300_000)
WRITER = """
import random, sys
from pathlib import Path
from rag.llm.attention_store import AttentionStore
store = AttentionStore(Path(sys.argv[1]), 10_000_000)
state = random.Random(7).randbytes(300_000)
print("ready", flush=True)
for i in range(10**9):
    store.put("a.txt", f"key{i % 20}", state)
"""


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*/*") if not path.name.startswith(".")]


def test_what_was_put_is_got_and_nothing_else(tmp_path: Path) -> None:
    store = AttentionStore(tmp_path / "kv", 10_000_000)
    assert store.get("a.txt", "key") is None
    assert store.put("a.txt", "key", STATE)
    assert store.get("a.txt", "key") == STATE
    assert store.has("a.txt", "key") and not store.has("b.txt", "key")
    assert store.get("b.txt", "key") is None
    assert AttentionStore(tmp_path / "kv", 1).get("a.txt", "key") == STATE
    assert store.count() == 1 and len(STATE) < store.size() < len(STATE) + 100
    assert (tmp_path / "kv").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("at", [0, 8, 39, 40, 48, 51, 52, 150_000, -1])
def test_any_flipped_bit_makes_it_absent(tmp_path: Path, at: int) -> None:
    store = AttentionStore(tmp_path, 10_000_000)
    store.put("a.txt", "key", STATE)
    (file,) = entries(tmp_path)
    data = bytearray(file.read_bytes())
    data[at] ^= 4
    file.write_bytes(data)
    assert store.get("a.txt", "key") is None
    store.put("a.txt", "key", STATE)
    assert store.get("a.txt", "key") == STATE


@pytest.mark.parametrize("size", [0, 1, 51, 52, 150_000, 300_051])
def test_a_truncated_entry_is_absent(tmp_path: Path, size: int) -> None:
    store = AttentionStore(tmp_path, 10_000_000)
    store.put("a.txt", "key", STATE)
    (file,) = entries(tmp_path)
    os.truncate(file, size)
    assert store.get("a.txt", "key") is None


def test_an_entry_under_another_key_or_with_more_behind_it_is_absent(tmp_path: Path) -> None:
    store = AttentionStore(tmp_path, 10_000_000)
    store.put("a.txt", "key", STATE)
    (file,) = entries(tmp_path)
    (file.parent / "other").write_bytes(file.read_bytes())
    assert store.get("a.txt", "other") is None
    with file.open("ab") as longer:
        longer.write(b"\0")
    assert store.get("a.txt", "key") is None


def test_the_least_recently_used_go_first_and_the_limit_holds_throughout(tmp_path: Path) -> None:
    limit = 40 * 1100
    store = AttentionStore(tmp_path, limit)
    for i in range(100):
        assert store.put(f"{i % 7}.txt", f"key{i}", bytes(1000))
        assert store.size() <= limit
        assert store.get("0.txt", "key0") == bytes(1000)  # used all the time: stays
        time.sleep(0.002)  # times of use differ
    assert store.get("1.txt", "key1") is None
    assert store.get("1.txt", "key99") == bytes(1000)
    assert store.size() > limit * 0.9
    assert not store.has_room(limit // 2) and store.put("a.txt", "large", bytes(limit // 2))
    assert not store.put("a.txt", "larger", bytes(limit))


def test_deleted_documents_take_their_entries_along(tmp_path: Path) -> None:
    store = AttentionStore(tmp_path, 10_000_000)
    for document in ("", "a.txt", "b.txt", "c.txt"):
        store.put(document, "key", STATE)
    store.forget(["a.txt", "not there.txt"])
    assert store.count() == 3
    store.forget_others({"", "c.txt"})
    assert store.count() == 2 and store.has("", "key") and store.has("c.txt", "key")
    store.forget([])
    assert store.count() == 2


def test_a_disk_that_takes_nothing_more_only_costs_the_keeping(tmp_path: Path) -> None:
    """A file size limit of the operating system makes writes fail halfway, as a full disk does."""
    code = """
import resource, signal, sys
from pathlib import Path
from rag.llm.attention_store import AttentionStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store = AttentionStore(Path(sys.argv[1]), 10_000_000)
print(store.put("a.txt", "small", bytes(1000)), store.put("a.txt", "large", bytes(300_000)))
"""
    if sys.platform == "win32":
        pytest.skip("this system has no limit of a file's size")
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert run.stdout.split() == ["True", "False"], run.stderr
    store = AttentionStore(tmp_path, 10_000_000)
    assert store.get("a.txt", "small") == bytes(1000)
    assert store.count() == 1  # nothing half-written is left


def test_killed_while_writing(tmp_path: Path) -> None:
    """Set RAG_TEST_KILLS for more than a few kills."""
    if sys.platform == "win32":
        pytest.skip("this system has no SIGKILL")
    chance = random.Random(1)
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.05))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        store = AttentionStore(tmp_path, 10_000_000)
        found = [store.get("a.txt", f"key{i}") for i in range(20)]
        assert all(state is None or state == STATE for state in found)
        assert any(found)
    for i in range(60):  # what the killed left behind makes room like everything else
        store.put("b.txt", f"key{i}", STATE)
        assert store.size() <= 10_000_000
    assert not list(tmp_path.glob("*/.*"))
