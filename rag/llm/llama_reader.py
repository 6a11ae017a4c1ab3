"""The answer model in this process: a GGUF file, and the attention of passages that was computed before.

The answer and the question whether the passages state it are two ends of one prompt (`rag.llm.two_ends`). Follow
`rag.answering.reader` for what is asked, `rag.llm.attention` for what is kept.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.answering.fitted import Fit
from rag.answering.prompting import INSTRUCTIONS, instruction_for, prompt
from rag.answering.reader import Excerpt, Readable, Reading, always, never
from rag.documents.chunks import Chunk
from rag.errors import ReaderError, UsageError
from rag.llm.abilities import abilities
from rag.llm.attention import MAIN, SEQUENCES, Block, KeptAttention
from rag.llm.attention_store import AttentionStore
from rag.llm.chat_template import ChatTemplate, end_of_words, shipped_templates, split_chat
from rag.llm.llama import Llama, Piece
from rag.llm.openings import lay_out
from rag.llm.released import Released
from rag.llm.thinking import MARKS, nothing_thought, spoken
from rag.llm.tokenizer import single_tokens, word_tokens
from rag.llm.two_ends import TwoEnds


class LlamaReader:
    """A GGUF model in this process. Answers queue: one at a time, whichever thread asks."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        sha256: str,
        store: AttentionStore,
        context_tokens: int = 4096,
        threads: int = 0,
        exact: bool = False,
        kv: str = "f16",
        fit: Fit | None = None,
        template: str | None = None,
    ) -> None:
        """Load the model; `exact` always evaluates the whole prompt, `template` stands in for the file's own.

        Raises ReaderError.
        """
        self.name = name
        self.fit = fit
        self._llama = llama = Llama(path, context_tokens=context_tokens, threads=threads, sequences=SEQUENCES, kv=kv)
        self._store, self._sha256 = store, sha256
        self._lock = threading.Lock()
        self._wanted, self._counting = 0, threading.Lock()
        self._template = _chosen(template, llama, path)
        before, _ = split_chat(self._template, prompt("system"), "")
        self._prefix = llama.prompt_tokens(before)
        ends = llama.tokenize(end_of_words(self._template), special=True)[:1]
        self._ends = {token for token in ends if llama.is_control(token)}
        marks = [*MARKS, *MARKS.values()]
        self._marks = single_tokens(marks, llama.tokenize)
        self._unthought: list[int] = []  # what a model that thinks unasked is given as its thoughts: none
        self._tails = {name: self._tail(name) for name in (*INSTRUCTIONS, "answerable")}
        self._yes, self._no = (word_tokens(words, llama) for words in (("Yes", "yes"), ("No", "no")))
        self.abilities = abilities(llama, self._prefix)
        """What can be done with this model's memory."""
        self._exact = exact or not self.abilities.restores
        self._kept = KeptAttention(llama, sha256, self._prefix, store, joins=self.abilities.joins)
        self._prompt = TwoEnds(llama, None if self._exact else self._kept, self._prefix, self.abilities)

    def _tail(self, name: str) -> list[int]:
        """Return the tokens behind a question: the instruction of the prompt `name`, and the end of the user's turn."""
        _, behind = split_chat(self._template, prompt("system"), "\n\n" + prompt(name))
        return self._llama.tokenize(behind, special=True)

    def manners(self) -> str:
        """Return in words how the model is talked to, as its template has it."""
        thinks = any(mark in self._template.source for mark in (*MARKS, "enable_thinking"))
        return "thinking is switched off and never shown" if thinks else "without thinking"

    def words(self) -> str:
        """Return in words by which tokens its judgement is told."""
        yes, no = (["".join(self._llama.text_of([token])) for token in tokens] for tokens in (self._yes, self._no))
        return f"from the probabilities of {yes} and {no} as the first word"

    def close(self) -> None:
        """Free the model."""
        with self._lock:
            self._llama.close()

    def forget(self, documents: Sequence[str]) -> None:
        """Drop the kept attention of these documents."""
        self._store.forget(documents)

    def read(
        self,
        texts: Sequence[Readable],
        question: str,
        *,
        max_tokens: int,
        worth: Callable[[float], bool] = always,
        stopped: Callable[[], bool] = never,
    ) -> Reading:
        """Answer `question` from `texts`; see `Reader`."""
        llama = self._llama
        asked = llama.tokenize(prompt("question", question=question))
        tail, check = (self._tails[name] + self._unthought for name in (instruction_for(question), "answerable"))
        room = llama.context_tokens - len(self._prefix) - len(asked) - len(tail) - len(check) - max_tokens
        if room < 0:
            raise UsageError(
                f"The question is too long: {len(asked)} tokens, and the model's context has room for "
                f"{max(0, len(asked) + room)}. Shorten it, or raise --context-tokens."
            )
        blocks: list[Block] = []
        for text in texts:
            block = self._block(text)
            room -= len(block.tokens)
            if room < 0:
                break
            blocks.append(block)
        kept = blocks.pop(0) if blocks and isinstance(texts[0], Chunk) else None
        behind = [token for block in blocks for token in block.tokens]
        read = len(blocks) + (kept is not None)
        self._take()
        try:
            llama.reserve(llama.context_tokens - max(0, room))
            placed = self._prompt.place(kept, behind, stopped)
            if placed is None or stopped():
                self._lock.release()
                return Reading(None, iter(()), 0, 0)
            looked = self._prompt.look(asked, check, tail)
            if self._thinks_unasked(looked.check):
                tail, check = tail + self._unthought, check + self._unthought
                llama.reserve(llama.context_tokens - max(0, room - 2 * len(self._unthought)))
                if (again := self._prompt.place(kept, behind, stopped)) is not None:
                    placed, looked = again, self._prompt.look(asked, check, tail)
            answerable = self._probability(looked.check)
            position = placed.tokens + len(asked) + len(tail)
            prompt_tokens = position + len(check)
            if stopped() or not worth(answerable):
                self._lock.release()
                return Reading(answerable, iter(()), prompt_tokens, placed.restored, read)
            written = self._greedy(looked.answer(), position, max_tokens, stopped)
            stream = Released(spoken(llama.text_of(written, self._marks)), self._lock)
            return Reading(answerable, stream, prompt_tokens, placed.restored, read)
        except BaseException:
            self._lock.release()
            raise

    def _thinks_unasked(self, logits: NDArray[np.float32]) -> bool:
        """Tell, once, whether the model is about to think though its template was asked to have it not.

        From then on its thoughts are over before they begin.
        """
        mark = self._marks.get(int(logits.argmax()), "")
        if mark not in MARKS or self._unthought:
            return False
        self._unthought = self._llama.tokenize(nothing_thought(mark), special=True)
        return True

    def _block(self, text: Readable) -> Block:
        return Block(
            text.document, tuple(self._llama.tokenize(prompt("passage", title=text.title, text=text.text) + "\n\n"))
        )

    def _take(self) -> None:
        """Wait for the model; a `warm` that has it gives way at once."""
        with self._counting:
            self._wanted += 1
        try:
            self._lock.acquire()
        finally:
            with self._counting:
                self._wanted -= 1

    def warm(self, passage: Chunk, stopped: Callable[[], bool] = never) -> bool:
        """Compute and keep the attention of `passage` ahead of questions; see `Reader`."""
        with self._lock:
            return not self._exact and self._kept.keep(self._block(passage), lambda: self._wanted > 0 or stopped())

    def _probability(self, logits: NDArray[np.float32]) -> float:
        """Return how probable Yes is against No, each in all the ways in which the model may write it."""
        yes, no = (np.logaddexp.reduce(logits[tokens].astype(np.float64)) for tokens in (self._yes, self._no))
        return float(1 / (1 + np.exp(np.clip(no - yes, -700, 700))))

    def _greedy(
        self, logits: NDArray[np.float32], position: int, max_tokens: int, stopped: Callable[[], bool]
    ) -> Iterator[int]:
        for i in range(max_tokens):
            token = int(logits.argmax())
            if self._llama.is_end(token) or token in self._ends or stopped():
                return
            yield token
            (logits,) = self._llama.decode([Piece(token, position + i, (MAIN,), output=True)])

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return len(self._llama.tokenize(text))

    def complete(
        self,
        system: str,
        request: str,
        *,
        max_tokens: int,
        stopped: Callable[[], bool] = never,
        opening: Excerpt | None = None,
    ) -> Iterator[str]:
        """Answer `request` by itself, nothing joined, and kept of it `opening` alone; empty where it does not fit."""
        llama = self._llama
        before, behind = split_chat(self._template, system, "")
        first = llama.prompt_tokens(before) + (llama.tokenize(opening.text) if opening else [])
        rest = llama.tokenize(request) + llama.tokenize(behind, special=True) + self._unthought
        length = len(first) + len(rest)
        if length + max_tokens > llama.context_tokens:
            return
        self._take()
        try:
            llama.reserve(length + max_tokens)
            llama.clear()
            start = 0
            if opening and not self._exact:
                if not lay_out(llama, self._store, self._sha256, opening.document, first, stopped):
                    return
                start = len(first)
            *before_last, last = (Piece(token, i, (MAIN,)) for i, token in enumerate([*first, *rest]) if i >= start)
            if llama.evaluate(before_last, stopped):
                (logits,) = llama.decode([replace(last, output=True)])
                yield from spoken(llama.text_of(self._greedy(logits, length, max_tokens, stopped), self._marks))
        finally:
            self._lock.release()


def _chosen(template: str | None, llama: Llama, path: Path) -> ChatTemplate:
    source = template or llama.template
    if not source:
        raise ReaderError(
            f"The model file {path} has no chat template: choose an instruction-tuned ('chat') model, or say how it is "
            f"talked to: --chat-template {'|'.join(shipped_templates())}, or a file of your own."
        )
    return ChatTemplate(source, *llama.first_and_last())
