"""Following a folder through the system's notices, and `rag index --watch` as its own process."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.documents.watch import _matters, follow, following
from rag.errors import RagError, UsageError


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[tuple[Path, "queue.Queue[str]", list[RagError]]]:
    """Yield a folder that is followed, a queue of what each update saw in it, and the errors."""
    docs = tmp_path / "docs"
    docs.mkdir()
    seen: queue.Queue[str] = queue.Queue()
    failed: list[RagError] = []
    stop = threading.Event()

    def update() -> None:
        there = ",".join(sorted(path.name for path in docs.rglob("*.txt")))
        seen.put(there)
        if "bad" in there:
            raise UsageError("bad")

    thread = threading.Thread(target=follow, args=(docs, update, stop, failed.append))
    thread.start()
    yield docs, seen, failed
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def until(seen: "queue.Queue[str]", wanted: str) -> None:
    while seen.get(timeout=60) != wanted:
        pass


@pytest.mark.long
def test_changes_are_followed_and_an_error_does_not_end_it(
    followed: tuple[Path, "queue.Queue[str]", list[RagError]],
) -> None:
    docs, seen, failed = followed
    (docs / "a.txt").write_text("x")
    until(seen, "a.txt")
    (docs / "sub").mkdir()
    (docs / "sub" / "bad.txt").write_text("x")
    until(seen, "a.txt,bad.txt")
    (docs / "a.txt").rename(docs / "b.txt")
    until(seen, "b.txt,bad.txt")
    (docs / "sub" / "bad.txt").unlink()
    until(seen, "b.txt")
    assert failed and all(str(error) == "bad" for error in failed)


@pytest.mark.long
def test_a_folder_is_followed_while_something_else_goes_on(tmp_path: Path) -> None:
    updated = threading.Event()
    with following(tmp_path, updated.set):
        assert not updated.is_set()
        (tmp_path / "a.txt").write_text("x")
        assert updated.wait(60)
    assert not any(thread.name == "following the folder" for thread in threading.enumerate())


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not there"):
        follow(tmp_path / "gone", lambda: None, threading.Event())


def test_hidden_files_do_not_matter_but_the_rules_do() -> None:
    root = Path("/docs")
    assert [_matters(root, f"/docs/{path}") for path in ("a.txt", "sub", ".git/x", "sub/.x.txt.swp", ".ragignore")] == [
        True, True, False, False, True,
    ]  # fmt: skip
    assert not _matters(root, "/elsewhere/a.txt")


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="run in the background: no Ctrl-C here")
@pytest.mark.long
def test_the_command_goes_on_and_reports(tmp_path: Path, weights: Callable[[str], Path]) -> None:
    for name in ("smollm2-135m", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("The ferry is blue.")
    command = [
        sys.executable,
        "-m",
        "rag",
        "index",
        str(docs),
        "--watch",
        "--json",
        "--data-dir",
        str(tmp_path / "data"),
    ]
    process = subprocess.Popen(
        [*command, "--model", "smollm2-135m"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["added"] == 1
        (docs / "b.html").write_text("<p>The quay is grey.</p>")
        (docs / "c.pdf").write_text("no PDF")
        report = json.loads(process.stdout.readline())
        while report["documents"] < 2 or not report["skipped"]:
            report = json.loads(process.stdout.readline())
        assert [each["document"] for each in report["skipped"]] == ["c.pdf"]
        (docs / "a.txt").unlink()
        assert json.loads(process.stdout.readline())["removed"] == 1
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Watching" in errors and "Skipped: c.pdf" in errors and "Traceback" not in errors
