"""What is asked for, told by words: each kind in several languages, and facts that only look like something else."""

import pytest

from rag.answering.requests import ABOUT, COMPARE, FACT, LIST, SUMMARY, TIMELINE, understand
from rag.answering.talk import reply, talk


@pytest.mark.parametrize(
    ("request_", "kind", "subject"),
    [
        ("Summarise the tenancy contract", SUMMARY, "tenancy contract"),
        ("Could you please sum up report.pdf for me?", SUMMARY, "report.pdf"),
        ("tl;dr", SUMMARY, ""),
        ("I'd like a brief overview of the annual report, please", SUMMARY, "annual report"),
        ("What are the key points?", SUMMARY, ""),
        ("Give me the most important points of chapter 3", SUMMARY, "chapter 3"),
        ("Fasse den Mietvertrag zusammen.", SUMMARY, "mietvertrag"),
        ("Kannst du mir bitte eine kurze Zusammenfassung des Protokolls geben?", SUMMARY, "protokolls geben"),
        ("Résume le rapport annuel", SUMMARY, "rapport annuel"),
        ("Hazme un resumen del contrato", SUMMARY, "contrato"),
        ("What is this about?", ABOUT, "this"),
        ("What's in harbour.xlsx?", ABOUT, "harbour.xlsx"),
        ("Worum geht es in dem Brief?", ABOUT, "brief"),
        ("De quoi parle le document ?", ABOUT, "document"),
        ("¿De qué trata el informe?", ABOUT, "informe"),
        ("Make a timeline of the expedition", TIMELINE, "expedition"),
        ("What happened, in chronological order?", TIMELINE, ""),
        ("Erstelle eine Zeitleiste der Reise", TIMELINE, "reise"),
        ("Haz una cronología del proyecto", TIMELINE, "proyecto"),
    ],
)
def test_requests_about_a_document_are_told_with_their_subject(request_: str, kind: str, subject: str) -> None:
    understood = understand(request_)
    assert (understood.kind, understood.subject.casefold()) == (kind, subject)


def test_a_list_says_of_what_and_where() -> None:
    every = understand("List all the bridges mentioned in the survey")
    assert (every.kind, every.noun, every.subject, every.sure) == (LIST, "bridges", "mentioned in the survey", True)
    assert understand("Give me a list of all members").noun == "members"
    assert understand("Nenne alle Teilnehmer").noun == "teilnehmer"
    maybe = understand("Which tools are in the shed inventory?")
    assert (maybe.kind, maybe.noun, maybe.sure) == (LIST, "tools", False)


def test_a_comparison_has_two_sides_and_what_is_compared() -> None:
    compared = understand("Compare the old ferry with the new bridge: cost and length")
    assert compared.kind == COMPARE
    assert compared.sides == ("old ferry", "new bridge") and compared.subject == "cost and length"
    assert understand("Vergleiche den Hafen mit dem Bahnhof").sides == ("Hafen", "Bahnhof")


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        ("Summarize the report in three sentences", 3),
        ("Summarize it in 5 bullet points", 5),
        ("Sum the report up in one sentence", 1),
        ("Give me a short summary", 4),
        ("Give me a detailed summary of the report", 10),
        ("Fasse den Bericht in zwei Sätzen zusammen", 2),
        ("Summarize the report", None),
    ],
)
def test_the_length_that_is_asked_for_is_told(request_: str, lines: int | None) -> None:
    understood = understand(request_)
    assert (understood.kind, understood.lines) == (SUMMARY, lines)


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the summary of the report?",
        "How many people signed the list?",
        "When was the timeline agreed on?",
        "What is the name of the captain?",
        "Is there a list of guests at the door?",
        "What was the ship carrying?",
        "Why did the harbour close in 1931?",
        "Was kostet die Überfahrt?",
        "What did the mayor say about the bridge?",
        "How long is the summary trial?",
    ],
)
def test_facts_stay_facts(question: str) -> None:
    assert understand(question).kind == FACT


@pytest.mark.parametrize(
    ("said", "kind", "language"),
    [
        ("Hi!", "greeting", "en"),
        ("good evening", "greeting", "en"),
        ("Grüß Gott", "greeting", "de"),
        ("Thank you, that was quick", "thanks", "en"),
        ("merci beaucoup !", "thanks", "fr"),
        ("What can you do?", "able", "en"),
        ("¿Quién eres?", "who", "es"),
        ("Hello, who are you?", "who", "en"),
        ("bye", "bye", "en"),
    ],
)
def test_talk_is_told_and_answered_in_its_language(said: str, kind: str, language: str) -> None:
    assert talk(said) == (kind, language)
    assert reply(kind, language, ["The harbour"])
    assert reply(kind, language, [])


@pytest.mark.parametrize(
    "said",
    [
        "Hi, what does the ferry cost?",
        "Thanks, and who built it?",
        "Who are you meeting?",
        "help desk number?",
        "What can you do at the harbour?",
    ],
)
def test_a_question_behind_a_greeting_is_no_talk(said: str) -> None:
    assert talk(said) is None
