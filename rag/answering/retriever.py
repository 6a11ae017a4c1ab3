"""Question → ranked passages: dense and keyword rankings fused. It does not know the answer model."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from rag.documents.chunks import Chunk
from rag.documents.keywords import terms
from rag.documents.sentences import Span
from rag.documents.words import stems, words
from rag.index.embedder import Embedder
from rag.index.index import Index

DEPTH = 50
"""Chunks that each ranking contributes."""
RERANKED = 10
"""Fused chunks that a reranker reads, and at least as many sentences: it costs 10 to 20 ms a text."""
POOL = 20
"""Fused chunks among which passages are chosen."""
RERANK_WEIGHT = 0.02
"""What a reranker's probability of 1 adds to a fused score, which is at most 2 / 61 = 0.033.

The reranker decides where it sees a difference; where it finds every passage improbable, the fused order stays.
"""
NEW_WEIGHT = 0.08
"""What a passage gains that holds all of the question's words that no better passage holds, rare words counting more.

A question about two things needs a passage about each (maximal coverage; compare maximal marginal relevance,
Carbonell and Goldstein, SIGIR 1998). On development questions that need several documents, recall@5 rose from .80 to
.86 and from .82 to .85.
"""
MENTIONED = 0.03
"""What a passage gains whose document's title stands in a better passage: the second step of "the director of …".

On development questions of two steps, recall@5 rose from .85 to .89.
"""
SEES = 0.5
"""Least probability, by the reranker, of every passage, with which it is taken to see no difference between them."""
WORDS_WEIGHT = 0.3
"""Share of the question's words in the score of a sentence; the rest is its similarity."""


class Reranker(Protocol):
    """Reads a question and texts together."""

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return for each text the probability, 0 to 1, that it answers `query`."""
        ...


@dataclass(frozen=True)
class Passage:
    """A chunk with the evidence for it."""

    chunk: Chunk
    score: float
    """Fused and reranked, larger is better, comparable only within one question; what is new in a passage counts
    beside it, so that passages need not be in its order."""
    similarity: float
    """Cosine of question and chunk vectors, -1 to 1."""
    keyword_score: float = 0.0
    """BM25 score, 0 where the chunk is not among the best `DEPTH` by keywords."""
    rerank_score: float | None = None
    """Probability, 0 to 1, by the reranker; None where it did not read the passage."""


def fuse(rankings: Sequence[Sequence[str]], k: int = 60) -> list[tuple[str, float]]:
    """Fuse rankings of ids into one of (id, sum over the rankings of 1 / (k + rank)), best first, ties by id.

    Reciprocal rank fusion with its published constant: Cormack, Clarke and Büttcher, SIGIR 2009. Only the first of an
    id's ranks in a ranking counts.
    """
    shares: dict[str, list[float]] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(dict.fromkeys(ranking), start=1):
            shares.setdefault(id_, []).append(1 / (k + rank))
    scores = {id_: math.fsum(parts) for id_, parts in shares.items()}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def retrieve(
    index: Index,
    embedder: Embedder,
    queries: Sequence[str],
    limit: int,
    reranker: Reranker | None = None,
    documents: Collection[str] | None = None,
) -> list[Passage]:
    """Return the `limit` best passages, best first; fewer where the index has fewer.

    The first of `queries` is the question; the others are further ways to search for it (see `rag.answering.followup`).
    `documents` (paths) narrows the search.
    """
    vectors = embedder.embed(queries)
    rankings: list[list[str]] = []
    keyword: dict[str, float] = {}
    for query, vector in zip(queries, vectors, strict=True):
        found = dict(index.keyword(query, DEPTH, documents))
        rankings += [[id_ for id_, _ in index.dense(vector, max(DEPTH, limit), documents)], list(found)]
        keyword = keyword or found
    # A mean over the queries: the weights above are made for the two rankings of one.
    fused = [(id_, score / len(queries)) for id_, score in fuse(rankings)][: max(limit, POOL)]
    ids = [id_ for id_, _ in fused]
    chunks, stored = index.chunks(ids), index.vectors(ids)
    passages = [
        Passage(chunks[id_], score, float(np.clip(stored[id_] @ vectors[0], -1, 1)), keyword.get(id_, 0.0))
        for id_, score in fused
        if id_ in chunks and id_ in stored  # another process may have removed it since
    ]
    if reranker is not None:
        passages = _rerank(passages, queries[0], reranker)
    return _choose(passages, queries[0], limit)


def _rerank(passages: Sequence[Passage], query: str, reranker: Reranker) -> list[Passage]:
    """Add the reranker's view of the first passages to their scores."""
    read = passages[:RERANKED]
    scores = reranker.score(query, [passage.chunk.titled_text for passage in read])
    blended = [
        replace(passage, score=passage.score + RERANK_WEIGHT * score, rerank_score=score)
        for passage, score in zip(read, scores, strict=True)
    ]
    return [*blended, *passages[RERANKED:]]


