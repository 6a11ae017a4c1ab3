"""Answers from a model server that speaks OpenAI's chat protocol: seam 2 over HTTP. It does not know retrieval.

As `rag.reader`, it asks two things of the passages: whether they state the answer, which is read from the
probabilities of "Yes" and "No" as the first word, and the answer. Both requests begin with the same text (system,
passages, question), so that a server that keeps prefixes evaluates it once. A server that gives no probabilities gets
all passages at once, since nothing tells when to stop. Attention kept on this disk is of no use here.

The client is asynchronous in a thread of its own, because only then a request can be given up at any moment: cancelling
it closes the connection, by which servers know to stop.
"""

import asyncio
import concurrent.futures
import math
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.chunks import Chunk
from rag.errors import ReaderError, UsageError
from rag.followup import rewriting, rewritten
from rag.prompting import instruction_for, prompt
from rag.reader import Reading, always, is_last, looks_at, never

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_LOOK_S = 0.05
_CONNECT_S = 10.0
_RETRIES = 2
"""Of a request that has given nothing yet, with growing pauses: the library's own way."""
_FORM_TOKENS = 100
"""What a chat template adds to a request, at most."""
_TOP = 20
"""Words whose probabilities are asked for: the most that the protocol allows."""


class _Stopped(Exception):
    """Nobody waits for the request any more."""


