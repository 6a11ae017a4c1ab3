"""The project's own question set keeps its shape, and every piece of evidence stands in the sample document."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.own_questions import PACKAGED

HERE = Path(__file__).parent.parent
SEEDS = HERE.parent / "seeds"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in (PACKAGED).read_text(encoding="utf-8").splitlines()]


def text_of(document: str) -> str:
    return (SEEDS / document).read_text(encoding="utf-8")


def test_counts() -> None:
    kinds = Counter(row["meta"]["kind"] for row in ROWS)
    assert len(ROWS) >= 60
    assert kinds["unanswerable"] >= 20
    assert kinds["two sentences"] >= 10
    assert kinds["follow-up"] >= 10
    assert kinds["single"] >= 20
    assert set(kinds) == {"unanswerable", "two sentences", "follow-up", "single"}


def test_ids_and_questions_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({(row["question"], json.dumps(row["history"])) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row(row: dict[str, Any]) -> None:
    assert set(row) == {
        "id", "question", "history", "answers", "answerable", "gold_doc_ids", "evidence_sentences", "meta",
    }  # fmt: skip
    assert row["question"].strip() == row["question"] != ""
    assert [turn["role"] for turn in row["history"]] == ["user", "assistant"] * (len(row["history"]) // 2)
    assert all(turn["content"].strip() for turn in row["history"])
    kind = row["meta"]["kind"]
    assert row["answerable"] is (kind != "unanswerable")
    assert bool(row["answers"]) == bool(row["evidence_sentences"]) == bool(row["gold_doc_ids"]) == row["answerable"]
    assert kind != "follow-up" or row["history"]
    assert kind not in {"single", "two sentences"} or not row["history"]
    assert all(answer.strip() for answer in row["answers"])
    if row["answerable"]:
        assert len(row["evidence_sentences"]) == (2 if kind == "two sentences" else 1)


@pytest.mark.parametrize("row", [row for row in ROWS if row["answerable"]], ids=lambda row: row["id"])
def test_evidence_is_whole_sentences_of_the_document(row: dict[str, Any]) -> None:
    (document,) = row["gold_doc_ids"]
    text = text_of(document)
    sets = row["meta"].get("evidence_sets", [row["evidence_sentences"]])
    assert sets[0] == row["evidence_sentences"]
    for sentence in [sentence for chosen in sets for sentence in chosen]:
        assert text.count(sentence) == 1
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence[0] == "“"
        assert "\n" not in sentence


@pytest.mark.parametrize("row", [row for row in ROWS if row["meta"]["kind"] == "single"], ids=lambda row: row["id"])
def test_a_single_sentence_question_has_an_answer_in_its_evidence(row: dict[str, Any]) -> None:
    evidence = row["evidence_sentences"][0].casefold()
    assert any(answer.casefold() in evidence for answer in row["answers"])
