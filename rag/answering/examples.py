"""Documents → example questions: what can be asked at once, and real questions that were tried before they are shown.

A question is made from a sentence that is central to its document, and kept only if the whole way of a question, as
anybody's, ends in a sure answer that shows this very sentence. That takes the model some seconds each, so it is done
while nobody asks, and kept beside the index. It does not know who is shown the questions.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from rag.answering.answer import Answer
from rag.answering.naming import KINDS
from rag.answering.requests import FACT, understand
from rag.answering.whole.central import groups
from rag.answering.whole.line import POINTS_BACK
from rag.answering.whole.outline import Sentence, content, is_table
from rag.answering.whole.workshop import Workshop
from rag.documents.words import names
from rag.index.records import DocumentRecord

MOST = 4
"""Questions that are shown."""
WANTED = 3
"""Questions that are made."""
_TITLE = 60  # characters
_DOCUMENTS = 4
"""Documents that they are made from."""
_TRIED = 4  # sentences of a document
_SURE = 0.85
"""Least confidence of the answer to a question that is shown."""
_WORDS = range(7, 36)  # of a sentence
_ASKING = range(4, 19)  # words of a question
_QUESTION_TOKENS = 40
_POINTS = re.compile(
    r"\b(?:he|she|it|they|his|her|its|their|this|these|those|the (?:text|sentence|document|passage|article))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Example:
    """A question that was tried."""

    question: str
    document: str
    passage: str
    """Id of the chunk that answers it: while that is there, it can be asked."""


@dataclass(frozen=True)
class Examples:
    """The questions of a folder as they were at some time."""

    generation: int
    made: tuple[Example, ...]
    finished: bool
    """Whether all that are wanted were looked for."""


def shown(records: Mapping[str, DocumentRecord], made: Sequence[Example], most: int = MOST) -> list[str]:
    """Return example questions about these documents: what can be asked of any, and those that were tried."""
    general = _of_any(records)
    tried = [each.question for each in made if each.document in records]
    return [*general[: max(1, most - len(tried))], *tried][:most]


def _of_any(records: Mapping[str, DocumentRecord]) -> list[str]:
    """Return what can be asked without looking: of everything, and of the documents with most to say."""
    if len(records) == 1:
        return ["Summarize the document", "What is the document about?"]
    titles = Counter(record.title for record in records.values())
    asked = ["Summarize all documents"] if records else []
    for record in sorted(records.values(), key=lambda record: (-record.sentences, record.path)):
        name = PurePosixPath(record.path)
        fits = titles[record.title] == 1 and len(record.title) <= _TITLE
        called = record.title if fits else name.name
        is_sheet = name.suffix.lstrip(".").casefold() in KINDS["table"].split()
        asked.append(f"What is in {name.name}?" if is_sheet else f"Summarize {called}")
        if len(asked) == MOST:
            break
    return asked


def read_examples(file: Path | None) -> Examples | None:
    """Return what is kept in `file`; None where there is nothing, or nothing of ours."""
    if file is None:
        return None
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        made = tuple(Example(**each) for each in kept["made"])
        return Examples(int(kept["generation"]), made, bool(kept["finished"]))
    return None


def write_examples(file: Path, examples: Examples) -> None:
    """Keep the questions in `file`, whole or not at all; a disk that is full keeps the page without them."""
    with suppress(OSError):
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asdict(examples), ensure_ascii=False), encoding="utf-8")
        part.replace(file)


def make_examples(
    shop: Workshop,
    generation: int,
    before: Examples | None,
    try_out: Callable[[str], Answer | None],
) -> Iterator[Examples]:
    """Yield the questions each time that there is one more, and once when no more will come.

    Those from `before` whose passage is still there are taken over. `try_out` answers a question, None when it was
    stopped; when the shop is stopped nothing more is yielded.
    """
    there = shop.index.chunks([each.passage for each in before.made]) if before else {}
    made = tuple(each for each in before.made if each.passage in there)[:WANTED] if before else ()
    for sentence in _salient(shop) if len(made) < WANTED else ():
        if shop.stopped():
            return
        question = _question(shop, sentence)
        if not question or question in [each.question for each in made]:
            continue
        answer = try_out(question)
        if answer is None or shop.stopped():
            return
        if _shows(answer, sentence):
            made = (*made, Example(question, sentence.chunk.document, sentence.chunk.id))
            yield Examples(generation, made, False)
        if len(made) == WANTED:
            break
    if not shop.stopped():
        yield Examples(generation, made, True)


def _salient(shop: Workshop) -> Iterator[Sentence]:
    """Yield sentences that say something by themselves: a central one of each document, then the next of each."""
    records = sorted(shop.index.documents().values(), key=lambda record: (-record.sentences, record.path))
    texts = [
        sentences for record in records[: 3 * _DOCUMENTS] if not is_table(sentences := shop.sentences(record.path))
    ]
    found = [_central(shop, sentences) for sentences in texts[:_DOCUMENTS]]
    for turn in range(_TRIED):
        yield from (each[turn] for each in found if turn < len(each))


def _central(shop: Workshop, sentences: Sequence[Sentence]) -> list[Sentence]:
    said = [each for each in content(sentences) if _is_fit(each)]
    return [each for group in groups(shop, said, _TRIED) for each in group][:_TRIED]


def _is_fit(sentence: Sentence) -> bool:
    """Tell whether a question can be made from a sentence: it names something, and leans on no other."""
    said = sentence.said
    whole = said.endswith(".") and len(said.split()) in _WORDS
    return whole and not sentence.is_row and not POINTS_BACK.match(said) and bool(names(said))


def _question(shop: Workshop, sentence: Sentence) -> str:
    """Return the question that the model makes of a sentence; empty where it cannot be asked by itself."""
    said = shop.write(
        "example",
        _QUESTION_TOKENS,
        sentence.chunk.document,
        title=sentence.chunk.title,
        text=sentence.chunk.text,
        sentence=sentence.said,
    )
    question = " ".join(said.split("\n")[0].split()).strip('"“”')
    asked = question.endswith("?") and len(question.split()) in _ASKING and understand(question).kind == FACT
    return question if asked and not _POINTS.search(question) and names(question) <= _known(sentence) else ""


def _known(sentence: Sentence) -> set[str]:
    return names(f"- {sentence.chunk.title}. {sentence.chunk.text}")


def _shows(answer: Answer, sentence: Sentence) -> bool:
    """Tell whether an answer is sure, supported throughout, and shows the sentence."""
    start = sentence.chunk.sentences[sentence.position].start
    shown = any(each.document == sentence.chunk.document and each.start == start for each in answer.sources)
    sure = not answer.abstained and answer.confidence >= _SURE
    return sure and shown and bool(answer.statements) and all(each.supported for each in answer.statements)
