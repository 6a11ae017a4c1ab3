"""The pace of the answer model: measured once for real, kept, and used to say how long a question will take."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag import pace as paces
from rag.answering.answer import Answer, Timings, Token
from rag.cli import chat
from rag.doctor import speed
from rag.pace import Pace, keep, known_pace, note, of_machine
from rag.settings import Settings

TIMINGS = Timings(0.5, 2.0, 3.0, 300, 100, 7)


def test_it_is_measured_once_with_the_real_model(
    settings: Settings, weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights("smollm2-135m")
    small = settings.model_copy(update={"model": "smollm2-135m", "threads": 1})
    (check,) = speed.speed(small)
    assert check.ok and "tokens a second" in check.found
    pace = known_pace(of_machine(small))
    assert pace is not None and pace.reads > pace.writes > 0

    def never(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(subprocess, "run", never)
    assert list(speed.speed(small)) == [check]
    assert known_pace(of_machine(small.model_copy(update={"threads": 2}))) is None  # that is another pace


@pytest.mark.parametrize("program", ["import os; os.abort()", "print('nonsense')"])
def test_what_cannot_be_measured_is_said_and_no_problem(
    settings: Settings, weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    weights("smollm2-135m")
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda command, **more: run([command[0], "-c", program], **more))
    (check,) = speed.speed(settings.model_copy(update={"model": "smollm2-135m"}))
    assert check.ok and check.found.startswith("not measured") and check.remedy
    assert not settings.data_dir.exists()


def test_without_the_weights_nothing_is_measured_or_fetched(settings: Settings, tmp_path: Path) -> None:
    (check,) = speed.speed(settings.model_copy(update={"models_dir": tmp_path / "none", "offline": False}))
    assert check.ok and "not there" in check.found
    assert not (tmp_path / "none").exists()


def test_what_questions_took_is_what_the_next_is_expected_to(settings: Settings) -> None:
    place = of_machine(settings)
    note(place, 0.5, 200)
    assert known_pace(place) is None and paces.expected_s(place) is None  # an expectation needs the pace
    keep(place, Pace(100.0, 20.0))
    assert known_pace(place) == Pace(100.0, 20.0) and paces.expected_s(place) is None
    note(place, 0.5, 200)
    assert paces.expected_s(place) == 0.5 + 200 / 100
    note(place, 0.5, 600)
    pace = known_pace(place)
    assert pace is not None and pace.evaluated == 300.0
    note(place, 0.5, 0)  # nothing was read: a table, or a greeting
    assert known_pace(place) == pace
    (settings.data_dir / "pace.json").write_text("no json")
    assert known_pace(place) is None


class Expecting:
    """Answers, and expects the first word after so long."""

    def __init__(self, expected: float | None) -> None:
        self.expected, self.noted = expected, [TIMINGS][:0]

    def expected_s(self) -> float | None:
        return self.expected

    def note(self, timings: Timings) -> None:
        self.noted.append(timings)

    def stream(self, question: str, history: object, *, stopped: object) -> Iterator[object]:
        yield Token("Yes.")
        yield Answer(question, question, "Yes.", False, 0.9, (), (), TIMINGS, "m")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (None, "Reading …"),
        (6.2, "Reading … about 6 s to the first word"),
        (0.3, "Reading … about 1 s to the first word"),
    ],
)
def test_who_waits_is_told_how_long(monkeypatch: pytest.MonkeyPatch, expected: float | None, text: str) -> None:
    told: list[str] = []

    @contextmanager
    def waiting(words: str) -> Iterator[Callable[[str], None]]:
        told.append(words)
        yield lambda _: None

    monkeypatch.setattr(chat, "waiting", waiting)
    asked = Expecting(expected)
    chat.answer(asked, "Is it?", (), quiet=True)  # type: ignore[arg-type]
    assert told == [text] and asked.noted == [TIMINGS]
