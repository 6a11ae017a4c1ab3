"""One prompt with two ends: what was read and the question, and behind it the answer or a judgement of it.

Where the model's memory can be shared, both are evaluated in one go, as two sequences over the same tokens; elsewhere
one after the other, from the same saved state, or from the beginning again. It does not know prompts or words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.answering.reader import never
from rag.llm.abilities import Abilities
from rag.llm.attention import BRANCH, MAIN, Block, KeptAttention
from rag.llm.llama import Llama, Piece

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Placed:
    """What stands in the cache: how many tokens, and how many of them were restored."""

    tokens: int
    restored: int


@dataclass(frozen=True)
class Looked:
    """The first word of both ends, as logits: of the judgement, and, when it is asked for, of the answer."""

    check: Logits
    answer: Callable[[], Logits]


class TwoEnds:
    """A prompt that begins with a fixed prefix."""

    def __init__(self, llama: Llama, kept: KeptAttention | None, prefix: Sequence[int], abilities: Abilities) -> None:
        """Evaluate with `llama`, from what is `kept`; None evaluates everything each time."""
        self._llama, self._kept, self._abilities = llama, kept, abilities
        self._prefix = list(prefix)
        self._before: list[int] = []

    def place(self, block: Block | None, behind: Sequence[int], stopped: Callable[[], bool]) -> Placed | None:
        """Put the prefix, `block`, which is kept, and the tokens `behind` it into the main sequence.

        None when stopped first. Raises ReaderError.
        """
        self._before = [*self._prefix, *(block.tokens if block else ()), *behind]
        start = restored = 0
        if self._kept is None:
            self._llama.clear()
        elif (placed := self._kept.lay_out(block, stopped)) is not None:
            start, restored = placed
        else:
            return None
        pieces = [Piece(token, i, (MAIN,)) for i, token in enumerate(self._before)][start:]
        return Placed(len(self._before), restored) if self._llama.evaluate(pieces, stopped) else None

    def look(self, asked: Sequence[int], check: Sequence[int], answer: Sequence[int]) -> Looked:
        """Evaluate the question `asked` behind what was placed, and behind it, apart, both ends (tokens)."""
        llama, start = self._llama, len(self._before)
        if not self._abilities.joins:
            state = llama.save(MAIN) if self._abilities.restores else None

            def answered() -> Logits:
                llama.clear()
                if state is None or not llama.restore(MAIN, state):
                    llama.clear()
                    llama.evaluate([Piece(token, i, (MAIN,)) for i, token in enumerate(self._before)], never)
                return self._last([*asked, *answer], start)

            return Looked(self._last([*asked, *check], start), answered)
        llama.copy(MAIN, BRANCH)
        pieces = [Piece(token, start + i, (MAIN, BRANCH)) for i, token in enumerate(asked)]
        start += len(asked)
        for sequence, tokens in ((BRANCH, check), (MAIN, answer)):
            last = len(tokens) - 1
            pieces += [Piece(token, start + i, (sequence,), output=i == last) for i, token in enumerate(tokens)]
        judged, first = (row.copy() for row in llama.decode(pieces))
        llama.remove(BRANCH)
        return Looked(judged, lambda: first)

    def _last(self, tokens: Sequence[int], start: int) -> Logits:
        last = len(tokens) - 1
        pieces = [Piece(token, start + i, (MAIN,), output=i == last) for i, token in enumerate(tokens)]
        (logits,) = (row.copy() for row in self._llama.decode(pieces))
        return logits
