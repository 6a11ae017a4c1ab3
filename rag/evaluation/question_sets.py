"""Questions with known answers → documents on disk and gold spans in them. It does not know the engine or measures.

A set is a folder with `docs.jsonl` ({doc_id, title, text}) and `qa.jsonl` ({id, question, history, answers, answerable,
gold_doc_ids, evidence_sentences, meta}), or one file of such questions about the folder of documents in use. In an
everyday set the documents are files as people have them, in `docs/`, and questions have {kind, must, must_not, least,
evidence} instead of answers (`rag.evaluation.everyday`).
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rag.documents.folder import read_document
from rag.documents.sentences import Span
from rag.errors import UsageError
from rag.evaluation.everyday import Wanted

Gold = tuple[str, Span]
"""A document's path and the place of an evidence sentence in its text."""


@dataclass(frozen=True)
class Question:
    """One question and what is known about its answer."""

    id: str
    question: str
    history: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    """Accepted answers; empty where the documents hold none."""
    answerable: bool
    documents: tuple[str, ...]
    """Paths of the documents that hold the answer."""
    evidence: tuple[tuple[Gold, ...], ...]
    """What each annotator took as evidence; empty where nobody marked any."""
    language: str
    wanted: Wanted | None = None
    """Of an everyday set: what a right answer says."""


@dataclass(frozen=True)
class QuestionSet:
    """Questions about one folder of documents."""

    name: str
    docs: Path
    questions: tuple[Question, ...]


def read_set(path: Path, docs: Path, work: Path) -> QuestionSet:
    """Read the set at `path`. Its documents are written below `work`; a file of questions is about `docs`.

    Raises UsageError that names what is missing or off.
    """
    if path.is_file():
        return QuestionSet(path.stem, docs, _questions(path, docs, {}))
    if (path / "docs").is_dir() and (path / "qa.jsonl").is_file():
        return QuestionSet(path.name, path / "docs", tuple(map(_everyday, _rows(path / "qa.jsonl"))))
    for name in ("docs.jsonl", "qa.jsonl"):
        if not (path / name).is_file():
            raise UsageError(
                f"There is no {name} in {path}. A set is a folder with docs.jsonl, or with a folder docs, and qa.jsonl."
            )
    folder = work / path.name / "docs"
    names = {}
    for row in _rows(path / "docs.jsonl"):
        name = names[row["doc_id"]] = quote(row["doc_id"], safe=" ,()'&") + ".md"
        text = f"# {' '.join(row['title'].split())}\n\n{row['text']}" if row.get("title") else row["text"]
        _write(folder / name, text)
    for file in folder.glob("*.md"):
        if file.name not in names.values():
            file.unlink()
    return QuestionSet(path.name, folder, _questions(path / "qa.jsonl", folder, names))


def sample(questions: Sequence[Question], limit: int | None, seed: int) -> list[Question]:
    """Return `limit` of the questions, drawn by `seed` and in its order: a larger sample begins with the smaller."""
    drawn = list(questions)
    random.Random(seed).shuffle(drawn)  # no secret: the same sample on every machine
    return drawn[:limit]


def _write(file: Path, text: str) -> None:
    data = text.encode()
    if not file.is_file() or file.read_bytes() != data:  # an unchanged file keeps its time: nothing is read again
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise UsageError(f"Line {number} of {file} is no JSON: {error}.") from error


def _questions(file: Path, docs: Path, names: dict[str, str]) -> tuple[Question, ...]:
    texts: dict[str, str] = {}
    found = []
    for row in _rows(file):
        try:
            paths = tuple(names.get(doc_id, doc_id) for doc_id in row["gold_doc_ids"])
            meta = row.get("meta", {})
            sets = meta.get("evidence_sets") or [row["evidence_sentences"]]
            for path in paths:
                if path not in texts:
                    texts[path] = read_document(docs, path).text
            evidence = tuple(gold for sentences in sets if (gold := _places(sentences, paths, texts)))
            history = tuple((turn["role"], turn["content"]) for turn in row.get("history") or [])
            question = Question(
                row["id"], row["question"], history, tuple(row["answers"]), bool(row["answerable"]), paths, evidence,
                meta.get("lang", "en"),
            )  # fmt: skip
        except (KeyError, TypeError) as error:
            raise UsageError(f"A question of {file} lacks or garbles the field {error}: {str(row)[:80]}…") from error
        found.append(question)
    return tuple(found)


def _everyday(row: dict[str, Any]) -> Question:
    try:
        wanted = Wanted(
            row["kind"],
            tuple(map(tuple, row["must"])),
            tuple(row.get("must_not") or ()),
            row.get("least"),
            tuple((each["document"], each["text"]) for each in row.get("evidence") or ()),
        )
        history = tuple((turn["role"], turn["content"]) for turn in row.get("history") or [])
        return Question(row["id"], row["question"], history, (), bool(row["answerable"]), (), (), "en", wanted)
    except (KeyError, TypeError) as error:
        raise UsageError(f"An everyday question lacks or garbles the field {error}: {str(row)[:80]}…") from error


def _places(sentences: Sequence[str], paths: Sequence[str], texts: dict[str, str]) -> tuple[Gold, ...]:
    found = []
    for sentence in sentences:
        text = sentence.replace("\r\n", "\n").replace("\r", "\n").strip()
        for path in paths:
            if text and (start := texts[path].find(text)) >= 0:
                found.append((path, Span(start, start + len(text))))
                break
    return tuple(found)
