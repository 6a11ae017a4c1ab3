"""Reading a file as the program does, for the tests of formats."""

from pathlib import Path

from rag.documents.folder import Document, Unread, read_documents
from rag.documents.parsing import Parser

SAMPLES = Path(__file__).parent / "data" / "formats"


def read(parser: Parser, folder: Path, name: str, data: bytes | None = None) -> list[Document | Unread]:
    """Return what `name` holds, after `data` is written to it."""
    if data is not None:
        (folder / name).write_bytes(data)
    return list(read_documents(folder, name, parser))


def document(parser: Parser, folder: Path, name: str, data: bytes | None = None) -> Document:
    """Return the one document that `name` is."""
    (found,) = read(parser, folder, name, data)
    assert isinstance(found, Document), found
    return found


def reason(parser: Parser, folder: Path, name: str, data: bytes | None = None) -> str:
    """Return why `name` is not read, which is all there is of it."""
    (found,) = read(parser, folder, name, data)
    assert isinstance(found, Unread), found
    return found.reason
