"""The benchmark's own parts, and one real run on the small model; no figure is judged here."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.bench import questions_about, run
from rag.chunks import Chunk
from rag.errors import UsageError
from rag.sentences import split_sentences
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


def test_a_run_on_the_small_model(
    settings: Settings, weights: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.docs / "harbour.txt").write_text(TEXT, encoding="utf-8")
    small = settings.model_copy(update={"model": "smollm2-135m", "context_tokens": 1024, "answer_tokens": 8})
    run(small, questions=1, json_output=True)
    result = json.loads(capsys.readouterr().out)
    assert result["model"] == "smollm2-135m"
    assert result["questions"] == 1
    assert 0 < result["reused_share_of_prompt"] < 1
    first_word, *others = result["measures"]
    assert first_word["name"] == "first word"
    assert first_word["pairs"] == 2
    assert others[-1]["name"] == "embedding"
    for row in result["measures"]:
        assert row["ours"] > 0
        assert row["stock"] > 0
        assert row["ratio"] > 0