class RemoteReader:
    """A model on a server. Threads may share it: each request goes out by itself, and the server orders them."""

    def __init__(
        self,
        url: str,
        *,
        count: Callable[[str], int],
        key: str | None = None,
        model: str | None = None,
        timeout_s: float = 120,
        context_tokens: int = 4096,
        exact: bool = False,
    ) -> None:
        """Connect, and ask which models there are: `model` None takes the first. Raises ReaderError.

        `count` estimates the tokens of a text; `timeout_s` is the longest wait for the next piece of an answer; with
        `exact` all passages are read at once.
        """
        self._openai: Any = _library()
        self._url = url = address(url)
        self._count = count
        self._timeout_s = timeout_s
        self._context_tokens = context_tokens
        self._exact = exact
        self._gives_probabilities: bool | None = None
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
        self.name: str = model or there[0]

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

    def warm(self, passage: Chunk, stopped: Callable[[], bool] = never) -> bool:
        """Do nothing: what the server keeps is its own affair."""
        return False

    def forget(self, documents: Sequence[str]) -> None:
        """Do nothing: nothing is kept here."""

    def gives_probabilities(self) -> bool:
        """Tell, by asking, whether the server gives the probabilities of words. Raises ReaderError."""
        self._look(_chat(prompt("system"), prompt("answerable")), never)
        return bool(self._gives_probabilities)

    def read(
        self,
        passages: Sequence[Chunk],
        question: str,
        *,
        max_tokens: int,
        worth: Callable[[float], bool] = always,
        stopped: Callable[[], bool] = never,
    ) -> Reading:
        """Answer `question` from `passages`; see `rag.reader.Reader`. Raises ReaderError, also while tokens come."""
        texts = [prompt("passage", title=passage.title, text=passage.text) for passage in passages]
        asked = prompt("question", question=question)
        tail, check = prompt(instruction_for(question)), prompt("answerable")
        fixed = sum(map(self._count, (prompt("system"), asked, max(tail, check, key=len))))
        room = self._context_tokens - fixed - _FORM_TOKENS - max_tokens
        if room < 0:
            raise UsageError("The question is too long for the model's context. Shorten it, or raise --context-tokens.")
        while texts and sum(map(self._count, texts)) > room:
            texts.pop()

        def request(read: Sequence[int], end: str) -> list[Mapping[str, str]]:
            return _chat(prompt("system"), "\n\n".join([*(texts[i] for i in read), f"{asked}\n\n{end}"]))

        every = looks_at(len(texts), self._exact)
        looked: list[float] = []
        read = every[-1]
        prompt_tokens = reused_tokens = 0
        try:
            for group in every:
                if self._gives_probabilities is False:
                    break
                sure, used, reused = self._look(request(group, check), stopped)
                prompt_tokens, reused_tokens = prompt_tokens + used, reused_tokens + reused
                if sure is None:
                    break
                looked.append(sure)
                read = group
                if is_last(sure, worth):
                    break
        except _Stopped:
            return Reading(min(looked, default=None), iter(()), prompt_tokens, reused_tokens, (), tuple(looked))
        answerable = min(looked, default=None)
        if answerable is not None and not worth(answerable):
            return Reading(answerable, iter(()), prompt_tokens, reused_tokens, (), tuple(looked))
        messages = request(read, tail)
        if not looked:
            prompt_tokens += sum(self._count(message["content"]) for message in messages)
        tokens = self._stream(messages, max_tokens, stopped)
        return Reading(answerable, tokens, prompt_tokens, reused_tokens, read, tuple(looked))

    def condense(self, history: Sequence[tuple[str, str]], question: str, stopped: Callable[[], bool] = never) -> str:
        """Rewrite a follow-up so that it stands alone; falls back to the follow-up where the model says nothing."""
        request = rewriting(history, question, self._count)
        return rewritten(self.complete(prompt("rewriter"), request, max_tokens=64, stopped=stopped), question)

    def complete(
        self, system: str, request: str, *, max_tokens: int, stopped: Callable[[], bool] = never
    ) -> Iterator[str]:
        """Answer `request` by itself."""
        return self._stream(_chat(system, request), max_tokens, stopped)

    def _look(self, messages: list[Mapping[str, str]], stopped: Callable[[], bool]) -> tuple[float | None, int, int]:
        """Return P(Yes), None where the server gives none, with the prompt's tokens and how many it had kept."""
        try:
            reply = self._wait(self._create(messages, max_tokens=1, logprobs=True, top_logprobs=_TOP), stopped)
        except ReaderError as error:
            if "logprobs" not in str(error):
                raise
            self._gives_probabilities = False
            return None, 0, 0
        found = probability(reply.choices[0].logprobs) if reply.choices else None
        self._gives_probabilities = found is not None
        usage = reply.usage
        details = usage.prompt_tokens_details if usage else None
        return found, usage.prompt_tokens if usage else 0, (details.cached_tokens or 0) if details else 0

    def _create(self, messages: list[Mapping[str, str]], **options: Any) -> Coroutine[Any, Any, Any]:
        create: Any = self._client.chat.completions.create
        found: Coroutine[Any, Any, Any] = create(
            model=getattr(self, "name", ""), messages=messages, temperature=0, seed=0, **options
        )
        return found

    def _stream(self, messages: list[Mapping[str, str]], max_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
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
        except _Stopped:
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
                raise _Stopped
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


def probability(logprobs: Any) -> float | None:
    """Return the probability of "Yes" against "No" as the first word; None where the server told neither's."""
    if not logprobs or not logprobs.content or not logprobs.content[0].top_logprobs:
        return None
    first = logprobs.content[0].top_logprobs
    found: dict[str, float] = {}
    for each in first:
        found.setdefault(each.token.strip(), each.logprob)
    least = min(each.logprob for each in first)  # a word that is not among them is at most as probable
    if "Yes" not in found and "No" not in found:
        return None if len(first) < 2 else 0.5
    return 1 / (1 + math.exp(min(700.0, found.get("No", least) - found.get("Yes", least))))


def _library() -> Any:
    try:
        import openai
    except ImportError as error:
        raise ReaderError(
            f"A model server needs an extra that is not installed ({error}): run \"pip install 'rag-answers[llm]'\"."
        ) from error
    return openai


def _chat(system: str, user: str) -> list[Mapping[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


async def _awaited(work: Any) -> Any:
    return await work


async def _next(chunks: AsyncIterator[Any]) -> Any:
    return await anext(chunks, None)
