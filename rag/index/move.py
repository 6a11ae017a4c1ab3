"""The vectors of an index → a Chroma server, or back into this process. It does not know documents or embedders.

Nothing is embedded again: the new place takes over what the documents' database holds, is compared with it entry by
entry, and only then the old place is made away with.
"""

import json
from pathlib import Path

from rag.errors import StoreError
from rag.index.chroma_server import ServerAddress
from rag.index.index import Index
from rag.progress import Report, silent


def move(folder: Path, origin: ServerAddress | None, target: ServerAddress | None, report: Report = silent) -> int:
    """Move the vectors of the index in `folder`; None is this process. Returns how many. Raises StoreError.

    When the old place cannot be reached they are in the new one nevertheless, and the message says so.
    """
    try:
        marker = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        fit = {"dimensions": int(marker["dimensions"]), "fingerprint": str(marker["fingerprint"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"There is no index in {folder} to be moved. Run `rag index` first.") from error
    with Index.open(folder, server=target, **fit) as index:  # type: ignore[arg-type]
        count = index.verify(report)
    if origin != target:
        with Index.open(folder, server=origin, **fit) as index:  # type: ignore[arg-type]
            try:
                index.erase_vectors()
            except StoreError as error:
                raise StoreError(
                    f"All {count:,} passages were moved, but remain at the old place, too. {error}"
                ) from error
    return count
