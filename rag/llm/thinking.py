"""Words that a model thinks before it speaks: where they begin and end, and a stream without them. It knows no model.

Nothing of them is shown, cited or counted as an answer: they are no statement about the documents. Templates are asked
not to let a model think (`rag.llm.chat_template`); this is for what comes anyway.
"""

from collections.abc import Iterator

MARKS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<|channel>": "<channel|>",
    "[THINK]": "[/THINK]",
    "<|START_THINKING|>": "<|END_THINKING|>",
}
"""What opens thoughts, and what closes them: Qwen, SmolLM, Granite and others; Gemma 4; Ministral; Command."""


def closed(prompt: str) -> str:
    """Return `prompt`; where its end has the model think, it has thought already."""
    for opening, closing in MARKS.items():
        begun = prompt.rfind(opening)
        if begun > prompt.rfind(closing):
            return prompt[:begun] + nothing_thought(opening)
    return prompt


def nothing_thought(opening: str) -> str:
    """Return the thoughts of a model that has none, as Qwen3's template writes them."""
    return f"{opening}\n\n{MARKS[opening]}\n\n"


def begins_to_think(text: str) -> str | None:
    """Return the mark that `text` is, if it is one that opens thoughts."""
    return text.strip() if text.strip() in MARKS else None


def spoken(pieces: Iterator[str]) -> Iterator[str]:
    """Yield what is said; thoughts are left out, and what may become a mark is held back until it is known."""
    held, closing, thought = "", None, False
    try:
        for piece in pieces:
            held += piece
            while True:
                if closing is None:
                    held = held.lstrip() if thought else held  # the lines between thoughts and words are neither
                    thought = thought and not held
                    begun, mark = min(((at, mark) for mark in MARKS if (at := held.find(mark)) >= 0), default=(-1, ""))
                    said = held[: begun if mark else len(held) - _begun(held)]
                    if said:
                        yield said
                    held = held[len(said) + len(mark) :]
                    if not mark:
                        break
                    closing = MARKS[mark]
                elif closing in held:
                    held = held.partition(closing)[2]
                    closing, thought = None, True
                else:
                    held = held[-len(closing) :]
                    break
        if held and closing is None:
            yield held
    finally:
        if close := getattr(pieces, "close", None):
            close()


def _begun(text: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of a mark."""
    most = max(map(len, MARKS)) - 1
    return next((n for n in range(min(most, len(text)), 0, -1) if any(m.startswith(text[-n:]) for m in MARKS)), 0)
