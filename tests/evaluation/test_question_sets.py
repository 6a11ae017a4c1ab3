"""Sets of questions: documents written once, gold places in them, what is off said by name."""

import json
from pathlib import Path

import pytest

from rag.errors import UsageError
from rag.evaluation.own_questions import PACKAGED
from rag.evaluation.question_sets import read_set, sample
from rag.shipped import data_folder

TEXT = "The bridge at Mora is long.\r\nIt carries trams."
QUESTION = {
    "id": "q1",
    "question": "What does it carry?",
    "history": [{"role": "user", "content": "Which bridge?"}],
    "answers": ["trams"],
    "answerable": True,
    "gold_doc_ids": ["a/b"],
    "evidence_sentences": ["It carries trams."],
    "meta": {"lang": "en"},
}

SEEDS = data_folder("seeds")


def make(folder: Path, *questions: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    document = {"doc_id": "a/b", "title": "Mora", "text": TEXT}
    (folder / "docs.jsonl").write_text(json.dumps(document) + "\n", encoding="utf-8")
    (folder / "qa.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions), encoding="utf-8")
    return folder


def test_gold_sentences_are_places_in_the_documents(tmp_path: Path) -> None:
    made = read_set(make(tmp_path / "set", QUESTION), SEEDS, tmp_path / "work")
    (question,) = made.questions
    (file,) = made.docs.iterdir()
    assert file.name == "a%2Fb.md" == question.documents[0]
    (((path, span),),) = question.evidence
    text = file.read_bytes().decode().replace("\r\n", "\n")
    assert path == file.name and text[span.start : span.end] == "It carries trams."
    assert question.history == (("user", "Which bridge?"),)


def test_annotators_are_kept_apart(tmp_path: Path) -> None:
    both = [["It carries trams."], ["The bridge at Mora is long.", "It carries trams."]]
    meta = {**QUESTION, "meta": {"evidence_sets": both}}
    (question,) = read_set(make(tmp_path / "set", meta), SEEDS, tmp_path / "work").questions
    assert [len(golds) for golds in question.evidence] == [1, 2]


def test_unchanged_documents_are_not_written_again_and_old_ones_go(tmp_path: Path) -> None:
    folder = make(tmp_path / "set", QUESTION)
    (file,) = read_set(folder, SEEDS, tmp_path / "work").docs.iterdir()
    (file.parent / "old.md").write_text("x", encoding="utf-8")
    before = file.stat().st_mtime_ns
    read_set(folder, SEEDS, tmp_path / "work")
    assert [path.stat().st_mtime_ns for path in file.parent.iterdir()] == [before]


@pytest.mark.parametrize(
    ("questions", "named"), [([{}], "gold_doc_ids"), ([{**QUESTION, "history": [{"role": "user"}]}], "content")]
)
def test_what_is_off_is_named(tmp_path: Path, questions: list[dict[str, object]], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        read_set(make(tmp_path / "set", *questions), SEEDS, tmp_path / "work")


def test_a_folder_that_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"docs\.jsonl"):
        read_set(tmp_path, SEEDS, tmp_path / "work")


def test_a_line_that_is_no_json(tmp_path: Path) -> None:
    folder = make(tmp_path / "set", QUESTION)
    (folder / "qa.jsonl").write_text("{\n", encoding="utf-8")
    with pytest.raises(UsageError, match="Line 1"):
        read_set(folder, SEEDS, tmp_path / "work")


def test_the_own_set_is_about_the_sample_document() -> None:
    made = read_set(PACKAGED, SEEDS, Path("unused"))
    assert made.docs == SEEDS
    assert all(question.evidence for question in made.questions if question.answerable)


def test_a_larger_sample_begins_with_the_smaller(tmp_path: Path) -> None:
    made = read_set(PACKAGED, SEEDS, tmp_path)
    assert sample(made.questions, 10, 3) == sample(made.questions, 20, 3)[:10]
    assert sample(made.questions, 10, 3) != sample(made.questions, 10, 4)
    assert len(sample(made.questions, None, 0)) == len(made.questions)
