"""Measured answers → the coefficients of `confidence`, in abstention.toml: `python -m rag.evaluation.calibrate ROWS…`.

It reads the rows that `rag eval` keeps and knows nothing of how their signals were made.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.answering.abstain import KINDS, features, kind_of
from rag.evaluation.measures import auc
from rag.shipped import data_folder

_RIDGE = 1.0  # keeps a coefficient small for which the rows do not speak; features are of the order of 1
Floats = NDArray[np.float64]


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


def read_rows(files: Iterable[Path]) -> list[tuple[Mapping[str, float | None], bool]]:
    """Return signals and label of every row that has signals; the last row of a question counts."""
    found = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("signals"):
                found[row["id"]] = (row["signals"], bool(row["answerable"]))
    return list(found.values())


def main(files: Sequence[str]) -> None:
    """Fit and write; what was measured stands in the file's comments."""
    every = read_rows(map(Path, files))
    lines = [
        "# Weights of the logistic model behind `confidence` (rag/answering/abstain.py): with the answer model's own",
        "# judgement, for one without, and where one sentence decides a yes-or-no question. Fitted by",
        "# `python -m rag.evaluation.calibrate` on rows of `rag eval`.",
    ]
    for table, names in KINDS.items():
        rows = [row for row in every if kind_of(row[0]) == table or (table, kind_of(row[0])) == ("unjudged", "judged")]
        answerable = [ok for _, ok in rows]
        x = [np.array(features(signals, names)) for signals, _ in rows]
        lines += ["", f"# {len(rows)} questions, {sum(answerable)} answerable; AUC over questions left out of the fit,"]
        lines += [f"# in ten folds: {left_out_auc(x, answerable):.3f}."]
        lines += [f"[{table}]"]
        lines += [
            f"{name} = {weight:.4f}" for name, weight in zip(("intercept", *names), fit(x, answerable), strict=True)
        ]
    (data_folder("models") / "abstention.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
