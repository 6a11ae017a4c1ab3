"""Ordinary questions about ordinary documents, with the real weights: answered, or silent where nothing is said."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.api import Rag
from rag.settings import Settings
from rag.shipped import data_folder

pytestmark = pytest.mark.long
LEASE = """# Lease of the mill cottage

## 1. Rent

The rent is 640 euros a month and is due by the fifth day. Water is included; electricity is not.

## 2. Animals

Dogs are not permitted. A canary may be kept without asking.

## 3. Keys

Two keys for the front door and one for the shed are handed over.
"""
NOTES = """# Notes of the trip

Day 1. We rented two kayaks for 35 euros each. Ms. Oduya slipped on the pier and sprained her ankle.

Day 2. Rain all day. The museum of clocks was open until six.
"""
COMMENTS = "\n".join(
    [f"[{day:02}.03.25 09:{day:02}] Ann: Nothing new about the fence on day {day}." for day in range(1, 25)]
    + ["[26.03.25 10:12] Bo: The harpsichord tuner, Mr. Lind, charges 90 euros an hour."]
)


@pytest.fixture(scope="module")
def rag(weights: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    for name in ("answer", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    docs = tmp_path_factory.mktemp("everyday")
    for name, text in (("lease.md", LEASE), ("notes.md", NOTES), ("comments.txt", COMMENTS)):
        (docs / name).write_text(text, encoding="utf-8")
    with Rag(docs=docs, data_dir=tmp_path_factory.mktemp("data"), warm_after=False) as rag:
        yield rag


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much does the harpsichord tuner charge?", "90"),
        ("How much were the kayaks?", "35"),
        pytest.param(
            "Who got hurt on the trip?", "Oduya", marks=pytest.mark.xfail(reason="silent: found, and doubted")
        ),
        ("how much is the rnet of the cottage", "640"),
        ("Can I have a dog?", "No: Dogs are not permitted."),
        ("Is water included in the rent?", "Yes: Water is included"),
    ],
)
def test_a_sentence_that_says_it_is_the_answer(rag: Rag, question: str, said: str) -> None:
    answer = rag.ask(question)
    assert said in answer.answer and all(statement.supported for statement in answer.statements)
    assert all(rag.text(each.document)[each.start : each.end] == each.text for each in answer.sources)


@pytest.mark.parametrize("question", ["Can I have a parrot?", "What is the landlord's phone number?"])
def test_what_nobody_says_is_silence(rag: Rag, question: str) -> None:
    answer = rag.ask(question)
    assert answer.abstained and answer.sources


def test_who_is_named_once_is_not_made_somebody_else(settings: Settings, weights: Callable[[str], Path]) -> None:
    with Rag(docs=data_folder("seeds"), data_dir=settings.data_dir, warm_after=False) as rag:
        answer = rag.ask("Who is Kakavand?")
    assert answer.abstained or ("Iran" in answer.answer and "Minister" not in answer.answer)


def test_talk_needs_no_document(rag: Rag) -> None:
    answer = rag.ask("hello")
    assert answer.kind == "talk" and answer.answer and not answer.sources
