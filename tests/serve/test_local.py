"""`rag ask` at a running server: the same answers over a real socket, for its owner, nothing lost when it is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import HARBOUR, EndlessReader, HashEmbedder, OverlapReranker, ScriptedReader, tell_of_the_harbour
from rag import compose
from rag.answering.answer import Answer, Retrieved, Token, Working
from rag.answering.engine import Engine
from rag.api import Rag
from rag.errors import RagError, ReaderError, UsageError
from rag.index.index import Index
from rag.serve import background
from rag.serve.local_client import LocalClient, ServerGone, all_running, find
from rag.serve.local_protocol import Notice, fingerprint, is_supported, read_notice, servers_folder
from rag.serve.local_server import answering_locally
from rag.settings import Settings, environment_with

pytestmark = pytest.mark.skipif(not is_supported(), reason="this system has no Unix sockets")
QUESTION = "When was the harbour of Lysa dredged?"


def engine(settings: Settings, reader: ScriptedReader | None = None, *, may_be_empty: bool = False) -> Engine:
    index = Index.open(settings.data_dir / "index", dimensions=64, fingerprint="test")
    reader = reader or ScriptedReader(tell_of_the_harbour)
    count: Callable[[str], int] = lambda text: len(text.split())  # noqa: E731
    parts = (settings.docs, index, HashEmbedder(), reader, OverlapReranker())
    return Engine(*parts, budget=100, count=count, may_be_empty=may_be_empty)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    (settings.docs / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    return settings


@contextmanager
def server(settings: Settings, reader: ScriptedReader | None = None) -> Iterator[tuple[Rag, LocalClient]]:
    with Rag.over(engine(settings, reader)) as rag, answering_locally(rag, settings):
        client = find(settings)
        assert client is not None
        yield rag, client


def test_the_answer_is_the_same_as_without_a_server(settings: Settings) -> None:
    (settings.docs / "bad.txt").write_bytes(b"\0\1\2" * 500)
    with server(settings) as (rag, client):
        for question in (QUESTION, "What is it that nobody knows?"):
            retrieved, *tokens, answer = client.stream(question, [("user", "Hello"), ("assistant", "Hello.")])
            assert isinstance(retrieved, Retrieved) and isinstance(answer, Answer)
            assert "".join(token.text for token in tokens if isinstance(token, Token)) == answer.answer
            here = rag.ask(question, [("user", "Hello"), ("assistant", "Hello.")])
            assert replace(answer, timings=here.timings) == here
            assert answer.sources and answer.timings.total_s > 0
        assert client.skipped == rag.skipped != ()
        assert client.search("dredged in 1931", 2) == rag.search("dredged in 1931", 2) != []


def test_how_far_it_is_comes_through(settings: Settings) -> None:
    (settings.docs / "mill.txt").write_text("The mill of Orba burned down in 1877.", encoding="utf-8")
    with server(settings) as (_, client):
        told = [event for event in client.stream("Summarize all documents") if isinstance(event, Working)]
    assert told == [Working("Reading harbour.txt", 0, 2), Working("Reading mill.txt", 1, 2)]


@pytest.mark.parametrize(
    ("question", "kind", "message"),
    [("", UsageError, "empty"), ("When will it fail?", ReaderError, "The model failed."), ("A bug?", RagError, "oops")],
)
def test_errors_are_the_same_too(settings: Settings, question: str, kind: type[RagError], message: str) -> None:
    with server(settings) as (_, client):
        with pytest.raises(kind, match=message) as caught:
            list(client.stream(question))
        assert type(caught.value) is kind
        assert list(client.stream(QUESTION))[-1].answer  # it goes on answering


def test_other_settings_and_other_versions_are_not_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(settings):
        for name, value in (
            ("passages", 5),
            ("threshold", 0.5),
            ("model", "smollm2-135m"),
            ("docs", settings.data_dir),
        ):
            assert find(settings.model_copy(update={name: value})) is None
        assert find(settings.model_copy(update={"waiting": 3, "offline": not settings.offline})) is not None
        monkeypatch.setattr("rag.serve.local_protocol.program", lambda: [("rag/api.py", 1, 2)])
        assert find(settings) is None
    assert list(servers_folder(settings).iterdir()) == []


def test_a_second_server_leaves_the_first_one_its_place(settings: Settings) -> None:
    with server(settings) as (rag, first):
        with answering_locally(rag, settings) as second:
            assert second is None
        again = find(settings)
        assert again is not None and again.notice == first.notice


def test_who_stops_or_hangs_up_stops_the_model(settings: Settings) -> None:
    reader = EndlessReader(tell_of_the_harbour)
    with server(settings, reader) as (_, client):
        heard: list[object] = []
        for event in client.stream("An endless story?", stopped=lambda: len(heard) > 3):
            heard.append(event)
        assert isinstance(event, Answer) and event.stopped
        assert reader.stopped.wait(30)
        reader.stopped.clear()
        events = client.stream("An endless story?")
        next(events), next(events)
        events.close()  # type: ignore[attr-defined]
        assert reader.stopped.wait(30)


def test_an_empty_folder_is_left_to_who_asks(settings: Settings) -> None:
    (settings.docs / "harbour.txt").unlink()
    with Rag.over(engine(settings, may_be_empty=True)) as rag, answering_locally(rag, settings):
        client = find(settings)
        assert client is not None
        with pytest.raises(ServerGone):
            list(client.stream(QUESTION))


def test_file_and_socket_are_the_owners_alone(settings: Settings) -> None:
    with server(settings) as (_, client):
        file = servers_folder(settings) / f"{fingerprint(settings)}.json"
        place = Path(client.notice.socket)
        assert [path.stat().st_mode & 0o777 for path in (file.parent, file, place.parent, place)] == [
            0o700,
            0o600,
            0o700,
            0o600,
        ]
        file.chmod(0o644)
        assert read_notice(file) is None and find(settings) is None


def as_another_user(do: Callable[[], int]) -> int:
    """Return the exit code of a process of somebody else's."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            code = do()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be two users")
