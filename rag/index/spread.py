"""Reading, chunking and embedding on several processes or machines, ahead of the one process that writes the index.

The index is made as ever, file by file (`rag.index.indexing`). Workers go through the same files in the same order and
send back the vectors of their texts, which are then there when the index asks for them. What a worker did not make is
made here, what nobody asks for is dropped: whatever the workers do, the index is the one that is made alone. They see
the folder under the same path and have the weights; texts and vectors are all that travels.
"""

import atexit
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rag.documents.chunks import make_chunks
from rag.documents.folder import Document, FileEntry, read_documents
from rag.documents.formats.parts import Wishes
from rag.documents.kept_pages import KeptPages
from rag.documents.parsing import NO_WISHES, Parser
from rag.documents.sentences import split_sentences
from rag.errors import DocumentError, UsageError
from rag.index.embedder import Embedder, Vectors
from rag.index.index import Index
from rag.index.indexing import changed_files

_AHEAD = 4
"""Files at work or done for each worker."""
_MOST_KEPT = 20_000
"""Vectors that wait to be asked for."""
_CONNECT_S = 10


class Tools(Protocol):
    """Makes a worker's embedder and its count of tokens; hashable, and sent to it by pickle."""

    def __call__(self) -> tuple[Embedder, Callable[[str], int]]:
        """Make both; called once in each process."""
        ...

    def __hash__(self) -> int:
        """Tell one from another."""
        ...


@dataclass(frozen=True)
class Job:
    """What is the same for every file: the folder, the most tokens of a chunk, and what to work with."""

    docs: Path
    budget: int
    tools: Tools
    wishes: Wishes = NO_WISHES
    """What a person wants of the readers of files."""
    kept: Path | None = None
    """Where what OCR found is kept, so that it reads no page here and there, too."""


class AheadEmbedder:
    """An embedder whose texts were, for the most part, embedded by workers already."""

    def __init__(
        self, embedder: Embedder, submit: Callable[..., Any], workers: int, job: Job, files: Sequence[FileEntry]
    ) -> None:
        """Let `submit(function, *arguments)`, which returns a future, work off `files`."""
        self.fingerprint, self.dimensions = embedder.fingerprint, embedder.dimensions
        self.made_here = 0
        """Texts that no worker has made."""
        self._embedder, self._submit, self._job = embedder, submit, job
        self._files = deque(files)
        self._coming: deque[Any] = deque()
        self._there: dict[str, np.ndarray[Any, Any]] = {}
        for _ in range(_AHEAD * workers):
            self._begin()

    def _begin(self) -> None:
        if self._files:
            self._coming.append(self._submit(_embed_file, self._job, self._files.popleft()))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (len(texts), dimensions), float32."""
        while self._coming and not self._there.keys() >= set(texts):
            future = self._coming.popleft()
            try:
                self._there.update(future.result())
            except Exception:  # a worker died, or could not be reached: it is made here
                self._files.clear()
            self._begin()
        new = [text for text in dict.fromkeys(texts) if text not in self._there]
        self.made_here += len(new)
        if new:
            self._there.update(zip(new, self._embedder.embed(new), strict=True))
        found = np.stack([self._there[text] for text in texts]) if texts else self._embedder.embed([])
        for text in texts:
            self._there.pop(text, None)
        while len(self._there) > _MOST_KEPT:
            self._there.pop(next(iter(self._there)))
        return found


@contextmanager
def embedding_ahead(
    embedder: Embedder, index: Index, job: Job, *, workers: int = 0, cluster: str | None = None
) -> Iterator[Embedder]:
    """Yield an embedder that lets `workers` processes, or a Dask `cluster`, embed what is new in the folder.

    Raises UsageError when the cluster cannot be reached.
    """
    spreads = (cluster or workers > 1) and job.docs.is_dir()
    files = changed_files(job.docs, index) if spreads else []
    if len(files) < 2:
        yield embedder
        return
    with _on_cluster(cluster) if cluster else _in_processes(min(workers, len(files))) as (submit, count):
        yield AheadEmbedder(embedder, submit, count, job, files)


@contextmanager
def _in_processes(workers: int) -> Iterator[tuple[Callable[..., Any], int]]:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))  # a fork would copy the threads' locks
    try:
        yield pool.submit, workers
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _on_cluster(address: str) -> Iterator[tuple[Callable[..., Any], int]]:
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            f"A cluster needs an extra that is not installed ({error}): run \"pip install 'rag-answers[cluster]'\"."
        ) from error
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"The cluster at {address} cannot be reached ({error}). Check RAG_CLUSTER.") from error
    with client:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        yield lambda function, *arguments: client.submit(function, *arguments, pure=False), max(1, workers)


# In a worker


def _embed_file(job: Job, file: FileEntry) -> dict[str, np.ndarray[Any, Any]]:
    """Return the vector of each text that the documents of `file` are embedded by."""
    embedder, count = _made(job.tools)
    texts: dict[str, None] = {}
    try:
        for part in read_documents(job.docs, file.path, _parser(job.wishes, job.kept), size=file.size):
            if isinstance(part, Document):
                chunks = make_chunks(part, split_sentences(part.text), job.budget, count)
                texts.update(dict.fromkeys(chunk.titled_text for chunk in chunks))
    except DocumentError:  # met again, and told, by who writes the index
        pass
    return dict(zip(texts, embedder.embed(list(texts)), strict=True))


@cache
def _made(tools: Tools) -> tuple[Embedder, Callable[[str], int]]:
    return tools()


@cache
def _parser(wishes: Wishes, kept: Path | None) -> Parser:
    parser = Parser(wishes=wishes, kept=KeptPages(kept) if kept else None)
    atexit.register(parser.close)
    return parser
