"""One GGUF model and its attention cache, in this process: the only place that imports llama_cpp.

A thin, typed face over llama.cpp's C interface: tokens, batches, sequences and their saved states. It does not know
prompts, passages or answers. llama.cpp is not thread-safe: the caller holds a lock around an instance.
"""

import codecs
import ctypes
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.cores import physical_cores
from rag.errors import ReaderError
from rag.tokens import Vocabulary, decode_byte_level

State = bytes | memoryview
_BATCH = 64  # tokens a decode call takes: small enough that a stop is noticed within a second, and no slower than 512

_log: deque[str] = deque(maxlen=40)


@dataclass(frozen=True)
class Piece:
    """One token of a batch: its position, the sequences that see it, and whether its logits are wanted."""

    token: int
    position: int
    sequences: tuple[int, ...] = (0,)
    output: bool = False


@cache
def _library() -> Any:
    """Import llama_cpp once, with its log kept in memory: it writes to the terminal otherwise."""
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

    _library.keep = keep  # type: ignore[attr-defined]  # the C side holds the pointer: it must outlive this call
    llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    return llama_cpp


def _load(path: Path, *, vocabulary_only: bool) -> Any:
    """Load a model or raise ReaderError with the last lines of llama.cpp's log."""
    llama = _library()
    if not path.is_file():
        raise ReaderError(f"The model file {path} is not there. Run 'rag models' to see which there are.")
    parameters = llama.llama_model_default_params()
    parameters.vocab_only = vocabulary_only
    parameters.n_gpu_layers = 999 if llama.llama_supports_gpu_offload() else 0
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
    llama = _library()
    model = _load(path, vocabulary_only=True)
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
        return Vocabulary(tokens, _metadata(model, "tokenizer.ggml.pre") if byte_level else "")
    finally:
        llama.llama_model_free(model)


def _metadata(model: Any, key: str) -> str:
    buffer = ctypes.create_string_buffer(4096)
    length = _library().llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace") if length >= 0 else ""


