"""A GGUF's own vocabulary → a tiktoken encoding: exact token counts without a network. It does not know models.

tiktoken's named encodings are downloaded on first use; one built from the model's vocabulary counts what that model
really reads. In the byte-level BPE vocabularies of the Qwen and SmolLM families the ids of merged tokens stand in the
order of the merges, so an id is a rank.
"""

from dataclasses import dataclass
from functools import cache

from tiktoken import Encoding

_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_LLAMA3 = _QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
# llama.cpp cuts digits out first, then GPT-2's way between them: white space before a digit is the end of its part
_SMOLLM = r"\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+"
_PATTERNS = {"qwen2": _QWEN2, "llama-bpe": _LLAMA3, "gpt-2": _GPT2, "smollm": _SMOLLM}
"""How a text is cut before merging, by the GGUF key `tokenizer.ggml.pre` (llama.cpp, src/llama-vocab.cpp)."""


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a model."""

    tokens: tuple[bytes, ...]
    """The bytes of each token by id; empty for control tokens."""
    pre: str
    """Name of the pre-tokenizer; empty when the vocabulary is not byte-level BPE."""


@cache
def _bytes_of_characters() -> dict[int, int]:
    """Return the byte behind each of GPT-2's printable stand-ins (openai/gpt-2, src/encoder.py), by code point."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: byte for byte in printable}, **{256 + i: byte for i, byte in enumerate(others)}}


def decode_byte_level(text: bytes) -> bytes:
    """Return the bytes behind a token written in GPT-2's stand-in characters; any other text as it is."""
    table = _bytes_of_characters()
    try:
        return bytes([table[ord(character)] for character in text.decode()])
    except (KeyError, UnicodeDecodeError):
        return text


def build_encoding(vocabulary: Vocabulary) -> Encoding:
    """Return the tiktoken encoding of a vocabulary.

    Exact for byte-level BPE with a known pre-tokenizer. For others the counts are an estimate: the cut is Qwen2's, and
    bytes that the vocabulary lacks count as a token each. SmolLM2 lacks six control bytes, which llama.cpp drops.
    """
    ranks: dict[bytes, int] = {}
    for rank, token in enumerate(vocabulary.tokens):
        if token:
            ranks.setdefault(token, rank)
    size = len(vocabulary.tokens)
    for byte in range(256):
        ranks.setdefault(bytes([byte]), size + byte)
    return Encoding(
        name=vocabulary.pre or "estimate",
        pat_str=_PATTERNS.get(vocabulary.pre, _QWEN2),
        mergeable_ranks=ranks,
        special_tokens={},
    )
