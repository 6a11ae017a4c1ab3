"""The command line from outside: a real engine over fakes, a real pipe and a real terminal."""

import fcntl
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag import compose
from rag.answering.engine import Engine
from rag.cli.app import app
from rag.cli.stream import Stream
from rag.documents.chunks import Chunk
from rag.errors import ReaderError
from rag.index.index import Index
from rag.pace import Pace
from rag.progress import Report
from rag.settings import SECRETS, Settings

ROOT = Path(__file__).parent.parent.parent
RAG = Path(sys.executable).parent / "rag"
TEXT = "The bridge has 12 arches. It was built of [red]granite[/red] in 1805. Ferries \x1b[31mstopped\x07 afterwards.\n"
ANSWER = "The bridge has 12 arches. It was sold to a circus in 1999."


def compose_fakes(
    script: Callable[[Sequence[Chunk], str], tuple[float | None, Sequence[str]]],
) -> Callable[..., Engine]:
    """Return what stands for `open_engine`: the real engine, index and citations over fakes."""

    def open_engine(settings: Settings, report: Report, *, answers: bool, may_be_empty: bool) -> Engine:
        report("fetching a model", 0, 5_000_000, "B")
        embedder = HashEmbedder()
        index = Index.open(settings.data_dir / "i", dimensions=embedder.dimensions, fingerprint="f", report=report)
        engine = Engine(
            settings.docs,
            index,
            embedder,
            ScriptedReader(script) if answers else None,
            OverlapReranker(),
            budget=settings.chunk_tokens,
            count=lambda text: len(text.split()),
        )
        engine.refresh(report)
        return engine

    return open_engine


def script(passages: Sequence[Chunk], question: str) -> tuple[float | None, Sequence[str]]:
    if "France" in question:
        return 0.0001, []
    if "broken" in question:
        raise ReaderError("The answer model failed.")
    if "bug" in question:
        raise ZeroDivisionError("oops")
    if "interrupt" in question:
        return 0.9999, Interrupting()
    if "long" in question:
        return 0.9999, ["The bridge ", *["has twelve "] * 20, "arches."]
    return 0.9999, re.findall(r"\S+\s*", ANSWER)


class Interrupting(list[str]):
    """Pieces of an answer; Ctrl-C comes after the first."""

    def __init__(self) -> None:
        super().__init__(["The ", "bridge ", "has ", "12 ", "arches."])

    def __getitem__(self, _: object) -> "Interrupting":  # type: ignore[override]
        return self

    def __iter__(self) -> Iterator[str]:
        for number, piece in enumerate(list.__iter__(self)):
            if number == 1:
                os.kill(os.getpid(), signal.SIGINT)
            yield piece


@pytest.fixture
def rag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "bridge.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(compose, "open_engine", compose_fakes(script))
    monkeypatch.setenv("RAG_DOCS", str(docs))
    monkeypatch.setenv("RAG_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str, stdin: str | bytes = "") -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        return result.exit_code, result.stdout, result.stderr

    return run


Rag = Callable[..., tuple[int, str, str]]


def test_answer_and_sources_go_to_standard_output_and_the_rest_to_standard_error(rag: Rag) -> None:
    code, out, err = rag("ask", "How many arches does the bridge have?")
    assert code == 0
    assert out.splitlines()[0] == ANSWER
    assert '[1] "The bridge has 12 arches."' in out
    assert "bridge.txt, characters 0–25" in out
    assert "“The bridge has 12 arches.” [1]" in out
    assert 'Not supported by the documents: "It was sold to a circus in 1999."' in out
    assert "fetching a model" in err and "fetching" not in out


def test_abstaining_shows_the_refusal_and_the_nearest_sentences_and_exits_with_3(rag: Rag) -> None:
    code, out, _ = rag("ask", "What is the capital of France?")
    assert code == 3
    assert out.startswith("The documents do not say. They do not mention “France”.\n\nNearest sentences\n[1] ")


@pytest.mark.parametrize(("question", "abstained"), [("How many arches?", False), ("Capital of France?", True)])
def test_json_is_the_only_thing_on_standard_output(rag: Rag, question: str, abstained: bool) -> None:
    code, out, _ = rag("ask", "--json", question)
    answer = json.loads(out)
    assert out.count("\n") == 1
    assert answer["abstained"] is abstained and code == (3 if abstained else 0)
    for source in answer["sources"]:
        assert source["text"] == TEXT[source["start"] : source["end"]]


def test_the_question_is_read_from_standard_input(rag: Rag) -> None:
    code, out, _ = rag("ask", "--json", "-", stdin="\ufeffHow many arches\ndoes it have?\n".encode())
    assert code == 0
    assert json.loads(out)["question"] == "How many arches does it have?"


@pytest.mark.parametrize("question", ["", " \t\n", "\x1b\x07", "a" * 50_000])
def test_a_question_that_is_off_is_a_usage_error(rag: Rag, question: str) -> None:
    code, out, err = rag("ask", "--", question)
    assert (code, out) == (2, "")
    assert err.startswith("Error: The question")


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["nonsense"],
        ["ask", "--passages", "many", "x"],
        ["ask", "--passages", "0", "x"],
        ["models", "path", "x"],
    ],
)
def test_usage_errors_exit_with_2(rag: Rag, arguments: list[str]) -> None:
    code, out, err = rag(*arguments)
    assert (code, out) == (2, "")
    assert err and "Traceback" not in err


