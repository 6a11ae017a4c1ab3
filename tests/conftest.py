"""Shared fixtures: weights through the project's own fetcher, and settings in a folder of the test's own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import chromium
from rag.errors import WeightsError
from rag.settings import Settings, read_settings


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count whatever needs a browser among the long tests: each takes seconds."""
    for item in items:
        if {"browser", "tab"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.long)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A developer's own RAG_* variables must not change what a test sees; where weights are kept may."""
    for name in list(os.environ):
        if name.startswith("RAG_") and name not in {"RAG_MODELS_DIR", "RAG_OFFLINE"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_WARM_AFTER", "false")  # no test leaves a process behind, but those about that
    yield


@pytest.fixture(scope="session")
def weights() -> Callable[[str], Path]:
    """Return a function from a catalogue name to the verified file, fetched when it is missing."""
    from rag.weights.resolve import resolve

    settings = read_settings()

    def path(name: str) -> Path:
        try:
            return resolve(name, settings)
        except WeightsError as error:
            if settings.offline or "licence" in str(error):  # which only a person accepts
                pytest.skip(f"needs the weights {name}: {error}")
            raise

    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose documents and data lie in the test's own folder; weights come from the usual place."""
    docs = tmp_path / "docs"
    docs.mkdir()
    return read_settings(docs=docs, data_dir=tmp_path / "data")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser
