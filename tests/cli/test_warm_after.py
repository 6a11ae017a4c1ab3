"""What `rag ask` leaves behind: a real process on the small model that reads ahead, ends by itself, may be killed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag.api import Rag
from rag.cli import warm_after
from rag.cli.warm_after import leave_warm
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


def test_a_small_folder_is_read_ahead_and_killing_that_loses_nothing(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Rag.open(small) as rag:
        killed = leave_warm(small, rag)
        assert killed is not None
        killed.kill()
        killed.wait()
        expected = rag.ask("When was the harbour dredged?").answer
        rag.engine.reader.forget(["", "a.txt", "b.txt", "c.txt"])  # type: ignore[union-attr]
        monkeypatch.setattr(warm_after, "_WORK_S", 0.0)
        none = leave_warm(small, rag)
        assert none is not None and none.wait(60) == 0
        assert kept(small) == 0  # its time was over at once
        monkeypatch.undo()
        left = leave_warm(small, rag)
        assert left is not None and left.wait(60) == 0
        assert kept(small) >= 4  # the prefix and three passages, or a busy machine
        assert leave_warm(small, rag) is None  # nothing is left to do
        assert rag.ask("When was the harbour dredged?").answer == expected
        (small.docs / "d.txt").write_text(TEXT, encoding="utf-8")
        rag.refresh()
        again = leave_warm(small, rag)
        assert again is not None
        again.kill()
        again.wait()


@pytest.mark.parametrize("change", [{"warm_after": False}, {"attention_gb": 0.0}, {"exact": True}])
def test_it_can_be_switched_off(small: Settings, change: dict[str, object]) -> None:
    off = small.model_copy(update=change)
    with Rag.open(off) as rag:
        assert leave_warm(off, rag) is None


def test_a_large_folder_is_left_to_a_server(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_after, "SMALL", 2)
    with Rag.open(small) as rag:
        assert leave_warm(small, rag) is None
