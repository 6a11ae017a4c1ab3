"""Answer + passages → statements, each with its source sentences or marked unsupported.

References are never read out of the model's words: every statement is tied afterwards to sentences of the passages
that were read, so an invented citation cannot come about (post-hoc citing, Gao et al. 2023, arXiv 2305.14627). It does
not know how passages were found or how the answer was made.

A sentence's evidence for a statement is how much of the statement's and the question's wording it holds, and how close
a cross-encoder finds them. Sentences are added while they bring words that the earlier ones lack. A number or a name
that stands in none of them makes the statement unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from rag.answering.said import Said, text_before
from rag.answering.sources import Source as Source  # to be had from here, too
from rag.answering.sources import Statement as Statement
from rag.documents.language import language_of
from rag.documents.sentences import split_sentences
from rag.documents.words import names, stems, words

if TYPE_CHECKING:  # who only shows an answer needs no search
    from rag.answering.retriever import Passage

Relevance = Callable[[str, Sequence[str]], Sequence[float]]
"""How well each text answers a query, 0 to 1 (a cross-encoder)."""

SUPPORTED = 0.45
"""Least evidence, of at most 1, with which a sentence is shown as a source of a statement."""
_NEW, _ALL, _ASKED, _MEANT = 0.38, 0.24, 0.15, 0.23
"""What counts as evidence: shares of the words that the statement adds to the question, of all its words and of the
question's, and the cross-encoder's score. On development questions with one source each, these weights reach
a source F1 of .98 and .86; a cross-encoder's score alone .87 and .63, the shares of words alone .93 and .80."""
_ADDED = 0.2  # least share of the statement's words that a further source must bring
_MOST_SOURCES = 4  # of one statement
_TOLD = 0.6
"""Evidence by a sentence in another language that holds every new name and number of a statement: the words differ."""
_BARE = re.compile(r"\W*(?:[^\W\d_a-zß-ÿ][^\W\d_]*\W*){1,3}")
"""A sentence that is a name and nothing else, as on an envelope: it says nothing of whom it names."""
_WHOLE_CLAUSE = 2  # words of a clause that says something by itself
_CLAUSES = re.compile(r",? (?:and|but|while) |; |, (?:which|who|whose|where) ")


def sentences_of(passages: Sequence[Passage]) -> list[tuple[Passage, int]]:
    """Return every sentence of the passages, as (passage, position of the sentence in it), best passage first."""
    return [(passage, i) for passage in passages for i in range(len(passage.chunk.sentences))]


def source(passage: Passage, sentence: int, score: float, number: int) -> Source:
    """Return the passage's sentence as a source: a slice, never searched for again."""
    chunk, span = passage.chunk, passage.chunk.sentences[sentence]
    page = chunk.pages[sentence] if chunk.pages else chunk.page
    score = round(min(1.0, max(0.0, score)), 4)
    text = chunk.slice(span)
    sure = chunk.certainties[sentence] if chunk.certainties else None
    return Source(
        number, chunk.document, chunk.title, page, span.start, span.end, text, score, chunk.start, chunk.text, sure
    )


def cite(
    question: str,
    answer: str,
    candidates: Sequence[tuple[Passage, int]],
    relevance: Relevance,
    context: Callable[[Passage, int], str] = lambda passage, _: passage.chunk.title,
) -> tuple[tuple[Statement, ...], tuple[Source, ...]]:
    """Tie each sentence of `answer` to the sentences it rests on; sources are numbered in order of first use.

    `candidates` are the sentences that were read, as (passage, position in it); `context` gives what a sentence stands
    under, which counts as said by it: its document's title and its heading.
    """
    texts = [source(passage, i, 0, 0).text for passage, i in candidates]
    said = [
        Said(
            text,
            context(passage, i),
            text_before(passage, i),
            passage.chunk.document,
            passage.chunk.sentences[i].start,
        )
        for text, (passage, i) in zip(texts, candidates, strict=True)
    ]
    statements: list[Statement] = []
    numbers: dict[int, int] = {}
    scores: dict[int, float] = {}
    for span in split_sentences(answer):
        text = answer[span.start : span.end]
        chosen = _sources_of_clauses(question, text, said, relevance) if texts else {}
        for i, score in chosen.items():
            numbers.setdefault(i, len(numbers) + 1)
            scores[i] = max(score, scores.get(i, 0.0))
        cited = tuple(sorted(numbers[i] for i in chosen))
        statements.append(Statement(text, span.start, span.end, bool(cited), cited))
    sources = tuple(source(*candidates[i], scores[i], number) for i, number in numbers.items())
    return tuple(statements), sources


