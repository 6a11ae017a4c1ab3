"""One GGUF model and its attention cache, in this process.

A thin, typed face over llama.cpp's C interface: batches, sequences and their saved states. It does not know
prompts, passages or answers. llama.cpp is not thread-safe: the caller holds a lock around an instance.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.cores import physical_cores
from rag.errors import ReaderError
from rag.llm.attention_store import State
from rag.llm.gguf import has_gpu, library, load
from rag.llm.tokenizer import Tokenizer

BATCH = 512
"""Most tokens of a decode call. A passage fits into one, which takes a fifth less time than groups of 64."""
_USUAL, _GROWTH = 1536, 512
"""Tokens of a context at first, and by which it grows."""
_LOOK_S = 0.02
_ABORTED = 2
KV_TYPES = {"f16": 1, "q8_0": 8}
"""Types of kept keys and values by their number in ggml.h."""


@dataclass(frozen=True)
class Piece:
    """One token of a batch: its position, the sequences that see it, and whether its logits are wanted."""

    token: int
    position: int
    sequences: tuple[int, ...] = (0,)
    output: bool = False


class Llama(Tokenizer):
    """A loaded model with one context; close it when done."""

    def __init__(
        self, path: Path, *, context_tokens: int = 4096, threads: int = 0, sequences: int = 1, kv: str = "f16"
    ) -> None:
        """Load `path`; `kv` is a key of `KV_TYPES`.

        Raises ReaderError when it writes no answers, is damaged, or there is not enough memory.
        """
        llama = self._llama = library()
        self._path = path
        self._model = load(path, vocabulary_only=False)
        self._context = self._memory = None
        super().__init__(self._model)
        if llama.llama_model_has_encoder(self._model) or not llama.llama_model_has_decoder(self._model):
            raise ReaderError(f"The model file {path} writes no answers (it is an encoder): choose another --model.")
        if llama.llama_model_is_diffusion(self._model):
            raise ReaderError(f"The model file {path} does not write word by word: choose another --model.")
        template = llama.llama_model_chat_template(self._model, None)
        self.template: str = template.decode("utf-8", "replace") if template else ""
        """The file's own chat template; "" where it has none."""
        self.context_tokens = min(context_tokens, llama.llama_model_n_ctx_train(self._model))
        # llama.cpp asks this C function between any two operations whether to give up; strlen of an empty text says no.
        # A function in Python would wait for the interpreter's lock a thousand times a batch.
        self._abort = ctypes.create_string_buffer(2)
        libc = ctypes.cdll.msvcrt if os.name == "nt" else ctypes.CDLL(None)
        parameters = self._parameters = llama.llama_context_default_params()
        parameters.abort_callback = ctypes.cast(libc.strlen, llama.ggml_abort_callback)
        parameters.abort_callback_data = ctypes.addressof(self._abort)
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_seq_max = sequences
        parameters.kv_unified = True
        parameters.swa_full = True  # what lies behind the window is kept, too: any part can be laid out again
        parameters.no_perf = True
        parameters.n_threads = parameters.n_threads_batch = threads or physical_cores()
        parameters.type_k = parameters.type_v = KV_TYPES[kv]
        if kv == "f16" and not has_gpu():  # a sixth slower on a CPU; 8-bit values are read by no other way
            parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._size: int = llama.llama_vocab_n_tokens(self._vocab)
        self._batch = llama.llama_batch_init(BATCH, 0, sequences)
        self.reserve(_USUAL)
        # Whatever changes a rounding or the layout of a state belongs here.
        details = (kv, parameters.flash_attn_type, llama.__version__, llama.llama_print_system_info().decode())
        self.state_kind = " ".join(map(str, details))

    def reserve(self, tokens: int) -> None:
        """Make room for `tokens` in all, at most `context_tokens`; what the cache held is gone when it has to grow."""
        llama, wanted = self._llama, min(self.context_tokens, -(-tokens // _GROWTH) * _GROWTH)
        if self._context:
            if wanted <= self._parameters.n_ctx:
                return
            llama.llama_free(self._context)
        self._parameters.n_ctx = wanted
        self._context = llama.llama_init_from_model(self._model, self._parameters)
        if not self._context:
            raise ReaderError(
                f"There is not enough memory for {self._path.name} with a context of {wanted} tokens: "
                "lower --context-tokens or choose a smaller --model."
            )
        self._memory = llama.llama_get_memory(self._context)

    @property
    def has_state(self) -> bool:
        """Tell whether it carries a state from token to token (recurrent, or in part), which cannot be cut."""
        return bool(self._llama.llama_model_is_recurrent(self._model) or self._llama.llama_model_is_hybrid(self._model))

    @property
    def can_shift(self) -> bool:
        """Tell whether llama.cpp can move what the cache holds, so that its parts stand for themselves."""
        return bool(self._llama.llama_memory_can_shift(self._memory))

    @property
    def window(self) -> int:
        """Tokens that some layers look back at most; 0 where all see everything. The cache keeps every token anyway."""
        return int(self._llama.llama_model_n_swa(self._model))

    @property
    def context(self) -> Any:
        """llama.cpp's own context, for what is measured without anything around it."""
        return self._context

    def close(self) -> None:
        """Free the model; the instance cannot be used afterwards."""
        if self._model:
            self._llama.llama_batch_free(self._batch)
            self._llama.llama_free(self._context)
            self._llama.llama_model_free(self._model)
            self._context = self._model = None

    # -- evaluation ------------------------------------------------------------------------------------------------

    def decode(self, pieces: Sequence[Piece]) -> Iterator[NDArray[np.float32]]:
        """Evaluate `pieces`; after each group of at most 512, yield the logits of those of it that want them.

        Lazy: consume it. Each array has one number a vocabulary entry and is valid until the next group.
        """
        for start in range(0, len(pieces), BATCH):
            group = pieces[start : start + BATCH]
            if status := self._decode(group):
                raise ReaderError(
                    f"The model could not evaluate {len(pieces)} tokens (llama.cpp status {status}): "
                    "the prompt may be too long; lower --passages or raise --context-tokens."
                )
            for i, piece in enumerate(group):
                if piece.output:
                    logits = self._llama.llama_get_logits_ith(self._context, i)
                    yield np.ctypeslib.as_array(logits, shape=(self._size,))

    def evaluate(self, pieces: Sequence[Piece], stopped: Callable[[], bool]) -> bool:
        """Evaluate `pieces` for their attention alone; False, soon after `stopped()` became true, with part of it."""
        with self._watched(stopped):
            for start in range(0, len(pieces), BATCH):
                status = _ABORTED if stopped() else self._decode(pieces[start : start + BATCH])
                if status == _ABORTED:
                    return False
                if status:
                    raise ReaderError(f"The model could not evaluate {len(pieces)} tokens (llama.cpp status {status}).")
        return True

    def _decode(self, group: Sequence[Piece]) -> int:
        batch = self._batch
        batch.n_tokens = len(group)
        for i, piece in enumerate(group):
            batch.token[i] = piece.token
            batch.pos[i] = piece.position
            batch.n_seq_id[i] = len(piece.sequences)
            for j, sequence in enumerate(piece.sequences):
                batch.seq_id[i][j] = sequence
            batch.logits[i] = piece.output
        return int(self._llama.llama_decode(self._context, batch))

    @contextmanager
    def _watched(self, stopped: Callable[[], bool]) -> Iterator[None]:
        """Let what is computed meanwhile be given up soon after `stopped()` became true."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(_LOOK_S):
                if stopped():
                    self._abort[0] = b"\1"
                    return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()
            self._abort[0] = b"\0"

    # -- the attention cache ---------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget every sequence, so that what follows is laid out the same way whatever came before."""
        self._llama.llama_memory_clear(self._memory, False)  # cells that nothing sees need no zeros

    def copy(self, source: int, target: int, start: int = 0) -> None:
        """Let sequence `target` see what `source` holds from position `start` on."""
        self._llama.llama_memory_seq_cp(self._memory, source, target, start, -1)

    def remove(self, sequence: int, start: int = 0) -> None:
        """Forget `sequence` from position `start` on."""
        self._llama.llama_memory_seq_rm(self._memory, sequence, start, -1)

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
