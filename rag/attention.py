"""Attention computed once: a passage's keys and values are kept, and joined behind the prompt at question time.

A transformer's state for a passage depends on what stands before it. Behind one fixed prefix it can be computed once
and kept; rotary positions can be shifted afterwards, so kept passages can be laid one behind the other, and only the
question's few tokens remain to be evaluated. What is lost is the passages' attention to one another (the idea of
Prompt Cache, Gim et al. 2023, arXiv 2311.04934, and of block attention, Ma et al. 2024, arXiv 2409.15355).

This module does not know questions, retrieval or chat templates.
"""

import hashlib
import mmap
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ReaderError
from rag.llama import Llama, Piece, State

_MAGIC = b"RAGKV001"
_HEAD = len(_MAGIC) + 32
MAIN, BRANCH, _COMPUTED, _ALONE = range(4)
"""Sequences of a context: the prompt, its second branch, a passage behind the prefix, a passage by itself."""
SEQUENCES = 4


@dataclass(frozen=True)
class Block:
    """Text whose attention is kept: a passage, as tokens, and the document that it goes away with."""

    document: str
    tokens: tuple[int, ...]


class AttentionStore:
    """States of passages on disk: atomic writes, checksummed reads, least recently used out first.

    A folder a document, so that a removed document takes its states along. A damaged or foreign entry reads as
    absent, and a disk that takes nothing more only costs the keeping: the answer never depends on this store.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Keep at most `limit_bytes` under `folder`; 0 keeps nothing."""
        self._folder = folder
        self._limit = limit_bytes

    def _place(self, document: str) -> Path:
        return self._folder / hashlib.sha256(document.encode()).hexdigest()[:24]

    def size(self) -> int:
        """Return the bytes in use."""
        return sum(size for _, size, _ in self._entries())

    def _entries(self) -> list[tuple[int, int, Path]]:
        entries = []
        for file in self._folder.glob("*/*"):
            with suppress(OSError):  # another process may have removed it
                stat = file.stat()
                entries.append((stat.st_mtime_ns, stat.st_size, file))
        return sorted(entries)

    def get(self, document: str, key: str) -> State | None:
        """Return the state kept under `key`, memory-mapped, or None."""
        path = self._place(document) / key
        try:
            with path.open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            os.utime(path)
        except (OSError, ValueError):
            return None
        whole = data[: len(_MAGIC)] == _MAGIC and _checksum(key, data[_HEAD:]) == data[len(_MAGIC) : _HEAD]
        return data[_HEAD:] if whole else None

    def put(self, document: str, key: str, state: State) -> None:
        """Keep `state`, if it fits; the oldest entries make room."""
        if len(state) + _HEAD > self._limit:
            return
        place = self._place(document)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            place.mkdir(exist_ok=True, mode=0o700)
            entries = self._entries()
            over = sum(size for _, size, _ in entries) + len(state) + _HEAD - self._limit
            for _, size, file in entries:
                if over <= 0:
                    break
                file.unlink(missing_ok=True)
                over -= size
            handle, name = tempfile.mkstemp(dir=place, prefix=".")
            written = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    target.write(_MAGIC + _checksum(key, state))
                    target.write(state)
                written.replace(place / key)
            finally:
                written.unlink(missing_ok=True)
        except OSError:
            return

    def forget(self, documents: Sequence[str]) -> None:
        """Remove every state of these documents."""
        for document in documents:
            shutil.rmtree(self._place(document), ignore_errors=True)


def _checksum(key: str, state: State) -> bytes:
    digest = hashlib.sha256(key.encode())
    digest.update(state)
    return digest.digest()


class JoinedAttention:
    """Lays a prefix and passages out in a model's cache, from kept states where there are some."""

    def __init__(self, llama: Llama, model_sha256: str, prefix: Sequence[int], store: AttentionStore) -> None:
        """Join behind `prefix` (tokens); states are kept under the hashes of model, prefix and passage."""
        self._llama = llama
        self._store = store
        self._prefix = Block("", tuple(prefix))
        self._origin = hashlib.sha256(f"{model_sha256} {llama.state_kind} {self._prefix.tokens}".encode()).hexdigest()

    def lay_out(self, blocks: Sequence[Block], stopped: Callable[[], bool]) -> tuple[int, int] | None:
        """Put prefix and `blocks` into the main sequence: (tokens in place, tokens whose attention was restored).

        None when `stopped()` became true on the way. Whatever was kept or computed before, the cache ends up the
        same, cell by cell, so that the same question gives the same answer.
        """
        llama, size = self._llama, len(self._prefix.tokens)
        wanted = [self._prefix, *blocks]
        keys = [hashlib.sha256(f"{self._origin} {block.tokens}".encode()).hexdigest() for block in wanted]
        states = [self._store.get(block.document, key) for block, key in zip(wanted, keys, strict=True)]
        reused = sum(len(block.tokens) for block, state in zip(wanted, states, strict=True) if state)
        if not self._compute(wanted, keys, states, stopped):
            return None
        llama.clear()
        position = 0
        for i, (block, state) in enumerate(zip(wanted, states, strict=True)):
            if state is None or not llama.restore(_ALONE, state):
                raise ReaderError("The passages do not fit into the model's context: lower --passages.")
            if i > 1:
                llama.shift(_ALONE, position - size)
            llama.copy(_ALONE, MAIN)
            llama.remove(_ALONE)
            position += len(block.tokens)
        return position, reused

    def _compute(
        self, wanted: list[Block], keys: list[str], states: list[State | None], stopped: Callable[[], bool]
    ) -> bool:
        """Fill in the states that are None; False when stopped first."""
        llama, prefix = self._llama, wanted[0]
        for i, block in enumerate(wanted):
            if states[i] is not None:
                continue
            llama.clear()  # each from the same clean cache: where cells lie must not change a rounding
            if i == 0:
                done = self._evaluate(block.tokens, 0, _ALONE, stopped)
            else:
                llama.restore(MAIN, states[0] or b"")
                llama.copy(MAIN, _COMPUTED)
                done = self._evaluate(block.tokens, len(prefix.tokens), _COMPUTED, stopped)
                llama.copy(_COMPUTED, _ALONE, len(prefix.tokens))
            if not done:
                return False
            state = states[i] = llama.save(_ALONE)
            self._store.put(block.document, keys[i], state)
        return True

    def _evaluate(self, tokens: Sequence[int], position: int, sequence: int, stopped: Callable[[], bool]) -> bool:
        return evaluate(self._llama, [Piece(t, position + i, (sequence,)) for i, t in enumerate(tokens)], stopped)


def evaluate(llama: Llama, pieces: Sequence[Piece], stopped: Callable[[], bool]) -> bool:
    """Evaluate `pieces` for their attention alone, a batch at a time; False when `stopped()` became true."""
    for start in range(0, len(pieces), llama.batch_tokens):
        if stopped():
            return False
        for _ in llama.decode(pieces[start : start + llama.batch_tokens]):
            pass
    return True
