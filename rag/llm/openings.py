"""How a request begins again and again: its attention is computed once and kept whole, with the document it tells of.

Unlike a passage's (`rag.llm.attention`) it holds all that stands before it, so that nothing is joined. It does not know
what requests are for.
"""

import hashlib
from collections.abc import Callable, Sequence

from rag.llm.attention import MAIN
from rag.llm.attention_store import AttentionStore
from rag.llm.llama import Llama, Piece


def lay_out(
    llama: Llama,
    store: AttentionStore,
    model_sha256: str,
    document: str,
    tokens: Sequence[int],
    stopped: Callable[[], bool],
) -> bool:
    """Put `tokens` into the main sequence, from what was kept of them if possible; False when stopped first.

    Kept or computed, the sequence is filled from the saved state, so that the same request gets the same answer.
    """
    key = hashlib.sha256(f"{model_sha256} {llama.state_kind} whole {tuple(tokens)}".encode()).hexdigest()
    state = store.get(document, key)
    llama.clear()
    if state is not None and llama.restore(MAIN, state):
        return True
    llama.clear()
    if not llama.evaluate([Piece(token, i, (MAIN,)) for i, token in enumerate(tokens)], stopped):
        return False
    state = llama.save(MAIN)
    store.put(document, key, state)
    llama.clear()
    return llama.restore(MAIN, state)
