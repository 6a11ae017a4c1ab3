"""GGUF files → loaded models and vocabularies, by llama.cpp: the only place that imports llama_cpp.

It does not know contexts, tokens or prompts.
"""

import ctypes
import platform
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

from rag.errors import ReaderError
from rag.llm.tokens import Vocabulary, decode_byte_level

_log: deque[str] = deque(maxlen=40)
_REPACK = platform.machine().lower() not in {"x86_64", "amd64"}
"""Whether weights are laid out anew for wider instructions when they are loaded.

On x86 it made a question's tokens a third slower, loading three times longer and the process 600 MB larger, for 15 %
faster writing (docs/speed.md); on Arm the new layout is what the fast instructions need.
"""


@cache
def library() -> Any:
    """Import llama_cpp once, with its log kept in memory: it writes to the terminal otherwise. Raises ReaderError."""
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise ReaderError(
            f"llama-cpp-python does not load ({error}). Install a C++ compiler, then run "
            "'pip install --force-reinstall --no-cache-dir llama-cpp-python'."
        ) from error

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def keep(level: int, text: bytes, data: object) -> None:
        _log.append(text.decode("utf-8", "replace"))

    library.keep = keep  # type: ignore[attr-defined]  # the C side holds the pointer: it must outlive this call
    llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    return llama_cpp


def load(path: Path, *, vocabulary_only: bool) -> Any:
    """Load a model or raise ReaderError with the last lines of llama.cpp's log."""
    llama = library()
    if not path.is_file():
        raise ReaderError(f"The model file {path} is not there. Run 'rag models' to see which there are.")
    parameters = llama.llama_model_default_params()
    parameters.vocab_only = vocabulary_only
    parameters.n_gpu_layers = 999 if has_gpu() else 0
    parameters.use_extra_bufts = _REPACK
    _log.clear()
    model = llama.llama_model_load_from_file(str(path).encode(), parameters)
    if not model:
        reasons = [line.strip() for line in _log if "error" in line.lower() or "fail" in line.lower()]
        why = reasons[0] if reasons else "llama.cpp gave no reason"
        raise ReaderError(
            f"The model file {path} cannot be loaded: {why}. It may be truncated or of an unknown kind; "
            "'rag models verify' checks the program's own files."
        )
    return model


def read_vocabulary(path: Path) -> Vocabulary:
    """Read the vocabulary of a GGUF file without its weights; raises ReaderError when it is none."""
    llama = library()
    model = load(path, vocabulary_only=True)
    try:
        vocab = llama.llama_model_get_vocab(model)
        control = llama.LLAMA_TOKEN_ATTR_CONTROL | llama.LLAMA_TOKEN_ATTR_USER_DEFINED
        size = llama.llama_vocab_n_tokens(vocab)
        get_text, get_attribute = llama.llama_vocab_get_text, llama.llama_vocab_get_attr
        tokens = tuple(
            b"" if get_attribute(vocab, token) & control else decode_byte_level(get_text(vocab, token))
            for token in range(size)
        )
        byte_level = llama.llama_vocab_type(vocab) == llama.LLAMA_VOCAB_TYPE_BPE
        return Vocabulary(tokens, metadata(model, "tokenizer.ggml.pre") if byte_level else "")
    finally:
        llama.llama_model_free(model)


def has_gpu() -> bool:
    """Tell whether llama-cpp-python was built with a GPU, which then takes every layer and the attention cache."""
    return bool(library().llama_supports_gpu_offload())


def metadata(model: Any, key: str) -> str:
    """Return a string of the file's metadata, or "" when there is none under that key."""
    buffer = ctypes.create_string_buffer(4096)
    length = library().llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace") if length >= 0 else ""