class Llama:
    """A loaded model with one context; close it when done."""

    batch_tokens = _BATCH

    def __init__(self, path: Path, *, context_tokens: int = 4096, threads: int = 0, sequences: int = 1) -> None:
        """Load `path`; raises ReaderError when it is no chat model, damaged, or there is not enough memory."""
        llama = self._llama = _library()
        self._model = _load(path, vocabulary_only=False)
        self._vocab = llama.llama_model_get_vocab(self._model)
        template = llama.llama_model_chat_template(self._model, None)
        if not template:
            raise ReaderError(
                f"The model file {path} has no chat template: choose an instruction-tuned ('chat') model."
            )
        self.template: str = template.decode()
        parameters = llama.llama_context_default_params()
        self.context_tokens = min(context_tokens, llama.llama_model_n_ctx_train(self._model))
        parameters.n_ctx = self.context_tokens
        parameters.n_batch = parameters.n_ubatch = 512
        parameters.n_seq_max = sequences
        parameters.kv_unified = True
        parameters.no_perf = True
        parameters.n_threads = parameters.n_threads_batch = threads or physical_cores()
        self._context = llama.llama_init_from_model(self._model, parameters)
        if not self._context:
            raise ReaderError(
                f"There is not enough memory for {path.name} with a context of {self.context_tokens} tokens: "
                "lower --context-tokens or choose a smaller --model."
            )
        self._memory = llama.llama_get_memory(self._context)
        self._batch = llama.llama_batch_init(_BATCH, 0, sequences)
        self._size: int = llama.llama_vocab_n_tokens(self._vocab)
        self.state_kind = f"f16 {llama.__version__} {llama.llama_print_system_info().decode()}"

    def close(self) -> None:
        """Free the model; the instance cannot be used afterwards."""
        if self._context:
            self._llama.llama_batch_free(self._batch)
            self._llama.llama_free(self._context)
            self._llama.llama_model_free(self._model)
            self._context = None

    # -- text and tokens -------------------------------------------------------------------------------------------

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Return the tokens of `text`; control tokens written in it count as text unless `special`."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (ctypes.c_int32 * room)()
        count = self._llama.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special)
        return list(tokens[:count])

    def text_of(self, tokens: Iterator[int]) -> Iterator[str]:
        """Decode tokens as they come; a character split over tokens is held back until it is whole."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        buffer = ctypes.create_string_buffer(256)
        for token in tokens:
            length = self._llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
            if text := decoder.decode(buffer.raw[: max(0, length)]):
                yield text
        if rest := decoder.decode(b"", True):
            yield rest

    def opening_tokens(self) -> list[int]:
        """Return the token that must stand first, if the model wants one."""
        wanted = self._llama.llama_vocab_get_add_bos(self._vocab)
        return [self._llama.llama_vocab_bos(self._vocab)] if wanted else []

    def is_end(self, token: int) -> bool:
        """Tell whether `token` ends an answer."""
        return bool(self._llama.llama_vocab_is_eog(self._vocab, token))

    # -- evaluation ------------------------------------------------------------------------------------------------

    def decode(self, pieces: Sequence[Piece]) -> Iterator[NDArray[np.float32]]:
        """Evaluate `pieces`; after each group of at most 64, yield the logits of those of it that want them.

        Lazy: consume it. Each array has one number a vocabulary entry and is valid until the next group.
        """
        batch = self._batch
        for start in range(0, len(pieces), _BATCH):
            group = pieces[start : start + _BATCH]
            batch.n_tokens = len(group)
            for i, piece in enumerate(group):
                batch.token[i] = piece.token
                batch.pos[i] = piece.position
                batch.n_seq_id[i] = len(piece.sequences)
                for j, sequence in enumerate(piece.sequences):
                    batch.seq_id[i][j] = sequence
                batch.logits[i] = piece.output
            status = self._llama.llama_decode(self._context, batch)
            if status:
                raise ReaderError(
                    f"The model could not evaluate {len(pieces)} tokens (llama.cpp status {status}): "
                    "the prompt may be too long; lower --passages or raise --context-tokens."
                )
            for i, piece in enumerate(group):
                if piece.output:
                    logits = self._llama.llama_get_logits_ith(self._context, i)
                    yield np.ctypeslib.as_array(logits, shape=(self._size,))

    # -- the attention cache ---------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget every sequence, so that what follows is laid out the same way whatever came before."""
        self._llama.llama_memory_clear(self._memory, True)

    def copy(self, source: int, target: int, start: int = 0) -> None:
        """Let sequence `target` see what `source` holds from position `start` on."""
        self._llama.llama_memory_seq_cp(self._memory, source, target, start, -1)

    def remove(self, sequence: int, start: int = 0) -> None:
        """Forget `sequence` from position `start` on."""
        self._llama.llama_memory_seq_rm(self._memory, sequence, start, -1)

    def shift(self, sequence: int, by: int) -> None:
        """Move everything in `sequence` by that many positions (its keys are rotated again)."""
        self._llama.llama_memory_seq_add(self._memory, sequence, 0, -1, by)

    @property
    def can_shift(self) -> bool:
        """Whether this model's positions can be moved at all."""
        return bool(self._llama.llama_memory_can_shift(self._memory))

    def save(self, sequence: int) -> bytes:
        """Return the state of `sequence`: keys, values and positions."""
        size = self._llama.llama_state_seq_get_size(self._context, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = self._llama.llama_state_seq_get_data(self._context, buffer, size, sequence)
        return bytes(memoryview(buffer)[:written])

    def restore(self, sequence: int, state: State) -> bool:
        """Put a saved state into `sequence`; False when llama.cpp refuses it."""
        data = np.frombuffer(state, dtype=np.uint8)
        pointer = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        return bool(self._llama.llama_state_seq_set_data(self._context, pointer, len(data), sequence))
