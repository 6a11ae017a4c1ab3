"""The name of weights → their verified file, fetched where it is missing. It does not know what is inside one."""

from pathlib import Path

from rag.errors import WeightsError
from rag.progress import Report, silent
from rag.settings import Settings
from rag.weights.catalogue import Catalogue, find, load_catalogue
from rag.weights.verified import is_ready, location

GGUF_MAGIC = b"GGUF"
GGUF_HEADER_BYTES = 24
"""Magic, version, tensor count and metadata count: the GGUF specification's fixed beginning."""


def resolve(
    name_or_role_or_path: str, settings: Settings, report: Report = silent, *, catalogue: Catalogue | None = None
) -> Path:
    """Return the verified file of a catalogue name or of a role's default, fetched if missing, or a user's GGUF file.

    Raises WeightsError when the file is missing and cannot be fetched, or is no GGUF.
    """
    entries = load_catalogue() if catalogue is None else catalogue
    entry = find(name_or_role_or_path, entries)
    if entry is None:
        return _users_file(name_or_role_or_path, entries)
    try:
        if not is_ready(entry, settings):
            from rag.weights.fetch import fetch  # only a machine without the weights pays for this import

            fetch(entry, entries, settings, report)
    except OSError as error:
        raise WeightsError(
            f"The weights '{entry.name}' cannot be kept in {settings.models_dir}: {error.strerror or error}. "
            "Choose another folder with RAG_MODELS_DIR."
        ) from error
    return location(entry, settings)


def _users_file(name: str, catalogue: Catalogue) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        raise WeightsError(f"{path} is a folder: name the GGUF file itself, as in `--model {path}/FILE.gguf`.")
    if not path.exists():
        known = ", ".join(catalogue)
        raise WeightsError(f"There is no model '{name}': no such file, and the catalogue (`rag models`) knows {known}.")
    try:
        with path.open("rb") as file:
            header = file.read(GGUF_HEADER_BYTES)
    except OSError as error:
        raise WeightsError(f"The model file {path} cannot be read: {error.strerror or error}.") from error
    mend = "Download it again, or use a model that `rag models` lists."
    if len(header) < GGUF_HEADER_BYTES and GGUF_MAGIC.startswith(header[:4]):
        raise WeightsError(f"The model file {path} is truncated: it has only {len(header)} bytes. {mend}")
    if not header.startswith(GGUF_MAGIC):
        raise WeightsError(f"The file {path} is not a GGUF model: it does not begin with 'GGUF'. {mend}")
    return path