def test_two_users_do_not_reach_each_other(settings: Settings, tmp_path: Path) -> None:
    with server(settings) as (_, client):
        path = client.notice.socket

        def reach() -> int:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
                connection.sendall(b'{"search": "harbour", "limit": 3}\n')
                return 1 if connection.recv(1) else 2  # let in, hung up on
            except PermissionError:
                return 3
            except OSError:
                return 2

        assert as_another_user(reach) == 3
        Path(path).parent.chmod(0o755)  # even where folder and socket are open to all, who comes is looked at
        Path(path).chmod(0o666)
        assert as_another_user(reach) == 2
        assert client.search("harbour", 1)

    trap = tmp_path / "trap"
    listening = socket.socket(socket.AF_UNIX)
    listening.settimeout(30)
    (tmp_path / "s").mkdir(mode=0o777)
    (tmp_path / "s").chmod(0o777)
    notice = json.dumps({"socket": str(tmp_path / "s" / "t"), "pid": 1, "docs": "", "background": False})
    file = servers_folder(settings) / f"{fingerprint(settings)}.json"
    file.write_text(notice)
    file.chmod(0o600)
    os.chown(file, 65534, 65534)
    assert find(settings) is None  # a file of somebody else's names no server of ours
    os.chown(file, 0, 0)
    listening.bind(str(tmp_path / "s" / "t"))
    listening.listen()
    assert find(settings) is not None
    assert not trap.exists()
    listening.close()


def falls_silent(path: Path, *lines: bytes) -> LocalClient:
    """Return a client of a server that says so much and dies."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        connection, _ = listening.accept()
        connection.recv(10_000)
        for line in lines:
            connection.sendall(line)
        connection.close()
        listening.close()

    threading.Thread(target=serve, daemon=True).start()
    return LocalClient(Notice(str(path), 1, "", False))


def test_a_server_that_dies_before_the_first_word_is_none_and_later_an_error(tmp_path: Path) -> None:
    retrieved, token = b'{"retrieved": "Q?", "skipped": []}\n', b'{"token": "The"}\n'
    with pytest.raises(ServerGone):
        list(falls_silent(tmp_path / "a", retrieved).stream("Q?"))
    with pytest.raises(ServerGone):
        falls_silent(tmp_path / "b").search("Q?")
    with pytest.raises(ReaderError, match="has ended"):
        list(falls_silent(tmp_path / "c", retrieved, token, b'{"answ').stream("Q?"))


def test_a_background_server_ends_when_nobody_asks_or_when_it_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "open_engine", lambda given, report, **_: engine(given))
    soon = settings.model_copy(update={"idle_minutes": 0.001})
    background.stay(soon)
    assert find(soon) is None

    thread = threading.Thread(target=background.stay, args=(settings,))
    thread.start()
    while not all_running(servers_folder(settings)):
        assert thread.is_alive()
        time.sleep(0.02)
    other = settings.model_copy(update={"passages": 7})  # whatever the settings, it is one of this data folder
    with Rag.over(engine(settings)) as rag, answering_locally(rag, other):
        stopped, left = background.stop_all(other)
        assert [notice.background for notice in stopped] == [True] and [each.background for each in left] == [False]
    thread.join(30)
    assert not thread.is_alive() and find(settings) is None


@pytest.mark.long
def test_the_real_thing_asked_killed_and_asked_again(settings: Settings, weights: Callable[[str], Path]) -> None:
    for name in ("smollm2-135m", "embed", "rerank"):
        weights(name)
    small = {"model": "smollm2-135m", "threshold": 0.0, "answer_tokens": 8, "context_tokens": 1024, "threads": 1}
    given = settings.model_copy(update={**small, "warm_after": False})

    def rag(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-X", "importtime", "-m", "rag", *arguments]
        return subprocess.run(command, env=environment_with(given), capture_output=True, text=True, timeout=300)

    here = rag("ask", QUESTION)
    assert here.returncode == 0 and "chromadb" in here.stderr
    try:
        for _ in range(2):  # the second time there is one
            assert rag("serve", "--background").returncode == 0
        there = rag("ask", QUESTION)
        assert (there.returncode, there.stdout) == (0, here.stdout)
        assert not [word for word in ("numpy", "chromadb", "llama_cpp", "gradio", "onnx") if word in there.stderr]
        assert rag("search", "dredged").stdout.startswith('[1] "The harbour of Lysa was dredged')
        assert rag("ask", "").returncode == 2
        (client,) = all_running(servers_folder(given))
        os.kill(client.notice.pid, signal.SIGKILL)
        again = rag("ask", QUESTION)
        assert (again.returncode, again.stdout) == (0, here.stdout) and "chromadb" in again.stderr
        assert rag("serve", "--background").returncode == 0
        assert not Path(client.notice.socket).parent.exists()  # what the killed one left
    finally:
        assert rag("stop").returncode == 0
    assert all_running(servers_folder(given)) == []
