"""The examination finds what is wrong, says what to do, fetches nothing and never ends in a trace."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from fakes import HashEmbedder
from rag import compose
from rag.cli.app import app
from rag.doctor import examine as doctor
from rag.doctor import model, speed
from rag.doctor.check import Check
from rag.doctor.examine import examine
from rag.index.index import Index
from rag.index.indexing import update_index
from rag.llm.gguf import has_gpu
from rag.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def _llama_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the library takes seconds, and the model's pace, too; one test does it for real."""
    monkeypatch.setattr(doctor, "_LOAD_LLAMA", "print('0.0')")
    monkeypatch.setattr(speed, "known_pace", lambda settings: speed.Pace(90.4, 20.2))
    told = {"memory": "attention alone", "template": "the model's own", "words": "from Yes and No"}
    monkeypatch.setattr(model, "ask", lambda settings: told)


def found(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in examine(settings)}


def test_the_pace_is_told(settings: Settings) -> None:
    assert "reads 90, writes 20 tokens a second" in found(settings)["speed"].found


def test_the_model_says_what_it_can(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, weights: Callable[[str], Path]
) -> None:
    monkeypatch.undo()
    weights("smollm2-135m")
    small = settings.model_copy(update={"model": "smollm2-135m", "threads": 1})
    checks = {check.name: check for check in model.answer_model(small)}
    assert all(check.ok for check in checks.values())
    assert "in one go" in checks["answer model"].found
    assert "Yes" in checks["P(answerable)"].found
    assert "not fitted to this model" in checks["confidence"].found and "rag calibrate" in checks["confidence"].remedy
    broken = small.model_copy(update={"chat_template": "nowhere.jinja"})
    (check,) = model.answer_model(broken)
    assert not check.ok and "nowhere.jinja" in check.found


def test_the_answer_library_is_loaded_for_real(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    check = found(settings)["llama-cpp-python"]
    assert check.ok and check.found.endswith("graphics card" if has_gpu() else "loads, runs on the CPU")


@pytest.mark.parametrize("program", ["import os; os.abort()", "raise OSError('no symbol')", "print(end='')"])
def test_a_library_that_kills_its_process_is_a_problem_not_a_crash(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(doctor, "_LOAD_LLAMA", program)
    check = found(settings)["llama-cpp-python"]
    if "print" in program:
        assert check.ok
    else:
        assert not check.ok and "does not load" in check.found and "pip install" in check.remedy


def test_no_compiler_matters_only_where_the_library_does_not_load(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert found(settings)["C++ compiler"].ok
    monkeypatch.setattr(doctor, "_LOAD_LLAMA", "raise ImportError")
    checks = found(settings)
    assert not checks["C++ compiler"].ok and "compiler" in checks["llama-cpp-python"].remedy


def test_every_problem_says_what_to_do(settings: Settings, tmp_path: Path) -> None:
    bare = settings.model_copy(update={"models_dir": tmp_path / "none", "docs": tmp_path / "gone", "offline": True})
    checks = examine(bare)
    problems = [check for check in checks if not check.ok]
    assert {"documents", "weights: answer", "weights: embed", "weights: rerank"} <= {check.name for check in problems}
    assert all(check.remedy for check in problems)
    assert not (tmp_path / "none").exists()  # nothing was fetched


def test_missing_weights_are_no_problem_where_they_can_be_fetched(settings: Settings, tmp_path: Path) -> None:
    check = found(settings.model_copy(update={"models_dir": tmp_path / "none", "offline": False}))["weights: embed"]
    assert check.ok and "missing" in check.found and "rag models fetch" in check.remedy


def test_a_model_file_that_is_none_is_a_problem(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"<html>" * 10)
    check = found(settings.model_copy(update={"model": str(tmp_path / "m.gguf")}))["weights: answer"]
    assert not check.ok and "not a GGUF" in check.found


def test_the_index_is_counted_and_damage_is_seen(settings: Settings) -> None:
    assert "not made yet" in found(settings)["index"].found
    (settings.docs / "a.txt").write_text("One sentence. Another one. " * 300, encoding="utf-8")
    folder = compose.index_folder(settings)
    with Index.open(folder, dimensions=64, fingerprint="f") as index:
        done = update_index(settings.docs, index, HashEmbedder(), budget=20, count=lambda text: len(text.split()))
    check = found(settings)["index"]
    assert check.ok and f"1 documents, {done.sentences:,} sentences" in check.found
    assert found(settings)["index age"].found == "up to date"
    (settings.docs / "b.txt").write_text("New.", encoding="utf-8")
    (settings.docs / "a.txt").rename(settings.docs / "c.txt")
    assert found(settings)["index age"].found == "2 files new, changed or not readable, 1 gone"
    database = folder / "documents.sqlite"
    database.write_bytes(b"no database at all" * 500)
    for leftover in ("documents.sqlite-wal", "documents.sqlite-shm"):
        (folder / leftover).unlink(missing_ok=True)
    check = found(settings)["index"]
    assert not check.ok and str(folder) in check.remedy


def test_settings_say_where_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rag.toml").write_text("threads = 2\npassages = 3\nthreshold = 0.25\n", encoding="utf-8")
    monkeypatch.setenv("RAG_PASSAGES", "7")
    monkeypatch.setenv("rag_answer_tokens", "99")
    checks = found(read_settings(threshold=0.75))
    shown = {name: checks[f"setting: {name}"].found for name in ("threads", "passages", "threshold", "exact")}
    assert shown == {
        "threads": "2 (rag.toml)",
        "passages": "7 (RAG_PASSAGES)",
        "threshold": "0.75 (flag)",
        "exact": "False (default)",
    }
    assert checks["setting: answer_tokens"].found == "99 (RAG_ANSWER_TOKENS)"


def test_a_flag_over_a_variable_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PASSAGES", "many")
    assert found(read_settings(passages=3))["setting: passages"].found == "3 (flag)"


def test_a_file_where_a_folder_is_wanted_is_a_problem(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_text("Text.", encoding="utf-8")
    checks = found(settings.model_copy(update={"docs": file, "models_dir": file / "models"}))
    assert not checks["documents"].ok and "is a file" in checks["documents"].found
    assert not checks["disk: weights"].ok


def test_a_check_that_fails_does_not_end_the_examination(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: object) -> object:
        raise RuntimeError("no disk here")

    monkeypatch.setattr(shutil, "disk_usage", fail)
    checks = found(settings)
    assert not checks["disk"].ok and "no disk here" in checks["disk"].found
    assert checks["setting: passages"].ok


def test_the_command_shows_a_table_or_json_and_tells_by_its_exit_code(settings: Settings, tmp_path: Path) -> None:
    gone = ["--docs", str(tmp_path / "gone"), "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(app, ["doctor", *gone])
    assert result.exit_code == 1
    assert "PROBLEM documents" in result.stdout and "→ Name a folder" in result.stdout
    as_json = json.loads(CliRunner().invoke(app, ["doctor", "--json", *gone]).stdout)
    assert as_json["ok"] is False
    assert {"name", "ok", "found", "remedy"} == set(as_json["checks"][0])


def test_subprocess_timeouts_are_reported(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> object:
        raise subprocess.TimeoutExpired("python", 120)

    monkeypatch.setattr(subprocess, "run", hang)
    assert "timed out" in found(settings)["llama-cpp-python"].found


def test_no_secret_is_told(settings: Settings) -> None:
    secret = settings.model_copy(update={"llm_key": SecretStr("s3cr3t"), "chroma_token": SecretStr("s3cr3t")})
    assert "s3cr3t" not in repr(secret) + str(examine(secret))
