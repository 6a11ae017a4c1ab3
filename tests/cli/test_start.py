"""The short way: a command line that a running server answered goes straight to it, and only while nothing changed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import HARBOUR, HashEmbedder, OverlapReranker, ScriptedReader, tell_of_the_harbour
from rag import compose
from rag.answering.engine import Engine
from rag.api import Rag
from rag.cli import start
from rag.index.index import Index
from rag.serve.local_protocol import is_supported, program, servers_folder
from rag.serve.local_server import answering_locally
from rag.settings import Settings, read_settings

pytestmark = pytest.mark.skipif(not is_supported(), reason="this system has no Unix sockets")
QUESTION, OTHER = "When was the harbour of Lysa dredged?", "When was the harbour dredged?"
Run = Callable[..., tuple[int, str, str]]


def engine(settings: Settings) -> Engine:
    index = Index.open(settings.data_dir / "index", dimensions=64, fingerprint="test")
    count: Callable[[str], int] = lambda text: len(text.split())  # noqa: E731
    reader = ScriptedReader(tell_of_the_harbour)
    return Engine(settings.docs, index, HashEmbedder(), reader, OverlapReranker(), budget=100, count=count)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program as from a shell; the settings come from variables."""
    (settings.docs / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    monkeypatch.setenv("RAG_DOCS", str(settings.docs))
    monkeypatch.setenv("RAG_DATA_DIR", str(settings.data_dir))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rag", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            start.main()
        return (int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def served(settings: Settings, run: Run) -> Iterator[None]:
    with Rag.over(engine(read_settings())) as rag, answering_locally(rag, read_settings()):
        yield


@pytest.fixture
def no_commands(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on whoever reads the settings fails."""

    def forbid() -> None:
        monkeypatch.setattr("rag.cli.app.app", lambda: sys.exit("the settings were read"))

    return forbid


@pytest.mark.parametrize(
    "arguments",
    [["ask", QUESTION], ["ask", "--json", QUESTION], ["search", QUESTION], ["search", "--limit", "1", QUESTION]],
)
def test_the_second_time_nothing_is_read_and_the_output_is_the_same(
    served: None, run: Run, no_commands: Callable[[], None], arguments: list[str]
) -> None:
    before = run(*arguments)
    assert before[0] == 0 and "harbour of Lysa" in before[1]
    no_commands()
    again = run(*arguments)
    if "--json" in arguments:
        first, second = json.loads(before[1]), json.loads(again[1])
        assert first.pop("timings") and second.pop("timings") and first == second
    else:
        assert again[:2] == before[:2]
    assert run(*arguments[:-1], OTHER)[0] == 0
    with pytest.raises(SystemExit, match="settings were read"):
        start_with(*arguments, "--offline")


def start_with(*arguments: str) -> None:
    sys.argv[1:] = arguments
    start.main()


def test_nothing_that_takes_long_is_imported_on_the_short_way() -> None:
    code = "import sys; from rag.cli import ends, one, start; from rag import pace; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name.split(".")[0] for name in done.stdout.split()}
    assert "rag" in imported
    assert not imported & {"typer", "click", "rich", "pydantic", "pydantic_settings", "numpy", "chromadb", "llama_cpp"}


def test_exit_codes_and_errors_are_the_same(served: None, run: Run, no_commands: Callable[[], None]) -> None:
    asked = ("What is it that nobody knows?", "", "When will it fail?", "A bug?")
    run("ask", QUESTION)
    expected = [run("ask", question, "--no-exact")[:2] for question in asked]
    assert [code for code, _ in expected] == [3, 2, 1, 1]
    no_commands()
    found = [run("ask", question) for question in asked]
    assert [(code, out) for code, out, _ in found] == expected
    assert all(err.startswith("Error: ") for code, _, err in found if code in (1, 2))


def test_whatever_the_settings_come_from_is_looked_at(
    served: None, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_commands: Callable[[], None]
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    run("ask", QUESTION)
    no_commands()
    assert run("ask", QUESTION)[0] == 0

    def is_read() -> bool:
        with pytest.raises(SystemExit) as ended:
            start_with("ask", QUESTION)
        return ended.value.code == "the settings were read"

    with monkeypatch.context() as changed:
        changed.setenv("RAG_PASSAGES", "5")
        assert is_read()
    with monkeypatch.context() as changed:
        changed.setattr("rag.serve.shortcut.program", lambda: [*program(), ("new.py", 1, 2)])
        assert is_read()
    with monkeypatch.context() as changed:
        changed.chdir(tmp_path)
        assert is_read()
    (here / "rag.toml").write_text("passages = 5\n")
    assert is_read()
    (here / "rag.toml").unlink()
    assert not is_read()
    remembered = servers_folder(read_settings()) / "shortcuts"
    assert remembered.stat().st_mode & 0o777 == 0o600
    remembered.chmod(0o644)  # somebody else may have written it
    assert is_read()
    remembered.chmod(0o600)
    damaged = {key: {"way": 1} for key in json.loads(remembered.read_text())}
    for nonsense in ("no json", "[]", json.dumps(damaged)):
        remembered.write_text(nonsense)
        assert is_read()


def test_a_link_that_leads_elsewhere_is_another_folder(
    settings: Settings, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_commands: Callable[[], None]
) -> None:
    link, other = tmp_path / "link", tmp_path / "other"
    other.mkdir()
    link.symlink_to(settings.docs)
    monkeypatch.setenv("RAG_DOCS", str(link))
    with Rag.over(engine(read_settings())) as rag, answering_locally(rag, read_settings()):
        run("ask", QUESTION)
        no_commands()
        assert run("ask", QUESTION)[0] == 0
        link.unlink()
        link.symlink_to(other)
        with pytest.raises(SystemExit, match="settings were read"):
            start_with("ask", QUESTION)


def test_where_the_server_went_the_folder_is_opened(
    settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Rag.over(engine(read_settings())) as rag, answering_locally(rag, read_settings()):
        expected = run("ask", QUESTION)
    monkeypatch.setattr(compose, "open_engine", lambda given, report, **_: opened(given))

    def opened(given: Settings) -> Engine:
        made = engine(given)
        made.refresh()
        return made

    assert run("ask", QUESTION)[:2] == expected[:2]
    assert os.listdir(servers_folder(read_settings())) == ["shortcuts"]  # noqa: PTH208
