"""Evidence: what is taken for a question, what is left out, and how it is laid out to be read."""

from fakes import OverlapReranker
from rag.answering.evidence import MOST, choose, excerpts, nearest, weigh
from rag.answering.newer import current, later
from rag.answering.reading import is_one_text, to_read
from rag.answering.retriever import Passage
from rag.documents.chunks import Chunk, make_chunks
from rag.documents.folder import Document
from rag.documents.headings import heading_above
from rag.documents.sentences import split_sentences

LEASE = """# Lease

## 1. Rent

The basic rent is 890 euros. It is due by the third day. Heating is covered.

## 2. Animals

Dogs are not permitted. Cats may be kept.

## Addendum

From 1 April 2025 on the basic rent is 925 euros. All else stays.
"""
score = OverlapReranker().score


def words(text: str) -> int:
    return len(text.split())


def passages_of(text: str, path: str = "lease.md", budget: int = 60) -> list[Passage]:
    document = Document(path, "Lease", text, "0" * 64)
    chunks = make_chunks(document, split_sentences(text), budget, words)
    return [Passage(chunk, 1.0, 0.5) for chunk in chunks]


def test_the_best_sentence_comes_with_its_neighbours_but_not_over_a_heading() -> None:
    found = weigh(passages_of(LEASE), "Are dogs permitted?", score, lambda _: LEASE)
    assert found[0].text == "Dogs are not permitted."
    chosen = choose(found[:1] + [each for each in found[1:] if "Cats" in each.text or "Heating" in each.text], words)
    assert [each.text for each in chosen] == ["Dogs are not permitted.", "Cats may be kept."]
    (excerpt,) = excerpts(chosen, lambda _: LEASE)
    assert (excerpt.document, excerpt.title) == ("lease.md", "Lease")
    assert excerpt.text == "## 2. Animals\nDogs are not permitted. Cats may be kept."


def test_evidence_is_bounded_but_never_empty() -> None:
    long = "The harbour " + "of a town " * 200 + "is deep."
    text = f"{long}\n\n" + "\n\n".join(f"The harbour of town {i} is deep." for i in range(40))
    found = weigh(passages_of(text, budget=400), "How deep is the harbour?", score, lambda _: text)
    chosen = choose(found, words, 40)
    assert 1 <= len(chosen) <= 3 * MOST
    assert sum(words(each.text) for each in chosen[1:]) <= 40 or len(chosen) == 1
    assert choose([], words) == []


def test_what_a_newer_sentence_replaced_is_left_out_unless_a_day_is_named() -> None:
    question = "What is the basic rent in euros?"
    found = weigh(passages_of(LEASE), question, score, lambda _: LEASE)
    assert {"The basic rent is 890 euros."} == {each.text for each in found if "890" in each.text}
    valid, replaced = current(found, question)
    assert not [each for each in valid if "890" in each.text]
    assert [each for each in valid if "925" in each.text]
    assert replaced and "925" in replaced.newer.text and "890" in replaced.older.text
    named = "What was the basic rent in euros in 2024?"
    assert current(found, named) == (found, None)


def test_what_later_befell_whom_the_answer_names_is_found() -> None:
    text = (
        "The board of the club since March 2023: Ada Palm (chair), Otto Rehn (treasurer). In April 2025 Otto Rehn, "
        "the treasurer of the club, stepped down. Paula Ek took over as treasurer of the club. It rows on the Elm."
    )
    question = "Who is the treasurer of the club?"
    found = weigh(passages_of(text), question, score, lambda _: text)
    (source,) = [each for each in found if "(treasurer)" in each.text]
    told = later(found, question, "Otto Rehn is the treasurer.", {source.place})
    assert [each.text.split()[0] for each in told] == ["In", "Paula"]
    assert later(found, question, "Ada Palm is the treasurer.", {source.place}) == []  # nothing befell her
    assert later(found, "Who was the treasurer of the club?", "Otto Rehn was.", {source.place}) == []
    assert later(found, question, "Otto Rehn is the treasurer.", {each.place for each in told}) == []


def test_running_text_is_read_whole_and_lines_are_not() -> None:
    prose = "The bridge at Mora is long. It carries trams. Ships pass below it. Its towers are of granite."
    (whole,) = passages_of(prose, "prose.txt")
    lines = "\n\n".join(f"Town {i}: bridge {i} carries trams." for i in range(5))
    (log,) = passages_of(lines, "log.txt")
    assert is_one_text(whole.chunk) and not is_one_text(log.chunk)
    question = "What does the bridge at Mora carry?"
    found = weigh([whole], question, score, lambda _: prose)
    assert to_read(found, [whole], question, words, lambda _: prose).texts == (whole.chunk,)
    found = weigh([log], question, score, lambda _: lines)
    reading = to_read(found, [log], question, words, lambda _: lines)
    assert not isinstance(reading.texts[0], Chunk) and len(reading.sentences) >= 1


def test_what_another_passage_holds_of_the_question_is_read_behind_the_best_one() -> None:
    mora = "The bridge at Mora is long. It carries trams. Ships pass below it. Its towers are of granite."
    vik = "The tower at Vik is of granite. Its clock is from 1904. It is open on Mondays."
    passages = [*passages_of(mora, "mora.txt"), *passages_of(vik, "vik.txt")]
    texts = {"mora.txt": mora, "vik.txt": vik}
    question = "Which is of granite, the towers of the bridge at Mora or the one at Vik?"
    reading = to_read(weigh(passages, question, score, texts.__getitem__), passages, question, words, texts.__getitem__)
    assert len(reading.texts) == 2 and {text.document for text in reading.texts} == set(texts)


def test_nothing_found_is_nothing_to_read() -> None:
    assert weigh([], "Who?", score, lambda _: "") == []
    assert to_read([], [], "Who?", words, lambda _: "").texts == ()


def test_nearest_sentences_are_ranked_slices() -> None:
    found = weigh(passages_of(LEASE), "Are dogs permitted?", score, lambda _: LEASE)
    sources = nearest(found, 2)
    assert [source.number for source in sources] == [1, 2]
    assert sources[0].text == LEASE[sources[0].start : sources[0].end] == "Dogs are not permitted."


def test_the_heading_above_a_place() -> None:
    assert heading_above(LEASE, LEASE.index("Dogs")) == "2. Animals"
    assert heading_above(LEASE, 0) == "" and heading_above("No heading here.", 5) == ""
    assert heading_above("#hashtag first\nText", 16) == ""
