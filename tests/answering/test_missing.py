"""What a refusal says that the documents never mention: names and rare words, not words that everybody says."""

import pytest

from rag.answering.abstain import REFUSAL
from rag.answering.missing import refusal

HELD = {"lease", "animals", "kept", "garden"}


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Can a parrot be kept?", " They do not mention “parrot”."),
        ("Did Kakavand rent the garden?", " They do not mention “Kakavand”."),
        ("What does the garden cost?", ""),
        ("Are animals kept there?", ""),
        ("Kann ich einen Papagei halten?", " They do not mention “Papagei”."),
        ("parrots, alpacas and llamas in the garden?", " They do not mention “parrots” or “alpacas”."),
    ],
)
def test_a_refusal_names_what_the_documents_never_mention(question: str, said: str) -> None:
    assert refusal(question, lambda word: word.casefold() in HELD) == REFUSAL + said
