"""Text → how many tokens it has, for measuring chunks, also where no model is loaded. It does not know chunks."""

import threading
from collections.abc import Callable
from pathlib import Path


def counter(model: Path | None, tokenizer: Path) -> Callable[[str], int]:
    """Return a count by the vocabulary of the GGUF file `model`, or without one by the embedder's `tokenizer`."""
    return TokenCounter(model) if model else _word_pieces(tokenizer)


def _word_pieces(tokenizer: Path) -> Callable[[str], int]:
    """Return a count of tokens for a model whose vocabulary is elsewhere: the embedder's, which is always here.

    What that has no word for counts by its bytes, as four to a token.
    """
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_file(str(tokenizer))
    pieces.no_truncation()
    pieces.no_padding()
    return lambda text: max(len(pieces.encode(text, add_special_tokens=False).ids), len(text.encode()) // 4)


class TokenCounter:
    """Counts tokens by the answer model's own vocabulary, which is read when the first text is counted."""

    def __init__(self, model: Path) -> None:
        """Count by the vocabulary of the GGUF file `model`."""
        self._model = model
        self._lock = threading.Lock()
        self._encoding: object = None

    def __call__(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        from tiktoken import Encoding

        from rag.llm.gguf import read_vocabulary
        from rag.llm.tokens import build_encoding

        with self._lock:
            if self._encoding is None:
                self._encoding = build_encoding(read_vocabulary(self._model))
        assert isinstance(self._encoding, Encoding)
        return len(self._encoding.encode_ordinary(text))
