"""What `rag bench` measures: answers, the start of a process, embedding; both sides warm, and in both orders.

Our side includes searching the index; the stock side gets its passages for nothing, except where whole processes are
compared. Neither side begins with a prompt that it saw before.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, cast

from rag.answering.answer import Answer, Retrieved, Token
from rag.answering.engine import Engine
from rag.bench import stock
from rag.bench.measure import Measure
from rag.bench.plain import Plain
from rag.bench.questions import questions_about, sentences_of
from rag.compose import open_engine
from rag.documents.chunks import Chunk
from rag.errors import UsageError
from rag.llm.llama_reader import LlamaReader
from rag.progress import Report
from rag.settings import Settings
from rag.weights.resolve import resolve

_PASSAGES_TOKENS = 800  # of passages that both sides are given, as nearly as whole passages come to it
_TEXTS = 64  # embedded a round
_DOCUMENTS = 100  # in the stock pipeline's index
_ROUNDS = 3  # of embedding, in each order
_SPARE_MB = 700  # that a process may take beyond the weights
_COUNT = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass(frozen=True)
class Pace:
    """How one answer came: seconds to its first word, tokens a second behind it (None for too few to tell)."""

    first_word_s: float
    tokens_per_s: float | None = None


@dataclass(frozen=True)
class Folder:
    """What is asked about: questions, whole documents (the first ones of a large folder), texts of a few sentences."""

    questions: list[str]
    documents: list[str]
    texts: list[str]


def measure_answers(settings: Settings, questions: int, report: Report) -> tuple[Folder, list[Measure]]:
    """Return what the folder is asked, and the measures of answering within one process."""
    model = resolve(settings.model, settings, report)
    with open_engine(settings, report) as engine:
        chunks = list(engine.index.all_chunks())
        asked = questions_about(chunks, questions)
        llm = stock.chat_model(str(model), settings.threads, settings.context_tokens, settings.answer_tokens)
        with closing(Plain(model, settings.threads, settings.context_tokens)) as plain:
            tokens = median(plain.count(chunk.text) for chunk in chunks)
            engine.limits = replace(engine.limits, passages=max(1, round(_PASSAGES_TOKENS / tokens)))
            measures = _answers(engine, llm, plain, asked, report)
        documents = [engine.index.text(path) for path in list(engine.index.documents())[:_DOCUMENTS]]
    texts = [text for chunk in chunks[:_TEXTS] for text in (chunk.text, *sentences_of(chunk))]
    return Folder(asked, documents, [texts[i % len(texts)] for i in range(_TEXTS)]), measures


def _answers(engine: Engine, llm: Any, plain: Plain, asked: Sequence[str], report: Report) -> list[Measure]:
    assert isinstance(engine.reader, LlamaReader)
    done, total = 0, 4 * len(asked)

    def step() -> None:
        nonlocal done
        done += 1
        report("Answering", done, total, "answers")

    known: dict[str, list[Chunk]] = {}
    for question in asked:  # warm-up: every passage is read once
        _, known[question], _ = _ours(engine, question)
        for passage in known[question]:
            engine.reader.warm(passage)
        step()
    _stock(llm, known[asked[0]], "What is this about?")
    plain.floor(16)
    first, floor, cold = [], [], []
    pace: list[tuple[float, float, float]] = []
    for ours_first in (True, False):
        for question in asked:
            before = None if ours_first else _stock(llm, known[question], question)
            ours, _, _ = _ours(engine, question)
            other = before or _stock(llm, known[question], question)
            first.append((ours.first_word_s, other.first_word_s))
            floor.append((ours.first_word_s, plain.floor(engine.reader.question_tokens(question))))
            step()
    for number, question in enumerate(asked):
        engine.reader.forget(["", *engine.index.documents()])
        before = None if number % 2 else _stock(llm, known[question], question)
        ours, _, _ = _ours(engine, question)
        other = before or _stock(llm, known[question], question)
        cold.append((ours.first_word_s, other.first_word_s))
        warm, passages, answer = _ours(engine, question)
        if warm.tokens_per_s:  # behind as many tokens as the answer was written behind
            read = plain.count("".join(passages[i].text for i in answer.read))
            behind = read + engine.reader.question_tokens(question)
            pace.append((warm.tokens_per_s, plain.rate(behind, alike=True), plain.rate(behind, alike=False)))
        step()
    report("Answering", total, total, "answers")
    measures = [
        _faster("first word, known passages", first, "stock", 15),
        _faster("first word, known passages", floor, "its question alone", 1 / 1.5),
        _faster("first word, passages never seen", cold, "stock", 1),
    ]
    for i, against in enumerate(("greedy, same context", "greedy, llama.cpp's defaults"), start=1):
        if pairs := [(each[0], each[i]) for each in pace]:
            ratio = median(ours / other for ours, other in pairs)
            measures.append(_measure("writing", "tokens/s", pairs, against, ratio, 0.97))
    return measures


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


def _stock(llm: Any, passages: Sequence[Chunk], question: str) -> Pace:
    stock.forget(llm)
    begun = time.perf_counter()
    with closing(cast(Any, stock.answer(llm, [passage.text for passage in passages], question))) as pieces:
        next(pieces, None)
        return Pace(time.perf_counter() - begun)


def _pace(times: Sequence[float], total: float) -> Pace:
    if len(times) < 4:
        return Pace(times[0] if times else total)
    return Pace(times[0], (len(times) - 1) / (times[-1] - times[0]))


def measure_start(settings: Settings, folder: Folder, report: Report) -> list[Measure]:
    """Return how processes compare from their start to the first word, and the most memory that ours took."""
    paths = {name: str(resolve(name, settings)) for name in ("embed", "embed-tokenizer")}
    model = resolve(settings.model, settings)
    times: list[tuple[float, float]] = []
    environment = _environment(settings)
    with tempfile.TemporaryDirectory() as place:
        given: dict[str, Any] = {
            "embed": paths["embed"],
            "tokenizer": paths["embed-tokenizer"],
            "folder": place,
            "model": str(model),
            "threads": settings.threads,
            "context_tokens": settings.context_tokens,
            "answer_tokens": settings.answer_tokens,
        }
        embeddings = stock.OnnxEmbeddings(given["embed"], given["tokenizer"], settings.threads)
        stock.make_index(folder.documents, Path(place), embeddings)
        for number, question in enumerate(["What is this about?", *folder.questions]):
            ours = [sys.executable, "-m", "rag", "ask", question]
            other = [sys.executable, "-m", "rag.bench.stock", json.dumps({**given, "question": question})]
            seconds: dict[str, float] = {}
            for command in (ours, other) if number % 2 else (other, ours):
                seconds[command[2]] = _first_output(command, environment)
            if number:  # the first warms up
                times.append((seconds["rag"], seconds["rag.bench.stock"]))
            report("Starting both ways", number + 1, len(folder.questions) + 1, "starts")
    measures = [_faster("start of a process to the first word", times, "stock", 3)]
    if used := _peak_memory([sys.executable, "-m", "rag", "ask", folder.questions[0]], environment) / 1e6:
        allowed = model.stat().st_size / 1e6 + _SPARE_MB
        against = f"weights + {_SPARE_MB}"
        measures.append(_measure("peak memory of rag ask", "MB", [(used, allowed)], against, allowed / used, 1))
    return measures


def _environment(settings: Settings) -> dict[str, str]:
    values = {f"RAG_{name.upper()}": str(value) for name, value in settings.model_dump(exclude_none=True).items()}
    return {**os.environ, **values, "PYTHONUNBUFFERED": "1"}


def _first_output(command: Sequence[str], environment: dict[str, str]) -> float:
    """Run a command and return the seconds to the first byte on its standard output."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as child:
            assert child.stdout is not None
            first = child.stdout.read(1)
            seconds = time.perf_counter() - begun
            child.stdout.read()
        if not first:
            errors.seek(0)
            raise UsageError(f"{' '.join(command[:4])} said nothing: {errors.read().decode(errors='replace')[-500:]}")
    return seconds


