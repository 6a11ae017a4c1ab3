"""What is asked when speed is measured: a file's questions, or some made of the documents. It measures nothing."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from rag.documents.chunks import Chunk
from rag.errors import UsageError

Item = TypeVar("Item")


def questions_about(chunks: Iterable[Chunk], most: int) -> list[str]:
    """Return at most `most` questions, made of sentences evenly spread over `chunks`; the same for the same index."""
    sentences = [text for chunk in chunks for text in sentences_of(chunk) if len(text) > 20]
    if not sentences:
        raise UsageError(
            "There is no sentence in the index to ask about. Put a document into the folder: --docs FOLDER."
        )
    found: dict[str, None] = {}
    for sentence in spread(sentences, most):
        words = [word.strip('.,;:!?"“”()') for word in sentence.split()]
        longest = sorted(range(len(words)), key=lambda w: (-len(words[w]), w))[:3]
        subject = " ".join(words[w] for w in sorted(longest))[:80]
        found[f"What does the document say about {subject}?"] = None
    return list(found)


def questions_of(file: Path, most: int) -> list[str]:
    """Return at most `most` questions of a file, evenly spread: one a line, as text or as a row of `rag batch`.

    Rows with a history are left out: the stock way knows none. Raises UsageError.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The file of questions {file} cannot be read ({error}). Name another: --questions FILE."
        ) from error
    found: dict[str, None] = {}
    for line in filter(None, map(str.strip, lines)):
        try:
            row = json.loads(line) if line[0] == "{" else {"question": line}
            if not row.get("history"):
                found[str(row["question"])] = None
        except (ValueError, KeyError) as error:
            raise UsageError(f'A line of {file} is no {{"question": …}}: {line[:80]}') from error
    if not found:
        raise UsageError(f"The file {file} holds no question. Name another: --questions FILE.")
    return spread(list(found), most)


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most `most` of `items`, evenly spread."""
    count = min(most, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def sentences_of(chunk: Chunk) -> list[str]:
    """Return the texts of a chunk's sentences."""
    return [chunk.slice(span) for span in chunk.sentences]
