"""Models of every family, tiny and of random weights: whatever their memory can do, the answer is the same."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from chat_templates import ALWAYS_THINKS, FAMILIES, SENTENCE_PIECE
from rag.answering.prompting import prompt
from rag.documents.chunks import Chunk
from rag.errors import ReaderError
from rag.llm.abilities import Abilities
from rag.llm.attention_store import AttentionStore
from rag.llm.chat_template import ChatTemplate, read_template, split_chat
from rag.llm.llama_reader import LlamaReader
from tiny_models import write_model

PASSAGES = [
    Chunk("1", "a.txt", "Harbour", None, "The harbour of Lysa was dredged in 1931 by Karin Holt.", 0, 54, ()),
    Chunk("2", "b.txt", "Bridge", None, "The bridge at Mora is 412 metres long. It carries trams.", 0, 56, ()),
]
QUESTION = "How long is the bridge at Mora?"
CARRIES_A_STATE = ("granitehybrid", "lfm2", "qwen35")


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def model(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp(family) / f"{family}.gguf"
    write_model(path, family, *FAMILIES[family], sentence_piece=family in SENTENCE_PIECE)
    return path


def open_reader(model: Path, folder: Path, **options: object) -> LlamaReader:
    store = AttentionStore(folder, 1 << 30)
    return LlamaReader(model, name="tiny", sha256="s", store=store, context_tokens=2048, threads=1, **options)  # type: ignore[arg-type]


@pytest.fixture
def reader(model: Path, tmp_path: Path) -> Iterator[LlamaReader]:
    made = open_reader(model, tmp_path)
    yield made
    made.close()


def ids(reader: LlamaReader, passages: Sequence[Chunk] = PASSAGES) -> tuple[list[int], float | None, int]:
    """Return the first 16 tokens of an answer, whatever they are, with P(Yes) and how many tokens were restored."""
    found: list[int] = []
    real = reader._greedy

    def noted(*given: object) -> Iterator[int]:
        for token in real(*given):  # type: ignore[arg-type]
            found.append(token)
            yield token

    reader._greedy = noted  # type: ignore[method-assign]
    reading = reader.read(passages, QUESTION, max_tokens=16)
    list(reading.tokens)
    reader._greedy = real  # type: ignore[method-assign]
    return found, reading.answerable, reading.reused_tokens


def test_kept_and_whole_give_the_same_words(model: Path, reader: LlamaReader, tmp_path: Path) -> None:
    whole = open_reader(model, tmp_path / "whole", exact=True)
    expected, judged, nothing = ids(whole)
    whole.close()
    first, *_ = ids(reader)
    again, restored_judged, restored = ids(reader)
    assert nothing == 0 < restored
    assert first == again == expected and expected
    assert judged is not None and restored_judged == pytest.approx(judged, abs=0.01)


def test_what_its_memory_can_do_is_asked(reader: LlamaReader, family: str) -> None:
    assert reader.abilities.joins == (family not in CARRIES_A_STATE)
    assert reader.abilities.restores
    assert "kept" in reader.abilities.told()


def test_where_nothing_can_be_restored_both_ends_are_evaluated_whole(
    model: Path, reader: LlamaReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, judged, _ = ids(reader)
    poor = Abilities("a memory of no use", joins=False, restores=False)
    monkeypatch.setattr("rag.llm.llama_reader.abilities", lambda llama, tokens: poor)
    other = open_reader(model, tmp_path / "other")
    found, judged_again, restored = ids(other)
    assert found == expected and judged_again == pytest.approx(judged, abs=0.01)
    assert restored == 0 and not other.warm(PASSAGES[0])
    other.close()


def test_states_kept_whole_serve_a_model_that_could_join_them(
    model: Path, reader: LlamaReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, judged, _ = ids(reader)
    careful = Abilities("a memory that nobody knows", joins=False, restores=True)
    monkeypatch.setattr("rag.llm.llama_reader.abilities", lambda llama, tokens: careful)
    other = open_reader(model, tmp_path / "other")
    assert other.warm(PASSAGES[0])
    found, judged_again, restored = ids(other)
    assert found == expected and judged_again == pytest.approx(judged, abs=0.01)
    assert restored > 0
    other.close()


def test_the_judgement_is_a_probability_of_the_words_themselves(reader: LlamaReader) -> None:
    yes, no = (["".join(reader._llama.text_of([t])).strip().lower() for t in ts] for ts in (reader._yes, reader._no))
    assert set(yes) == {"yes"} and len(yes) >= 2
    assert set(no) == {"no"} and len(no) >= 2
    for passages in ([], PASSAGES[:1], PASSAGES):
        judged = reader.read(passages, QUESTION, max_tokens=1).answerable
        assert judged is not None and 0 <= judged <= 1
    logits = np.full(reader._llama._size, -np.inf, np.float32)
    logits[reader._yes[0]] = 3.0
    assert reader._probability(logits) == pytest.approx(1)


def test_it_stops(reader: LlamaReader) -> None:
    calls = 0

    def after_three() -> bool:
        nonlocal calls
        calls += 1
        return calls > 3

    assert reader.read(PASSAGES, QUESTION, max_tokens=200, stopped=lambda: True).answerable is None
    list(reader.read(PASSAGES, QUESTION, max_tokens=200, stopped=after_three).tokens)
    reading = reader.read(PASSAGES, QUESTION, max_tokens=200)
    reading.tokens.close()  # type: ignore[attr-defined]
    assert ids(reader)[0]  # it is free for others


def test_two_at_once_queue(reader: LlamaReader) -> None:
    expected = "".join(reader.read(PASSAGES, QUESTION, max_tokens=8).tokens)
    found: list[str] = []

    def ask() -> None:
        found.append("".join(reader.read(PASSAGES, QUESTION, max_tokens=8).tokens))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 3


def test_the_prompt_begins_once_and_its_turn_ends(reader: LlamaReader, family: str) -> None:
    _, (first, *_) = FAMILIES[family]
    (begins,) = reader._llama.tokenize(first, special=True)
    assert reader._prefix.count(begins) == 1 and reader._prefix[0] == begins
    turn = {"llama": "<|eot_id|>", "gemma3": "<end_of_turn>", "gemma4": "<turn|>", "phi3": "<|end|>"}.get(family)
    if turn is not None:
        (ends,) = reader._llama.tokenize(turn, special=True)
        assert ends in reader._ends or reader._llama.is_end(ends)


def test_the_template_has_the_system_once_and_no_open_thought(family: str) -> None:
    source, (first, last, *_) = FAMILIES[family]
    before, behind = split_chat(ChatTemplate(source, first, last), prompt("system"), "\n\nAnswer.")
    assert before.count(prompt("system")) == 1
    assert behind.startswith("\n\nAnswer.")
    assert "2026" not in before + behind  # no day that changes
    assert behind.count("<think>") == behind.count("</think>")
    assert behind.count("<|channel>") == behind.count("<channel|>")


def test_a_model_that_thinks_unasked_has_thought_before_it_judges(model: Path, tmp_path: Path) -> None:
    reader = open_reader(model, tmp_path)
    looks: list[int] = []
    real = reader._prompt.look

    def noted(*given: Sequence[int]) -> object:
        looked = real(*given)
        looks.append(int(looked.check.argmax()))
        return looked

    reader._prompt.look = noted  # type: ignore[method-assign, assignment]
    first = reader.read(PASSAGES, QUESTION, max_tokens=4)
    list(first.tokens)
    assert len(looks) == 1
    reader._marks[looks[0]] = "<think>"  # as if its first word opened thoughts
    second = reader.read(PASSAGES, QUESTION, max_tokens=4)
    list(second.tokens)
    assert len(looks) == 3  # looked at again, behind thoughts that are over
    assert second.prompt_tokens > first.prompt_tokens
    list(reader.read(PASSAGES, QUESTION, max_tokens=4).tokens)
    assert len(looks) == 4  # and from then on at once
    reader.close()


def test_a_template_of_ones_own_stands_in(tmp_path: Path) -> None:
    path = tmp_path / "bare.gguf"
    write_model(path, "llama", "", FAMILIES["llama"][1])
    with pytest.raises(ReaderError, match=r"no chat template.*--chat-template"):
        open_reader(path, tmp_path / "kept")
    reader = open_reader(path, tmp_path / "kept", template=ALWAYS_THINKS)
    assert ids(reader)[0]
    reader.close()


def test_a_broken_template_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    write_model(path, "llama", "{{ nothing(", FAMILIES["llama"][1])
    with pytest.raises(ReaderError, match=r"cannot be rendered.*--chat-template"):
        open_reader(path, tmp_path / "kept")


@pytest.mark.long
def test_a_real_model_of_sliding_windows_kept_and_whole(weights: Callable[[str], Path], tmp_path: Path) -> None:
    path = weights("gemma-3-270m")
    sea = "The harbour of Lysa was dredged in 1931 by Karin Holt, and the bridge at Mora was painted grey. " * 40
    long = [Chunk("1", "a.txt", "Harbour", None, sea, 0, len(sea), ()), PASSAGES[1]]  # longer than the window
    with_template = read_template("gemma")
    whole = open_reader(path, tmp_path / "whole", exact=True, template=with_template)
    expected, judged, _ = ids(whole, long)
    assert whole._llama.window and whole._prompt.place(None, (), lambda: False)
    whole.close()
    kept = open_reader(path, tmp_path / "kept", template=with_template)
    first, judged_first, _ = ids(kept, long)
    again, judged_again, restored = ids(kept, long)
    kept.close()
    assert restored > 512
    assert first == again == expected and expected
    assert judged_again == judged_first  # restored is what was computed
    assert judged_again == pytest.approx(judged, abs=0.1)  # evaluated in other batches, which round differently
