"""Several questions in one: where they part, what is asked of each, and one answer of all of them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer, Event, History, Retrieved, Timings, Token
from rag.answering.citations import Source, Statement
from rag.answering.several import parts_of, tell_parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When is the fee due, and who collects it?", ["When is the fee due?", "and who collects it?"]),
        ("How many came in May and how many in June?", ["How many came in May?", "and how many in June?"]),
        ("Which town did she visit and in what year?", ["Which town did she visit?", "and in what year?"]),
        ("When was it built? Who built the old mill?", ["When was it built?", "Who built the old mill?"]),
        ("Is the hall heated? Can dogs come in there?", ["Is the hall heated?", "Can dogs come in there?"]),
        ("Wie hoch ist die Miete und wann ist sie fällig?", ["Wie hoch ist die Miete?", "und wann ist sie fällig?"]),
        *(
            (one, [one])
            for one in (
                "How and when do I pay?",
                "Do you know where and when it opens?",
                "Between when and when is the hall closed?",
                "Who is the man who lives there and who pays the rent?",
                "What do the hall and the kitchen cost?",
                "What is E52? The machine shows it.",
                "Who is the keeper named in both of the reports of the harbour office of last year, just before he "
                "left, and who was later made a warden?",
                "",
            )
        ),
    ],
)
def test_a_question_is_parted_where_another_one_begins(question: str, parts: list[str]) -> None:
    assert parts_of(question) == parts


@given(question=st.text(max_size=80))
def test_any_text_has_parts_that_are_one(question: str) -> None:
    parts = parts_of(question)
    assert parts and (parts == [question] or all(len(parts_of(part)) == 1 for part in parts))


TEXT = "The fee is due in May. Ada collects it."


def answered(question: str, text: str, start: int, *, silent: bool = False) -> Answer:
    source = Source(1, "club.txt", "Club", None, start, start + len(text), text, 1.0, 0, TEXT)
    statements = () if silent else (Statement(text, 0, len(text), True, (1,)),)
    timings = Timings(0.1, 0.2, 0.5, 10, 4, 3)
    return Answer(question, question, text, silent, 0.2 if silent else 0.9, statements, (source,), timings, "fake")


def told(*answers: Answer) -> tuple[list[Event], list[History]]:
    """Return the events of an answer in these parts, and the conversations in which they were asked."""
    asked: list[History] = []

    def ask(part: str, history: History) -> Iterator[Event]:
        asked.append(list(history))
        answer = answers[len(asked) - 1]
        yield Retrieved(part, ())
        yield Token(answer.answer)
        yield answer

    return list(tell_parts("Both?", [each.question for each in answers], [("user", "Hm?")], ask)), asked


def test_the_parts_answers_are_one_answer_with_sources_numbered_anew() -> None:
    due, by = answered("When is it due?", "The fee is due in May.", 0), answered("Who?", "Ada collects it.", 23)
    events, asked = told(due, by)
    assert asked == [[("user", "Hm?")], [("user", "Hm?"), ("user", due.question), ("assistant", due.answer)]]
    assert [type(event) for event in events] == [Retrieved, Token, Token, Answer]
    answer = events[-1]
    assert isinstance(answer, Answer) and answer.question == "Both?" and not answer.abstained
    assert answer.answer == TEXT == "".join(event.text for event in events if isinstance(event, Token))
    assert [TEXT[each.start : each.end] for each in answer.statements] == [each.text for each in answer.statements]
    assert [each.sources for each in answer.statements] == [(1,), (2,)]
    assert [(each.number, each.start) for each in answer.sources] == [(1, 0), (2, 23)]
    assert (answer.timings.first_token_s, answer.timings.total_s) == (0.2, 1.0)


def test_one_source_of_two_parts_has_one_number() -> None:
    events, _ = told(answered("When?", "The fee is due in May.", 0), answered("What?", "The fee is due in May.", 0))
    answer = events[-1]
    assert isinstance(answer, Answer) and len(answer.sources) == 1
    assert [each.sources for each in answer.statements] == [(1,), (1,)]


def test_what_the_documents_do_not_say_is_told_at_the_end() -> None:
    no = answered("and who collects it?", REFUSAL, 0, silent=True)
    for order in ((no, answered("When?", "In May.", 0)), (answered("When?", "In May.", 0), no)):
        events, _ = told(*order)
        answer = events[-1]
        assert isinstance(answer, Answer) and not answer.abstained
        assert answer.answer == "In May. The documents do not say: “and who collects it?”"
        assert answer.answer == "".join(event.text for event in events if isinstance(event, Token))
        assert [each.text for each in answer.statements] == ["In May."]


def test_silence_over_all_parts_is_a_refusal() -> None:
    no = answered("When?", REFUSAL, 0, silent=True)
    events, _ = told(no, no)
    answer = events[-1]
    assert isinstance(answer, Answer) and answer.abstained and answer.answer == REFUSAL and answer.sources
    assert [event.text for event in events if isinstance(event, Token)] == [REFUSAL]