def test_an_error_of_the_program_is_one_line_and_exit_code_1(rag: Rag) -> None:
    code, out, err = rag("ask", "--json", "What is broken?")
    assert (code, out) == (1, "")
    assert err.endswith("Error: The answer model failed.\n")


def test_an_unexpected_error_shows_its_trace_only_when_asked(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = rag("ask", "Where is the bug?")
    assert (code, out) == (1, "")
    assert "ZeroDivisionError: oops. Run `rag doctor`." in err and "Traceback" not in err
    monkeypatch.setenv("RAG_DEBUG", "1")
    assert "Traceback" in rag("ask", "Where is the bug?")[2]


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_ctrl_c_stops_the_answer_without_a_trace(rag: Rag, flags: list[str]) -> None:
    code, out, err = rag("ask", "interrupt me", *flags)
    assert code == 130
    assert "arches" not in out and "Sources" not in out and "Traceback" not in out + err
    assert out == ("" if flags else "The \n")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_documents_cannot_command_the_terminal(rag: Rag) -> None:
    _, out, _ = rag("search", "ferries stopped granite")
    assert "[red]granite[/red]" in out
    assert "[31mstopped afterwards" in out
    _, json_out, _ = rag("search", "--json", "ferries stopped granite")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out + json_out)
    texts = [source["text"] for source in json.loads(json_out)["sources"]]
    assert all(text in TEXT for text in texts)


def test_skipped_files_and_counts_are_told(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "docs" / "bad.txt").write_bytes(b"\0\1\2" * 500)
    code, out, err = rag("index")
    assert code == 0 and "1 document, 3 sentences" in out and "1 skipped" in out
    assert "Skipped: " in err and "bad.txt" in err
    report = json.loads(rag("index", "--json", str(tmp_path / "docs"))[1])
    assert (report["documents"], report["unchanged"]) == (1, 1)
    assert report["skipped"][0]["document"] == "bad.txt"


def test_chat_keeps_the_conversation_until_it_is_told_to_forget(rag: Rag) -> None:
    code, out, err = rag(
        "chat", stdin="/sources\nHow many arches?\n/sources\nbroken?\n/new\n/what\n\nWhy so many?\n/quit\nno"
    )
    assert code == 0
    assert out.count("Sources\n") == 3 and out.count(ANSWER) == 2
    assert "There are no sources yet." in err and "Error: The answer model failed." in err and "Starting over." in err
    assert rag("chat", stdin="")[0] == 0


def test_flags_win_over_variables(rag: Rag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PASSAGES", "3")
    monkeypatch.setattr("rag.doctor.speed.known_pace", lambda place: Pace(90.0, 20.0))
    checks = {
        c["name"]: c["found"] for c in json.loads(rag("doctor", "--json", "--threads", "2", "--exact")[1])["checks"]
    }
    assert checks["setting: passages"] == "3 (RAG_PASSAGES)"
    assert checks["setting: threads"] == "2 (flag)" and checks["setting: exact"] == "True (flag)"
    assert checks["setting: docs"] == f"{tmp_path / 'docs'} (RAG_DOCS)"


def test_every_command_takes_every_setting_but_no_secret() -> None:
    wanted = set(Settings.model_fields) - SECRETS
    for path, command in commands():
        names = {parameter.name for parameter in command.params}
        assert wanted <= names and not SECRETS & names, path


def test_models_are_listed_verified_and_found(rag: Rag, tmp_path: Path) -> None:
    place = ["--models-dir", str(tmp_path / "weights")]
    code, out, _ = rag("models", "list", *place)
    table, machine = out.splitlines()[:-1], out.splitlines()[-1]
    others = (rag("models", *place)[1], rag("models", *place, "list")[1])
    assert code == 0 and all(other.splitlines()[:-1] == table for other in others)
    assert "of memory" in machine and "of disk" in machine
    rows = [re.split(r"  +", line) for line in table]
    assert rows[0] == ["name", "role", "size", "licence", "state", "here", "path"]
    assert {"answer", "embed", "rerank"} <= {row[1] for row in rows}
    assert {row[4] for row in rows[1:]} == {"missing"}
    path = Path(rag("models", "path", "embed", *place)[1].strip())
    assert path.parent == tmp_path / "weights"
    assert rag("models", "verify", *place)[0] == 0
    path.parent.mkdir()
    path.write_bytes(b"other")
    assert rag("models", "verify", *place)[0] == 1
    assert rag("models", "verify", "embed", *place)[0] == 1


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "FORCE_COLOR"}}
    return kept | more


