"""The stages that need no model: dates, headings, names of documents, lists, timelines, forms of the last answer."""

import pytest

from rag.answering.naming import meant
from rag.answering.whole.dates import Day, dates
from rag.answering.whole.edit import Edit, edit
from rag.answering.whole.listing import listed
from rag.answering.whole.outline import Sentence, outline
from rag.answering.whole.timeline import timeline
from rag.documents.chunks import make_chunks
from rag.documents.folder import Document
from rag.documents.sentences import split_sentences
from rag.index.records import DocumentRecord

CLUB = """# Rules of the Heron Sailing Club

Adopted in 2019.

## Boats

The club owns three boats. They lie at the north pier.

- Petrel, 1974
- Curlew, 1988
- Dunlin, 2003

## Harbour fees

A berth costs 80 EUR a year since 1 March 2021. Guests pay 9 EUR a night.

## History

On 3 May 1962 the club was founded by Ada Brandt. The pier burned down in 1971. It was rebuilt on 12 June, a year later.
"""


def sentences(text: str, path: str = "club.md", title: str = "Rules of the Heron Sailing Club") -> list[Sentence]:
    document = Document(path, title, text, "0" * 64)
    return outline(make_chunks(document, split_sentences(text), 60, lambda piece: len(piece.split())))


def record(path: str, title: str) -> DocumentRecord:
    return DocumentRecord(path, title, "", 0, 0, 1, 1)


THERE = {
    each.path: each
    for each in (
        record("contracts/tenancy_2024.docx", "Tenancy agreement"),
        record("towns.xlsx", "towns"),
        record("Minutes March.docx", "Minutes of the board, March"),
        record("Minutes April.docx", "Minutes of the board, April"),
        record("harbour.pptx", "The new harbour"),
    )
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on 3 May 2021 and on May 4th, 2021", [Day(2021, 5, 3), Day(2021, 5, 4)]),
        ("2024-02-29", [Day(2024, 2, 29)]),
        ("am 3. Mai 2021, am 04.05.2021", [Day(2021, 5, 3), Day(2021, 5, 4)]),
        ("le 3 mai 2021", [Day(2021, 5, 3)]),
        ("el 3 de mayo de 2021", [Day(2021, 5, 3)]),
        ("It closed in July 1998.", [Day(1998, 7, 0)]),
        ("It closed in 1998.", [Day(1998, 0, 0)]),
        ("until 12 June", [Day(2020, 6, 12)]),
        ("She may buy 12 eggs for 5 EUR; room 2019 is free, version 3.11.2 too.", []),
    ],
)
def test_dates_are_those_that_are_written_out(text: str, found: list[Day]) -> None:
    assert dates(text, 2020) == found


def test_sentences_stand_under_their_headings_and_stay_slices() -> None:
    told = sentences(CLUB)
    assert [each.said for each in told if each.level] == [
        "Rules of the Heron Sailing Club", "Boats", "Harbour fees", "History",
    ]  # fmt: skip
    fee = next(each for each in told if "80 EUR" in each.text)
    assert fee.section == ("Rules of the Heron Sailing Club", "Harbour fees")
    source = fee.as_source(1, 1.0)
    assert CLUB[source.start : source.end] == source.text == fee.text


def test_a_list_is_taken_as_it_stands_under_its_heading() -> None:
    told = listed("boats", "sailing club", sentences(CLUB), ["heron", "sailin", "club"])
    assert [line.text for line in told] == ["Petrel, 1974", "Curlew, 1988", "Dunlin, 2003"]
    assert all(len(line.rests_on) == 1 for line in told)
    assert not listed("engines", "sailing club", sentences(CLUB), ["heron"])
    assert not listed("boats", "built in 1999", sentences(CLUB), ["heron"])  # a condition is no list's business


def test_a_column_is_a_list_too() -> None:
    table = "\n\n".join(
        f"Bird: {bird}; Nests: {n}; Seen: yes." for bird, n in (("Heron", 3), ("Petrel", 1), ("Tern", 8))
    )
    told = listed("birds", "", sentences(table, "birds.csv", "birds"), [])
    assert [line.text for line in told] == ["Heron", "Petrel", "Tern"]


def test_a_timeline_is_in_order_and_a_year_is_carried_on() -> None:
    told = list(timeline([sentences(CLUB)]))
    assert [line.before for line in told] == [
        "- 3 May 1962: ", "- 1971: ", "- 12 June 1971: ", "- 2019: ", "- 1 March 2021: ",
    ]  # fmt: skip
    assert told[0].text == "On 3 May 1962 the club was founded by Ada Brandt."
    assert [line.before for line in timeline([sentences(CLUB)], ["founded", "burned"])] == [
        "- 3 May 1962: ",
        "- 1971: ",
    ]


@pytest.mark.parametrize(
    ("subject", "paths"),
    [
        ("towns.xlsx", ("towns.xlsx",)),
        ("the tenancy agreement", ("contracts/tenancy_2024.docx",)),
        ("tenansy agreement", ("contracts/tenancy_2024.docx",)),
        ("the minutes of April", ("Minutes April.docx",)),
        ("the minutes", ("Minutes April.docx", "Minutes March.docx")),
        ("the presentation", ("harbour.pptx",)),
        ("the article", ()),
        ("the volcano", ()),
    ],
)
def test_a_document_is_meant_by_its_name_title_or_part_of_it(subject: str, paths: tuple[str, ...]) -> None:
    assert meant(subject, THERE).documents == paths


def test_what_names_no_document_is_its_topic_and_the_only_one_is_meant() -> None:
    found = meant("the fees in the tenancy agreement", THERE)
    assert found.documents == ("contracts/tenancy_2024.docx",) and found.topic == ("fees",)
    assert meant("the article", THERE, ["towns.xlsx"]).documents == ("towns.xlsx",)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("shorter", Edit("shorter")),
        ("Make it shorter, please", Edit("shorter")),
        ("as bullet points", Edit("points")),
        ("in German", Edit("language", "German")),
        ("Can you translate that into French?", Edit("language", "French")),
        ("Bitte auf Deutsch", Edit("language", "German")),
        ("in two sentences", Edit("shorter", lines=2)),
        ("in Porto?", None),
        ("What is shorter, the ferry or the bridge?", None),
        ("and in 2021?", None),
    ],
)
def test_another_form_of_the_last_answer_is_told_from_a_question(said: str, wanted: Edit | None) -> None:
    assert edit(said) == wanted
