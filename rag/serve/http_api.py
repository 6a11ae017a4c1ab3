"""What goes in and out of the HTTP server, for pydantic's checks and the OpenAPI document. It does not know the engine.

Requests are checked by these models. Replies are not built from them, only described: the JSON contract is made in
`rag.answering.answer` and `rag.serve.chat_completions`, and a test holds the replies against the document.
"""

from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from rag.api import Computation, Statement, Timings
from rag.serve.chat_completions import Turn


class AskRequest(BaseModel):
    """A row of `rag batch`."""

    model_config = ConfigDict(strict=True)

    question: str
    history: list[Turn] = []


class SearchRequest(BaseModel):
    """A search for single sentences."""

    model_config = ConfigDict(strict=True)

    query: str
    limit: Annotated[int, Field(ge=1, le=100)] = 10


class SourceReply(BaseModel):
    """An exact sentence of a document: its characters `start` to `end`."""

    number: int
    document: str
    page: int | None
    start: int
    end: int
    text: str
    score: Annotated[float, Field(ge=0, le=1)]


class AskReply(BaseModel):
    """An answer, as `rag ask --json` prints it."""

    question: str
    standalone_question: str
    answer: str
    abstained: bool
    confidence: Annotated[float, Field(ge=0, le=1)]
    kind: str
    statements: list[Statement]
    sources: list[SourceReply]
    computation: Computation | None = None
    timings: Timings
    model: str


class SearchReply(BaseModel):
    """The best sentences, best first."""

    query: str
    sources: list[SourceReply]


class ChatReply(BaseModel):
    """As OpenAI's chat completion, with the answer and its sources in `rag`."""

    id: str
    object: str
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any]
    rag: AskReply


class Problem(BaseModel):
    """What went wrong, in words for a person."""

    message: str
    type: str
    param: None
    code: None


class ErrorReply(BaseModel):
    """An error, as OpenAI's."""

    error: Problem


class HealthReply(BaseModel):
    """It runs."""

    status: str


class ReadyReply(BaseModel):
    """Whether another question finds a place in line; how many are answered and wait."""

    status: str
    answering: int
    waiting: int


class ModelsReply(BaseModel):
    """The model that answers."""

    object: str
    data: list[dict[str, Any]]


Responses = dict[int | str, dict[str, Any]]
_EVENT = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}
_EVENTS = {"text/event-stream": {"schema": _EVENT}}


def replies(model: type[BaseModel], *errors: int, streams: bool = False) -> Responses:
    """Return the description of a reply and of the errors that may come in its place."""
    said = {
        400: "The request is off.",
        413: "The request is too large.",
        500: "The model or the index failed.",
        503: "Too many wait in line, or the server is ending; `Retry-After` says when to ask again.",
    }
    found: Responses = {200: {"model": model, **({"content": _EVENTS} if streams else {})}}
    return found | {status: {"model": ErrorReply, "description": said[status]} for status in errors}


def describe(app: FastAPI, *, with_key: bool) -> None:
    """Let the OpenAPI document say what is true: bad requests are 400, and a key is wanted `with_key`."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, routes=app.routes)
            for path, operations in found["paths"].items():
                for operation in operations.values():
                    operation["responses"].pop("422", None)
                    if with_key and path not in ("/health", "/ready"):
                        operation["security"] = [{"key": []}]
                        refused = {"schema": {"$ref": "#/components/schemas/ErrorReply"}}
                        operation["responses"]["401"] = {
                            "description": "The key is missing or wrong.",
                            "content": {"application/json": refused},
                        }
            if with_key:
                found["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
