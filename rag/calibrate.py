"""Measured answers → the coefficients of `confidence`: `python -m rag.calibrate ROWS.jsonl …` writes abstention.toml.

It reads the rows that `rag eval` keeps and knows nothing of how their signals were made.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.abstain import SIGNALS, features
from rag.measures import auc
from rag.settings import data_folder

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


def read_rows(files: Iterable[Path]) -> tuple[list[Floats], list[bool]]:
    """Return the features and labels of every row that has signals; the last row of a question counts."""
    found = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("signals"):
                found[row["id"]] = (np.array(features(row["signals"])), bool(row["answerable"]))
    return [x for x, _ in found.values()], [ok for _, ok in found.values()]


def main(files: Sequence[str]) -> None:
    """Fit and write; what was measured stands in the file's comment."""
    rows, answerable = read_rows(map(Path, files))
    weights = fit(rows, answerable)
    lines = [
        "# Weights of the logistic model behind `confidence` (rag/abstain.py).",
        f"# Fitted by `python -m rag.calibrate` on the rows of `rag eval`: {len(rows)} development questions, "
        f"{sum(answerable)} answerable;",
        f"# AUC over questions left out of the fit, in ten folds: {left_out_auc(rows, answerable):.3f}.",
        "",
        "[coefficients]",
        *(f"{name} = {weight:.4f}" for name, weight in zip(("intercept", *SIGNALS), weights, strict=True)),
    ]
    (data_folder("models") / "abstention.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
