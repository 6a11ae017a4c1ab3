"""A server that speaks OpenAI's chat protocol, by the official client: requests that can be given up at any moment.

The client is asynchronous in a thread of its own, because only then that is so: cancelling a request closes its
connection, by which servers know to stop. It does not know what is asked, or of what.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rag.answering.reader import never
from rag.errors import ReaderError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_LOOK_S = 0.05
_CONNECT_S = 10.0
_RETRIES = 2
"""Of a request that has given nothing yet, with growing pauses: the library's own way."""
Messages = list[Mapping[str, str]]


class Stopped(Exception):
    """Nobody waits for the request any more."""


class ModelServer:
    """A connection to a model. Threads may share it: each request goes out by itself, and the server orders them."""

    def __init__(self, url: str, *, key: str | None = None, model: str | None = None, timeout_s: float = 120) -> None:
        """Connect, and ask which models there are: `model` None takes the first. Raises ReaderError.

        `timeout_s` is the longest wait for the next piece of an answer.
        """
        self._openai: Any = _library()
        self._url = url = address(url)
        self._timeout_s = timeout_s
        self._switches = True
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model server", daemon=True)
        self._thread.start()
        # A key has to be sent, whatever the server makes of it.
        self._client: AsyncOpenAI = self._openai.AsyncOpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=self._openai.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
            max_retries=_RETRIES,
        )
        try:
            there = [each.id for each in self._wait(self._client.models.list()).data]
            if not there and model is None:
                raise ReaderError(f"The model server at {url} has no model. Load one there, or name it: RAG_LLM_MODEL.")
            if model is not None and there and model not in there:
                raise ReaderError(
                    f"The model server at {url} has no model '{model}' but {', '.join(there[:10])}. Set RAG_LLM_MODEL."
                )
        except BaseException:
            self.close()
            raise
        self.model: str = model or there[0]

    def close(self) -> None:
        """Close the connections; a second call does nothing."""
        if not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_CONNECT_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.close()
        await self._loop.shutdown_asyncgens()

    def reply(self, messages: Messages, stopped: Callable[[], bool] = never, **options: Any) -> Any:
        """Return the whole reply, as the library gives it. Raises ReaderError, and Stopped soon after `stopped()`."""
        return self._wait(self._create(messages, **options), stopped)

    async def _create(self, messages: Messages, **options: Any) -> Any:
        """Ask, with thinking switched off where the server knows that switch of vLLM's, SGLang's and llama.cpp's."""
        create: Any = self._client.chat.completions.create
        given = {"model": self.model, "messages": messages, "temperature": 0, "seed": 0, **options}
        if self._switches:
            try:
                return await create(**given, extra_body={"chat_template_kwargs": {"enable_thinking": False}})
            except (self._openai.BadRequestError, self._openai.UnprocessableEntityError) as error:
                if "chat_template_kwargs" not in str(error):
                    raise
                self._switches = False
        return await create(**given)

    def stream(self, messages: Messages, max_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
        """Yield the pieces of a reply until its end, or soon after `stopped()`. Raises ReaderError."""
        stream: Any = None
        try:
            stream = self._wait(self._create(messages, max_tokens=max_tokens, stream=True), stopped)
            chunks: AsyncIterator[Any] = stream.__aiter__()
            reason = None
            while (chunk := self._wait(_next(chunks), stopped)) is not None:
                for choice in chunk.choices:
                    reason = choice.finish_reason or reason
                    if text := choice.delta.content:
                        yield text
            if reason is None:
                raise ReaderError(
                    f"The model server at {self._url} broke off in the middle of an answer: ask again, and look "
                    "whether it gives way to other requests (llama-cpp-python's does without --interrupt_requests 0)."
                )
        except Stopped:
            return
        finally:
            if stream is not None:
                asyncio.run_coroutine_threadsafe(stream.close(), self._loop)

    def _wait(self, work: Any, stopped: Callable[[], bool] = never) -> Any:
        """Return what `work` gives; it is cancelled, and the connection closed, soon after `stopped()` became true.

        Raises ReaderError.
        """
        future: concurrent.futures.Future[Any] = asyncio.run_coroutine_threadsafe(_awaited(work), self._loop)
        try:
            while not stopped():
                if concurrent.futures.wait([future], _LOOK_S).done:
                    break
            else:
                raise Stopped
        except BaseException:
            future.cancel()
            raise
        error = future.exception()
        if error is None:
            return future.result()
        raise ReaderError(self._message(error)) from error

    def _message(self, error: BaseException) -> str:
        openai, where = self._openai, f"The model server at {self._url}"
        if isinstance(error, openai.APITimeoutError) or "Timeout" in type(error).__name__:
            return f"{where} gave nothing for {self._timeout_s:g} s. Look at it, or raise RAG_LLM_TIMEOUT."
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return f"{where} refused the key. Set RAG_LLM_KEY."
        if isinstance(error, openai.NotFoundError):
            return f"{where} knows no such address or model ({error}). Check RAG_LLM_URL and RAG_LLM_MODEL."
        if isinstance(error, openai.APIStatusError):
            return f"{where} refused ({error}). If the prompt was too long, lower --context-tokens or --passages."
        if isinstance(error, openai.APIConnectionError):
            return f"{where} cannot be reached. Start it, or answer in this process: unset RAG_LLM_URL."
        why = error if str(error) else type(error).__name__
        return f"{where} went away in the middle ({why}). Look whether it runs, and ask again."


def address(url: str) -> str:
    """Return the address under which the protocol's paths lie: `/v1` is added where no path was given."""
    whole = url.rstrip("/")
    host = whole.partition("://")[2]
    return whole if "/" in host else f"{whole}/v1"


def _library() -> Any:
    try:
        import openai
    except ImportError as error:
        raise ReaderError(
            f"A model server needs an extra that is not installed ({error}): run \"pip install 'rag-answers[llm]'\"."
        ) from error
    return openai


async def _awaited(work: Any) -> Any:
    return await work


async def _next(chunks: AsyncIterator[Any]) -> Any:
    return await anext(chunks, None)
