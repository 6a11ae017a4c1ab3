"""Builds the stages from the settings: the one place where models are made. It does not know questions."""

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.answering import fitted
from rag.answering.answer import Limits
from rag.answering.engine import Engine
from rag.answering.fitted import Fit, fit_of, server_key
from rag.answering.reader import Reader
from rag.documents.chunks import VERSION
from rag.documents.formats.parts import Wishes
from rag.documents.kept_pages import SCANS
from rag.errors import UsageError
from rag.llm.attention_store import AttentionStore
from rag.llm.chat_template import read_template
from rag.llm.counting import counter
from rag.llm.llama_reader import LlamaReader
from rag.llm.remote_reader import RemoteReader
from rag.progress import Report, silent
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.index.chroma_server import ServerAddress
    from rag.index.embedder import Embedder
    from rag.index.index import Index


def index_folder(settings: Settings) -> Path:
    """Return where the index of `settings.docs` is kept: one folder for each folder of documents."""
    docs = settings.docs.resolve()
    name = hashlib.sha256(str(docs).encode()).hexdigest()[:12]
    return settings.data_dir / "indexes" / f"{docs.name[:40]}-{name}"


def wishes_of(settings: Settings) -> Wishes:
    """Return what the settings want of the readers of files."""
    return Wishes(settings.pdf_password.get_secret_value() if settings.pdf_password else "", settings.margins)


def chroma_server(settings: Settings) -> "ServerAddress | None":
    """Return the Chroma server that the settings name; None for Chroma inside this process."""
    from rag.index.chroma_server import ServerAddress

    if settings.chroma_url is None:
        return None
    token = settings.chroma_token.get_secret_value() if settings.chroma_token else None
    return ServerAddress(settings.chroma_url, token, settings.chroma_tenant, settings.chroma_database)


def open_engine(
    settings: Settings, report: Report = silent, *, answers: bool = True, may_be_empty: bool = False
) -> Engine:
    """Fetch what is missing, bring the index up to date and load the answer model unless `answers` is false.

    A folder without documents is an error unless it `may_be_empty`. Raises RagError.
    """
    from rag.index.cross_encoder import CrossEncoder
    from rag.index.embedders import ROLES, make_embedder
    from rag.index.index import Index
    from rag.weights.machine import with_model
    from rag.weights.resolve import resolve

    if not settings.docs.is_dir():  # asked before a gigabyte is fetched for nothing
        what = "is a file, not a folder" if settings.docs.exists() else "is not there"
        raise UsageError(f"The folder of documents {settings.docs} {what}. Name one with --docs DIR.")
    settings = with_model(settings)
    model = None if settings.llm_url else resolve(settings.model, settings, report)
    embed = tuple(resolve(role, settings, report) for role in ROLES[settings.embedder])
    names = ("embed-tokenizer", "rerank", "rerank-tokenizer")
    words, rerank, rerank_tokenizer = (resolve(name, settings, report) for name in names)
    count = counter(model, words)
    store = _attention_store(settings)
    with ThreadPoolExecutor(3) as pool:  # three loads, mostly outside the interpreter, while the index opens
        reader: Future[LlamaReader | RemoteReader] | None = None
        if answers:
            reader = (
                pool.submit(_llama_reader, settings, model, store)
                if model
                else pool.submit(remote_reader, settings, count)
            )
        pool.submit(Index.preload)
        reranking = pool.submit(CrossEncoder, rerank, rerank_tokenizer, threads=settings.threads)
        embedder = make_embedder(settings.embedder, embed, threads=settings.threads)
        index = _open_index(settings, embedder, report)
        try:
            engine = Engine(
                settings.docs,
                index,
                embedder,
                None,
                reranking.result(),
                budget=settings.chunk_tokens,
                count=count,
                limits=Limits(settings.passages, settings.answer_tokens, settings.threshold),
                may_be_empty=may_be_empty,
                wishes=wishes_of(settings),
                keeps=index_folder(settings),
            )
            _bring_up_to_date(engine, settings, WorkerTools(settings.embedder, embed, words, model), store, report)
            engine.reader = reader.result() if reader else None
        except BaseException:
            index.close()
            raise
    return engine


