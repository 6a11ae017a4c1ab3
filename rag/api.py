"""Questions from Python: one object over the engine that all else uses. It does not know the stages.

`rag.compose.open_engine` builds that engine; here it only gets its settings as keywords and its events as one answer.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Self

from rag import compose
from rag.citations import Source
from rag.engine import Answer, Engine, Event, History
from rag.progress import Report, silent
from rag.reader import never
from rag.settings import read_settings


class Rag:
    """Answers questions about one folder of documents. Several threads may ask; answers queue.

    Close it, or use it in a `with`: it holds the answer model and the index.
    """

    engine: Engine
    """What does the work; its `index`, `limits` and `refresh` are there for whoever needs more."""

    def __init__(
        self, docs: str | Path | None = None, *, answers: bool = True, report: Report = silent, **settings: object
    ) -> None:
        """Fetch what is missing, read the folder `docs`, and load the answer model unless `answers` is false.

        Every setting of the README is a keyword (`passages=6`, `model="…"`); those that are not given come from
        `RAG_*` variables, `rag.toml` and the defaults. `report` is called with the progress. Raises RagError.
        """
        given = read_settings(docs=docs and Path(docs).expanduser(), **settings)
        self.engine = (compose.open_engine if answers else compose.open_index)(given, report)

    def ask(
        self,
        question: str,
        history: History = (),
        *,
        documents: Collection[str] | None = None,
        stopped: Callable[[], bool] = never,
    ) -> Answer:
        """Answer one question. `history` is what was said before as (role, text), oldest first.

        What changed in the folder is read first. `documents` (paths in the folder) narrows what is answered from; when
        `stopped()` becomes true the answer ends where it is. Raises RagError.
        """
        (answer,) = [
            event
            for event in self.stream(question, history, documents=documents, stopped=stopped)
            if isinstance(event, Answer)
        ]
        return answer

    def stream(
        self,
        question: str,
        history: History = (),
        *,
        documents: Collection[str] | None = None,
        stopped: Callable[[], bool] = never,
    ) -> Iterator[Event]:
        """As `ask`, as it happens: yields Retrieved once, Token many times, Answer once. Closing it stops the model."""
        return self.engine.ask(question, history, documents=documents, stopped=stopped)

    def search(self, query: str, limit: int = 10, *, documents: Collection[str] | None = None) -> list[Source]:
        """Return the `limit` best sentences for `query`, best first, without the answer model. Raises RagError."""
        return self.engine.search(query, limit, documents=documents)

    def close(self) -> None:
        """Free model and index."""
        self.engine.close()

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free model and index."""
        self.close()
