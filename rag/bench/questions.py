"""Chunks → questions about what stands in them, for measuring speed. It does not know what is measured."""

from collections.abc import Iterable

from rag.documents.chunks import Chunk
from rag.errors import UsageError


def questions_about(chunks: Iterable[Chunk], most: int) -> list[str]:
    """Return at most `most` questions, made of sentences evenly spread over `chunks`; the same for the same index."""
    sentences = [text for chunk in chunks for text in sentences_of(chunk) if len(text) > 20]
    if not sentences:
        raise UsageError(
            "There is no sentence in the index to ask about. Put a document into the folder: --docs FOLDER."
        )
    found: dict[str, None] = {}
    for i in range(min(most, len(sentences))):
        sentence = sentences[i * len(sentences) // min(most, len(sentences))]
        words = [word.strip('.,;:!?"“”()') for word in sentence.split()]
        longest = sorted(range(len(words)), key=lambda w: (-len(words[w]), w))[:3]
        subject = " ".join(words[w] for w in sorted(longest))[:80]
        found[f"What does the document say about {subject}?"] = None
    return list(found)


def sentences_of(chunk: Chunk) -> list[str]:
    """Return the texts of a chunk's sentences."""
    return [chunk.slice(span) for span in chunk.sentences]
