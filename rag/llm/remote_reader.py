"""Answers from a model server that speaks OpenAI's chat protocol: seam 2 over HTTP. It does not know retrieval.

As `rag.answering.reader`, it asks two things of the passages: whether they state the answer, which is read from the
probabilities of "Yes" and "No" as the first word, and the answer. Both requests begin with the same text (system,
passages, question), so that a server that keeps prefixes evaluates it once. A server that gives no probabilities is
asked for the answer alone. Attention kept on this disk is of no use here.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rag.answering.fitted import Fit
from rag.answering.prompting import instruction_for, prompt
from rag.answering.reader import Excerpt, Readable, Reading, always, never
from rag.documents.chunks import Chunk
from rag.errors import ReaderError, UsageError
from rag.llm.model_server import Messages, ModelServer, Stopped
from rag.llm.thinking import begins_to_think, spoken

_FORM_TOKENS = 100
"""What a chat template adds to a request, at most."""
_TOP = 20
"""Words whose probabilities are asked for: the most that the protocol allows."""


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
        fit_of: Callable[[str], Fit | None] = lambda model: None,
    ) -> None:
        """Connect, and ask which models there are: `model` None takes the first. Raises ReaderError.

        `count` estimates the tokens of a text; `timeout_s` is the longest wait for the next piece of an answer.
        `fit_of` knows the coefficients of confidence for a model's name.
        """
        self.count = count
        self._context_tokens = context_tokens
        self._gives_probabilities: bool | None = None
        self._server = ModelServer(url, key=key, model=model, timeout_s=timeout_s)
        self.name = self._server.model
        self.fit = fit_of(self.name)

    def close(self) -> None:
        """Close the connections; a second call does nothing."""
        self._server.close()

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
        texts: Sequence[Readable],
        question: str,
        *,
        max_tokens: int,
        worth: Callable[[float], bool] = always,
        stopped: Callable[[], bool] = never,
    ) -> Reading:
        """Answer `question` from `texts`; see `Reader`. Raises ReaderError, also while tokens come."""
        shown = [prompt("passage", title=text.title, text=text.text) for text in texts]
        asked = prompt("question", question=question)
        tail, check = prompt(instruction_for(question)), prompt("answerable")
        fixed = sum(map(self.count, (prompt("system"), asked, max(tail, check, key=len))))
        room = self._context_tokens - fixed - _FORM_TOKENS - max_tokens
        if room < 0:
            raise UsageError("The question is too long for the model's context. Shorten it, or raise --context-tokens.")
        while shown and sum(map(self.count, shown)) > room:
            shown.pop()

        def request(end: str) -> Messages:
            return _chat(prompt("system"), "\n\n".join([*shown, f"{asked}\n\n{end}"]))

        answerable: float | None = None
        prompt_tokens = reused_tokens = 0
        if self._gives_probabilities is not False:
            try:
                answerable, prompt_tokens, reused_tokens = self._look(request(check), stopped)
            except Stopped:
                return Reading(None, iter(()), 0, 0)
        if answerable is not None and not worth(answerable):
            return Reading(answerable, iter(()), prompt_tokens, reused_tokens, len(shown))
        messages = request(tail)
        if answerable is None:
            prompt_tokens += sum(self.count(message["content"]) for message in messages)
        tokens = spoken(self._server.stream(messages, max_tokens, stopped))
        return Reading(answerable, tokens, prompt_tokens, reused_tokens, len(shown))

    def complete(
        self,
        system: str,
        request: str,
        *,
        max_tokens: int,
        stopped: Callable[[], bool] = never,
        opening: Excerpt | None = None,
    ) -> Iterator[str]:
        """Answer `request` by itself; the server's own cache keeps the `opening`."""
        messages = _chat(system, (opening.text if opening else "") + request)
        return spoken(self._server.stream(messages, max_tokens, stopped))

    def _look(self, messages: Messages, stopped: Callable[[], bool]) -> tuple[float | None, int, int]:
        """Return P(Yes), None where the server gives none, with the prompt's tokens and how many it had kept."""
        try:
            reply = self._server.reply(messages, stopped, max_tokens=1, logprobs=True, top_logprobs=_TOP)
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


def probability(logprobs: Any) -> float | None:
    """Return the probability of "Yes" against "No" as the first word, each in all ways to write it.

    None where the server told neither's, and where the model is about to think instead.
    """
    if not logprobs or not logprobs.content or not logprobs.content[0].top_logprobs:
        return None
    first = logprobs.content[0].top_logprobs
    if begins_to_think(max(first, key=lambda each: each.logprob).token):
        return None
    told: dict[str, float] = {}
    for each in first:
        word = each.token.strip().lower()
        told[word] = told.get(word, 0.0) + math.exp(each.logprob)
    least = math.exp(min(each.logprob for each in first))  # a word that is not among them is at most as probable
    if "yes" not in told and "no" not in told:
        return None if len(first) < 2 else 0.5
    yes, no = (max(told.get(word, least), 1e-300) for word in ("yes", "no"))
    return yes / (yes + no)


def _chat(system: str, user: str) -> Messages:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]
