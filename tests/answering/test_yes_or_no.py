"""Yes or no: which way a sentence decides, which sentence does, and what it answers."""

import pytest

from rag.answering.evidence import Found
from rag.answering.retriever import Passage
from rag.answering.yes_or_no import decide, rarities, says_yes
from rag.documents.chunks import Chunk
from rag.documents.sentences import Span


@pytest.mark.parametrize(
    ("question", "sentence", "yes"),
    [
        ("May I bring a dog?", "Dogs are not permitted.", False),
        ("May I bring a cat?", "Cats may be brought along.", True),
        ("Can I grill on the roof?", "Grilling is forbidden in the yard but allowed on the roof.", True),
        ("Can I grill in the yard?", "Grilling is forbidden in the yard but allowed on the roof.", False),
        ("Do guests have a vote?", "Guests may speak but not vote.", False),
        ("Is an electric stove fine?", "Coal stoves must not be used; an electric stove is fine.", True),
        ("Is there a lift?", "There is no lift, no ramp.", False),
        ("Is the pool open on 1 May?", "The pool is closed on 24 December and on 1 May.", False),
        ("Is the pool closed on 1 May?", "The pool is closed on 24 December and on 1 May.", True),
        ("Isn't smoking allowed?", "Smoking isn't allowed.", True),
        ("Darf ich rauchen?", "Rauchen ist verboten.", False),
    ],
)
def test_the_clause_about_it_tells_which_way(question: str, sentence: str, yes: bool) -> None:
    assert says_yes(question, sentence) is yes


def found(text: str, score: float = 0.9) -> Found:
    chunk = Chunk("1", "a.txt", "Rules", None, text, 0, len(text), (Span(0, len(text)),))
    return Found(Passage(chunk, 1.0, 0.5), 0, score)


def test_the_sentence_that_has_most_to_do_with_it_decides() -> None:
    texts = ["Parking costs 3 euros.", "- Dogs are not permitted in the yard.", "The yard is open."]
    question = "Are dogs permitted in the yard?"
    candidates = [found(text) for text in texts]
    decision = decide(question, candidates, [0.1, 0.8, 0.3], rarities(question, texts))
    assert decision is not None
    assert decision.answer == "No: Dogs are not permitted in the yard."
    assert decision.weight > 1
    undecided = decide("Is there a lift?", candidates, [0.1, 0.1, 0.1], rarities("Is there a lift?", texts))
    assert undecided is not None and undecided.weight < decision.weight
    assert decide(question, [], [], {}) is None
