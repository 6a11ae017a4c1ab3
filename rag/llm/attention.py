"""Attention computed once: a passage's keys and values are kept, and laid behind the prompt at question time.

A transformer's state for a passage depends on what stands before it. Behind one fixed prefix it can be computed once
and kept, and only what stands behind it remains to be evaluated: exact, since nothing is moved or joined. (Passages can
be joined by shifting their positions, Gim et al. 2023, arXiv 2311.04934; that costs their attention to one another, and
cost too many right answers here: see docs/evaluation.md.)

Where a model's memory cannot be laid behind another's (`rag.llm.abilities`), prefix and passage are kept as one.

This module does not know questions, retrieval or chat templates.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.errors import ReaderError
from rag.llm.attention_store import AttentionStore, State
from rag.llm.llama import Llama, Piece

MAIN, BRANCH, _COMPUTED, _ALONE = range(4)
"""Sequences of a context: the prompt, its second branch, a passage behind the prefix, a passage by itself."""
SEQUENCES = 4


@dataclass(frozen=True)
class Block:
    """Text whose attention is kept: a passage, as tokens, and the document that it goes away with."""

    document: str
    tokens: tuple[int, ...]


class KeptAttention:
    """Lays a prefix and a passage out in a model's cache, from kept states where there are some."""

    def __init__(
        self, llama: Llama, model_sha256: str, prefix: Sequence[int], store: AttentionStore, *, joins: bool = True
    ) -> None:
        """Lay out behind `prefix` (tokens); states are kept under the hashes of model, prefix and passage.

        `joins` says whether one state can be laid behind another.
        """
        self._llama = llama
        self._joins = joins
        self._store = store
        self._prefix = Block("", tuple(prefix))
        self._prefix_state: State | None = None  # the same for every folder, and in the way of each first question
        kind = llama.state_kind if joins else f"{llama.state_kind} whole"
        self._origin = hashlib.sha256(f"{model_sha256} {kind} {self._prefix.tokens}".encode()).hexdigest()

    def _key(self, block: Block) -> str:
        return hashlib.sha256(f"{self._origin} {block.tokens}".encode()).hexdigest()

    def lay_out(self, block: Block | None, stopped: Callable[[], bool]) -> tuple[int, int] | None:
        """Put prefix and `block` into the main sequence: (tokens in place, tokens whose attention was restored).

        None when `stopped()` became true on the way. Whatever was kept or computed before, the cache ends up the
        same, cell by cell, so that the same question gives the same answer.
        """
        wanted = [self._prefix, block] if block else [self._prefix]
        states = [self._kept_prefix(), *(self._store.get(each.document, self._key(each)) for each in wanted[1:])]
        placed = self._place(wanted, states, stopped)
        if placed == (0, 0) and any(states):  # whole, but nothing that llama.cpp takes
            placed = self._place(wanted, [None] * len(wanted), stopped)
        if placed == (0, 0):
            raise ReaderError("The passage does not fit into the model's context: raise --context-tokens.")
        return placed

    def _place(
        self, wanted: Sequence[Block], kept: Sequence[State | None], stopped: Callable[[], bool]
    ) -> tuple[int, int] | None:
        """As `lay_out`, from what was kept of `wanted`; (0, 0) when a state is refused."""
        states = list(kept)
        for i, block in enumerate(wanted):
            if states[i] is None:
                state = states[i] = self._compute(block, states[0], stopped)
                if state is None:
                    return None
                self._keep(block, state)
        if not self._lay(states):
            return 0, 0
        counts = [len(block.tokens) for block in wanted]
        if kept[-1] and not self._joins:  # it holds what stands before it
            return sum(counts), sum(counts)
        return sum(counts), sum(count for count, state in zip(counts, kept, strict=True) if state)

    def _lay(self, states: Sequence[State | None]) -> bool:
        """Put `states` one behind the other into the main sequence; False when one is refused."""
        llama = self._llama
        llama.clear()
        if not self._joins:
            return states[-1] is not None and llama.restore(MAIN, states[-1])
        for state in states:
            if state is None or not llama.restore(_ALONE, state):
                return False
            llama.copy(_ALONE, MAIN)
            llama.remove(_ALONE)
        return True

    def _kept_prefix(self) -> State | None:
        """Return the state of the prefix from memory or from disk; None where it has to be computed."""
        if self._prefix_state is None:
            if state := self._store.get("", self._key(self._prefix)):
                self._prefix_state = bytes(state)
        elif not self.is_kept(self._prefix):  # it went with a folder's others, and the next process wants it, too
            self._keep(self._prefix, self._prefix_state)
        return self._prefix_state

    def is_kept(self, block: Block) -> bool:
        """Tell whether the store has `block`, without reading it."""
        return self._store.has(block.document, self._key(block))

    def keep(self, block: Block, stopped: Callable[[], bool]) -> bool:
        """Compute and keep the attention of `block`, unless it is kept already.

        False when `stopped()` became true first, or the store has no room but by another's going.
        """
        if self.is_kept(block):
            return True
        prefix = self._kept_prefix() or self._compute(self._prefix, None, stopped)
        if prefix is None or not (self.is_kept(self._prefix) or self._keep(self._prefix, prefix)):
            return False
        if not self._store.has_room(len(prefix) * len(block.tokens) // len(self._prefix.tokens)):
            return False
        state = self._compute(block, prefix, stopped)
        return state is not None and self._keep(block, state)

    def _keep(self, block: Block, state: State) -> bool:
        """Keep a state that was computed, and tell whether there was room."""
        if block is self._prefix:
            self._prefix_state = bytes(state)
        return self._store.put(block.document, self._key(block), state)

    def _compute(self, block: Block, prefix: State | None, stopped: Callable[[], bool]) -> State | None:
        """Return the state of `block` behind the prefix (with it, where states cannot be joined), or of the prefix.

        None when stopped first.
        """
        llama, start = self._llama, len(self._prefix.tokens) if prefix else 0
        llama.reserve(start + len(block.tokens))
        llama.clear()  # each from the same clean cache: where cells lie must not change a rounding
        if prefix and not llama.restore(MAIN, prefix):  # whole, but nothing that llama.cpp takes
            llama.clear()
            if not llama.evaluate(_pieces(self._prefix.tokens, 0, MAIN), stopped):
                return None
        if not self._joins:
            return llama.save(MAIN) if llama.evaluate(_pieces(block.tokens, start, MAIN), stopped) else None
        llama.copy(MAIN, _COMPUTED)
        if not llama.evaluate(_pieces(block.tokens, start, _COMPUTED), stopped):
            return None
        llama.copy(_COMPUTED, _ALONE, start)
        return llama.save(_ALONE)


def _pieces(tokens: Sequence[int], position: int, sequence: int) -> list[Piece]:
    return [Piece(token, position + i, (sequence,)) for i, token in enumerate(tokens)]
