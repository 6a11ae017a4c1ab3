"""Fusion by property; retrieval over a real index with a fake embedder and a fake reranker."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import HashEmbedder, OverlapReranker
from index_samples import DIMENSIONS, put
from rag.answering.retriever import RERANKED, Passage, fuse, reading_order, retrieve, search_sentences
from rag.documents.chunks import Chunk
from rag.index.index import Index

RANKINGS = st.lists(st.lists(st.text("abcdef", min_size=1, max_size=2), max_size=12, unique=True), max_size=4)
FACTS = [
    "The police seized two tonnes of heroin in March.",
    "Border patrols arrested nine smugglers near the river.",
    "The annual rainfall in the valley is low.",
    "Farmers grow pistachios and saffron for export.",
    "A new school opened in the northern district.",
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path, dimensions=DIMENSIONS, fingerprint="x") as index:
        for number, fact in enumerate(FACTS):
            put(index, f"{number}.txt", fact, title=f"Note {number}")
        yield index


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder(DIMENSIONS)


def test_fuses_by_the_published_formula() -> None:
    fused = fuse([["a", "b", "c"], ["c", "a"]])
    assert [id_ for id_, _ in fused] == ["a", "c", "b"]
    assert dict(fused) == pytest.approx({"a": 1 / 61 + 1 / 62, "c": 1 / 63 + 1 / 61, "b": 1 / 62})


def test_fuses_nothing_into_nothing() -> None:
    assert fuse([]) == fuse([[], []]) == []


@given(RANKINGS)
def test_fusion_keeps_every_id_once_in_a_fixed_order(rankings: list[list[str]]) -> None:
    fused = fuse(rankings)
    assert sorted(id_ for id_, _ in fused) == sorted({id_ for ranking in rankings for id_ in ranking})
    assert fused == sorted(fused, key=lambda item: (-item[1], item[0]))


@given(RANKINGS, st.data())
def test_fusion_does_not_depend_on_the_order_of_rankings(rankings: list[list[str]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rankings))
    assert fuse(shuffled) == fuse(rankings)


@given(st.lists(st.text("abcdef", min_size=1, max_size=2), max_size=12, unique=True))
def test_fusing_a_ranking_with_itself_keeps_it(ranking: list[str]) -> None:
    assert [id_ for id_, _ in fuse([ranking, ranking])] == ranking


@given(RANKINGS.filter(lambda rankings: any(len(ranking) > 1 for ranking in rankings)), st.data())
def test_fusion_is_monotone(rankings: list[list[str]], data: st.DataObject) -> None:
    """An id that moves up one place in one ranking does not move down in the fused one."""
    which = data.draw(st.sampled_from([i for i, ranking in enumerate(rankings) if len(ranking) > 1]))
    place = data.draw(st.integers(1, len(rankings[which]) - 1))
    id_ = rankings[which][place]
    better = [list(ranking) for ranking in rankings]
    better[which][place - 1 : place + 1] = reversed(better[which][place - 1 : place + 1])
    order_before = [i for i, _ in fuse(rankings)]
    order_after = [i for i, _ in fuse(better)]
    assert dict(fuse(better))[id_] > dict(fuse(rankings))[id_]
    assert order_after.index(id_) <= order_before.index(id_)


def test_only_the_first_of_repeated_ids_counts() -> None:
    assert fuse([["a", "a", "b"]]) == fuse([["a", "b"]])


def test_the_best_passage_comes_first_with_its_evidence(index: Index, embedder: HashEmbedder) -> None:
    passages = retrieve(index, embedder, ["how much heroin was seized"], 3)
    assert len(passages) == 3
    first = passages[0]
    assert first.chunk.text == FACTS[0]
    assert first.keyword_score > 0
    assert first.rerank_score is None
    expected = float(embedder.embed([f"Note 0\n{FACTS[0]}"])[0] @ embedder.embed(["how much heroin was seized"])[0])
    assert first.similarity == pytest.approx(expected, abs=1e-5)


def test_passages_that_only_vectors_find_have_no_keyword_score(index: Index, embedder: HashEmbedder) -> None:
    passages = retrieve(index, embedder, ["saffron"], 5)
    assert [p.keyword_score > 0 for p in passages] == [True, False, False, False, False]


def test_retrieval_is_the_same_every_time(index: Index, embedder: HashEmbedder) -> None:
    assert retrieve(index, embedder, ["the river"], 5) == retrieve(index, embedder, ["the river"], 5)


def test_an_empty_index_gives_no_passage(tmp_path: Path, embedder: HashEmbedder) -> None:
    with Index.open(tmp_path / "empty", dimensions=DIMENSIONS, fingerprint="x") as empty:
        assert retrieve(empty, embedder, ["anything"], 3) == []
        assert search_sentences(empty, embedder, "anything", 3, OverlapReranker()) == []


@pytest.mark.parametrize("query", ['"', "AND OR NOT", "*", "😀", "\x00\x07", "ภาษาไทย", "北京大学", "x " * 25_000])
def test_any_question_gets_the_nearest_passages(index: Index, embedder: HashEmbedder, query: str) -> None:
    assert len(retrieve(index, embedder, [query], 2)) == 2


def test_a_question_about_two_things_gets_a_passage_about_each(index: Index, embedder: HashEmbedder) -> None:
    for number in range(3):
        put(index, f"h{number}.txt", f"Heroin was seized in port {number} with heroin dogs.")
    put(index, "bridge.txt", "The bridge carries trams.")
    passages = retrieve(index, embedder, ["how much heroin was seized and which trams cross the bridge"], 2)
    assert "bridge.txt" in {passage.chunk.document for passage in passages}


def test_a_title_that_the_best_passage_mentions_comes_next(index: Index, embedder: HashEmbedder) -> None:
    put(index, "film.txt", "The film Dusk was directed by Ada Lindqvist.", title="Dusk")
    put(index, "ada.txt", "She was born in Uppsala.", title="Ada Lindqvist")
    put(index, "other.txt", "He was born in Lund.", title="Nils Berg")
    passages = retrieve(index, embedder, ["where was the person born who directed the film Dusk"], 2)
    assert [passage.chunk.document for passage in passages] == ["film.txt", "ada.txt"]


def test_several_searches_are_fused(index: Index, embedder: HashEmbedder) -> None:
    passages = retrieve(index, embedder, ["and what of it", "how much heroin was seized and what of it"], 2)
    assert passages[0].chunk.text == FACTS[0]


class Preference:
    """A reranker that likes one text; it notes how much it was given to read."""

    def __init__(self, liked: str) -> None:
        self.liked = liked
        self.read: list[int] = []

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        self.read.append(len(texts))
        return [0.9 if self.liked in text else 0.01 for text in texts]


def test_a_sure_reranker_decides_between_neighbours(index: Index, embedder: HashEmbedder) -> None:
    plain = retrieve(index, embedder, ["of the in"], 3)
    liked = plain[1].chunk.text
    passages = retrieve(index, embedder, ["of the in"], 3, Preference(liked))
    assert passages[0].chunk.text == liked != plain[0].chunk.text
    assert passages[0].rerank_score == 0.9
    assert passages[0].score > passages[1].score


def test_an_unsure_reranker_leaves_the_order(index: Index, embedder: HashEmbedder) -> None:
    plain = retrieve(index, embedder, ["how much heroin was seized"], 5)
    unsure = retrieve(index, embedder, ["how much heroin was seized"], 5, Preference("nothing like it"))
    assert [p.chunk for p in unsure] == [p.chunk for p in plain]


def test_the_reranker_reads_no_more_than_it_should(index: Index, embedder: HashEmbedder) -> None:
    for number in range(30):
        put(index, f"more{number}.txt", f"heroin report {number}")
    reranker = Preference("seized")
    passages = retrieve(index, embedder, ["heroin"], 20, reranker)
    assert reranker.read == [RERANKED]
    assert [p.rerank_score is None for p in passages] == [False] * RERANKED + [True] * (20 - RERANKED)


def test_finds_single_sentences(index: Index, embedder: HashEmbedder) -> None:
    put(index, "long.txt", "The dam was built in 1962.", "It feeds three canals.", "Nobody lives there.")
    for reranker in (None, OverlapReranker()):
        found = search_sentences(index, embedder, "when was the dam built", 2, reranker)
        assert len(found) == 2
        passage, span, score = found[0]
        assert index.text(passage.chunk.document)[span.start : span.end] == "The dam was built in 1962."
        assert 0 < found[1][2] <= score <= 1


def test_the_best_by_itself_is_read_first_where_the_reranker_sees_a_difference() -> None:
    chunk = Chunk("1", "a.txt", "A", None, "A.", 0, 2, ())
    chosen = [Passage(chunk, 0.03, 0.5, 0, 0.9), Passage(chunk, 0.05, 0.5, 0, 1.0)]
    assert reading_order(chosen) == tuple(chosen)
    improbable = Passage(chunk, 0.01, 0.5, 0, 0.1)
    assert reading_order([*chosen, improbable]) == (chosen[1], chosen[0], improbable)
    assert reading_order([Passage(chunk, 0.1, 0.5)]) == (Passage(chunk, 0.1, 0.5),)
    assert reading_order([]) == ()
