"""Several documents → what they have in common: the names that stand in more than one. No model.

A name is a run of capitalised words. Longer names, and those in more documents, come first. It does
not know which documents were meant.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from rag.answering.naming import root
from rag.answering.whole.dates import dates
from rag.answering.whole.line import Line
from rag.answering.whole.outline import Sentence, content
from rag.documents.words import words

_MOST = 4
"""Names that are told."""
_SEEN = 2_000
"""Sentences of a document that are looked through."""
_TOLD = 4  # documents that are named with a name
_LONGEST = 5  # words of a name
_WORD = r"[^\W\d_]+(?:[-’'][^\W\d_]+)*"
_PHRASE = re.compile(rf"{_WORD}(?:[ ]{_WORD})*")


def in_common(documents: Mapping[str, Sequence[Sentence]]) -> Iterator[Line]:
    """Yield a line for each name that several of the documents (sentences by the document's name) hold.

    Each rests on a sentence of every document that it tells of.
    """
    first: dict[str, dict[str, Sentence]] = {}
    often: Counter[str] = Counter()
    for document, sentences in documents.items():
        small = {
            word for each in sentences[:_SEEN] for word in re.findall(rf"\b{_WORD}\b", each.text) if word.islower()
        }
        for sentence in content(sentences)[:_SEEN]:
            if sentence.is_row:
                continue
            for name in names_in(sentence.said):
                if not all(word.casefold() in small for word in name.split()):
                    first.setdefault(name, {}).setdefault(document, sentence)
                    often[name] += 1
    shared = [name for name, held in first.items() if len(held) > 1]
    shared.sort(key=lambda name: (-len(first[name]), -len(name.split()), -often[name], name))
    told: set[str] = set()
    for name in shared:
        roots = {root(word) for word in words(name)}
        if roots and not roots & told:
            told |= roots
            held = list(islice(first[name].items(), _TOLD))
            more = f" and {len(first[name]) - _TOLD} more" if len(first[name]) > _TOLD else ""
            yield Line(name, tuple(each for _, each in held), f"- In {_listed([n for n, _ in held], more)}: ")
        if len(told) >= 2 * _MOST:
            return


def names_in(sentence: str) -> Iterator[str]:
    """Yield the names of a sentence; a single word that begins it does not count, nor does a month."""
    for phrase in _PHRASE.finditer(sentence):
        run: list[str] = []
        begins = not re.search(r"\w", sentence[: phrase.start()])
        for word in [*phrase.group().split(" "), ""]:
            if word[:1].isupper():
                run.append(re.sub("[’']s$", "", word))
                continue
            if begins and run and (len(run) == 1 or not words(run[0])):
                run = run[1:]  # a capital that begins a sentence is none of a name
            name = " ".join(run)
            if 0 < len(run) <= _LONGEST and len(name) > 2 and not dates(f"in {name}", 1):
                yield name
            run, begins = [], False


def _listed(names: Sequence[str], more: str) -> str:
    return ", ".join(names) + more if more or len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"
