"""Token counts: equal to llama.cpp's own on text of every kind, and without a network."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag.llm.gguf import read_vocabulary
from rag.llm.llama import Llama
from rag.llm.tokens import Vocabulary, build_encoding

TEXTS = [
    "The quick brown fox doesn't jump; it's 2,400 kilograms (3.5%).",
    "def fuse(rankings, k=60):\n    return sorted(scores)\n\n\n\t\tpass",
    "   many    spaces\n\n \n  and\r\nlines  ",
    "Ünïcödé e\u0301 – “quotes” … 😀👩‍👩‍👧 \u200bzero",
    "今日は晴れです。明日は雨。 他来了，她走了！ 안녕하세요 여러분",
    "Это предложение. Αυτή είναι. هذا سؤال؟ यह एक वाक्य है। นี่คือประโยค Đây là một câu. שלום",
    "a  1,  23\r\n4\t\t5 \n 6",
    "1234567890 007 1,000,000.00 ٣٤٥ Ⅷ ½",
    "I'LL WE'VE they'D can't O'Neil",
    "<|im_start|>user <|im_end|> </s> <unk>",
    "\x00\x01\x7f control",
    "",
    " ",
    "a" * 3000,
]


@pytest.mark.parametrize("name", ["smollm2-135m", "qwen2.5-coder-1.5b"])
def test_counts_equal_those_of_llama_cpp(weights: Callable[[str], Path], name: str) -> None:
    path = weights(name)
    encoding = build_encoding(read_vocabulary(path))
    llama = Llama(path, context_tokens=512)
    seed = next((Path(__file__).parent.parent.parent / "seeds").glob("*.txt")).read_text(encoding="utf-8")
    try:
        for text in [*TEXTS, seed]:
            assert encoding.encode_ordinary(text) == llama.tokenize(text), text[:60]
    finally:
        llama.close()


def test_an_unknown_vocabulary_is_estimated() -> None:
    encoding = build_encoding(Vocabulary((*tuple(bytes([b]) for b in range(97, 123)), b"ab", b"abc"), ""))
    assert len(encoding.encode_ordinary("abc")) == 1
    assert len(encoding.encode_ordinary("東")) == 3
