"""The benchmark's own parts, and one real run on the small model; no figure is judged here."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from rag.bench.bench import run
from rag.bench.questions import questions_about
from rag.documents.chunks import Chunk
from rag.documents.sentences import split_sentences
from rag.errors import UsageError
from rag.settings import Settings

TEXT = "The harbour of Lysa was dredged in 1931 by Karin Holt. The bridge at Mora is 412 metres long. Yes."


def chunk(text: str) -> Chunk:
    return Chunk("1", "a.txt", "Harbour", None, text, 0, len(text), tuple(split_sentences(text)))


def test_questions_come_from_the_sentences_and_are_the_same_each_time() -> None:
    asked = questions_about([chunk(TEXT)], 10)
    assert asked == [
        "What does the document say about harbour dredged Karin?",
        "What does the document say about bridge Mora metres?",
    ]
    assert questions_about([chunk(TEXT)], 10) == asked
    assert questions_about([chunk(TEXT)], 1) == asked[:1]


def test_nothing_to_ask_about_is_a_message() -> None:
    with pytest.raises(UsageError, match="--docs"):
        questions_about([chunk("Yes. No.")], 10)


@pytest.mark.parametrize("questions", [0, -1])
def test_no_questions_is_a_message(settings: Settings, questions: int) -> None:
    with pytest.raises(UsageError, match="--questions"):
        run(settings, questions=questions)


def test_without_the_extra_it_says_what_to_install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name in {"rag.bench.measures", "rag.bench.stock"}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "langchain_chroma", None)
    with pytest.raises(UsageError, match=r"rag-answers\[bench\]"):
        run(settings)


def test_a_run_on_the_small_model(
    settings: Settings, weights: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("langchain_chroma", reason="needs the extra 'bench'")
    (settings.docs / "harbour.txt").write_text(TEXT, encoding="utf-8")
    small = settings.model_copy(update={"model": "smollm2-135m", "context_tokens": 1024, "answer_tokens": 8})
    run(small, questions=1, growth=[150], json_output=True)
    result = json.loads(capsys.readouterr().out)
    assert result["model"] == "smollm2-135m"
    assert result["questions"] == 1
    measures = {(row["name"], row["against"]): row for row in result["measures"]}
    for name, against in (
        ("first word, known passages", "stock"),
        ("first word, known passages", "its question alone"),
        ("first word, passages never seen", "stock"),
        ("start of a process to the first word", "stock"),
        ("searching 150 passages, 95 %", "wanted"),
    ):
        assert (name, against) in measures
    assert measures["first word, known passages", "stock"]["pairs"] == 2
    for row in result["measures"]:
        assert row["ours"] > 0 and row["other"] > 0 and row["ratio"] > 0
    (size,) = result["growth"]
    assert size["passages"] == 150
    assert size["recall"] >= 0.98
    assert size["disk_mb"] > 0 and size["both_p95_s"] >= size["both_p50_s"] > 0
    assert size["memory_mb"] > 10 or not Path("/proc/self/status").exists()


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra 'bench'")
    from rag.bench.growth import Size, plot

    sizes = [asdict(Size(n, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 0.99)) for n in (1000, 10_000)]
    plot(sizes, tmp_path / "growth.svg")
    assert b"<svg" in (tmp_path / "growth.svg").read_bytes()
