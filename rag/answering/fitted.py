"""Which coefficients of `confidence` belong to which answer model: packaged ones, and those fitted here.

A model is known by a key: the SHA-256 of its file, or `server NAME`. What was fitted here (`rag calibrate`) is kept in
the data folder and stands over what is packaged. It does not know how confidence is made of them, nor how they are
fitted.
"""

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rag.errors import StoreError
from rag.shipped import data_folder

Fit = Mapping[str, Mapping[str, float]]
"""By table (a key of `rag.answering.abstain.KINDS`), the `intercept` and the weight of each signal."""
NOT_FITTED = "confidence is not fitted to this model"
OF_A_MODEL = {"judged": "answerable", "picked": "picked"}
"""Tables that rest on the answer model's judgement, with their signal; the others are the same for every model."""


def server_key(model: str) -> str:
    """Return the key of a model on a server, of which no more is known than its name."""
    return f"server {model}"


@cache
def packaged() -> Mapping[str, Any]:
    """Return what stands in `models/abstention.toml`."""
    return tomllib.loads((data_folder("models") / "abstention.toml").read_text(encoding="utf-8"))


def default_fit() -> Fit:
    """Return the coefficients of the default model."""
    return {name: table for name, table in packaged().items() if isinstance(table, dict) and name != "models"}


def fit_of(key: str, data_dir: Path) -> Fit | None:
    """Return the coefficients of the model `key`; None where confidence was never fitted to it."""
    kept = _kept(data_dir).get(key)
    if kept is not None:
        return {**default_fit(), **kept}
    if key == packaged().get("fitted_to"):
        return default_fit()
    own = packaged().get("models", {}).get(key)
    return None if own is None else {**default_fit(), **{name: own[name] for name in OF_A_MODEL if name in own}}


def keep_fit(key: str, fit: Fit, data_dir: Path) -> Path:
    """Keep the coefficients of the model `key`, and return the file. Raises StoreError."""
    file = kept_file(data_dir)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=data_dir, prefix=".confidence")
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            json.dump({**_kept(data_dir), key: fit}, written, indent=1)
        Path(name).replace(file)
    except OSError as error:
        raise StoreError(
            f"The coefficients cannot be kept in {file}: {error.strerror or error}. Name another folder: RAG_DATA_DIR."
        ) from error
    return file


def kept_file(data_dir: Path) -> Path:
    """Return where what was fitted here is kept."""
    return data_dir / "confidence.json"


def _kept(data_dir: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Return what was fitted here; entries that are none are passed over."""
    try:
        found = json.loads(kept_file(data_dir).read_text(encoding="utf-8"))
        return {key: fit for key, fit in found.items() if _is_fit(fit)}
    except (OSError, ValueError, AttributeError):
        return {}


def _is_fit(fit: Any) -> bool:
    return isinstance(fit, dict) and all(
        name in OF_A_MODEL
        and isinstance(table, dict)
        and table.keys() == {"intercept", OF_A_MODEL[name]}
        and all(isinstance(value, int | float) for value in table.values())
        for name, table in fit.items()
    )
