"""Rows in, rows out: each bad row becomes an error row and the others are answered."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag import compose
from rag.answering.engine import Engine
from rag.api import Rag
from rag.cli import batch
from rag.cli.app import app
from rag.cli.batch import answer_rows
from rag.documents.chunks import Chunk
from rag.errors import ReaderError
from rag.index.index import Index
from rag.progress import Report
from rag.settings import Settings

RAG = Path(sys.executable).parent / "rag"


def script(passages: Sequence[Chunk], question: str) -> tuple[float | None, Sequence[str]]:
    if "broken" in question:
        raise ReaderError("The answer model failed.")
    return 0.9999, ["The bridge ", "has 12 arches."]


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    (settings.docs / "bridge.txt").write_text("The bridge has 12 arches. It was built in 1805.", encoding="utf-8")
    embedder = HashEmbedder()
    index = Index.open(settings.data_dir / "i", dimensions=embedder.dimensions, fingerprint="f")
    reader = ScriptedReader(script)
    with Engine(
        settings.docs,
        index,
        embedder,
        reader,
        OverlapReranker(),
        budget=50,
        count=lambda text: len(text.split()),
    ) as composed:
        yield composed


def rows(engine: Engine, *lines: bytes) -> list[dict[str, Any]]:
    return list(answer_rows(lines, Rag.over(engine)))


def test_an_answer_carries_its_rows_id_first_and_the_history_is_used(engine: Engine) -> None:
    history = [{"role": "user", "content": "Which bridge?"}, {"role": "assistant", "content": "The old one."}]
    row = {"id": "é1", "question": "How many arches?", "history": history, "more": 1}
    (answer,) = rows(engine, json.dumps(row).encode())
    assert list(answer)[:2] == ["id", "question"]
    assert (answer["id"], answer["answer"]) == ("é1", "The bridge has 12 arches.")
    assert answer["standalone_question"] == "How many arches? (The old one.)"


BAD = [
    (b"{", None),
    (b"\xff\xfe", None),
    (b"[1]", None),
    (b"7", None),
    (b"[" * 100_000, None),
    (b'{"id": NaN, "question": "How?"}', None),
    (b'{"question": "How?"}', None),
    (b'{"id": null, "question": "How?"}', None),
    (b'{"id": [1], "question": "How?"}', None),
    (b'{"id": true, "question": "How?"}', None),
    (b'{"id": 1e400, "question": "How?"}', None),
    (b'{"id": NaN, "question": "How?"}', None),
    (b'{"id": 5}', 5),
    (b'{"id": "x", "question": 5}', "x"),
    (b'{"id": "x", "question": " "}', "x"),
    (b'{"id": "x", "question": "broken?"}', "x"),
    (b'{"id": "x", "question": "How?", "history": "none"}', "x"),
    (b'{"id": "x", "question": "How?", "history": ["none"]}', "x"),
    (b'{"id": "x", "question": "How?", "history": [{"role": "system", "content": "a"}]}', "x"),
    (b'{"id": "x", "question": "How?", "history": [{"role": ["user"], "content": "a"}]}', "x"),
    (b'{"id": "x", "question": "How?", "history": [{"role": "user"}]}', "x"),
]


@pytest.mark.parametrize(("line", "id_"), BAD)
def test_a_bad_row_gives_an_error_and_the_run_goes_on(engine: Engine, line: bytes, id_: object) -> None:
    bad, good = rows(engine, line, b'{"id": 2, "question": "How many arches?"}')
    assert set(bad) == {"id", "error"}
    assert bad["id"] == id_ and bad["error"]
    assert good["id"] == 2 and good["answer"]


def test_blank_lines_and_a_byte_order_mark_are_no_rows(engine: Engine) -> None:
    found = rows(engine, b'\xef\xbb\xbf{"id": 1, "question": "How many?"}\r\n', b"  \n", b"\n")
    assert [row["id"] for row in found] == [1] and "answer" in found[0]


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.dictionaries(
                st.sampled_from(["id", "question", "history"]),
                st.one_of(st.text(max_size=5), st.integers(), st.none(), st.lists(st.none(), max_size=2)),
            ).map(lambda row: json.dumps(row).encode()),
        ),
        max_size=3,
    )
)
def test_every_line_that_is_not_blank_gives_one_row(engine: Engine, lines: list[bytes]) -> None:
    found = rows(engine, *lines)
    blank = sum(not line.removeprefix(b"\xef\xbb\xbf" if i == 0 else b"").strip() for i, line in enumerate(lines))
    assert len(found) == len(lines) - blank
    assert all("id" in row and ("error" in row) != ("answer" in row) for row in found)
    assert all(json.loads(json.dumps(row)) == row for row in found)


def test_rows_are_answered_one_by_one_as_they_come(engine: Engine) -> None:
    taken = []

    def lines() -> Iterator[bytes]:
        for number in range(3):
            taken.append(number)
            yield b'{"id": %d, "question": "How many?"}' % number

    answers = answer_rows(lines(), Rag.over(engine))
    next(answers)
    assert taken == [0]


def test_a_stop_drops_the_row_at_work(engine: Engine) -> None:
    row = b'{"id": 1, "question": "How many?"}'
    answers = answer_rows([row] * 3, Rag.over(engine), lambda: nullcontext(lambda: True))
    with pytest.raises(KeyboardInterrupt):
        next(answers)


@pytest.fixture
def rag(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    def open_engine(settings: Settings, report: Report, *, answers: bool, may_be_empty: bool) -> Engine:
        return engine

    monkeypatch.setattr(compose, "open_engine", open_engine)

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["batch", *arguments], input=stdin)
        return result.exit_code, result.stdout, result.stderr

    return run


def test_the_command_writes_a_line_a_row_and_its_exit_code_tells_of_bad_ones(
    rag: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    good, bad = '{"id": 1, "question": "How many?"}', '{"id": 2}'
    file = tmp_path / "q.jsonl"
    file.write_text(f"{good}\n{bad}\n\n{good}", encoding="utf-8")
    code, out, err = rag(str(file))
    assert [json.loads(line)["id"] for line in out.splitlines()] == [1, 2, 1]
    assert code == 1 and "3 rows, 1 with an error" in err


def test_ctrl_c_ends_the_wait_for_the_next_row(
    rag: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_on = []

    def rows_that_do_not_come() -> Iterator[bytes]:
        yield b'{"id": 1, "question": "How many?"}'
        os.kill(os.getpid(), signal.SIGINT)
        waited_on.append(True)

    monkeypatch.setattr(batch, "open_rows", lambda name: nullcontext(rows_that_do_not_come()))
    code, out, _ = rag("-")
    assert code == 130 and [json.loads(line)["id"] for line in out.splitlines()] == [1]
    assert not waited_on


def test_rows_come_from_standard_input(rag: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = rag("-", stdin='{"id": "a", "question": "How many?"}\n')
    assert code == 0 and json.loads(out)["id"] == "a"


def test_a_missing_file_is_a_usage_error() -> None:
    done = subprocess.run([str(RAG), "batch", "nowhere.jsonl"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere.jsonl" in done.stderr and "Traceback" not in done.stderr
