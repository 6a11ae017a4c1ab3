"""Plain llama.cpp with nothing around it: what so many tokens take on this machine. It does not know answers."""

import ctypes
import time
from pathlib import Path
from typing import Any

from rag.llm.gguf import library
from rag.llm.llama import BATCH, Llama

_WRITTEN = 32  # tokens by which the pace of writing is told


class Plain:
    """One model twice: as llama.cpp loads it by default, and as `rag.llm.llama` does. Close it when done."""

    def __init__(self, model: Path, threads: int, context_tokens: int) -> None:
        """Load `model`."""
        self._ours = Llama(model, threads=threads, context_tokens=context_tokens)
        self._llama: Any = library()
        self._model = self._llama.llama_model_load_from_file(
            str(model).encode(), self._llama.llama_model_default_params()
        )
        parameters = self._llama.llama_context_default_params()
        parameters.n_ctx = context_tokens
        parameters.n_threads = parameters.n_threads_batch = threads
        self._context = self._llama.llama_init_from_model(self._model, parameters)
        self._sampler = self._llama.llama_sampler_init_greedy()
        self._tokens = self._ours.tokenize("The harbour was dredged and the bridge repaired in the same year. " * 400)

    def close(self) -> None:
        """Free both."""
        self._ours.close()
        self._llama.llama_sampler_free(self._sampler)
        self._llama.llama_free(self._context)
        self._llama.llama_model_free(self._model)

    def rate(self, prompt_tokens: int, *, alike: bool) -> float:
        """Return the tokens a second that llama.cpp writes greedily behind so many tokens.

        `alike`: in a context like ours, on weights loaded like ours; else as llama.cpp comes.
        """
        llama = self._llama
        self._ours.reserve(prompt_tokens + _WRITTEN + 1)
        context = self._ours.context if alike else self._context
        llama.llama_memory_clear(llama.llama_get_memory(context), True)
        for start in range(0, prompt_tokens, BATCH):
            tokens = self._tokens[start : min(prompt_tokens, start + BATCH)]
            array = (ctypes.c_int32 * len(tokens))(*tokens)  # the batch holds a pointer alone
            llama.llama_decode(context, llama.llama_batch_get_one(array, len(tokens)))
        one = (ctypes.c_int32 * 1)()
        for i in range(_WRITTEN + 1):
            if i == 1:  # the first warms up
                begun = time.perf_counter()
            one[0] = llama.llama_sampler_sample(self._sampler, context, -1)
            llama.llama_decode(context, llama.llama_batch_get_one(one, 1))
        return _WRITTEN / (time.perf_counter() - begun)
