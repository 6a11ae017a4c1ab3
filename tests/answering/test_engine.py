"""The engine over fakes at its two seams: the stream of events, the contract, silence, follow-ups, changing folders."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from fakes import HashEmbedder, OverlapReranker, Script, ScriptedReader
from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer, Limits, Retrieved, Token
from rag.answering.engine import Engine
from rag.answering.reader import Readable
from rag.errors import UsageError
from rag.index.index import Index

TEXT = "The bridge at Mora is 412 metres long. It carries trams.\n\nThe harbour was dredged in 1931 by Karin Holt.\n"
MakeEngine = Callable[..., Engine]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "town.txt").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture
def make_engine(tmp_path: Path, docs: Path) -> Iterator[MakeEngine]:
    made: list[Engine] = []

    def make(script: Script) -> Engine:
        embedder = HashEmbedder()
        index = Index.open(tmp_path / "index", dimensions=embedder.dimensions, fingerprint="test")
        reader = ScriptedReader(script)
        made.append(
            Engine(docs, index, embedder, reader, OverlapReranker(), budget=40, count=lambda text: len(text.split()))
        )
        return made[-1]

    yield make
    for engine in made:
        engine.close()


def says(*pieces: str, answerable: float | None = 0.95) -> Script:
    return lambda passages, question: (answerable, list(pieces))


def last(engine: Engine, question: str, history: list[tuple[str, str]] | None = None) -> Answer:
    *_, answer = engine.ask(question, history or [])
    assert isinstance(answer, Answer)
    return answer


def test_events_come_in_order_and_the_pieces_are_the_answer(make_engine: MakeEngine) -> None:
    engine = make_engine(says(" The bridge at Mora", " is 412 metres", " long."))
    first, *tokens, answer = engine.ask("How long is the bridge at Mora?")
    assert isinstance(first, Retrieved) and first.passages
    assert all(isinstance(token, Token) for token in tokens)
    assert isinstance(answer, Answer)
    assert "".join(token.text for token in tokens if isinstance(token, Token)) == answer.answer
    assert answer.answer == "The bridge at Mora is 412 metres long."


def test_the_contract_is_json_with_exact_slices(make_engine: MakeEngine) -> None:
    answer = last(make_engine(says("The bridge at Mora is 412 metres long.")), "How long is the bridge at Mora?")
    data = json.loads(json.dumps(answer.to_dict()))
    assert list(data) == [
        *["question", "standalone_question", "answer", "abstained", "confidence", "kind", "statements"],
        *["sources", "timings", "model"],
    ]
    assert data["statements"] == [
        {"text": data["answer"], "start": 0, "end": len(data["answer"]), "supported": True, "sources": [1]}
    ]
    (source,) = data["sources"]
    assert set(source) == {"number", "document", "page", "start", "end", "text", "score"}
    assert source["text"] == TEXT[source["start"] : source["end"]] == "The bridge at Mora is 412 metres long."
    assert set(data["timings"]) == {
        *["retrieval_s", "first_token_s", "total_s", "prompt_tokens", "reused_tokens", "answer_tokens"]
    }


def test_low_confidence_is_silence_with_the_nearest_sentences(make_engine: MakeEngine) -> None:
    answer = last(make_engine(says("Paris.", answerable=0.02)), "What is the capital of France?")
    assert answer.abstained and answer.answer == f"{REFUSAL} They do not mention “France”."
    assert answer.statements == () and answer.sources
    assert answer.confidence < 0.5


def test_the_threshold_is_a_setting(make_engine: MakeEngine) -> None:
    engine = make_engine(says("Paris.", answerable=0.3))
    *_, bold = engine.ask("What is the capital of France?", limits=Limits(threshold=0.0))
    *_, shy = engine.ask("What is the capital of France?", limits=Limits(threshold=1.0))
    assert isinstance(bold, Answer) and isinstance(shy, Answer)
    assert (bold.abstained, shy.abstained) == (False, True)
    assert bold.statements and not bold.statements[0].supported


def test_a_follow_up_is_asked_standing_alone(make_engine: MakeEngine) -> None:
    seen: list[str] = []

    def script(passages: object, question: str) -> tuple[float, list[str]]:
        seen.append(question)
        return 0.9, ["It carries trams."]

    answer = last(make_engine(script), "What does it carry?", [("user", "The bridge at Mora?")])
    assert answer.question == "What does it carry?"
    assert answer.standalone_question == seen[0] == "What does it carry? (The bridge at Mora?)"


def test_changes_in_the_folder_are_seen_at_the_next_question(make_engine: MakeEngine, docs: Path) -> None:
    engine = make_engine(says("The tower is 90 metres high."))
    assert not last(engine, "How high is the tower?").statements[0].supported
    (docs / "tower.md").write_text("# Tower\n\nThe tower is 90 metres high.", encoding="utf-8")
    found = last(engine, "How high is the tower?")
    assert [source.document for source in found.sources] == ["tower.md"]
    (docs / "tower.md").unlink()
    assert not last(engine, "How high is the tower?").statements[0].supported
    assert isinstance(engine.reader, ScriptedReader)
    assert "tower.md" in engine.reader.forgotten


@pytest.mark.parametrize("question", ["", "  \n ", "\x00\x1b\x07", "x" * 50_000])
def test_questions_that_cannot_be_asked(make_engine: MakeEngine, question: str) -> None:
    with pytest.raises(UsageError):
        last(make_engine(says("x")), question)


@pytest.mark.parametrize("question", ["😀?", "كم طول الجسر؟", "a\x1b[31mb", '" OR * NEAR(', "%s {x} $y"])
def test_odd_questions_are_answered_all_the_same(make_engine: MakeEngine, question: str) -> None:
    answer = last(make_engine(says("It carries trams.")), question)
    assert answer.answer and "\x1b" not in answer.question


def test_what_is_kept_of_a_document_that_goes_while_it_is_read_is_dropped(make_engine: MakeEngine, docs: Path) -> None:
    (docs / "other.txt").write_text("The mayor of Mora is Ann Berg.", encoding="utf-8")
    engine = make_engine(says("It is ", "412 metres ", "long."))
    assert isinstance(engine.reader, ScriptedReader)
    events = engine.ask("How long is the bridge at Mora?")
    assert isinstance(next(events), Retrieved) and isinstance(next(events), Token)
    (docs / "town.txt").unlink()
    engine.refresh()
    engine.reader.forgotten.clear()
    assert isinstance(list(events)[-1], Answer)
    assert engine.reader.forgotten == ["town.txt"]


def test_stopping_ends_the_answer_there(make_engine: MakeEngine) -> None:
    engine = make_engine(says(*["word "] * 100))
    stop = threading.Event()
    pieces = 0
    for event in engine.ask("How long is the bridge at Mora?", stopped=stop.is_set):
        if isinstance(event, Token):
            pieces += 1
            stop.set()
    assert pieces < 5
    assert isinstance(event, Answer) and event.stopped


def test_search_ranks_sentences(make_engine: MakeEngine) -> None:
    found = make_engine(says("x")).search("Who dredged the harbour?", 2)
    assert found[0].text == "The harbour was dredged in 1931 by Karin Holt."
    assert all(TEXT[source.start : source.end] == source.text for source in found)


def test_an_empty_folder_says_so(make_engine: MakeEngine, docs: Path) -> None:
    (docs / "town.txt").unlink()
    with pytest.raises(UsageError, match="no documents"):
        last(make_engine(says("x")), "Anything?")


def test_what_the_english_documents_do_not_say_is_asked_of_those_in_other_languages(
    make_engine: MakeEngine, docs: Path
) -> None:
    letter = "Die Gegenstände sind vier Wochen lang aufzubewahren.\n\nWir danken für die Meldung und sind für Sie da.\n"
    (docs / "brief.txt").write_text(letter, encoding="utf-8")

    def script(passages: Sequence[Readable], question: str) -> tuple[float, list[str]]:
        german = "Gegenstände" in question and any("Wochen" in each.text for each in passages)
        return (0.99, ["Die Gegenstände sind vier Wochen lang aufzubewahren."]) if german else (0.02, ["It is 1931."])

    engine = make_engine(script)
    reader = engine.reader
    assert isinstance(reader, ScriptedReader)
    meant = "Wie lange sind die Gegenstände aufzubewahren?"
    reader.writes = lambda request: meant if "In German" in request and "damaged" in request else "Wie tief ist das?"
    answer = last(engine, "How long do I have to keep the damaged things?")
    assert not answer.abstained and answer.sources[0].document == "brief.txt"
    assert answer.standalone_question.startswith("Wie lange") and answer.looks == 2
    assert last(engine, "How deep is the sea?").abstained
