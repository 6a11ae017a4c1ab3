"""The benchmark's own parts, and one real run on the small model; no figure is judged here."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from rag.bench.bench import run
from rag.bench.kept import Kept
from rag.bench.measure import quicker
from rag.bench.questions import questions_about, questions_of
from rag.documents.chunks import Chunk
from rag.documents.sentences import split_sentences
from rag.errors import UsageError
from rag.serve.local_protocol import is_supported
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


@pytest.mark.parametrize("limit", [0, -1])
def test_no_questions_is_a_message(settings: Settings, limit: int) -> None:
    with pytest.raises(UsageError, match="--limit"):
        run(settings, limit=limit)


def test_a_file_gives_its_questions_evenly_spread(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    rows = [
        '{"question": "Who?", "history": []}',
        "",
        "Where?",
        '{"question": "And he?", "history": [1]}',
        "When?",
        "Why?",
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    assert questions_of(file, 10) == ["Who?", "Where?", "When?", "Why?"]
    assert questions_of(file, 2) == ["Who?", "When?"]
    for text in ("", '{"q": 1}', "{no json"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=r"q\.jsonl"):
            questions_of(file, 1)
    with pytest.raises(UsageError, match="--questions"):
        questions_of(tmp_path / "gone", 1)


def test_what_is_kept_is_brought_back_whatever_was_kept_since(tmp_path: Path) -> None:
    kept, folder = Kept(tmp_path / "attention"), tmp_path / "attention"
    kept.bring_back()
    assert not folder.exists()
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1").write_bytes(b"one")
    kept.set_aside()
    (folder / "a" / "2").write_bytes(b"two")
    (folder / "a" / "1").unlink()
    kept.bring_back()
    assert [(path.name, path.read_bytes()) for path in folder.rglob("?") if path.is_file()] == [("1", b"one")]
    kept.forget()
    assert not folder.exists()


def test_a_ratio_is_that_of_the_pairs_and_of_the_slowest() -> None:
    measure = quicker("first word", [(1.0, 4.0), (2.0, 4.0), (1.0, 8.0)], "stock", 3.0, 5.0)
    assert (measure.ours, measure.other, measure.ratio) == (1.0, 4.0, 4.0)
    assert (measure.ours_95, measure.other_95) == (1.9, 7.6)
    assert measure.ratio_95 == 4.0 and measure.pairs == 3


def test_without_the_extra_it_says_what_to_install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name in {"rag.bench.new_questions", "rag.bench.stock"}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("rag.bench.stock", raising=False)
    monkeypatch.setitem(sys.modules, "langchain_chroma", None)
    with pytest.raises(UsageError, match=r"rag-answers\[bench\]"):
        run(settings)


@pytest.mark.long
def test_a_run_on_the_small_model(
    settings: Settings, weights: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("langchain_chroma", reason="needs the extra 'bench'")
    (settings.docs / "harbour.txt").write_text(TEXT, encoding="utf-8")
    file = tmp_path / "questions.txt"
    file.write_text("When was the harbour of Lysa dredged?", encoding="utf-8")
    small = settings.model_copy(
        update={"model": "smollm2-135m", "context_tokens": 1024, "answer_tokens": 8, "threshold": 0.0, "threads": 1}
    )
    run(small, questions=file, growth=[150], json_output=True)
    result = json.loads(capsys.readouterr().out)
    assert result["model"] == "smollm2-135m"
    assert result["questions"] == 1
    measures = {(row["name"], row["against"]): row for row in result["measures"]}
    for name, against in (
        ("first word, warmed folder", "stock"),
        ("first word, folder just indexed", "stock"),
        ("whole answer or silence, warmed folder", "stock"),
        ("start of rag ask to the first word", "stock, as a script"),
        ("searching 150 passages, 95 %", "wanted"),
    ):
        assert (name, against) in measures
    assert ("start of rag ask to the first word, a server running", "without one") in measures or not is_supported()
    for row in result["measures"]:
        assert row["ours"] > 0 and row["other"] > 0 and row["ratio"] > 0
    assert not settings.data_dir.exists()  # what is kept for the user is not touched
    (size,) = result["growth"]
    assert size["passages"] == 150
    assert size["recall"] >= 0.98
    assert size["disk_mb"] > 0 and size["both_p95_s"] >= size["both_p50_s"] > 0
    assert size["memory_mb"] > 10 or not Path("/proc/self/status").exists()


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra 'bench'")
    from rag.bench.growth import Size
    from rag.bench.growth_show import plot

    sizes = [asdict(Size(n, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 0.99)) for n in (1000, 10_000)]
    plot(sizes, tmp_path / "growth.svg")
    assert b"<svg" in (tmp_path / "growth.svg").read_bytes()
