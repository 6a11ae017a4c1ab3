"""What `rag ask` leaves behind: a real process on the small model that reads ahead, ends by itself, may be killed."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from rag.api import Rag
from rag.cli.warm_after import leave_warm, read_ahead
from rag.compose import index_folder
from rag.llm.attention_store import AttentionStore
from rag.settings import Settings

TEXT = "The harbour of Lysa was dredged in 1931 by Karin Holt. The bridge at Mora is 412 metres long. "


@pytest.fixture
def small(settings: Settings, weights: Callable[[str], Path]) -> Settings:
    for name in ("smollm2-135m", "embed", "rerank"):
        weights(name)
    for name in "abc":
        (settings.docs / f"{name}.txt").write_text(f"Part {name}. {TEXT}", encoding="utf-8")
    return settings.model_copy(
        update={"model": "smollm2-135m", "context_tokens": 1024, "threads": 1, "warm_after": True}
    )


def kept(settings: Settings) -> int:
    return AttentionStore(index_folder(settings) / "attention", 1 << 30).count()


def test_passages_are_read_ahead_once(small: Settings) -> None:
    read_ahead(small, 0.0)
    assert kept(small) == 0  # the time was over at once
    read_ahead(small, 1e6)
    assert kept(small) == 4  # what stands before passages, and three of them
    with Rag.open(small) as rag:
        assert leave_warm(small, rag) is None  # nothing is left to do
        reused = rag.ask("When was the harbour dredged?").timings.reused_tokens
        assert reused > 0
        (small.docs / "d.txt").write_text(TEXT, encoding="utf-8")
        rag.refresh()
        with FileLock(index_folder(small) / "warming.lock"):
            read_ahead(small, 1e6)  # another process is at it
        assert kept(small) == 4
        left = leave_warm(small, rag)
        assert left is not None
        left.kill()
        left.wait()


@pytest.mark.long
def test_the_process_ends_by_itself_and_killing_it_loses_nothing(small: Settings) -> None:
    with Rag.open(small) as rag:
        expected = rag.ask("When was the harbour dredged?").answer
        before = kept(small)
        killed = leave_warm(small, rag)
        assert killed is not None
        while kept(small) == before and killed.poll() is None:  # in the middle of it
            time.sleep(0.01)
        killed.kill()
        killed.wait()
        assert rag.ask("When was the harbour dredged?").answer == expected
        left = leave_warm(small, rag)
        assert left is not None and left.wait(600) == 0
        assert rag.ask("When was the harbour dredged?").answer == expected


@pytest.mark.parametrize("change", [{"warm_after": False}, {"attention_gb": 0.0}, {"exact": True}])
def test_it_can_be_switched_off(small: Settings, change: dict[str, object]) -> None:
    off = small.model_copy(update=change)
    with Rag.open(off) as rag:
        assert leave_warm(off, rag) is None


def test_a_large_folder_is_left_to_a_server(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.api.SMALL", 2)
    with Rag.open(small) as rag:
        assert leave_warm(small, rag) is None
