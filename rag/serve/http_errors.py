"""Errors → HTTP replies, worded as OpenAI's API words them. It does not know routes or answers."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from rag.errors import RagError, UsageError
from rag.serve.chat_completions import Json
from rag.serve.line import LineFull


def add_handlers(app: FastAPI) -> None:
    """Let `app` answer errors so."""
    app.add_exception_handler(RagError, _rag_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)


def message(text: str, kind: str) -> Json:
    """Return an error as OpenAI's API words it."""
    return {"error": {"message": text, "type": kind, "param": None, "code": None}}


def error_reply(status: int, text: str, kind: str = "invalid_request_error") -> JSONResponse:
    """Return the reply that tells of an error."""
    return JSONResponse(message(text, kind), status_code=status)


def kind_of(error: RagError) -> str:
    """Return whose fault it is, in the API's words."""
    return "invalid_request_error" if isinstance(error, UsageError) else "server_error"


def _rag_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RagError)
    if isinstance(error, LineFull):
        full = error_reply(503, str(error), kind_of(error))
        full.headers["Retry-After"] = str(error.retry_after_s)
        return full
    return error_reply(400 if isinstance(error, UsageError) else 500, str(error), kind_of(error))


def _bad_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return error_reply(400, f"The request is off{f' at {where}' if where else ''}: {first['msg']}.")


def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_reply(error.status_code, str(error.detail))
