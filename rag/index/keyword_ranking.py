"""A question → chunks ranked by BM25 in SQLite's full-text index. It does not know vectors, or how words were made.

A term that half of the chunks hold costs the most time and tells the least: such ones are left out, if others remain.
"""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from rag.documents.keywords import query_expressions

_MATCHES, _MATCHES_OF_ONE = 20_000, 10_000
"""Places of a question's terms, and of one of them, that are scored: some 10 ms."""
_WITHIN = "AND rowid IN (SELECT number FROM chunks WHERE document IN (SELECT value FROM json_each(?)))"

Rows = Callable[..., list[tuple[Any, ...]]]
"""Runs SQL with its parameters."""


def keyword_ranking(
    rows: Rows, chunks: int, query: str, limit: int, documents: Collection[str] | None = None
) -> list[tuple[str, float]]:
    """Return (chunk id, BM25 score) of the best of so many `chunks` that hold a term of `query`, best first.

    Ties are in order of the id. `documents` (paths) narrows the search.
    """
    expression = " OR ".join(_telling(rows, chunks, query_expressions(query)))
    if not expression:
        return []
    within = "" if documents is None else _WITHIN
    sql = f"""SELECT id, score FROM chunks JOIN (
            SELECT rowid AS found, -bm25(keywords) AS score FROM keywords WHERE keywords MATCH ? {within}
            ORDER BY score DESC, rowid LIMIT ?) ON number = found
        ORDER BY score DESC, id"""
    parameters = [expression] if documents is None else [expression, json.dumps(list(documents))]
    return [(id_, score) for id_, score in rows(sql, *parameters, limit)]


def _telling(rows: Rows, chunks: int, expressions: Sequence[str]) -> Sequence[str]:
    """Leave out terms that say little, if others remain: BM25 gives them hardly any weight, but they take time.

    Those are the terms that most chunks hold, and in a large index the most frequent ones beyond so many places.
    """
    half = chunks // 2
    most = min(half, _MATCHES_OF_ONE)
    counts = _matches(rows, expressions, most + 1)
    telling, matches = [], 0
    for n, expression in sorted(zip(counts, expressions, strict=True)):
        matches += n
        if 0 < n <= most and matches <= _MATCHES:
            telling.append(expression)
    if telling or half <= _MATCHES_OF_ONE:
        return telling or expressions
    found = sorted(zip(_matches(rows, expressions, -1), expressions, strict=True))
    return [expression for n, expression in found if n][:1]


def _matches(rows: Rows, expressions: Sequence[str], most: int) -> list[int]:
    sql = "SELECT count(*) FROM (SELECT 1 FROM keywords WHERE keywords MATCH ? LIMIT ?)"
    return [rows(sql, expression, most)[0][0] for expression in expressions]
