"""One command that says how fast this is here, as ratios to the stock way on the same weights in the same run.

Both sides answer the same questions about the same passages, warm, in both orders; medians. Ours includes searching
the index, the stock side gets the passages for nothing. It does not know quality: `rag eval` does.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rag.chunks import Chunk
from rag.engine import Answer, Engine, Retrieved, Token
from rag.errors import UsageError
from rag.progress import Report, silent
from rag.prompting import prompt
from rag.settings import Settings

_ANSWER_TOKENS = 64
_TEXTS = 64  # embedded a round
_ROUNDS = 3  # of embedding, in each order


@dataclass(frozen=True)
class Pace:
    """How one answer came."""

    first_word_s: float
    tokens_per_s: float | None
    """Pieces of text a second behind the first one; None for answers too short to tell."""


@dataclass(frozen=True)
class Measure:
    """One figure both ways: medians, and the median of the ratios of each pair; above 1 ours is faster."""

    name: str
    unit: str
    ours: float
    stock: float
    ratio: float
    pairs: int


def run(settings: Settings, *, questions: int = 10, json_output: bool = False, report: Report = silent) -> None:
    """Measure, then print a table or JSON on standard output. Raises RagError."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    result = measure(settings, questions=questions, report=report)
    measures = [Measure(**row) for row in result["measures"]]
    if json_output:
        console.file.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table(title=f"{result['model']}, {result['threads']} threads, {result['questions']} questions, medians")
    table.add_column("")
    for column in ("rag", "stock", "times faster"):
        table.add_column(column, justify="right")
    for row in measures:
        table.add_row(f"{row.name}, {row.unit}", f"{row.ours:.3g}", f"{row.stock:.3g}", f"{row.ratio:.2f}")
    console.print(table)
    console.print("Stock: the same passages in one llama.cpp chat prompt; padded batches on onnxruntime.", style="dim")


def measure(settings: Settings, *, questions: int = 10, report: Report = silent) -> dict[str, Any]:
    """Return the figures as `--json` prints them. Raises RagError."""
    from rag.compose import open_engine
    from rag.cores import physical_cores
    from rag.weights import resolve

    if questions < 1:
        raise UsageError(f"{questions} questions measure nothing: give --questions 1 or more.")
    # The threshold 0 never stays silent: a refusal is not written by the model and has no pace.
    settings = settings.model_copy(
        update={"threshold": 0.0, "answer_tokens": min(settings.answer_tokens, _ANSWER_TOKENS)}
    )
    threads = settings.threads or physical_cores()
    with open_engine(settings, report) as engine:
        chunks = list(engine.index.all_chunks())
        asked = questions_about(chunks, questions)
        stock = StockReader(resolve(settings.model, settings, report), settings, threads)
        first, pace, reused = _answers(engine, stock, asked, report)
    texts = [text for chunk in chunks for text in (chunk.text, *_sentences(chunk))]
    texts = [texts[i % len(texts)] for i in range(_TEXTS)]
    measures = [first, *([pace] if pace else []), _embedding(settings, texts, report)]
    return {
        "model": settings.model,
        "threads": threads,
        "questions": len(asked),
        "reused_share_of_prompt": round(reused, 3),
        "measures": [asdict(row) for row in measures],
    }


def questions_about(chunks: Iterable[Chunk], most: int) -> list[str]:
    """Return at most `most` questions, made of sentences evenly spread over `chunks`; the same for the same index."""
    sentences = [text for chunk in chunks for text in _sentences(chunk) if len(text) > 20]
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


def _sentences(chunk: Chunk) -> list[str]:
    return [chunk.slice(span) for span in chunk.sentences]


class StockReader:
    """The usual way: passages and question in one prompt, through llama-cpp-python's own chat call."""

    def __init__(self, model: Path, settings: Settings, threads: int) -> None:
        """Load `model` a second time, its weights shared with the first through the page cache."""
        # Only rag.llama works with llama_cpp; what is measured here is what people write without it.
        from llama_cpp import Llama

        self._llama = Llama(
            str(model),
            n_ctx=settings.context_tokens,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=False,
        )
        self._most = settings.answer_tokens

    def forget(self) -> None:
        """Forget the prompt before, whose beginning would be reused."""
        self._llama.reset()

    def ask(self, passages: Sequence[Chunk], question: str) -> Pace:
        """Answer from `passages` by the same prompts; those that do not fit are dropped from the end."""
        asked = f"{prompt('question', question=question)}\n\n{prompt('answer')}"
        while True:
            read = [prompt("passage", title=passage.title, text=passage.text) + "\n\n" for passage in passages]
            content = "".join(read) + asked
            room = self._llama.n_ctx() - self._most - 200
            if not passages or len(self._llama.tokenize(content.encode())) <= room:
                break
            passages = passages[:-1]
        messages = [{"role": "system", "content": prompt("system")}, {"role": "user", "content": content}]
        begun = time.perf_counter()
        stream = self._llama.create_chat_completion(messages, stream=True, temperature=0.0, max_tokens=self._most)
        times = [time.perf_counter() - begun for piece in stream if piece["choices"][0]["delta"].get("content")]
        return _pace(times, time.perf_counter() - begun)


