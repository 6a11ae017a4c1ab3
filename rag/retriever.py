"""Question → ranked passages: dense and keyword rankings fused. It does not know the answer model."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from rag.chunks import Chunk
from rag.embedder import Embedder
from rag.index import Index, embedded_text
from rag.keywords import terms
from rag.sentences import Span

DEPTH = 50
"""Chunks that each ranking contributes."""
RERANKED = 10
"""Fused chunks that a reranker reads, and at least as many sentences: it costs 10 to 20 ms a text."""
RERANK_WEIGHT = 0.05
"""What a reranker's probability of 1 adds to a fused score, which is at most 2 / 61 = 0.033.

The reranker decides where it sees a difference; where it finds every passage improbable, the fused order stays.
"""
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
    """Rank score, larger is better, passages are in its order; comparable only within one question."""
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
    query: str,
    limit: int,
    reranker: Reranker | None = None,
    documents: Collection[str] | None = None,
) -> list[Passage]:
    """Return the `limit` best passages for `query`, best first; fewer where the index has fewer.

    `documents` (paths) narrows the search.
    """
    vector = embedder.embed([query])[0]
    keyword = dict(index.keyword(query, DEPTH, documents))
    dense = dict(index.dense(vector, max(DEPTH, limit), documents))
    fused = fuse([list(dense), list(keyword)])[: max(limit, RERANKED if reranker else 0)]
    ids = [id_ for id_, _ in fused]
    chunks, vectors = index.chunks(ids), index.vectors(ids)
    passages = [
        Passage(chunks[id_], score, float(np.clip(vectors[id_] @ vector, -1, 1)), keyword.get(id_, 0.0))
        for id_, score in fused
        if id_ in chunks and id_ in vectors  # another process may have removed it since
    ]
    return (passages if reranker is None else _rerank(passages, query, reranker))[:limit]


def _rerank(passages: Sequence[Passage], query: str, reranker: Reranker) -> list[Passage]:
    """Blend the reranker's view into the order: the one place that weighs it against the fused ranks."""
    read = passages[:RERANKED]
    scores = reranker.score(query, [embedded_text(passage.chunk) for passage in read])
    blended = [
        replace(passage, score=passage.score + RERANK_WEIGHT * score, rerank_score=score)
        for passage, score in zip(read, scores, strict=True)
    ]
    return sorted(blended, key=lambda p: (-p.score, p.chunk.id)) + list(passages[RERANKED:])


def search_sentences(
    index: Index,
    embedder: Embedder,
    query: str,
    limit: int,
    reranker: Reranker | None = None,
    documents: Collection[str] | None = None,
) -> list[tuple[Passage, Span, float]]:
    """Return the `limit` best sentences for `query`, best first: (passage, span in its document's text, score 0 to 1).

    The score is the reranker's probability, or else similarity and shared words blended.
    """
    passages = retrieve(index, embedder, query, max(limit, RERANKED), reranker, documents)
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
