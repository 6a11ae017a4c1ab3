"""The stock pipeline on the same weights, to compare with: fixed windows, dense top 4, all of them in one prompt.

What tutorials build: windows of 1,000 characters that overlap by 200, one vector each, the four nearest stuffed into
LangChain's question-answering prompt. It does not know the index, sentences as evidence, kept attention or confidence.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from rag.answering.engine import Engine
from rag.documents.sentences import Span, split_sentences
from rag.evaluation.question_sets import Gold
from rag.index.embedder import Embedder
from rag.progress import Report, silent

WINDOW, OVERLAP, WINDOWS = 1000, 200, 4
_BATCH = 64
_PROMPT = (
    "Use the following pieces of context to answer the question at the end. If you don't know the answer, just say "
    "that you don't know, don't try to make up an answer.\n\n{context}\n\nQuestion: {question}\nHelpful Answer:"
)  # langchain's stuff_prompt, word for word
_SILENT = re.compile(
    r"\b(?:don['’]t know|do not know|not (?:\w+ )?(?:mention|provide|state|specif|given|contain|include|clear)\w*"
    r"|no (?:\w+ )?(?:information|mention|context)|(?:does|do|did)(?: not|n['’]t) (?:\w+ )?(?:mention|provide|state|"
    r"specif|contain|include|say|give)\w*|cannot be determined|unknown|unclear)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StuffedAnswer:
    """What the stock pipeline said, and the sentences of the windows that it shows as its sources."""

    answer: str
    abstained: bool
    sources: tuple[Gold, ...]
    first_token_s: float
    total_s: float


class Stuffed:
    """The stock pipeline over one folder."""

    def __init__(
        self,
        texts: Mapping[str, str],
        embedder: Embedder,
        complete: Callable[[str], Iterable[str]],
        model: str,
        cache: Path,
        report: Report = silent,
    ) -> None:
        """Cut and embed `texts`, by path; vectors are kept in `cache`. `complete` streams the answer of `model`."""
        self._embedder = embedder
        self._complete = complete
        self._texts = texts
        self._windows = [(path, span) for path, text in self._texts.items() for span in windows(text)]
        cut = [self._texts[path][span.start : span.end] for path, span in self._windows]
        key = hashlib.sha256("\0".join([embedder.fingerprint, *cut]).encode()).hexdigest()[:16]
        code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
        self.fingerprint = f"{model} {code} {key}"
        """Everything that an answer depends on."""
        file = cache / f"windows-{key}.npy"
        if file.is_file():
            self._vectors = np.load(file)
            return
        parts = []
        for start in range(0, len(cut), _BATCH):
            report("Embedding for the baseline", start, len(cut), "windows")
            parts.append(embedder.embed(cut[start : start + _BATCH]))
        report("Embedding for the baseline", len(cut), len(cut), "windows")
        self._vectors = np.concatenate(parts)
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, self._vectors)

    @classmethod
    def over(cls, engine: Engine, model: str, cache: Path, report: Report = silent) -> Self:
        """Build it over an engine's folder, embedder and answer model, to compare with. Raises RagError."""
        reader = engine.reader
        assert reader is not None

        def complete(request: str) -> Iterable[str]:
            return reader.complete("You are a helpful assistant.", request, max_tokens=engine.limits.answer_tokens)

        texts = {path: engine.index.text(path) for path in engine.index.documents()}  # as our own readers found it
        return cls(texts, engine.embedder, complete, model, cache, report)

    def ask(self, question: str) -> StuffedAnswer:
        """Answer `question` as the stock pipeline does."""
        begun = time.perf_counter()
        similar = self._vectors @ self._embedder.embed([question])[0]
        best = [self._windows[i] for i in np.argsort(-similar, kind="stable")[:WINDOWS]]
        context = "\n\n".join(self._texts[path][span.start : span.end] for path, span in best)
        first = 0.0
        pieces = []
        for piece in self._complete(_PROMPT.format(context=context, question=question)):
            first = first or time.perf_counter() - begun
            pieces.append(piece)
        answer = "".join(pieces).strip()
        sources = tuple(
            (path, Span(span.start + s.start, span.start + s.end))
            for path, span in best
            for s in split_sentences(self._texts[path][span.start : span.end])
        )
        return StuffedAnswer(answer, is_silence(answer), sources, first, time.perf_counter() - begun)


def windows(text: str) -> list[Span]:
    """Return overlapping windows of at most `WINDOW` characters, cut behind white space where there is some."""
    spans = []
    start = 0
    while start < len(text):
        end = min(len(text), start + WINDOW)
        if end < len(text):
            space = max(text.rfind(" ", start + OVERLAP, end), text.rfind("\n", start + OVERLAP, end))
            end = space + 1 if space > 0 else end
        spans.append(Span(start, end))
        if end == len(text):
            break
        start = end - OVERLAP
    return spans


def is_silence(answer: str) -> bool:
    """Tell whether a free answer says that the context does not hold it: the stock pipeline has no other sign."""
    return not answer or bool(_SILENT.search(answer[:200]))
