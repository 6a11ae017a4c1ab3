"""Tiny models of random weights, one of each architecture, written by the library `gguf`: no weights, all of the ways.

What tensors an architecture has, and of which shapes, llama.cpp says itself: a file is written again and again with
what it missed last until it loads. Their words mean nothing; how their memory behaves is what is tested.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from rag.errors import ReaderError
from rag.llm import gguf as loading
from rag.llm.tokens import _bytes_of_characters

NORMAL, CONTROL, BYTE = 1, 3, 6
WORDS = ("Yes", "yes", "No", "no")
_ATTENTION = {"attention.head_count": 4, "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 1e-5}
_WIDE = {"attention.key_length": 16, "attention.value_length": 16}
_TURNS = {"rope.dimension_count": 16}
_STATE = {"ssm.conv_kernel": 4, "ssm.inner_size": 128, "ssm.state_size": 16, "ssm.time_step_rank": 8}
_SCALES = {"logit_scale": 4.0, "residual_scale": 0.5, "embedding_scale": 2.0, "attention.scale": 0.1}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {**_ATTENTION, **_TURNS},
    "qwen3": {**_ATTENTION, **_WIDE},
    "gemma3": {**_ATTENTION, **_WIDE, "block_count": 6, "attention.sliding_window": 32},
    "phi3": {
        **_ATTENTION,
        **_TURNS,
        "rope.scaling.original_context_length": 2048,
        "attention.sliding_window": 64,
    },
    "smollm3": {**_ATTENTION, "block_count": 4},
    "mistral3": {
        **_ATTENTION,
        **_TURNS,
        "attention.temperature_scale": 0.1,
        "rope.scaling.original_context_length": 2048,
    },
    "granitehybrid": {
        **_ATTENTION,
        **_TURNS,
        **_STATE,
        **_SCALES,
        "block_count": 4,
        "attention.head_count_kv": [0, 2, 0, 2],
        "ssm.group_count": 1,
    },
    "lfm2": {**_ATTENTION, "block_count": 4, "attention.head_count_kv": [0, 2, 0, 2], "shortconv.l_cache": 3},
    "qwen35": {
        **_ATTENTION,
        **_WIDE,
        **_STATE,
        "block_count": 4,
        "full_attention_interval": 2,
        "rope.dimension_count": 8,
        "rope.dimension_sections": [2, 2, 0, 0],
        "ssm.group_count": 4,
    },
    "gemma4": {
        **_ATTENTION,
        "block_count": 4,
        "embedding_length_per_layer_input": 16,
        "attention.key_length": 32,
        "attention.value_length": 32,
        "attention.key_length_swa": 16,
        "attention.value_length_swa": 16,
        "attention.sliding_window": 32,
        "attention.sliding_window_pattern": [True, True, False, True],
        "attention.shared_kv_layers": 1,
        "rope.dimension_count": 32,
        "rope.dimension_count_swa": 16,
        "final_logit_softcapping": 30.0,
    },
}
"""By architecture, what its file says besides what they all say."""
_WITHOUT_ASKING = {
    "phi3": [f"blk.{layer}.attn_qkv.weight" for layer in range(2)],
    "qwen35": [f"blk.{layer}.attn_{name}.weight" for layer in (0, 2) for name in ("qkv", "gate")],
    "granitehybrid": [f"blk.{layer}.ssm_conv1d.bias" for layer in (0, 2)],
}
"""Tensors that llama.cpp does not ask for, but does not do without."""
_ALL = {"context_length": 2048, "embedding_length": 64, "block_count": 2, "feed_forward_length": 96}


def write_model(
    path: Path, architecture: str, template: str, specials: Sequence[str], *, sentence_piece: bool = False
) -> None:
    """Write a model of `architecture` to `path`.

    The first of `specials`, its control tokens, begins a text, the second ends one. `sentence_piece` takes a
    vocabulary as Gemma and Phi have it, otherwise one of bytes.
    """
    tensors: dict[str, tuple[int, ...]] = dict.fromkeys(_WITHOUT_ASKING.get(architecture, ()), (1,))
    while True:
        _write(path, architecture, {**_ALL, **FAMILIES[architecture]}, tensors, template, specials, sentence_piece)
        loading._log.clear()
        try:
            loading.library().llama_model_free(loading.load(path, vocabulary_only=False))
            return
        except ReaderError:
            log = "".join(loading._log)
            missed = re.search(r"tensor '([^']+)' not found", log)
            shaped = re.search(r"tensor '([^']+)' has wrong shape; expected ([\d, ]+), got", log)
            if missed:
                alike = re.sub(r"blk\.\d+", "blk.0", missed[1])  # as in the first layer, as a rule
                tensors[missed[1]] = tensors.get(alike, (1,))
            elif shaped:
                tensors[shaped[1]] = tuple(map(int, re.findall(r"\d+", shaped[2])))
            else:
                raise


def _write(
    path: Path,
    architecture: str,
    keys: Mapping[str, Any],
    tensors: Mapping[str, tuple[int, ...]],
    template: str,
    specials: Sequence[str],
    sentence_piece: bool,
) -> None:
    writer = gguf.GGUFWriter(path, architecture)
    (_add_sentence_pieces if sentence_piece else _add_bytes)(writer, specials)
    if template:
        writer.add_chat_template(template)
    for name, value in keys.items():
        kinds = {bool: writer.add_bool, int: writer.add_uint32, float: writer.add_float32, list: writer.add_array}
        kinds[type(value)](f"{architecture}.{name}", value)
    for name, shape in tensors.items():
        drawn = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape[::-1]) * 0.3
        if "norm" in name and name.endswith("weight"):
            drawn = np.ones(shape[::-1])
        elif name.endswith("ssm_a"):
            drawn = -np.abs(drawn)  # a state that fades
        writer.add_tensor(name, drawn.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_bytes(writer: gguf.GGUFWriter, specials: Sequence[str]) -> None:
    characters = {byte: chr(code) for code, byte in _bytes_of_characters().items()}
    tokens, merges = [characters[byte] for byte in range(256)], []
    for word in (*WORDS, *(f"Ġ{word}" for word in WORDS)):
        for end in range(1, len(word)):
            if (merge := f"{word[:end]} {word[end]}") not in merges:
                merges.append(merge)
                tokens.append(word[: end + 1])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_merges(merges)
    _add_tokens(writer, tokens, [NORMAL] * len(tokens), specials)


def _add_sentence_pieces(writer: gguf.GGUFWriter, specials: Sequence[str]) -> None:
    letters = [chr(code) for code in range(33, 127)]
    pieces = [*letters, "▁", "Ye", "ye", "Yes", "yes", "No", "no", "▁Yes", "▁No"]
    tokens = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    writer.add_tokenizer_model("llama")
    writer.add_token_scores([0.0] * 257 + [-float(i) for i in range(len(pieces) + len(specials))])
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(False)
    _add_tokens(writer, tokens, [2] + [BYTE] * 256 + [NORMAL] * len(pieces), specials)


def _add_tokens(writer: gguf.GGUFWriter, tokens: list[str], types: list[int], specials: Sequence[str]) -> None:
    writer.add_token_list([*tokens, *specials])
    writer.add_token_types([*types, *[CONTROL] * len(specials)])
    writer.add_bos_token_id(len(tokens))
    writer.add_eos_token_id(len(tokens) + 1)
    writer.add_add_bos_token(True)
