"""Measured signals → the coefficients of `confidence`. It knows nothing of how the signals were made.

`python -m rag.evaluation.calibrate ROWS…` fits them to the rows that `rag eval` keeps, `rag calibrate` to those of
`rag.evaluation.own_questions`.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.answering.abstain import KINDS, features, kind_of
from rag.answering.fitted import OF_A_MODEL
from rag.evaluation.measures import auc

_RIDGE = 1.0  # keeps a coefficient small for which the rows do not speak; features are of the order of 1
TABLES = tuple(OF_A_MODEL)
"""What differs from model to model."""
LEAST = 12
"""Questions below which nothing is fitted."""
Floats = NDArray[np.float64]
Row = tuple[Mapping[str, float | None], bool]
"""Signals of a question, and whether it can be answered."""


def fit(rows: Sequence[Floats], answerable: Sequence[bool]) -> Floats:
    """Return (intercept, one weight a signal) of the ridge logistic regression, by Newton's method.

    `rows` has shape (questions, signals). Hastie, Tibshirani and Friedman 2009, section 4.4.1.
    """
    x = np.column_stack([np.ones(len(rows)), np.array(rows)])
    y = np.array(answerable, dtype=float)
    penalty = np.diag([0.0, *[_RIDGE] * (x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ weights)))
        gradient = x.T @ (y - p) - penalty @ weights
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + penalty, gradient)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def left_out_auc(rows: Sequence[Floats], answerable: Sequence[bool], folds: int = 10) -> float:
    """Return the AUC over questions that the fit did not see, fold by fold."""
    scores = np.zeros(len(rows))
    for fold in range(folds):
        inside = [i for i in range(len(rows)) if i % folds != fold]
        weights = fit([rows[i] for i in inside], [answerable[i] for i in inside])
        for i in range(fold, len(rows), folds):
            scores[i] = weights[0] + rows[i] @ weights[1:]
    return auc(scores.tolist(), answerable)


def read_rows(files: Iterable[Path]) -> list[Row]:
    """Return signals and label of every row that has signals; the last row of a question counts."""
    found = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("signals"):
                found[row["id"]] = (row["signals"], bool(row["answerable"]))
    return list(found.values())


@dataclass(frozen=True)
class Fitted:
    """Coefficients of one table of `rag.answering.abstain.KINDS`, and how well they tell."""

    table: str
    coefficients: Mapping[str, float]
    questions: int
    answerable: int
    auc: float
    """Over questions left out of the fit."""


def fit_table(table: str, rows: Sequence[Row]) -> Fitted | None:
    """Fit one table to its rows; None where they are too few, or all of one kind.

    A judgement that does not tell counts for nothing: more of it is never less confidence.
    """
    inside = _of_table(table, rows)
    flags = [ok for _, ok in inside]
    if len(inside) < LEAST or len(set(flags)) < 2:
        return None
    weights = fit([features for features, _ in inside], flags)
    if weights[1:].min() < 0:
        share = sum(flags) / len(flags)
        weights = np.array([math.log(share / (1 - share)), *[0.0] * (len(weights) - 1)])
    names = ("intercept", *KINDS[table])
    found = {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}
    return Fitted(table, found, len(inside), sum(flags), left_out_auc([f for f, _ in inside], flags))


def left_out_confidences(table: str, rows: Sequence[Row], folds: int = 10) -> list[tuple[float, bool]]:
    """Return the confidence of each row of a table by a fit that did not see it, with its label."""
    inside, found = _of_table(table, rows), []
    for fold in range(folds):
        seen = [rows_ for i, rows_ in enumerate(inside) if i % folds != fold]
        weights = fit([features for features, _ in seen], [ok for _, ok in seen])
        for given, ok in inside[fold::folds]:
            found.append((float(1 / (1 + np.exp(-(weights[0] + given @ weights[1:])))), ok))
    return found


def rows_of(table: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that a table is fitted to; what rests on no judgement is told by judged ones, too."""
    also = {table, "judged"} if table == "unjudged" else {table}
    return [(given, ok) for given, ok in rows if kind_of(given) in also]


def _of_table(table: str, rows: Sequence[Row]) -> list[tuple[Floats, bool]]:
    return [(np.array(features(given, KINDS[table])), ok) for given, ok in rows_of(table, rows)]


def main(files: Sequence[str]) -> None:
    """Fit to rows of `rag eval`, and print the tables as they stand in models/abstention.toml."""
    rows = read_rows(map(Path, files))
    for table in KINDS:
        if (fitted := fit_table(table, rows)) is not None:
            said = f"# {fitted.questions} questions, {fitted.answerable} answerable; AUC over questions left out of the"
            lines = [f"{said} fit, in ten folds: {fitted.auc:.3f}.", f"[{table}]"]
            lines += [f"{name} = {weight}" for name, weight in fitted.coefficients.items()]
            sys.stdout.write("\n".join([*lines, "", ""]))


if __name__ == "__main__":
    main(sys.argv[1:])
