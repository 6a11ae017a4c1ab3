"""Rows of an evaluation → the measures of a set. It does not know how rows are made or printed."""

from collections.abc import Iterable, Sequence
from typing import Any

from rag.evaluation import measures
from rag.evaluation.evaluate import Row
from rag.evaluation.everyday import TALK


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the measures of one set; those that do not apply to it are left out."""
    answerable = [row for row in rows if row["answerable"]]
    spoken = [row for row in answerable if not row["abstained"]]
    statements = [s for row in rows for s in row.get("statements", [])]
    again = [row["again"] for row in rows if "again" in row]
    flags = [row["answerable"] for row in rows]
    confidences = [row["confidence"] for row in rows]
    table: dict[str, Any] = {"questions": len(rows), "unanswerable": len(rows) - len(answerable)}
    for name in (*(f"{kind}@{k}" for kind in ("recall", "evidence") for k in (1, 3, 5, 10)), "ndcg@10"):
        table[name] = _mean(rows, name)
    table["recall@5 with history"] = _mean([row for row in rows if row["history"]], "recall@5")
    table |= {
        "answer F1": _mean(answerable, "f1"),
        "answer recall": _mean(answerable, "answer_recall"),
        "correct": _mean(answerable, "correct"),
        "silent on unanswerable": _mean([row for row in rows if not row["answerable"]], "abstained"),
        "silent on answerable": _mean(answerable, "abstained"),
        "balanced abstention": measures.balanced_accuracy(flags, [row["abstained"] for row in rows]),
        "AUC": measures.auc(confidences, flags),
        "trust": _mean(rows, "trust"),
        "source precision": _mean(spoken, "source_precision"),
        "source recall": _mean(spoken, "source_recall"),
        "source F1": _mean(spoken, "source_f1"),
        "source F1, nearest ones counted": _mean(answerable, "source_f1"),
        "evidence shown": measures.mean([float(r["source_recall"] > 0) for r in answerable if "source_recall" in r]),
        "statements supported": measures.mean([float(s["supported"]) for s in statements]),
        "exact slices": measures.mean([float(exact) for row in rows for exact in row.get("exact_slices", [])]),
        "first word p50, s": measures.percentile([row["first_token_s"] for row in rows if "first_token_s" in row], 0.5),
        "first word p95, s": measures.percentile(
            [row["first_token_s"] for row in rows if "first_token_s" in row], 0.95
        ),
        "total p50, s": measures.percentile([row["total_s"] for row in rows if "total_s" in row], 0.5),
        "total p95, s": measures.percentile([row["total_s"] for row in rows if "total_s" in row], 0.95),
        "known passages: first word p50, s": measures.percentile([row["first_token_s"] for row in again], 0.5),
        "known passages: first word p95, s": measures.percentile([row["first_token_s"] for row in again], 0.95),
        "same answer again": _mean(again, "same"),
        "always silent: trust": measures.mean([measures.trust(ok, True, False) for ok in flags]),
        "top sentence: trust": _mean([row["top_sentence"] for row in rows if "top_sentence" in row], "trust"),
        "top sentence: F1": _mean([row["top_sentence"] for row in answerable if "top_sentence" in row], "f1"),
    }
    table |= _stuffed(rows)
    table |= {
        "reliability": measures.reliability(confidences, flags),
    }
    table |= _everyday([row for row in rows if "kind" in row])
    languages = sorted({row["language"] for row in rows})
    if len(languages) > 1:
        table["languages"] = {name: _language([r for r in rows if r["language"] == name]) for name in languages}
        shown = [one["evidence shown"] for one in table["languages"].values() if one["evidence shown"] is not None]
        table |= {"languages: evidence shown": measures.mean(shown), "worst language: evidence shown": min(shown)}
    return {name: value for name, value in table.items() if value == value and value != []}  # NaN is not itself


def _stuffed(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the measures of the stock pipeline, where it was asked, too."""
    stuffed = [(row, row["baseline"]) for row in rows if "baseline" in row]
    said = [b for row, b in stuffed if row["answerable"] and not b["abstained"]]
    return {
        "stuffed: trust": measures.mean([b["trust"] for _, b in stuffed]),
        "stuffed: answer F1": measures.mean([b["f1"] for row, b in stuffed if row["answerable"]]),
        "stuffed: balanced abstention": measures.balanced_accuracy(
            [row["answerable"] for row, _ in stuffed], [b["abstained"] for _, b in stuffed]
        ),
        "stuffed: source F1": _mean(said, "source_f1"),
        "stuffed: first word p50, s": measures.percentile([b["first_token_s"] for _, b in stuffed], 0.5),
        "stuffed: total p50, s": measures.percentile([b["total_s"] for _, b in stuffed], 0.5),
    }


def _everyday(told: Sequence[Row]) -> dict[str, Any]:
    """Return what a person would say of the answers, and of each kind of question how many were right."""
    given = [row for row in told if not row["abstained"] and row["kind"] != TALK and "marked" in row]
    wrong, right = ([row for row in given if row["correct"] == flag] for flag in (False, True))
    withheld = [row for row in told if row["abstained"] and row["answerable"]]
    table = {
        "everyday: right": measures.mean([float(row["trust"] > 0) for row in told]),
        "everyday: wrong": measures.mean([float(row["trust"] < 0) for row in told]),
        "everyday: evidence shown": _mean(right, "evidence"),
        "everyday: wrong answers marked": _mean(wrong, "marked"),
        "everyday: wrong answers marked or withheld": measures.mean(
            [1.0 for _ in withheld] + [float(row["marked"]) for row in wrong]
        ),
        "everyday: right answers marked": _mean(right, "marked"),
    }
    for kind in sorted({row["kind"] for row in told}):
        table[f"right: {kind}"] = measures.mean([float(row["trust"] > 0) for row in told if row["kind"] == kind])
    return table


def _language(rows: Sequence[Row]) -> dict[str, Any]:
    shown = [float(row["source_recall"] > 0) for row in rows if "source_recall" in row]
    return {
        "questions": len(rows),
        "recall@1": _mean(rows, "recall@1"),
        "evidence shown": measures.mean(shown) if shown else None,
        "correct": _mean(rows, "correct"),
        "abstained": _mean(rows, "abstained"),
    }


def _mean(rows: Iterable[Row], name: str) -> float:
    return measures.mean([float(row[name]) for row in rows if name in row])
