"""An answer's events for a client that may be slow or hang up, and as the lines of a stream. It does not know routes.

An answer is made in a thread of its own that never waits for its client: a slow one cannot hold up the model, and one
that hangs up stops it.
"""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from typing import cast

from fastapi import Request

from rag.api import Answer, Event, History, Limits, Rag, Retrieved, Working
from rag.errors import RagError, unexpected
from rag.serve.chat_completions import Json, Reply, with_markers
from rag.serve.http_errors import kind_of, message
from rag.serve.line import Line


async def events_of(
    rag: Rag, line: Line, request: Request, question: str, history: History, limits: Limits | None = None
) -> AsyncGenerator[Event, None]:
    """Yield the engine's events; ends early, leaves the line and stops the model, when the client hangs up."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | RagError | None] = asyncio.Queue()
    gone = threading.Event()

    def work() -> None:
        try:
            answering = rag.stream(question, history, limits=limits, stopped=gone.is_set)
            with closing(cast(Generator[Event, None, None], answering)) as events:
                for event in events:
                    loop.call_soon_threadsafe(queue.put_nowait, event)
                    if gone.is_set():
                        break
        except RagError as error:
            loop.call_soon_threadsafe(queue.put_nowait, error)
        except Exception as error:  # nobody foresaw it, and the client must not wait for ever
            loop.call_soon_threadsafe(queue.put_nowait, RagError(unexpected(error)))
        finally:
            loop.call_soon_threadsafe(queue.put_nowait, None)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watching = asyncio.create_task(watch())
    try:
        since = await _turn(line, watching)
        if since is None:
            return
        # The next one's turn comes when the model is free, which may be after the client has gone.
        loop.run_in_executor(None, work).add_done_callback(lambda _: line.leave(since))
        while (event := await queue.get()) is not None:
            if isinstance(event, RagError):
                raise event
            yield event
    finally:
        gone.set()
        watching.cancel()


async def _turn(line: Line, watching: "asyncio.Task[None]") -> float | None:
    """Wait in line; None when the client hangs up meanwhile, which ends `watching`. Raises LineFull."""
    entering = asyncio.create_task(line.enter())
    try:
        await asyncio.wait({entering, watching}, return_when=asyncio.FIRST_COMPLETED)
    except BaseException:
        _give_up(entering, line)
        raise
    if watching.done():
        _give_up(entering, line)
        return None
    return entering.result()


def _give_up(entering: "asyncio.Task[float]", line: Line) -> None:
    if not entering.cancel() and entering.exception() is None:
        line.leave(entering.result())


async def stream(reply: Reply, events: AsyncGenerator[Event, None], with_usage: bool) -> AsyncGenerator[str, None]:
    """Yield the lines of a stream; an error before the first word is raised, a later one becomes a line."""
    begun = False
    try:
        async for event in events:
            if isinstance(event, Retrieved | Working):
                continue
            if not begun:
                begun = True
                yield _line(reply.piece({"role": "assistant", "content": ""}))
            if isinstance(event, Answer):
                if reply.markers:
                    yield _line(reply.piece({"content": with_markers(event)}))
                yield _line(reply.piece({}, event))
                if with_usage:
                    yield _line(reply.usage(event))
            elif not reply.markers:
                yield _line(reply.piece({"content": event.text}))
    except RagError as error:
        if not begun:
            raise
        yield _line(message(str(error), kind_of(error)))
    yield "data: [DONE]\n\n"


async def behind(first: str, lines: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """Yield `first` and then `lines`."""
    yield first
    async for line in lines:
        yield line


def _line(data: Json) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