def _sources_of(question: str, statement: str, said: Sequence[Said], relevance: Relevance) -> dict[int, float]:
    """Return the positions of the sentences that support `statement` with their evidence; empty if unsupported."""
    asked, wanted = stems(question), stems(statement)
    new = wanted - asked or wanted  # what the answer adds to the question is what needs a source most
    if not wanted:
        return {}
    meant = relevance(statement, [each.text for each in said])
    holds = [each.stems for each in said]
    evidence = [
        _NEW * _share(new, has) + _ALL * _share(wanted, has) + _ASKED * _share(asked, has) + _MEANT * meant[i]
        for i, has in enumerate(holds)
    ]
    for i, each in enumerate(said):
        if _BARE.fullmatch(each.text) and len(wanted - holds[i]) > 1:
            evidence[i] = 0.0
    told = _named(statement, said) - set(words(question))
    if told and (spoken := language_of(statement)):
        for i, each in enumerate(said):
            if each.language not in (None, spoken) and each.held(told) == told:
                evidence[i] = max(evidence[i], _TOLD)
    order = sorted(range(len(said)), key=lambda i: (-evidence[i], i))
    best = order[0]
    if evidence[best] < SUPPORTED:
        return {}
    chosen = {best: evidence[best]}
    covered = set(holds[best])
    named = _named(statement, said)
    must = named - said[best].held(named)
    for i in order[1:]:
        if len(chosen) == _MOST_SOURCES:
            break
        if not _tied(said, chosen, i, named, must):
            continue
        added = (wanted & holds[i]) - covered
        if said[i].held(must) or len(added & new) >= max(2, _ADDED * len(new)):
            chosen[i] = evidence[i]
            covered |= holds[i]
            must -= said[i].held(must)
    return {} if must else chosen


def _sources_of_clauses(question: str, statement: str, said: Sequence[Said], relevance: Relevance) -> dict[int, float]:
    """Return what supports `statement` as a whole, or else what supports each of its clauses by itself."""
    if whole := _sources_of(question, statement, said, relevance):
        return whole
    clauses = [clause for clause in _CLAUSES.split(statement) if len(words(clause)) >= _WHOLE_CLAUSE]
    found = [_sources_of(question, clause, said, relevance) for clause in clauses]
    if len(clauses) < 2 or not all(found):
        return {}
    return {i: max(each.get(i, 0.0) for each in found) for each in found for i in each}


def _tied(said: Sequence[Said], chosen: Collection[int], i: int, named: set[str], must: set[str]) -> bool:
    """Tell whether sentence `i` goes on about what a chosen one is about.

    A name that the chosen ones lack has to stand beside one that they have: what is put together from sentences that
    have nothing to do with each other is nobody's statement.
    """
    shared = any(said[i].held(named) & said[j].held(named) for j in chosen)
    return shared or (not said[i].held(must) and any(said[i].near(said[j]) for j in chosen))


def _named(statement: str, said: Sequence[Said]) -> set[str]:
    """Return the names and numbers of `statement`, its first word, too, where it is a name in some sentence."""
    found = names(statement)
    first = next(iter(words(statement)), "")
    if first and any(first in names(each.text) for each in said):
        found.add(first)
    return found


def _share(wanted: set[str], has: set[str]) -> float:
    return len(wanted & has) / len(wanted) if wanted else 0.0