def test_a_reader_that_goes_away_gets_no_trace() -> None:
    command = f"{shlex.quote(str(RAG))} models --models-dir /nowhere | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment())
    assert done.stderr == "" and done.returncode in {0, 1}


def test_a_pipe_gets_plain_utf_8_whatever_the_locale() -> None:
    arguments = [str(RAG), "ask", "--docs", "/nowhere/Ärger", "x"]
    done = subprocess.run(arguments, capture_output=True, env=environment(LC_ALL="C", PYTHONIOENCODING="ascii"))
    assert done.returncode == 2
    assert "Ärger" in done.stderr.decode("utf-8") and b"\x1b" not in done.stderr


def on_a_terminal(code: str, columns: int, **more: str) -> str:
    """Return what `code` writes to a terminal of that width."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment(TERM="xterm-256color", PYTHONPATH=path, **more),
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    assert running.wait() == 0
    return seen.decode().replace("\r\n", "\n")


SHOW = """
from rag.answering.citations import Source, Statement
from rag.answering.answer import Answer, Timings
from rag.cli import terminal
from rag.cli.stream import answer_stream
words = "The twelve arches of the old bridge carry the road across the wide river. "
stream = answer_stream()
for i in range(0, len(words * 3), 3): stream.write((words * 3)[i:i + 3])
stream.close()
sources = (Source(1, "bridge.txt", "Bridge", 4, 0, 74, words.strip() * 2, 0.9, 0, words),)
text = words.strip()
statements = tuple(Statement(text, 0, 74, ok, (1,) if ok else ()) for ok in (True, False))
terminal.print_sources(Answer("q", "q", words, False, 0.9, statements, sources, Timings(0, 0, 0, 0, 0, 0), "m"))
terminal.print_table(("name", "state", "path"), [("a-model", "ready", "/a/long/path/" * 8)])
"""


def test_a_narrow_terminal_wraps_at_words() -> None:
    out = on_a_terminal(SHOW, 60)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert "\x1b[1m" in out
    assert max(map(len, plain.splitlines())) <= 60
    words = set(re.findall(r"[a-z]+", "the twelve arches of the old bridge carry the road across the wide river"))
    answer = plain.split("\nSources\n")[0]
    assert set(re.findall(r"[a-z]+", answer.lower())) == words  # none is cut in two


def test_no_color_means_no_escapes() -> None:
    assert "\x1b" not in on_a_terminal(SHOW, 60, NO_COLOR="1")


def test_a_stream_breaks_where_scripts_have_no_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    stream = Stream(sys.stdout, 10)
    stream.write("橋は十二のアーチを持つ")
    stream.close()
    assert capsys.readouterr().out == "橋は十二の\nアーチを持\nつ\n"


def test_a_row_of_a_table_stands_in_columns_and_is_left_as_it_is_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ("|  | the bridge | the ferry |\n|---|---|---|\n| cost |", " It costs ten crowns a year. | — |")
    for width in (50, None):
        stream = Stream(sys.stdout, width)
        for piece in rows:
            stream.write(piece)
        stream.close()
    fitted, _, piped = capsys.readouterr().out.partition("|")
    assert "|" + piped == "".join(rows) + "\n"
    assert [line.split() for line in fitted.splitlines() if line] == [
        ["the", "bridge", "the", "ferry"],
        ["cost", "It", "costs", "ten", "—"],
        ["crowns", "a", "year."],
    ]


def commands() -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield every command by the words that call it."""
    pending: list[tuple[tuple[str, ...], object]] = [((), get_command(app))]
    while pending:
        path, command = pending.pop()
        below = getattr(command, "commands", {})
        pending += [((*path, name), child) for name, child in below.items()]
        if path:
            yield path, command


def readme_lines() -> list[list[str]]:
    """Return the words of each `rag …` line in the README's code blocks."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|(?!\|)", line.removeprefix("$ ")):
                try:
                    words = shlex.split(part, comments=True)
                except ValueError:  # prose in a block: an apostrophe
                    continue
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words.pop(0)
                if words and words[0].rpartition("/")[2] == "rag":
                    found.append(words[1:])
    return found


def test_the_readme_shows_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [
        " ".join(path) for path, _ in commands() if f"rag {' '.join(path)}" not in readme and path != ("models", "list")
    ]
    assert missing == []


def test_the_readmes_commands_parse() -> None:
    lines = readme_lines()
    assert lines
    for words in lines:
        words = [word for word in words[: words.index(">")] if word] if ">" in words else words
        command, rest = get_command(app), list(words)
        if rest and rest[0].startswith("--"):
            assert rest in (["--help"], ["--version"]), words
            continue
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
        assert command is not get_command(app), f"no such command: rag {' '.join(words)}"
        name = " ".join(words)
        command.make_context(name, [word.strip("[]") if word.startswith("[") else word for word in rest])
