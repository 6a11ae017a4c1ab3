"""Other programs `ask` and `search` beside the page, by Gradio's API and over MCP. It does not know the page.

They see what lies in the folder itself, nothing that a person brought through the page, and wait in the same line.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr

from rag.api import Rag, never
from rag.errors import RagError

from .line import Line
from .uploads import Uploads

_MARKERS = re.compile(r"\s*(?:\[\d+\])+")


def history_of_messages(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return (role, text) pairs of messages whose `content` is a string or, as browsers send it, a list of parts.

    Other roles and parts that are not text are left out, and from answers the markers that stand in them.
    """
    pairs = []
    for message in messages:
        content = message.get("content")
        parts = content if isinstance(content, list) else [content]
        texts = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
        text = "\n".join(text for text in texts if isinstance(text, str)).strip()
        if message.get("role") == "assistant":
            text = _MARKERS.sub("", text)
        if text and message.get("role") in ("user", "assistant"):
            pairs.append((str(message["role"]), text))
    return pairs


class Programs:
    """The two things that programs can do."""

    def __init__(self, rag: Rag, line: Line, uploads: Uploads) -> None:
        """Answer from `rag`; who waits stands in `line`."""
        self._rag = rag
        self._line = line
        self._uploads = uploads

    def ask(self, question: str, history: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Answer a question from the shared documents, each statement with its exact source sentences.

        Args:
            question: the question, in any words
            history: earlier messages, oldest first, each with `role` ("user" or "assistant") and `content`

        Returns:
            the answer with its statements and their sources; `abstained` is true when the documents do not say, and
            `sources` holds the nearest sentences then
        """
        try:
            return self.answer(question, history or ())
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def search(self, query: str, limit: int = 10) -> list[dict[str, Any]]:
        """Rank single sentences of the shared documents for a query, without the answer model.

        Args:
            query: what the sentences should be about
            limit: most sentences returned, up to 100

        Returns:
            the sentences, best first, each with its document and place
        """
        try:
            return self.find(query, limit)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def answer(
        self, question: str, history: Sequence[Mapping[str, Any]], stopped: Callable[[], bool] = never
    ) -> dict[str, Any]:
        """Return the answer as the JSON contract; waits its turn. Raises RagError."""
        place = threading.Event()
        with self._line.joined(place) as line:
            for _ in line:
                pass
            scope = self._uploads.scope(None)
            answered = self._rag.ask(question, history_of_messages(history), documents=scope, stopped=stopped)
            return answered.to_dict()

    def find(self, query: str, limit: int) -> list[dict[str, Any]]:
        """Return the nearest sentences, at most 100. Raises RagError."""
        found = self._rag.search(query, max(1, min(limit, 100)), documents=self._uploads.scope(None))
        return [asdict(source) for source in found]
