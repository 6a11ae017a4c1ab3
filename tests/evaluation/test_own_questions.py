"""Confidence fitted to a model without anybody's labels, over fakes at the seams."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.abstain import confidence
from rag.answering.answer import Answer
from rag.answering.engine import Engine
from rag.answering.fitted import OF_A_MODEL, default_fit, fit_of, keep_fit, packaged, server_key
from rag.documents.chunks import Chunk
from rag.errors import StoreError
from rag.evaluation.calibrate import LEAST, fit_table, left_out_confidences
from rag.evaluation.own_questions import judge_own, judge_packaged, question_about
from rag.evaluation.question_sets import Question
from rag.index.index import Index

THINGS = ("bridge", "harbour", "tower", "mill", "church", "ferry")


class Judge(ScriptedReader):
    """Writes a question about the first word of a text that it knows, and judges by whether that word is read."""

    def __init__(self) -> None:
        super().__init__(lambda texts, question: (self._judged(texts, question), ["No."]))
        self.writes = self._ask

    def _ask(self, request: str) -> str:
        thing = next(thing for thing in THINGS if thing in request)
        return f"Who painted the {thing} of Mora?\nAnd more."

    def _judged(self, texts: Sequence[Chunk], question: str) -> float:
        thing = next(thing for thing in THINGS if thing in question)
        return 0.9 if any(thing in text.text for text in texts) else 0.6


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    docs = tmp_path / "docs"
    docs.mkdir()
    for i, thing in enumerate(THINGS):
        text = (
            f"The {thing} of Mora was painted by Ada Holm in {1900 + i}. It had been grey for years, as people recall. "
        )
        (docs / f"{thing}.txt").write_text(text + "Nobody has complained since.", encoding="utf-8")
    embedder = HashEmbedder()
    index = Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test")
    with Engine(
        docs, index, embedder, Judge(), OverlapReranker(), budget=80, count=lambda text: len(text.split())
    ) as engine:
        engine.refresh()
        yield engine


def test_each_passage_gives_a_question_with_and_without_it(engine: Engine) -> None:
    assert engine.reader is not None
    judged = list(judge_own(engine, engine.reader, 40))
    assert [each.answerable for each in judged] == [True, False] * len(THINGS)
    told = [(each.signals["answerable"] or each.signals["picked"], each.answerable) for each in judged]
    assert set(told) == {(0.9, True), (0.6, False)}
    assert len(list(judge_own(engine, engine.reader, 2))) == 4


def test_what_is_no_question_is_not_asked(engine: Engine) -> None:
    reader = ScriptedReader(lambda texts, question: (0.9, []))
    chunk = next(iter(engine.index.all_chunks()))
    for written in ("", "The bridge.", "Who?"):
        reader.writes = lambda request, written=written: written  # type: ignore[misc]
        assert question_about(chunk, reader) is None
    assert list(judge_own(engine, reader, 40)) == []


def test_packaged_questions_come_with_labels(engine: Engine) -> None:
    def question(number: int, answerable: bool, history: tuple[tuple[str, str], ...] = ()) -> Question:
        return Question(f"q{number}", "Who painted the mill?", history, ("Ada",), answerable, (), (), "en")

    asked = [question(1, True), question(2, False), question(3, True, (("user", "Hello."),))]
    assert engine.reader is not None
    assert [each.answerable for each in judge_packaged(engine, engine.reader, asked)] == [True, False]


def test_an_answer_is_as_sure_as_its_models_coefficients_make_it(engine: Engine) -> None:
    assert isinstance(engine.reader, Judge)
    for intercept, silent in ((-50.0, True), (50.0, False)):
        tables = {name: {"intercept": intercept, signal: 1.0} for name, signal in OF_A_MODEL.items()}
        engine.reader.fit = {**default_fit(), **tables}
        (answer,) = [each for each in engine.ask("Who painted the mill of Mora?") if isinstance(each, Answer)]
        assert (answer.confidence < 0.5) == silent


def rows(tells: bool, count: int = 60) -> list[tuple[dict[str, float | None], bool]]:
    random = np.random.default_rng(0)
    made: list[tuple[dict[str, float | None], bool]] = []
    for number in range(count):
        ok = number % 2 == 0
        shift = (2.0 if ok else -2.0) * (1 if tells else -1)
        made.append(({"answerable": float(1 / (1 + np.exp(-shift - random.normal()))), "relevance": 0.5}, ok))
    return made


def test_a_judgement_that_tells_is_fitted_and_one_that_does_not_counts_for_nothing() -> None:
    fitted, useless = fit_table("judged", rows(True)), fit_table("judged", rows(False))
    assert fitted is not None and useless is not None
    assert fitted.auc > 0.9 and fitted.coefficients["answerable"] > 0.5
    assert useless.coefficients["answerable"] == 0
    assert (fitted.questions, fitted.answerable) == (60, 30)
    told = left_out_confidences("judged", rows(True))
    assert len(told) == 60 and all(0 <= value <= 1 for value, _ in told)
    assert np.mean([value for value, ok in told if ok]) > 0.8 > 0.2 > np.mean([value for value, ok in told if not ok])


def test_too_little_is_not_fitted() -> None:
    assert fit_table("judged", rows(True, LEAST - 1)) is None
    assert fit_table("judged", [row for row in rows(True) if row[1]]) is None
    assert fit_table("picked", rows(True)) is None


def test_a_fit_belongs_to_its_model(tmp_path: Path) -> None:
    assert fit_of("a" * 64, tmp_path) is None
    own = {"judged": {"intercept": -1.0, "answerable": 0.25}}
    file = keep_fit("a" * 64, own, tmp_path)
    keep_fit(server_key("other"), {"picked": {"intercept": 0.0, "picked": 1.0}}, tmp_path)
    found = fit_of("a" * 64, tmp_path)
    assert found is not None and found["judged"] == own["judged"]
    assert found["decided"] == default_fit()["decided"]  # what rests on no judgement is the same for all
    assert confidence({"answerable": 0.9}, found) != confidence({"answerable": 0.9})
    assert fit_of(packaged()["fitted_to"], tmp_path) == default_fit()
    for nonsense in ('"nothing"', '{"intercept": 1}', '{"intercept": "1", "answerable": 1}', "[]"):
        file.write_text('{"' + "a" * 64 + f'": {{"judged": {nonsense}}}}}', encoding="utf-8")
        assert fit_of("a" * 64, tmp_path) is None
    assert fit_of("a" * 64, tmp_path) is None
    file.write_text("{", encoding="utf-8")
    assert fit_of("a" * 64, tmp_path) is None
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="RAG_DATA_DIR"):
        keep_fit("b", own, tmp_path / "file")


def test_the_packaged_fits_are_whole() -> None:
    for name, own in packaged().get("models", {}).items():
        assert len(name) == 64
        for table in own.values():
            assert not isinstance(table, dict) or "intercept" in table


def test_rag_calibrate_keeps_and_shows(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rag.api import Rag
    from rag.cli import calibrate
    from rag.progress import silent
    from rag.settings import read_settings

    settings = read_settings(docs=engine.docs, data_dir=tmp_path / "data", llm_url="http://127.0.0.1:1")
    sample = tmp_path / "questions" / "sample.jsonl"
    sample.parent.mkdir()
    row = {
        "question": "Who painted the mill?",
        "answers": ["Ada"],
        "gold_doc_ids": ["mill.txt"],
        "evidence_sentences": [],
    }
    lines = [json.dumps({"id": f"q{i}", "answerable": True, "evidence_sentences": [], **row}) for i in range(4)]
    sample.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr("rag.cli.calibrate.PACKAGED", sample)
    monkeypatch.setattr("rag.cli.calibrate.data_folder", lambda name: engine.docs)
    rag = Rag.over(engine)
    done = calibrate.run(settings, rag, limit=40, report=silent)
    assert done.questions == 2 * len(THINGS) + 4 and done.fitted
    assert fit_of(server_key("scripted"), settings.data_dir) is not None
    calibrate.print_calibration(done)
    said = capsys.readouterr()
    assert "held before" in said.out and "AUC" in said.err
    assert rag.not_fitted is None
    engine.reader.fit = None  # type: ignore[union-attr]
    assert rag.not_fitted and "confidence is not fitted to this model" in rag.not_fitted
