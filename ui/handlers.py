"""What happens on a press of a button: conversations over the engine. It does not know the layout or HTML's details.

A conversation is kept as turns in the page's session and on disk; the chat shows it and is never read back.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from rag.engine import Answer, Engine, Retrieved, Token
from rag.errors import RagError

from .conversations import Conversation, Conversations, Turn
from .person import owner_of
from .render import (
    answer_html,
    document_html,
    documents_html,
    found_html,
    header_html,
    plain,
    problem_html,
    reading,
    sources_html,
    uploads_html,
    waiting,
)
from .uploads import Uploads

_TOGETHER_S = 0.05
"""Words that arrive faster than this are shown together: each showing holds the model up."""
_MARKERS = re.compile(r"\s*(?:\[\d+\])+")


@dataclass(frozen=True)
class Choices:
    """How a person wants to be answered; None and an empty tuple are the program's own settings and all documents."""

    documents: tuple[str, ...] = ()
    passages: int | None = None
    threshold: float | None = None


def person(request: gr.Request) -> str | None:
    """Return whose browser sent `request`."""
    return owner_of(request.request.cookies, getattr(request, "username", None))


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

    def __init__(self, engine: Engine, conversations: Conversations) -> None:
        """Answer from `engine`; keep what was said in `conversations`."""
        self._engine = engine
        self.conversations = conversations
        self.uploads = Uploads(engine)
        self._stops: dict[str, threading.Event] = {}
        self._line: list[threading.Event] = []

    def ask(
        self, question: str, turns: Conversation, request: gr.Request, choices: Choices = Choices()
    ) -> Iterator[View]:
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
                yield from self._answer(question, turns, stop, person(request), choices)
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

    def _answer(
        self, question: str, turns: Conversation, stop: threading.Event, owner: str | None, choices: Choices
    ) -> Iterator[View]:
        asked = Turn(question)
        yield View((*turns, Turn(question, arriving="Looking through the documents …")), busy=True)
        text, shown = "", 0.0
        own = self._engine.limits
        limits = replace(
            own,
            passages=choices.passages or own.passages,
            threshold=own.threshold if choices.threshold is None else choices.threshold,
        )
        events: Iterator[Any] | None = None
        try:
            scope = self.uploads.scope(owner, choices.documents)
            events = self._engine.ask(question, history_of(turns), limits=limits, documents=scope, stopped=stop.is_set)
            for event in events:
                match event:
                    case Retrieved(passages=passages):
                        arriving = reading([passage.chunk.document for passage in passages]) if passages else ""
                        yield View((*turns, Turn(question, arriving=arriving)), busy=True)
                    case Token(text=piece):
                        text += piece
                        if time.monotonic() - shown >= _TOGETHER_S:
                            yield View((*turns, Turn(question, arriving=text)), busy=True)
                            shown = time.monotonic()
                    case Answer():
                        asked = Turn(question, answer=event)
        except RagError as error:
            asked = Turn(question, problem=str(error))
        finally:
            close = getattr(events, "close", None)
            if close:
                close()  # the browser went away or the event was cancelled: the model stops
        yield View((*turns, asked))

    def retry(self, turns: Conversation, request: gr.Request, choices: Choices = Choices()) -> Iterator[View]:
        """Ask the last question again."""
        if turns:
            yield from self.ask(turns[-1].question, turns[:-1], request, choices)

    def answer(self, question: str, history: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Answer a question from the shared documents, each statement with its exact source sentences.

        `history` holds earlier messages, oldest first, each with `role` ("user" or "assistant") and `content`. The
        answer waits in the same line as those asked on the page.
        """
        turn = threading.Event()
        self._line.append(turn)
        try:
            for _ in self._others_ahead(turn):
                pass
            scope = self.uploads.scope(None)
            for event in self._engine.ask(question, history_of_messages(history or ()), documents=scope):
                if isinstance(event, Answer):
                    return event.to_dict()
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error
        finally:
            self._line.remove(turn)
        return {}

    def search(self, query: str, limit: int = 10) -> list[dict[str, Any]]:
        """Rank single sentences of the shared documents for `query`, without the answer model."""
        try:
            found = self._engine.search(query, max(1, min(limit, 100)), documents=self.uploads.scope(None))
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return [asdict(source) for source in found]

    def look_up(self, query: str, documents: Sequence[str], request: gr.Request) -> str:
        """Return the sentences nearest to `query` among what this person may see."""
        try:
            scope = self.uploads.scope(person(request), documents)
            return found_html(query, self._engine.search(query, 20, documents=scope) if query.strip() else [])
        except RagError as error:
            return problem_html(error)

    def open_document(self, path: str, start: int, end: int, turns: Conversation, request: gr.Request) -> str:
        """Return the whole document at a place; what somebody else brought is not there."""
        if path not in self.uploads.documents(person(request)):
            return problem_html("This document is no longer there.") + sources_html(_answered(turns))
        answers = [turn.answer for turn in turns if turn.answer]
        cited = {(s.document, s.start, s.end): s.text for answer in answers for s in answer.sources}
        return document_html(path, self._engine.index.text(path), start, end, cited.get((path, start, end)))

    def bring(self, files: Sequence[str], request: gr.Request) -> Iterator[str]:
        """Take files into the folder; yields what becomes of each."""
        owner = person(request)
        if owner is None:
            yield problem_html("This browser keeps no cookies, so nobody could tell whose the files are. Allow them.")
            return
        given = [Path(file) for file in files]
        try:
            for states in self.uploads.add(owner, [(file.name, file) for file in given]):
                yield uploads_html(states)
        except OSError as error:
            yield problem_html(f"The folder cannot be written: {error.strerror}.")
        finally:
            for file in given:  # the browser's copy has done its work
                file.unlink(missing_ok=True)

    def remove(self, path: str, request: gr.Request) -> str:
        """Delete a document that this person brought; returns what went wrong, if anything."""
        try:
            self.uploads.remove(person(request), path)
        except RagError as error:
            return problem_html(error)
        return ""

    def listing(self, request: gr.Request) -> str:
        """Return the list of documents that this person may see."""
        return documents_html(self.uploads.documents(person(request)))

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

    def header(self, request: gr.Request) -> str:
        """Return the page's head with what this person can ask about now."""
        records = self.uploads.documents(person(request)).values()
        return header_html(len(records), sum(r.sentences for r in records), sum(r.size for r in records))

    def panel(self, turns: Conversation) -> str:
        """Return the panel of sources."""
        return sources_html(_answered(turns))


def _answered(turns: Conversation) -> list[tuple[int, Answer]]:
    return [(number, turn.answer) for number, turn in enumerate(turns, 1) if turn.answer]