def _open_index(settings: Settings, embedder: "Embedder", report: Report) -> "Index":
    from rag.index.index import Index

    return Index.open(
        index_folder(settings),
        dimensions=embedder.dimensions,
        fingerprint=_fingerprint(embedder, settings),
        server=chroma_server(settings),
        report=report,
    )


def _fingerprint(embedder: "Embedder", settings: Settings) -> str:
    """Return what the index depends on.

    Whichever model answers, its vocabulary only measures chunks: another model keeps the index.
    """
    margins = " with margins" if settings.margins else ""
    return f"{embedder.fingerprint} chunks {VERSION} of {settings.chunk_tokens}{margins}"


def _bring_up_to_date(
    engine: Engine, settings: Settings, tools: "WorkerTools", store: AttentionStore, report: Report
) -> None:
    """Read what changed in the folder, with the workers that the settings name, and drop what was kept of it."""
    from rag.index.spread import Job, embedding_ahead

    embedder, index = engine.embedder, engine.index
    kept = index.place / SCANS
    job = Job(settings.docs.resolve(), settings.chunk_tokens, tools, wishes_of(settings), kept)
    with embedding_ahead(embedder, index, job, workers=settings.workers, cluster=settings.cluster) as engine.embedder:
        done = engine.refresh(report)
    engine.embedder = embedder
    store.forget(done.stale)
    if done.added or done.stale:  # an earlier update may have been killed before it came to that
        store.forget_others({"", *index.documents()})


def open_reader(settings: Settings, model: str) -> LlamaReader:
    """Load the answer model `model` beside an engine's own, sharing what is kept of the folder. Raises RagError."""
    from rag.weights.machine import with_model
    from rag.weights.resolve import resolve

    other = with_model(settings.model_copy(update={"model": model}))
    return _llama_reader(other, resolve(model, other), _attention_store(other))


def keep_fit(settings: Settings, reader: Reader, fit: Fit) -> Path:
    """Keep coefficients of confidence for the model of `reader`, opened with `settings`. Raises RagError."""
    from rag.weights.machine import with_model
    from rag.weights.resolve import resolve
    from rag.weights.verified import model_sha256

    settings = with_model(settings)
    here = settings.llm_url is None
    key = model_sha256(resolve(settings.model, settings), settings) if here else server_key(reader.name)
    return fitted.keep_fit(key, fit, settings.data_dir)


def _attention_store(settings: Settings) -> AttentionStore:
    return AttentionStore(index_folder(settings) / "attention", round(settings.attention_gb * 1024**3))


def _llama_reader(settings: Settings, model: Path, store: AttentionStore) -> LlamaReader:
    from rag.weights.verified import model_sha256

    sha256 = model_sha256(model, settings)
    return LlamaReader(
        model,
        name=settings.model if Path(settings.model).suffix != ".gguf" else model.stem,
        sha256=sha256,
        store=store,
        context_tokens=settings.context_tokens,
        threads=settings.threads,
        exact=settings.exact,
        kv=settings.kv,
        fit=fit_of(sha256, settings.data_dir),
        template=read_template(settings.chat_template) if settings.chat_template else None,
    )


@dataclass(frozen=True)
class WorkerTools:
    """What another process embeds with: the same weights from the same files, on one thread. See `rag.index.spread`."""

    embedder: str
    embed: tuple[Path, ...]
    words: Path
    """A tokenizer to count with where no model is here."""
    model: Path | None

    def __call__(self) -> "tuple[Embedder, Callable[[str], int]]":
        """Load the embedder and the count of tokens."""
        from rag.index.embedders import make_embedder

        return make_embedder(self.embedder, self.embed, threads=1), counter(self.model, self.words)


def remote_reader(settings: Settings, count: Callable[[str], int] = len) -> RemoteReader:
    """Connect to the model server of `settings`, whose `llm_url` is given. Raises ReaderError."""
    assert settings.llm_url
    return RemoteReader(
        settings.llm_url,
        count=count,
        key=settings.llm_key.get_secret_value() if settings.llm_key else None,
        model=settings.llm_model,
        timeout_s=settings.llm_timeout,
        context_tokens=settings.context_tokens,
        fit_of=lambda model: fit_of(server_key(model), settings.data_dir),
    )