def _peak_memory(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run a command and return the most bytes of memory it held; 0 where the system does not say."""
    # Its parent is a small process: a child begins with the peak of the process that it was forked from.
    counted = [sys.executable, "-c", _COUNT, *command]
    found = subprocess.run(counted, env=environment, capture_output=True, text=True).stdout.strip().splitlines()
    return int(found[-1]) * (1 if sys.platform == "darwin" else 1024) if found and found[-1].isdigit() else 0


def measure_embedding(settings: Settings, texts: Sequence[str], report: Report) -> Measure:
    """Return how many texts a second are embedded, against onnxruntime alone with its best batch size."""
    from rag.index.embedder import OnnxEmbedder

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
    ratio = median(ours / other for ours, other in rates)
    return _measure("embedding", "texts/s", rates, f"onnxruntime alone, {alone.batch} at once", ratio, 0.9)


def _faster(name: str, pairs: Sequence[tuple[float, float]], against: str, wanted: float) -> Measure:
    return _measure(name, "s", pairs, against, median(other / ours for ours, other in pairs), wanted)


def _measure(
    name: str, unit: str, pairs: Sequence[tuple[float, float]], against: str, ratio: float, wanted: float
) -> Measure:
    ours, other = (median(side) for side in zip(*pairs, strict=True))
    return Measure(name, unit, round(ours, 4), against, round(other, 4), round(ratio, 3), round(wanted, 3), len(pairs))
