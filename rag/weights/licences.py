"""Whether a person has accepted a licence that is not a free one: asked once, kept beside the weights.

It does not know how one is asked.
"""

from pathlib import Path

from rag.errors import WeightsError
from rag.settings import Settings
from rag.weights.catalogue import Entry


def _mark(entry: Entry, settings: Settings) -> Path:
    return settings.models_dir / ".licences" / entry.name


def accepted(entry: Entry, settings: Settings) -> bool:
    """Tell whether nothing is left to be asked."""
    return entry.terms is None or _mark(entry, settings).is_file()


def accept(entry: Entry, settings: Settings) -> None:
    """Keep that the licence was accepted. Raises WeightsError."""
    mark = _mark(entry, settings)
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(f"{entry.licence}\n{entry.terms}\n", encoding="utf-8")
    except OSError as error:
        raise WeightsError(
            f"That the licence was accepted cannot be kept in {mark}: {error.strerror or error}. "
            "Choose another folder with RAG_MODELS_DIR."
        ) from error
