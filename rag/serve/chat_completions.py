"""OpenAI's chat completion as data: requests in, answers dressed as replies. It does not know HTTP or the engine.

The JSON contract rides along in the field `rag`: of the reply, or of the last piece of a stream.
"""

import time
import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.api import Answer, History

Json = dict[str, object]


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(strict=True)

    text: str = ""


class Turn(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(strict=True)

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    content: str | list[Part] | None = None

    def text(self) -> str:
        """Return the message as plain text."""
        parts = [self.content] if isinstance(self.content, str) else [part.text for part in self.content or ()]
        return "\n".join(part for part in parts if part)


class StreamOptions(BaseModel):
    """What else a stream carries."""

    model_config = ConfigDict(strict=True)

    include_usage: bool = False


class ChatRequest(BaseModel):
    """As OpenAI's; what is not named here (sampling, tools) is ignored: answers are greedy and from the documents."""

    model_config = ConfigDict(strict=True)

    messages: list[Turn]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    markers: bool = False
    """Ours: put the numbers of its sources behind every statement, and the sources behind the answer. They are known
    only when the answer is whole, so a stream then brings it in one piece."""


def history_of(turns: list[Turn]) -> History:
    """Return what was said as the engine takes it; instructions to the model are left out."""
    return [(turn.role, turn.text()) for turn in turns if turn.role in ("user", "assistant") and turn.text()]


class Reply:
    """Dresses one answer, which may have `most` tokens."""

    def __init__(self, model: str, most: int, markers: bool = False) -> None:
        """Begin a reply with an identifier of its own."""
        self._head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}
        self._most = most
        self.markers = markers

    def whole(self, answer: Answer) -> Json:
        """Return the reply in one piece."""
        content = with_markers(answer) if self.markers else answer.answer
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason(answer)}
        head = {**self._head, "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": _usage(answer), "rag": answer.to_dict()}

    def piece(self, delta: dict[str, str], answer: Answer | None = None) -> Json:
        """Return a piece of a stream; the last one holds the finished `answer`."""
        reason = self._reason(answer) if answer else None
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        extra = {"rag": answer.to_dict()} if answer else {}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice], **extra}

    def usage(self, answer: Answer) -> Json:
        """Return the piece of a stream that counts tokens."""
        return {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(answer)}

    def _reason(self, answer: Answer) -> str:
        cut = answer.kind == "fact" and answer.timings.answer_tokens >= self._most  # others end by themselves
        return "length" if cut else "stop"


def with_markers(answer: Answer) -> str:
    """Return the answer's text with [numbers] behind each statement, and the numbered source sentences below it."""
    text = answer.marked(
        lambda statement: " " + ("".join(f"[{n}]" for n in statement.sources) or "[not found in the documents]")
    )
    listed = []
    for source in answer.sources:
        page = "" if source.page is None else f", page {source.page}"
        read = f", {source.how_read}" if source.how_read else ""
        listed.append(f'[{source.number}] "{source.text}" ({source.document}{page}{read})')
    return "\n\n".join([text, "\n".join(listed)]) if listed else text


def _usage(answer: Answer) -> Json:
    timings = answer.timings
    return {
        "prompt_tokens": timings.prompt_tokens,
        "completion_tokens": timings.answer_tokens,
        "total_tokens": timings.prompt_tokens + timings.answer_tokens,
        "prompt_tokens_details": {"cached_tokens": timings.reused_tokens},
    }
