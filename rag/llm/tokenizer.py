"""Text ↔ a model's tokens, by llama.cpp. It does not know contexts or prompts."""

import codecs
import ctypes
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from rag.llm.gguf import library


class Tokenizer:
    """The tokens of a loaded model."""

    def __init__(self, model: Any) -> None:
        """Use the vocabulary of llama.cpp's `model`, which must outlive this."""
        self._library = library()
        self._vocab = self._library.llama_model_get_vocab(model)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Return the tokens of `text`; control tokens written in it count as text unless `special`."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (ctypes.c_int32 * room)()
        count = self._library.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special)
        return list(tokens[: max(0, count)])

    def text_of(self, tokens: Iterable[int], shown: Collection[int] = ()) -> Iterator[str]:
        """Decode tokens as they come; a character split over tokens is held back until it is whole.

        Control tokens give no text but those that are `shown`.
        """
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        buffer = ctypes.create_string_buffer(256)
        to_piece = self._library.llama_token_to_piece
        for token in tokens:
            length = to_piece(self._vocab, token, buffer, len(buffer), 0, token in shown)
            if text := decoder.decode(buffer.raw[: max(0, length)]):
                yield text
        if rest := decoder.decode(b"", True):
            yield rest

    def prompt_tokens(self, text: str) -> list[int]:
        """Return the tokens of the beginning of a prompt, control tokens included.

        The token that must stand first, if the model wants one, stands there once, whether or not `text` writes it.
        """
        tokens, first = self.tokenize(text, special=True), self._library.llama_vocab_bos(self._vocab)
        if self._library.llama_vocab_get_add_bos(self._vocab) and tokens[:1] != [first]:
            return [first, *tokens]
        while tokens[:2] == [first, first]:
            tokens = tokens[1:]
        return tokens

    def first_and_last(self) -> tuple[str, str]:
        """Return the texts of the tokens that begin and end a text; "" where there is none."""
        ends = (self._library.llama_vocab_bos(self._vocab), self._library.llama_vocab_eos(self._vocab))
        first, last = ("".join(self.text_of([token], [token])) if token >= 0 else "" for token in ends)
        return first, last

    def is_end(self, token: int) -> bool:
        """Tell whether `token` ends an answer."""
        return bool(self._library.llama_vocab_is_eog(self._vocab, token))

    def is_control(self, token: int) -> bool:
        """Tell whether `token` is no text."""
        return bool(self._library.llama_vocab_is_control(self._vocab, token))


def single_tokens(texts: Iterable[str], tokenize: Callable[..., list[int]]) -> dict[int, str]:
    """Return those of `texts` that are one token each, by that token; control tokens count."""
    found = {text: tokenize(text, special=True) for text in texts}
    return {tokens[0]: text for text, tokens in found.items() if len(tokens) == 1}


def word_tokens(words: Iterable[str], tokenizer: Tokenizer) -> list[int]:
    """Return every token that is one of `words`, with or without white space before it.

    Which there are, the model's own tokenizer says. A word that is no token by itself counts by its first one.
    """
    whole, first = set(), set()
    for word in words:
        for lead in ("", " ", "\n"):
            tokens = tokenizer.tokenize(lead + word)
            if tokens and "".join(tokenizer.text_of(tokens[-1:])).strip() == word:
                whole.add(tokens[-1])
        first.update(tokenizer.tokenize(word)[:1])
    return sorted(whole or first)