def _choose(passages: Sequence[Passage], query: str, limit: int) -> list[Passage]:
    """Choose passages one by one: the best score, with what is new in it, given those chosen before."""
    held = {passage.chunk.id: stems(passage.chunk.titled_text) for passage in passages}
    texts = {passage.chunk.id: f" {' '.join(words(passage.chunk.text))} " for passage in passages}
    titles = {passage.chunk.id: f" {' '.join(words(passage.chunk.title))} " for passage in passages}
    count = Counter(word for found in held.values() for word in found)
    rarity = {word: math.log(1 + len(passages) / (1 + count[word])) for word in stems(query)}
    total = math.fsum(rarity.values()) or 1.0
    left = set(rarity)
    read = ""
    chosen: list[Passage] = []
    rest = list(passages)
    while rest and len(chosen) < limit:
        gains = [
            passage.score
            + NEW_WEIGHT * math.fsum(rarity[word] for word in sorted(left & held[passage.chunk.id])) / total
            + MENTIONED * (titles[passage.chunk.id].strip() != "" and titles[passage.chunk.id] in read)
            for passage in rest
        ]
        best = min(range(len(rest)), key=lambda i: (-gains[i], rest[i].chunk.id))
        passage = rest.pop(best)
        chosen.append(passage)
        left -= held[passage.chunk.id]
        read += texts[passage.chunk.id]
    return chosen


def reading_order(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return passages that were chosen for what they hold together with the one first that is best by itself.

    That is the one with the best score where the reranker tells passages apart. In a language that it does not know it
    finds all of them probable; then the order of choice stays, which counts the question's words. On development
    questions the first passage held the evidence in .83 of the own set (by choice .79, by score .85), .94 (.91, .94),
    .97 (.95, .97), and .83 in other languages (.84, .56).
    """
    seen = [passage.rerank_score for passage in passages if passage.rerank_score is not None]
    if min(seen, default=1.0) >= SEES:
        return tuple(passages)
    return tuple(sorted(passages, key=lambda passage: -passage.score))


def search_sentences(
    index: Index,
    embedder: Embedder,
    query: str,
    limit: int,
    reranker: Reranker | None = None,
    documents: Collection[str] | None = None,
) -> list[tuple[Passage, Span, float]]:
    """Return the `limit` best sentences for `query`, best first: (passage, span in its document's text, score 0 to 1).

    The score is the reranker's probability, or else similarity and shared words blended. The reranker reads the best
    sentences alone, not the passages they stand in, which would take three times as long.
    """
    passages = retrieve(index, embedder, [query], max(limit, RERANKED), documents=documents)
    found = [(passage, span) for passage in passages for span in passage.chunk.sentences]
    if not found:
        return []
    texts = [passage.chunk.slice(span) for passage, span in found]
    vectors = embedder.embed([query, *texts])
    wanted = set(terms(query))
    shared = np.array([len(wanted & set(terms(text))) / max(1, len(wanted)) for text in texts])
    scores = (1 - WORDS_WEIGHT) * np.clip(vectors[1:] @ vectors[0], 0, 1) + WORDS_WEIGHT * shared
    best = np.argsort(-scores, kind="stable")[: limit if reranker is None else max(limit, RERANKED)]
    if reranker is not None:
        scores[best] = reranker.score(query, [texts[i] for i in best])
        best = best[np.argsort(-scores[best], kind="stable")][:limit]
    return [(*found[i], float(scores[i])) for i in best]
