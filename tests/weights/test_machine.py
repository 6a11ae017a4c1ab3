"""Which models a machine can carry, how fast they would be, and which one is recommended; nothing is measured."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.cli.app import app
from rag.settings import Settings
from rag.weights.catalogue import load_catalogue
from rag.weights.machine import Machine, outlook, recommended, this_machine, with_model

GB = 1_000_000_000
SMALL = Machine(memory=4 * GB, free_memory=GB, free_disk=100 * GB, cores=2, reads=60, measured=True)
LARGE = Machine(memory=64 * GB, free_memory=GB, free_disk=100 * GB, cores=16, reads=900, measured=True)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Callable[[Machine], Settings]:
    """Return a function that puts the program on a machine, with no weights on disk yet, and returns its settings."""

    def put(machine: Machine) -> Settings:
        monkeypatch.setattr("rag.weights.machine.this_machine", lambda *_: machine)
        return settings.model_copy(update={"models_dir": tmp_path / "models", "offline": False})

    return put


def test_what_does_not_fit_is_said(on: Callable[[Machine], Settings]) -> None:
    settings = on(SMALL)
    entries = load_catalogue()
    assert outlook(entries["qwen2.5-coder-1.5b"], SMALL, settings).fits
    assert "of memory" in outlook(entries["gemma-4-12b"], SMALL, settings).why_not
    assert "of disk" in outlook(entries["qwen3.5-9b"], replace(LARGE, free_disk=GB), settings).why_not


def test_speed_goes_by_the_weights_that_a_token_goes_through(on: Callable[[Machine], Settings]) -> None:
    settings, entries = on(LARGE), load_catalogue()
    default, larger, sparse = (
        outlook(entries[name], LARGE, settings) for name in ("qwen2.5-coder-1.5b", "qwen3.5-9b", "granite-4.0-h-tiny")
    )
    assert default.reads == pytest.approx(900)
    assert larger.reads < default.reads < sparse.reads
    assert larger.first_word_s > default.first_word_s


def test_a_larger_machine_is_recommended_a_larger_model(on: Callable[[Machine], Settings]) -> None:
    small, large = recommended(on(SMALL)), recommended(on(LARGE))
    assert small.entry.size < large.entry.size
    assert small.fits and large.fits
    assert small.entry.terms is None and large.entry.terms is None


def test_where_nothing_is_fast_enough_the_default_stays(on: Callable[[Machine], Settings]) -> None:
    assert recommended(on(replace(SMALL, reads=5))).entry.name == Settings.model_fields["model"].default


def test_offline_only_what_is_there_is_recommended(on: Callable[[Machine], Settings]) -> None:
    settings = on(LARGE).model_copy(update={"offline": True})
    assert recommended(settings).entry.name == Settings.model_fields["model"].default
    auto = with_model(on(LARGE).model_copy(update={"model": "auto"}))
    assert auto.model == recommended(on(LARGE)).entry.name
    assert with_model(settings).model == settings.model


def test_the_pace_that_was_measured_counts(settings: Settings) -> None:
    guessed = this_machine(settings)
    assert not guessed.measured and guessed.reads > 0 and guessed.memory > guessed.free_memory > 0
    settings.data_dir.mkdir()
    pace = {"qwen2.5-coder-1.5b f16, 2 threads, here": {"reads": 77.0, "writes": 20.0}}
    (settings.data_dir / "pace.json").write_text(json.dumps(pace), encoding="utf-8")
    measured = this_machine(settings)
    assert measured.measured and measured.reads == 77.0


def run(*arguments: str, **more: Any) -> Any:
    return CliRunner().invoke(app, list(arguments), **more)


def test_rag_models_says_what_fits_and_asks_before_a_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_OFFLINE", "1")
    where = ("--models-dir", str(tmp_path))
    listing = run("models", "list", *where)
    assert listing.exit_code == 0 and "not free" in listing.output and "tokens/s" in listing.output
    refused = run("models", "fetch", "llama-3.2-3b", *where, input="n\n")
    assert refused.exit_code == 2 and "not accepted" in refused.output
    assert not (tmp_path / ".licences").exists()
    accepted = run("models", "fetch", "llama-3.2-3b", *where, input="y\n")
    assert accepted.exit_code == 1 and "RAG_OFFLINE" in accepted.output
    assert (tmp_path / ".licences" / "llama-3.2-3b").is_file()
    again = run("models", "fetch", "llama-3.2-3b", *where)
    assert "Accept it?" not in again.output
    named = run("models", "recommend", *where)
    assert named.exit_code == 0 and Settings.model_fields["model"].default in named.output
