"""What can be done with a model's memory of what it read: asked of llama.cpp, and tried where it does not say.

Keys and values of attention can be cut, moved and shared token by token. A state that is carried from token to token,
as recurrent and hybrid models have it, can at most be saved and put back whole; whether that works for one of them is
tried on a few tokens, for not every kind has been seen here. It does not know prompts or passages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.errors import ReaderError
from rag.llm.llama import Llama, Piece

_TRIED = 12  # tokens
_ALIKE = 0.01
"""Of the logits' own spread: how much a state that was put back may differ from one that was not, for rounding."""


@dataclass(frozen=True)
class Abilities:
    """What a model's memory lets be done; where it lets nothing, every prompt is evaluated whole."""

    memory: str
    """In words, for people."""
    joins: bool
    """A part can be saved by itself and laid behind another, and two ends of one prompt be evaluated in one go."""
    restores: bool
    """What was read can be saved, and put back later."""

    def told(self) -> str:
        """Return what follows from them, in words."""
        if self.joins:
            return f"{self.memory}: passages are kept, answer and judgement are evaluated in one go"
        if self.restores:
            return f"{self.memory}: passages are kept whole, answer and judgement are evaluated one after the other"
        return f"{self.memory}: nothing can be kept, every prompt is evaluated whole, and twice"


def abilities(llama: Llama, tokens: Sequence[int]) -> Abilities:
    """Return what can be done with the memory of `llama`, which is empty afterwards; `tokens` serve for trying it."""
    window = f", some layers look back {llama.window:,} tokens" if llama.window else ""
    if not llama.has_state and llama.can_shift:
        return Abilities(f"attention alone{window}", joins=True, restores=True)
    memory = "a state carried on, with or without attention" if llama.has_state else "attention that cannot be moved"
    return Abilities(f"{memory}{window}", joins=False, restores=restores(llama, tokens))


def restores(llama: Llama, tokens: Sequence[int]) -> bool:
    """Tell by trying whether a state that was saved and put back goes on as if it had never been away."""
    *before, last = (list(tokens) * _TRIED)[:_TRIED]
    try:
        llama.clear()
        if not llama.evaluate([Piece(token, i) for i, token in enumerate(before)], lambda: False):
            return False
        state = llama.save(0)
        whole = _next(llama, last, len(before))
        llama.clear()
        again = _next(llama, last, len(before)) if llama.restore(0, state) else None
    except ReaderError:
        return False
    finally:
        llama.clear()
    return again is not None and bool(np.abs(again - whole).max() <= _ALIKE * np.ptp(whole))


def _next(llama: Llama, token: int, position: int) -> NDArray[np.float32]:
    (logits,) = llama.decode([Piece(token, position, output=True)])
    return logits.copy()
