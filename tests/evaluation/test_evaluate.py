"""An evaluation over fakes at the seams: rows, going on after an interruption, the summary, the stock pipeline."""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from test_question_sets import QUESTION, make

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.abstain import KINDS, confidence, features
from rag.answering.engine import Engine
from rag.answering.fitted import default_fit
from rag.documents.chunks import Chunk
from rag.evaluation.calibrate import fit, left_out_auc
from rag.evaluation.evaluate import add_baseline, code_of, evaluate, fingerprint
from rag.evaluation.question_sets import Question, read_set
from rag.evaluation.stuffed import Stuffed, is_silence, windows
from rag.evaluation.summary import summary
from rag.index.index import Index
from rag.settings import Settings

LOST = {**QUESTION, "id": "q2", "question": "Who painted it?", "answerable": False, "answers": [], "gold_doc_ids": []}
ROWS = [{**QUESTION, "question": "What does the bridge at Mora carry?", "history": []}, {**LOST, "history": []}]


class Counted(ScriptedReader):
    """Knows about trams; counts how often it is asked."""

    asked = 0

    def __init__(self) -> None:
        super().__init__(self._say)

    def _say(self, passages: Sequence[Chunk], question: str) -> tuple[float, list[str]]:
        self.asked += 1
        return (0.999, ["It carries", " trams."]) if "carry" in question else (0.0001, ["Nobody."])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = read_set(make(tmp_path / "set", *ROWS), tmp_path, tmp_path / "work")
    embedder = HashEmbedder()
    index = Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test")
    with Engine(
        made.docs, index, embedder, Counted(), OverlapReranker(), budget=40, count=lambda text: len(text.split())
    ) as engine:
        yield engine


@pytest.fixture
def questions(engine: Engine, tmp_path: Path) -> tuple[Question, ...]:
    return read_set(tmp_path / "set", tmp_path, tmp_path / "work").questions


def test_rows_and_summary(engine: Engine, questions: tuple[Question, ...], tmp_path: Path) -> None:
    rows = evaluate(engine, questions, tmp_path, "key", twice=True)
    assert [row["trust"] for row in rows] == [1, 1]
    assert [row["abstained"] for row in rows] == [False, True]
    table = summary(rows)
    assert table["trust"] == table["AUC"] == table["balanced abstention"] == table["exact slices"] == 1
    assert table["source F1"] == table["recall@1"] == table["evidence@1"] == table["same answer again"] == 1
    assert table["always silent: trust"] == 0.5
    assert "stuffed: trust" not in table
    assert json.dumps(table)


def test_it_goes_on_where_it_was(engine: Engine, questions: tuple[Question, ...], tmp_path: Path) -> None:
    file, reader = tmp_path / "rows.jsonl", engine.reader
    assert isinstance(reader, Counted)
    evaluate(engine, questions[:1], tmp_path, "key")
    with file.open("a") as rows:
        rows.write('{"id": "q2", "ke')  # killed while writing
    file.write_text(file.read_text() + "\n")
    evaluate(engine, questions, tmp_path, "key")
    assert reader.asked == 2
    assert evaluate(engine, questions, tmp_path, "key")[1]["abstained"]
    assert reader.asked == 2
    evaluate(engine, questions, tmp_path, "another key")
    assert reader.asked == 4


def test_the_key_changes_with_the_settings(settings: Settings) -> None:
    assert fingerprint(settings) == fingerprint(settings)
    assert fingerprint(settings) != fingerprint(settings.model_copy(update={"threshold": 0.9}))
    assert fingerprint(settings) == fingerprint(settings.model_copy(update={"threads": 1}))


def test_rows_outlive_a_comment_but_no_change_of_the_code() -> None:
    code = 'def half(number: int) -> float:\n    """Return it."""\n    return number / 2\n'
    assert code_of(code) == code_of('"""New."""\n# why\n' + code.replace("Return it.", "Return the half."))
    assert code_of(code) != code_of(code.replace("/ 2", "/ 3"))


def test_an_error_is_a_wrong_answer_and_the_run_goes_on(
    engine: Engine, questions: tuple[Question, ...], tmp_path: Path
) -> None:
    broken = [Question("e", " ", (), ("x",), True, (), (), "en"), *questions]
    rows = evaluate(engine, broken, tmp_path, "key")
    assert "empty" in rows[0]["error"] and rows[0]["trust"] == -1
    assert rows[1]["trust"] == 1
    assert summary(rows)["questions"] == 3


def test_the_stock_pipeline_answers_beside(engine: Engine, questions: tuple[Question, ...], tmp_path: Path) -> None:
    prompts = []

    def complete(prompt: str) -> Iterator[str]:
        prompts.append(prompt)
        return iter(["I don't", " know."] if "painted" in prompt else ["Trams."])

    engine.refresh()
    stuffed = Stuffed(
        {path: engine.index.text(path) for path in engine.index.documents()},
        engine.embedder,
        complete,
        "model",
        tmp_path,
    )
    rows = evaluate(engine, questions, tmp_path, "key")
    rows = add_baseline(engine, stuffed, questions, rows, tmp_path)
    assert [row["baseline"]["trust"] for row in rows] == [1, 1]
    assert summary(rows)["stuffed: source F1"] == pytest.approx(0.5)  # one right of three sentences shown
    assert "It carries trams." in prompts[0]
    again = add_baseline(engine, stuffed, questions, evaluate(engine, questions, tmp_path, "key"), tmp_path)
    assert summary(again) == summary(rows)
    assert len(prompts) == 2  # what it said is kept


def test_windows_cover_the_text_and_overlap() -> None:
    text = " ".join(f"word{i}" for i in range(600))
    cut = windows(text)
    assert all(len(text[w.start : w.end]) <= 1000 for w in cut)
    assert all(b.start == a.end - 200 for a, b in itertools.pairwise(cut))
    assert cut[0].start == 0 and cut[-1].end == len(text)
    assert len(windows("x" * 5000)) == 6
    assert windows("") == []


@pytest.mark.parametrize("text", ["I don't know.", "The context does not mention it.", "", "It is not specified."])
def test_the_stock_pipelines_ways_of_silence(text: str) -> None:
    assert is_silence(text)
    assert not is_silence("The bridge is 412 metres long.")


def test_the_fit_finds_what_tells() -> None:
    random = np.random.default_rng(0)
    flags = random.random(400) < 0.5
    rows = [np.array([random.normal() + 3 * flag, random.normal()]) for flag in flags]
    weights = fit(rows, flags.tolist())
    assert weights[1] > 1 > 0.5 > abs(weights[2])
    assert left_out_auc(rows, flags.tolist()) > 0.95


def test_every_signal_counts_and_confidence_is_a_probability() -> None:
    for table, names in KINDS.items():
        assert set(default_fit()[table]) == {"intercept", *names}
        assert len(features(dict.fromkeys(names, 0.5), names)) == len(names)
    assert 0 <= confidence({"answerable": 0.0}) < confidence({"answerable": 1.0}) <= 1
