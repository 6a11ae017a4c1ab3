"""Workers in processes of their own and on a real Dask cluster of two: the index equals the one made alone."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import HashEmbedder
from faults import content, in_peace, open_index, update_with, words, write_document
from rag import compose
from rag.documents.folder import list_files
from rag.errors import UsageError
from rag.index import spread
from rag.index.embedder import Embedder
from rag.index.spread import AheadEmbedder, Job, embedding_ahead
from rag.settings import Settings


@dataclass(frozen=True)
class HashTools:
    """The fake, made anew in each worker."""

    dies: bool = False

    def __call__(self) -> tuple[Embedder, Callable[[str], int]]:
        if self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return HashEmbedder(), words


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(20):
        write_document(folder, number, 1)
    (folder / "copy.txt").write_bytes((folder / "000.txt").read_bytes())
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        yield running.scheduler_address


def made(docs: Path, folder: Path, *, dies: bool = False, **where: Any) -> tuple[dict[str, Any], Any]:
    with open_index(folder) as index:
        job = Job(docs, 30, HashTools(dies))
        with embedding_ahead(HashEmbedder(), index, job, **where) as embedder:
            update_with(docs, index, embedder)
        return content(index), embedder


def test_processes_make_the_index_that_one_makes_alone(docs: Path, tmp_path: Path) -> None:
    found, embedder = made(docs, tmp_path / "spread", workers=2)
    assert found == in_peace(docs, tmp_path / "alone")
    assert isinstance(embedder, AheadEmbedder) and embedder.made_here == 0


def test_a_cluster_of_two_workers_makes_the_index_that_one_makes_alone(
    docs: Path, tmp_path: Path, cluster: str
) -> None:
    found, embedder = made(docs, tmp_path / "spread", cluster=cluster)
    assert found == in_peace(docs, tmp_path / "alone")
    assert embedder.made_here == 0
    write_document(docs, 3, 2)
    write_document(docs, 4, 2)
    (docs / "005.txt").unlink()
    changed, embedder = made(docs, tmp_path / "spread", cluster=cluster)
    assert changed == in_peace(docs, tmp_path / "again") != found
    assert embedder.made_here == 0


def test_where_nothing_is_new_no_worker_begins(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in docs.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))
    (docs / "broken.pdf").unlink()
    found, _ = made(docs, tmp_path / "spread")
    monkeypatch.setattr(spread, "_in_processes", None)
    again, embedder = made(docs, tmp_path / "spread", workers=2)
    assert again == found and isinstance(embedder, HashEmbedder)


def test_workers_that_die_cost_nothing_but_time(docs: Path, tmp_path: Path) -> None:
    found, embedder = made(docs, tmp_path / "spread", workers=2, dies=True)
    assert found == in_peace(docs, tmp_path / "alone")
    assert embedder.made_here > 0


def test_vectors_that_nobody_asks_for_are_dropped(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_MOST_KEPT", 5)

    def submit(function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(function(*arguments))
        return done

    ahead = AheadEmbedder(HashEmbedder(), submit, 1, Job(docs, 30, HashTools()), list(list_files(docs)))
    np.testing.assert_array_equal(ahead.embed(["not in any file"]), HashEmbedder().embed(["not in any file"]))
    assert ahead.made_here == 1 and len(ahead._there) == 5 and not ahead._coming
    assert ahead.embed([]).shape == (0, 64)


def test_a_cluster_that_is_not_there_is_a_message(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_CONNECT_S", 0.5)
    with pytest.raises(UsageError, match="RAG_CLUSTER"):
        made(docs, tmp_path / "index", cluster="tcp://127.0.0.1:9")


@pytest.mark.long
def test_the_setting_spreads_it_with_the_real_embedder(settings: Settings, weights: Callable[[str], Path]) -> None:
    for name in ("smollm2-135m", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    for number in range(4):
        write_document(settings.docs, number, 1)
    given = settings.model_copy(update={"model": "smollm2-135m", "workers": 2})
    with compose.open_engine(given, answers=False) as spread_out:
        assert not isinstance(spread_out.embedder, AheadEmbedder)
        found = content(spread_out.index)
    alone = given.model_copy(update={"workers": 0, "data_dir": settings.data_dir / "alone"})
    with compose.open_engine(alone, answers=False) as engine:
        assert content(engine.index) == found
