"""What happens on a press of a button: conversations over the engine. It does not know the layout or HTML's details.

A conversation is kept here as turns and lives in the browser's session; the chat shows it and is never read back.
"""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from rag.engine import Answer, Engine, Retrieved, Token
from rag.errors import RagError

from .render import answer_html, header_html, plain, problem_html, reading, sources_html, waiting


@dataclass(frozen=True)
class Turn:
    """A question and what came of it: an answer, an error, or text that is still arriving."""

    question: str
    answer: Answer | None = None
    problem: RagError | None = None
    arriving: str = ""


Conversation = tuple[Turn, ...]

_MARKERS = re.compile(r"\s*(?:\[\d+\])+")


@dataclass(frozen=True)
class View:
    """All that the page shows of a conversation."""

    turns: Conversation
    busy: bool = False


def history_of(turns: Conversation) -> list[tuple[str, str]]:
    """Return (role, text) pairs of the turns that were answered, oldest first."""
    pairs = []
    for turn in turns:
        if turn.answer is not None:
            pairs += [("user", turn.question), ("assistant", turn.answer.answer)]
    return pairs


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


def messages_of(turns: Conversation) -> list[dict[str, Any]]:
    """Return what the chat shows: escaped text, and finished answers in our own markup."""
    messages: list[dict[str, Any]] = []
    for number, turn in enumerate(turns, 1):
        messages.append({"role": "user", "content": plain(turn.question)})
        if turn.answer is not None:
            messages.append({"role": "assistant", "content": gr.HTML(answer_html(turn.answer, number))})
        elif turn.problem is not None:
            messages.append({"role": "assistant", "content": gr.HTML(problem_html(turn.problem))})
        elif turn.arriving:
            messages.append({"role": "assistant", "content": plain(turn.arriving)})
    return messages


class Handlers:
    """The page's events over one engine; each browser session has its own conversation and its own stop."""

    def __init__(self, engine: Engine) -> None:
        """Answer from `engine`."""
        self._engine = engine
        self._stops: dict[str, threading.Event] = {}
        self._line: list[threading.Event] = []

    def ask(self, question: str, turns: Conversation, request: gr.Request) -> Iterator[View]:
        """Yield the conversation as the answer to `question` arrives; who asks first is answered first."""
        if not question.strip():
            yield View(turns)
            return
        stop = self._stops[str(request.session_hash)] = threading.Event()
        self._line.append(stop)
        try:
            for ahead in self._others_ahead(stop):
                yield View((*turns, Turn(question, arriving=waiting(ahead))), busy=True)
            if stop.is_set():
                yield View((*turns, Turn(question, arriving="Stopped before it began.")))
            else:
                yield from self._answer(question, turns, stop)
        finally:
            self._line.remove(stop)

    def _others_ahead(self, stop: threading.Event) -> Iterator[int]:
        """Yield how many are to be answered first, each time that changes, until nobody is or `stop` is set."""
        seen = 0
        while ahead := self._line.index(stop):
            if ahead != seen:
                yield ahead
                seen = ahead
            if stop.wait(0.1):
                return

    def _answer(self, question: str, turns: Conversation, stop: threading.Event) -> Iterator[View]:
        asked = Turn(question)
        yield View((*turns, Turn(question, arriving="Looking through the documents …")), busy=True)
        text = ""
        events = self._engine.ask(question, history_of(turns), stopped=stop.is_set)
        try:
            for event in events:
                match event:
                    case Retrieved(passages=passages):
                        arriving = reading([passage.chunk.document for passage in passages]) if passages else ""
                        yield View((*turns, Turn(question, arriving=arriving)), busy=True)
                    case Token(text=piece):
                        text += piece
                        yield View((*turns, Turn(question, arriving=text)), busy=True)
                    case Answer():
                        asked = Turn(question, answer=event)
        except RagError as error:
            asked = Turn(question, problem=error)
        finally:
            close = getattr(events, "close", None)
            if close:
                close()  # the browser went away or the event was cancelled: the model stops
        yield View((*turns, asked))

    def retry(self, turns: Conversation, request: gr.Request) -> Iterator[View]:
        """Ask the last question again."""
        if turns:
            yield from self.ask(turns[-1].question, turns[:-1], request)

    def answer(self, question: str, history: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Answer a question from the documents, each statement with its exact source sentences.

        `history` holds earlier messages, oldest first, each with `role` ("user" or "assistant") and `content`.
        """
        try:
            for event in self._engine.ask(question, history_of_messages(history or ())):
                if isinstance(event, Answer):
                    return event.to_dict()
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return {}

    def search(self, query: str, limit: int = 10) -> list[dict[str, Any]]:
        """Rank single sentences of the documents for `query`, without the answer model."""
        try:
            return [asdict(source) for source in self._engine.search(query, max(1, min(limit, 100)))]
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def stop(self, request: gr.Request) -> None:
        """Let the answer of this session end where it is; the others go on."""
        stop = self._stops.get(str(request.session_hash))
        if stop:
            stop.set()

    def leave(self, request: gr.Request) -> None:
        """Stop and forget a session whose page was closed."""
        stop = self._stops.pop(str(request.session_hash), None)
        if stop:
            stop.set()

    def header(self) -> str:
        """Return the page's head with what is indexed now."""
        documents = self._engine.index.documents()
        return header_html(len(documents), sum(record.sentences for record in documents.values()))

    def panel(self, turns: Conversation) -> str:
        """Return the panel of sources."""
        return sources_html([(number, turn.answer) for number, turn in enumerate(turns, 1) if turn.answer])