def _pace(times: Sequence[float], total: float) -> Pace:
    if len(times) < 4:
        return Pace(times[0] if times else total, None)
    return Pace(times[0], (len(times) - 1) / (times[-1] - times[0]))


def _ours(engine: Engine, question: str) -> tuple[Pace, list[Chunk], Answer]:
    begun = time.perf_counter()
    times: list[float] = []
    passages: list[Chunk] = []
    for event in engine.ask(question):
        if isinstance(event, Token):
            times.append(time.perf_counter() - begun)
        elif isinstance(event, Retrieved):
            passages = [passage.chunk for passage in event.passages]
        else:
            answer = event
    return _pace(times, time.perf_counter() - begun), passages, answer


def _answers(
    engine: Engine, stock: StockReader, questions: Sequence[str], report: Report
) -> tuple[Measure, Measure | None, float]:
    """Return first word, pace of writing, and the median share of the prompt that was not computed again."""
    done, total = 0, 3 * len(questions) + 1
    task = "Answering both ways"
    for question in questions:  # warm-up: every passage is read once, as it is in use
        _, passages, _ = _ours(engine, question)
        report(task, done := done + 1, total, "answers")
    stock.ask(passages, "What is this about?")
    report(task, done := done + 1, total, "answers")
    pairs: list[tuple[Pace, Pace]] = []
    reused: list[float] = []
    known: dict[str, list[Chunk]] = {}
    for ours_first in (True, False):
        # All questions in one order, then all in the other: llama.cpp reuses what a prompt shares with the one
        # before it, as it does in use; but the same prompt twice in a row would measure nothing.
        stock.forget()
        for question in questions:
            before = stock.ask(known[question], question) if not ours_first else None
            ours, known[question], answer = _ours(engine, question)
            pairs.append((ours, before or stock.ask(known[question], question)))
            reused.append(answer.timings.reused_tokens / max(1, answer.timings.prompt_tokens))
            report(task, done := done + 1, total, "answers")
    first = [(ours.first_word_s, other.first_word_s) for ours, other in pairs]
    paces = [(o.tokens_per_s, s.tokens_per_s) for o, s in pairs if o.tokens_per_s and s.tokens_per_s]
    return (
        _compare("first word", "s", first, lambda ours, other: other / ours),
        _compare("writing", "tokens/s", paces, lambda ours, other: ours / other) if paces else None,
        median(reused),
    )


def _embedding(settings: Settings, texts: Sequence[str], report: Report) -> Measure:
    from rag.embedder import OnnxEmbedder
    from rag.weights import resolve

    model, tokenizer = (resolve(name, settings) for name in ("embed", "embed-tokenizer"))
    embedder = OnnxEmbedder(model, tokenizer, threads=settings.threads)
    batches = _stock_embedder(model, tokenizer, settings.threads)
    rates: list[tuple[float, float]] = []
    for turn in range(2 * _ROUNDS + 1):
        sides: tuple[Callable[[Sequence[str]], object], ...] = (embedder.embed, batches)
        taken = {}
        for side in sides if turn % 2 else sides[::-1]:
            begun = time.perf_counter()
            side(texts)
            taken[side] = len(texts) / (time.perf_counter() - begun)
        if turn:  # the first turn warms up
            rates.append((taken[embedder.embed], taken[batches]))
        report("Embedding both ways", turn + 1, 2 * _ROUNDS + 1, "rounds")
    return _compare("embedding", "texts/s", rates, lambda ours, other: ours / other)


def _stock_embedder(model: Path, tokenizer: Path, threads: int) -> Callable[[Sequence[str]], object]:
    """Return the usual way to embed: onnxruntime as it comes, 32 texts at a time, padded to the longest."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    cut = Tokenizer.from_file(str(tokenizer))
    cut.enable_truncation(256)
    cut.enable_padding()

    def embed(texts: Sequence[str]) -> object:
        vectors = []
        for start in range(0, len(texts), 32):
            encoded = cut.encode_batch(list(texts[start : start + 32]))
            mask = np.array([one.attention_mask for one in encoded], np.int64)
            inputs = {
                "input_ids": np.array([one.ids for one in encoded], np.int64),
                "attention_mask": mask,
                "token_type_ids": np.array([one.type_ids for one in encoded], np.int64),
            }
            (states,) = session.run(None, inputs)
            vectors.append((states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True))
        return np.concatenate(vectors)

    return embed


def _compare(
    name: str, unit: str, pairs: Sequence[tuple[float, float]], ratio: Callable[[float, float], float]
) -> Measure:
    ours, stock = (median(side) for side in zip(*pairs, strict=True))
    return Measure(
        name, unit, round(ours, 4), round(stock, 4), round(median(ratio(*pair) for pair in pairs), 3), len(pairs)
    )
