"""Follow-ups: which turns need the turns before them, and what they are searched by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ScriptedReader
from rag.answering.followup import depends_on_history, searches, standalone

HISTORY = [("user", "Who opened the bridge at Mora?"), ("assistant", "Karin Holt opened the bridge in 1931.")]


@pytest.mark.parametrize(
    "question",
    [
        "And when was that?",
        "How long is it?",
        "What about the harbour?",
        "Why?",
        "When did she die?",
        "Where?",
        "Tell me more",
        "Which of them is older?",
        "What else did they find there?",
        "How many larvae are there?",
    ],
)
def test_a_follow_up_needs_what_was_said_before(question: str) -> None:
    assert depends_on_history(question, HISTORY)
    assert not depends_on_history(question, [])


@pytest.mark.parametrize(
    "question",
    [
        "How many aphids does a ladybird larva eat a day?",
        "Who is the mayor of Lysa?",
        "When did Edward Teller say that he had finished?",  # points at the name before it
        "What does the harbour regulation say about night traffic?",
        "Which boats does the harbour master keep these days?",  # points at a time, at nothing that was said
        "Was there a collision between two ferries in 1987?",
    ],
)
def test_a_new_topic_does_not(question: str) -> None:
    assert not depends_on_history(question, HISTORY)
    assert searches(question, HISTORY)[0] == question


TURNS = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=30)), max_size=5)


@given(question=st.text(max_size=60), history=TURNS)
def test_any_conversation(question: str, history: list[tuple[str, str]]) -> None:
    found = searches(question, history)
    assert found == searches(question, history)
    assert found[0] == question and len(found) <= 2
    assert all(question in text for text in found)
    if not any(role == "user" for role, _ in history):
        assert found == [question]
        assert not depends_on_history(question, history)


@pytest.mark.parametrize(
    ("question", "rewritten", "understood"),
    [
        ("How long is it?", "How long is the bridge at Mora?", "How long is the bridge at Mora?"),
        ("Is it open in winter?", "When is the bridge at Mora open?", f"{HISTORY[0][1]} Is it open in winter?"),
        ("with trams on it?", "Who opened the bridge at Mora?", f"{HISTORY[0][1]} with trams on it?"),
        ("And how long is it?", "The bridge is long.", f"{HISTORY[0][1]} And how long is it?"),
        ("Why?", "", "Why?"),
    ],
)
def test_a_rewriting_that_asks_something_else_is_not_taken(question: str, rewritten: str, understood: str) -> None:
    reader = ScriptedReader(lambda passages, asked: (0.9, []))
    reader.complete = lambda *_, **more: iter([rewritten])  # type: ignore[method-assign]
    assert standalone(question, HISTORY, reader) == understood
