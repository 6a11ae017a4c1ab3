"""The answer model in this process: a GGUF file, and the attention of passages that was computed before.

The answer and the question whether the passages state it are evaluated in one go, as two sequences over the same
passages. Follow `rag.answering.reader` for what is asked, `rag.llm.attention` for what is kept.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.answering.prompting import INSTRUCTIONS, instruction_for, prompt
from rag.answering.reader import Excerpt, Readable, Reading, always, never
from rag.documents.chunks import Chunk
from rag.errors import UsageError
from rag.llm.attention import BRANCH, MAIN, SEQUENCES, Block, KeptAttention
from rag.llm.attention_store import AttentionStore
from rag.llm.chat_template import split_chat
from rag.llm.llama import Llama, Piece
from rag.llm.openings import lay_out


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
    ) -> None:
        """Load the model; `exact` always evaluates the whole prompt. Raises ReaderError."""
        self.name = name
        self._llama = llama = Llama(path, context_tokens=context_tokens, threads=threads, sequences=SEQUENCES, kv=kv)
        self._store, self._sha256 = store, sha256
        self._lock = threading.Lock()
        self._wanted, self._counting = 0, threading.Lock()
        before, _ = split_chat(llama.template, prompt("system"), "")
        self._prefix = llama.opening_tokens() + llama.tokenize(before, special=True)
        self._tails = {name: self._tail(name) for name in INSTRUCTIONS}
        self._check_tail = self._tail("answerable")
        self._yes, self._no = (llama.tokenize(word)[0] for word in ("Yes", "No"))
        self._kept = KeptAttention(llama, sha256, self._prefix, store)
        self._exact = exact

    def _tail(self, name: str) -> list[int]:
        """Return the tokens behind a question: the instruction of the prompt `name`, and the end of the user's turn."""
        _, behind = split_chat(self._llama.template, prompt("system"), "\n\n" + prompt(name))
        return self._llama.tokenize(behind, special=True)

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
        tail = self._tails[instruction_for(question)]
        tails = len(tail) + len(self._check_tail)
        room = llama.context_tokens - len(self._prefix) - len(asked) - tails - max_tokens
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
            placed = self._place(kept, behind, stopped)
            if placed is None or stopped():
                self._lock.release()
                return Reading(None, iter(()), 0, 0)
            position, reused = placed
            answerable, logits = self._look(asked, position, tail)
            position += len(asked) + len(tail)
            prompt_tokens = position + len(self._check_tail)
            if stopped() or not worth(answerable):
                self._lock.release()
                return Reading(answerable, iter(()), prompt_tokens, reused, read)
            stream = _Released(llama.text_of(self._greedy(logits, position, max_tokens, stopped)), self._lock)
            return Reading(answerable, stream, prompt_tokens, reused, read)
        except BaseException:
            self._lock.release()
            raise

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

    def _place(self, kept: Block | None, behind: Sequence[int], stopped: Callable[[], bool]) -> tuple[int, int] | None:
        """Put the prefix, what is `kept` and the tokens `behind` it into the main sequence: (tokens, tokens restored).

        None when stopped first.
        """
        start, reused = 0, 0
        if self._exact:
            self._llama.clear()
            behind = [*self._prefix, *(kept.tokens if kept else ()), *behind]
        elif (placed := self._kept.lay_out(kept, stopped)) is not None:
            start, reused = placed
        else:
            return None
        pieces = [Piece(token, start + i, (MAIN,)) for i, token in enumerate(behind)]
        return (start + len(behind), reused) if self._llama.evaluate(pieces, stopped) else None

    def _look(self, asked: Sequence[int], position: int, tail: Sequence[int]) -> tuple[float, NDArray[np.float32]]:
        """Evaluate the question, and behind it, apart, two ends: P(Yes), and the logits of the answer's first token."""
        self._llama.copy(MAIN, BRANCH)
        pieces = [Piece(token, position + i, (MAIN, BRANCH)) for i, token in enumerate(asked)]
        position += len(asked)
        for sequence, tokens in ((BRANCH, self._check_tail), (MAIN, tail)):
            last = len(tokens) - 1
            pieces += [Piece(token, position + i, (sequence,), output=i == last) for i, token in enumerate(tokens)]
        check, answer = (row.copy() for row in self._llama.decode(pieces))
        self._llama.remove(BRANCH)
        return self._probability(check), answer

    def _probability(self, logits: NDArray[np.float32]) -> float:
        return float(1 / (1 + np.exp(np.float64(logits[self._no]) - np.float64(logits[self._yes]))))

    def _greedy(
        self, logits: NDArray[np.float32], position: int, max_tokens: int, stopped: Callable[[], bool]
    ) -> Iterator[int]:
        for i in range(max_tokens):
            token = int(logits.argmax())
            if self._llama.is_end(token) or stopped():
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
        before, behind = split_chat(llama.template, system, "")
        first = llama.opening_tokens() + llama.tokenize(before, special=True)
        first += llama.tokenize(opening.text) if opening else []
        rest = llama.tokenize(request) + llama.tokenize(behind, special=True)
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
                yield from llama.text_of(self._greedy(logits, length, max_tokens, stopped))
        finally:
            self._lock.release()


class _Released(Iterator[str]):
    """A stream that gives a lock back once, however it ends: exhausted, closed, failed or never begun."""

    def __init__(self, stream: Iterator[str], lock: threading.Lock) -> None:
        self._stream: Iterator[str] | None = stream
        self._lock = lock

    def __next__(self) -> str:
        if self._stream is None:
            raise StopIteration
        try:
            return next(self._stream)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._stream is not None:
            self._stream = None
            self._lock.release()

    __del__ = close
