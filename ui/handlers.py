"""What happens when somebody asks: conversations over one folder. It does not know the layout or HTML's details.

A conversation is kept as turns in the page's session and on disk; the chat shows it and is never read back.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from rag.api import Answer, Rag, Retrieved, Token, Working
from rag.errors import RagError, unexpected
from rag.pace import known_pace, note

from .conversations import Conversation, Conversations, Turn
from .line import Line
from .models import AnswerModels
from .person import owner_of
from .render import answer_html, hint_html, looking, plain, problem_html, question_html, reading, waiting, working
from .uploads import Uploads

NO_DOCUMENTS = "There are no documents to answer from yet. Drop files anywhere on this page."
STOPPED = "Stopped before it began."
_TOGETHER_S = 0.05
"""Words that arrive faster than this are shown together: each showing holds the model up."""


@dataclass(frozen=True)
class Choices:
    """How a person wants to be answered; None and an empty tuple are the program's own settings and all documents."""

    documents: tuple[str, ...] = ()
    passages: int | None = None
    threshold: float | None = None
    model: str | None = None


@dataclass(frozen=True)
class View:
    """All that the page shows of a conversation."""

    turns: Conversation
    busy: bool = False


def person(request: gr.Request) -> str | None:
    """Return whose browser sent `request`."""
    return owner_of(request.request.cookies, getattr(request, "username", None))


def history_of(turns: Conversation) -> list[tuple[str, str]]:
    """Return (role, text) pairs of the turns that were answered, oldest first."""
    pairs = []
    for turn in turns:
        if turn.answer is not None:
            pairs += [("user", turn.question), ("assistant", turn.answer.answer)]
    return pairs


def answers_of(turns: Conversation) -> list[tuple[int, Answer]]:
    """Return the answers with the numbers of their turns, which count from 1."""
    return [(number, turn.answer) for number, turn in enumerate(turns, 1) if turn.answer]


def messages_of(turns: Conversation) -> list[dict[str, Any]]:
    """Return what the chat shows: questions and finished answers in our own markup, what arrives as escaped text."""
    messages: list[dict[str, Any]] = []
    for number, turn in enumerate(turns, 1):
        messages.append({"role": "user", "content": gr.HTML(question_html(turn.question, number))})
        if turn.answer is not None:
            messages.append({"role": "assistant", "content": gr.HTML(answer_html(turn.answer, number))})
        elif turn.problem is not None:
            messages.append({"role": "assistant", "content": gr.HTML(problem_html(turn.problem))})
        else:
            if turn.arriving:
                messages.append({"role": "assistant", "content": plain(turn.arriving)})
            if turn.status:
                messages.append({"role": "assistant", "content": gr.HTML(hint_html(turn.status))})
    return messages


class Handlers:
    """The page's conversations over one folder; each browser session has its own and its own stop."""

    def __init__(
        self, rag: Rag, conversations: Conversations, models: AnswerModels, line: Line, uploads: Uploads
    ) -> None:
        """Answer from `rag` by one of `models`; keep what was said in `conversations`."""
        self.conversations = conversations
        self.limits = rag.limits
        self.models = models
        self._rag = rag
        self._line = line
        self._uploads = uploads
        self._stops: dict[str, threading.Event] = {}

    def ask(
        self, question: str, turns: Conversation, request: gr.Request, choices: Choices = Choices()
    ) -> Iterator[View]:
        """Yield the conversation as the answer to `question` arrives; who asks first is answered first."""
        if not question.strip():
            yield View(turns)
            return
        stop = self._stops[str(request.session_hash)] = threading.Event()
        with self._line.joined(stop) as line:
            for ahead in line:
                yield View((*turns, Turn(question, status=waiting(ahead))), busy=True)
            if stop.is_set():
                yield View((*turns, Turn(question, status=STOPPED)))
            else:
                yield from self._answer(question, turns, stop, person(request), choices)

    def _answer(
        self, question: str, turns: Conversation, stop: threading.Event, owner: str | None, choices: Choices
    ) -> Iterator[View]:
        place = self.models.place(choices.model)
        pace = known_pace(place) if place else None
        loaded = self.models.is_loaded(choices.model)
        first = looking(pace.first_word_s() if pace else None) if loaded else f"Loading {choices.model} …"
        yield View((*turns, Turn(question, status=first)), busy=True)
        asked = Turn(question)
        text, meanwhile, shown = "", "", 0.0
        limits = replace(
            self.limits,
            passages=choices.passages or self.limits.passages,
            threshold=self.limits.threshold if choices.threshold is None else choices.threshold,
        )
        events: Iterator[Any] | None = None
        try:
            reader = self.models.get(choices.model)
            scope = self._uploads.scope(owner, choices.documents)
            if scope == [] or not self._uploads.documents(owner):
                yield View((*turns, Turn(question, problem=NO_DOCUMENTS)))
                return
            events = self._rag.stream(
                question, history_of(turns), limits=limits, documents=scope, stopped=stop.is_set, reader=reader
            )
            for event in events:
                match event:
                    case Retrieved(passages=passages):
                        if passages:
                            left = pace.reading_s() if pace else None
                            read = reading([each.chunk.document for each in passages], left)
                            yield View((*turns, Turn(question, status=read)), busy=True)
                    case Working():
                        meanwhile = working(event)
                        yield View((*turns, Turn(question, arriving=text, status=meanwhile)), busy=True)
                    case Token(text=piece):
                        text += piece
                        if time.monotonic() - shown >= _TOGETHER_S:
                            yield View((*turns, Turn(question, arriving=text, status=meanwhile)), busy=True)
                            shown = time.monotonic()
                    case Answer():
                        asked = Turn(question, answer=event)
                        if place and not event.stopped:
                            note(place, event.timings.retrieval_s, event.timings.evaluated_tokens)
        except RagError as error:
            asked = Turn(question, problem=str(error))
        except Exception as error:  # nobody foresaw it, and the page must not wait for ever
            asked = Turn(question, problem=unexpected(error))
        finally:
            close = getattr(events, "close", None)
            if close:
                close()  # the browser went away or the event was cancelled: the model stops
        yield View((*turns, asked))

    def retry(self, turns: Conversation, request: gr.Request, choices: Choices = Choices()) -> Iterator[View]:
        """Ask the last question again."""
        if turns:
            yield from self.ask(turns[-1].question, turns[:-1], request, choices)

    def load_model(self, name: str) -> Iterator[str]:
        """Load an answer model, never in the middle of somebody's answer; yields what happens. Raises RagError."""
        if self.models.is_loaded(name):
            yield ""
            return
        never = threading.Event()
        with self._line.joined(never) as line:
            for ahead in line:
                yield f"{waiting(ahead)} Then {name} is loaded."
            yield f"Loading {name} …"
            self.models.get(name)
            yield f"{name} is ready."

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
