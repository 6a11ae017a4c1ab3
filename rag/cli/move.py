"""`rag move`: which index goes where. It does not know how vectors are moved."""

from dataclasses import replace

from rag.compose import chroma_server, index_folder
from rag.errors import UsageError
from rag.index.chroma_server import ServerAddress
from rag.index.move import move
from rag.progress import Report
from rag.settings import Settings


def run(settings: Settings, to: str, report: Report) -> str:
    """Move the vectors to the server at `to`, or `here`; returns what to say and set. Raises RagError."""
    if to != "here" and not to.startswith(("http://", "https://")):
        raise UsageError(f"'{to}' is no address of a server: name one, as http://127.0.0.1:8000, or `here`.")
    elsewhere = settings.model_copy(update={"chroma_url": settings.chroma_url or to})
    address = chroma_server(elsewhere)
    assert isinstance(address, ServerAddress)
    target = None if to == "here" else replace(address, url=to)
    count = move(index_folder(settings), chroma_server(settings), target, report)
    set_it = "unset RAG_CHROMA_URL" if target is None else f"set RAG_CHROMA_URL={to}"
    return f"{count:,} passages moved and compared, one by one. From now on {set_it}."
