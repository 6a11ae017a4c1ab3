"""Commands ask a running server, and answer by themselves, without a word, when it is not there or goes away."""

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag import compose
from rag.answering.engine import Engine
from rag.api import Rag
from rag.cli.app import app
from rag.cli.background import running
from rag.index.index import Index
from rag.serve.local_protocol import fingerprint, is_supported, servers_folder
from rag.serve.local_server import answering_locally
from rag.settings import Settings

pytestmark = pytest.mark.skipif(not is_supported(), reason="this system has no Unix sockets")


def engine(settings: Settings, words: str) -> Engine:
    index = Index.open(settings.data_dir / words, dimensions=64, fingerprint="test")
    reader = ScriptedReader(lambda passages, question: (0.999, ["The bridge ", words]))
    count: Callable[[str], int] = lambda text: len(text.split())  # noqa: E731
    return Engine(settings.docs, index, HashEmbedder(), reader, OverlapReranker(), budget=100, count=count)


@pytest.fixture
def rag(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    (settings.docs / "bridge.txt").write_text("The bridge is old. The bridge is long.", encoding="utf-8")
    (settings.docs / "bad.txt").write_bytes(b"\0\1\2" * 500)
    monkeypatch.setattr(compose, "open_engine", lambda given, report, **_: opened(given))

    def opened(given: Settings) -> Engine:
        made = engine(given, "is old.")
        made.refresh()
        return made

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        where = ["--docs", str(settings.docs), "--data-dir", str(settings.data_dir)]
        result = CliRunner().invoke(app, [*arguments, *where], input=stdin)
        return result.exit_code, result.stdout, result.stderr

    return run


Run = Callable[..., tuple[int, str, str]]


def test_a_running_server_answers_and_the_folder_is_not_opened(settings: Settings, rag: Run) -> None:
    with Rag.over(engine(settings, "is long.")) as served, answering_locally(served, settings):
        code, out, err = rag("ask", "What is the bridge?")
        assert code == 0 and out.startswith("The bridge is long.\n\nSources\n[1]")
        assert err.count("Skipped: ") == 1 and "bad.txt" in err
        assert json.loads(rag("ask", "--json", "What is the bridge?")[1])["answer"] == "The bridge is long."
        out = rag("chat", stdin="What is the bridge?\nAnd now?\n/quit\n")[1]
        assert out.count("The bridge is long.\n\nSources") == 2
        assert [check.remedy for check in running(settings)] == [""]  # `rag doctor` names it
        assert running(settings.model_copy(update={"passages": 9}))[0].remedy.startswith("Of other settings")
        assert rag("search", "--json", "bridge")[1] == rag("search", "--json", "bridge")[1] != ""
    assert rag("ask", "What is the bridge?")[1].startswith("The bridge is old.")


@pytest.mark.parametrize("said", [b"", b'{"retrieved": "Q?", "skipped": []}\n', b'{"decline": true}\n', b"nonsense\n"])
@pytest.mark.parametrize("arguments", [["ask", "What is the bridge?"], ["search", "bridge"]])
def test_a_server_that_goes_away_is_no_harm(
    settings: Settings, rag: Run, tmp_path: Path, said: bytes, arguments: list[str]
) -> None:
    expected = rag(*arguments)[:2]
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "s"))
    listening.listen()

    def serve() -> None:
        connection, _ = listening.accept()
        connection.recv(10_000)
        connection.sendall(said)
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    file = servers_folder(settings) / f"{fingerprint(settings)}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"socket": str(tmp_path / "s"), "pid": 1, "docs": "", "background": False}))
    file.chmod(0o600)
    assert rag(*arguments)[:2] == expected
    thread.join(30)
    listening.close()


def test_a_background_server_opens_no_port(rag: Run) -> None:
    code, _, err = rag("serve", "--background", "--port", "0")
    assert code == 2 and "opens no port" in err
