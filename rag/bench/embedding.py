"""How many texts a second are embedded, against onnxruntime alone. It does not know what they are."""

import time
from collections.abc import Callable, Sequence

from rag.bench import stock
from rag.bench.measure import Measure, of_rates
from rag.index.embedder import OnnxEmbedder
from rag.progress import Report
from rag.settings import Settings
from rag.weights.resolve import resolve

_ROUNDS = 3  # in each order


def measure_embedding(settings: Settings, texts: Sequence[str], report: Report) -> Measure:
    """Return how many texts a second are embedded, against onnxruntime alone with its best batch size."""
    model, tokenizer = (resolve(name, settings) for name in ("embed", "embed-tokenizer"))
    embedder = OnnxEmbedder(model, tokenizer, threads=settings.threads)
    alone = stock.OnnxEmbeddings(str(model), str(tokenizer), settings.threads)

    def rate(embed: Callable[[list[str]], object], batch: int = 0) -> float:
        alone.batch = batch or alone.batch
        begun = time.perf_counter()
        embed(list(texts))
        return len(texts) / (time.perf_counter() - begun)

    rate(embedder.embed)
    alone.batch = max((1, 4, 16, 64), key=lambda batch: rate(alone.embed_documents, batch))
    rates: list[tuple[float, float]] = []
    for turn in range(2 * _ROUNDS):
        ours = rate(embedder.embed) if turn % 2 else None
        other = rate(alone.embed_documents)
        rates.append((ours or rate(embedder.embed), other))
        report("Embedding both ways", turn + 1, 2 * _ROUNDS, "rounds")
    return of_rates("embedding", "texts/s", rates, f"onnxruntime alone, {alone.batch} at once", 0.9)
