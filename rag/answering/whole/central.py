"""Sentences → the ones that carry a text, in groups that become a line each. It does not know how lines are made.

A sentence is central when it is like the text as a whole (centroid, Radev et al. 2004), begins its section, and holds
names and numbers; sentences are taken one by one, each for what the ones before it do not say (maximal marginal
relevance, Carbonell and Goldstein 1998).
"""

import json
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.answering.whole.line import POINTS_BACK, is_listed
from rag.answering.whole.outline import Sentence, content
from rag.answering.whole.workshop import Workshop
from rag.documents.words import names, words
from rag.index.embedder import Vectors

READ_AT_MOST = 160
"""Sentences that are compared; of a longer text those of its central passages."""
_VERSION = 1
"""Of this way to choose: what was chosen in another way is chosen anew."""
_GROUP, _ITEMS = 3, 6  # sentences of a line at most, and items
_GROUP_WORDS = 70
_LIKE, _FIRST, _NAMED, _POOR, _ASKED = 1.0, 0.12, 0.1, 0.3, 1.5
_NEW = 0.65  # share of what is central in the choice; the rest is what is new
_ADDRESS = re.compile(r"@\w|https?:|\b(?:phone|tel|fax|e-?mail|telefon|courriel)\b|\bcopy to\b", re.IGNORECASE)
_FORMAL = re.compile(
    r"^(?:from|to|cc|date|subject|sent|von|an|betreff|datum|dear|hello|hi|sehr geehrte|liebe|kind regards"
    r"|best regards|regards"
    r"|sincerely|yours|mit freundlichen|cordialement)\b|^[\w.+-]+@|^https?:",
    re.IGNORECASE,
)


def groups(shop: Workshop, sentences: Sequence[Sentence], wanted: int, topic: str = "") -> list[list[Sentence]]:
    """Return at most `wanted` groups of neighbouring sentences, in the text's order; `topic` says what matters most."""
    said = [each for each in content(sentences) if len(words(each.said)) > 1 and not is_formal(each)]
    sound = [each for each in said if _poor(each) < 1]
    said = sound if len(sound) > wanted else said or content(sentences)
    said = _of_central_passages(shop, said, topic)
    if not said:
        return []
    made_from = "\n".join(
        (
            f"central {_VERSION} {wanted} {shop.embedder.fingerprint}",
            topic,
            *(f"{each.section[-1:]} {each.said}" for each in said),
        )
    )
    if (before := shop.kept.get(made_from)) is not None:
        return [[said[i] for i in group] for group in json.loads(before)]
    chosen = _chosen(shop, said, wanted, topic)
    if shop.stopped():
        return []
    shop.kept.put(made_from, json.dumps(chosen), said[0].chunk.document)
    return [[said[i] for i in group] for group in chosen]


def is_formal(sentence: Sentence) -> bool:
    """Tell whether it is a line at the head of a mail or letter, a greeting or an address."""
    return bool(_FORMAL.match(sentence.said))


def _of_central_passages(shop: Workshop, said: list[Sentence], topic: str) -> list[Sentence]:
    """Return at most so many sentences as are compared: of the passages that are most like the text, or the topic."""
    if len(said) <= READ_AT_MOST:
        return said
    vectors = shop.index.vectors(list(dict.fromkeys(each.chunk.id for each in said)))
    if not vectors:  # the document went meanwhile
        return said[:READ_AT_MOST]
    ids = list(vectors)
    matrix = np.array([vectors[id_] for id_ in ids])
    asked = shop.embed([topic])[0] if topic else matrix.mean(axis=0)
    near = dict(zip(ids, (matrix @ asked).tolist(), strict=True))
    ordered = sorted(range(len(said)), key=lambda i: (-near.get(said[i].chunk.id, -1.0), i))
    return [said[i] for i in sorted(ordered[:READ_AT_MOST])]


def _chosen(shop: Workshop, said: list[Sentence], wanted: int, topic: str) -> list[list[int]]:
    """Return the groups, as positions in `said`."""
    vectors = shop.embed([each.said for each in said])
    worth = _worth(said, vectors, shop.embed([topic])[0] if topic else None)
    chosen: list[int] = []
    taken: set[int] = set()
    by_section: dict[tuple[str, ...], int] = {}
    while len(chosen) < wanted and len(taken) < len(said):
        like = (vectors @ vectors[sorted(taken)].T).max(axis=1) if taken else np.zeros(len(said), np.float32)
        gains = _NEW * worth - (1 - _NEW) * like
        gains = gains - np.array([0.15 * by_section.get(each.section[-1:], 0) for each in said])
        gains[sorted(taken)] = -np.inf
        best = int(gains.argmax())
        chosen.append(best)
        taken.update(_around(said, best, taken))
        by_section[said[best].section[-1:]] = by_section.get(said[best].section[-1:], 0) + 1
    return _apart([_around(said, best, set(chosen) - {best}) for best in sorted(chosen)])


def _apart(found: Sequence[list[int]]) -> list[list[int]]:
    """Return the groups so that no sentence is in two."""
    seen: set[int] = set()
    apart = []
    for group in found:
        left = [i for i in group if i not in seen]
        seen |= set(left)
        if left:
            apart.append(left)
    return apart


def _worth(said: Sequence[Sentence], vectors: Vectors, asked: Vectors | None) -> NDArray[np.float64]:
    """Return how central each sentence is."""
    centre = vectors.mean(axis=0)
    like = (vectors @ (centre / max(float(np.linalg.norm(centre)), 1e-9))).astype(np.float64)
    opens = np.array([i == 0 or said[i - 1].section != each.section for i, each in enumerate(said)], dtype=float)
    named = np.array([min(3, len(names(each.said))) / 3 for each in said])
    poor = np.array([_poor(each) for each in said])
    worth: NDArray[np.float64] = _LIKE * like + _FIRST * opens + _NAMED * named - _POOR * poor
    return worth if asked is None else worth + _ASKED * (vectors @ asked)


def _poor(sentence: Sentence) -> float:
    """Return how much speaks against a sentence by its form: an address, a row among text, next to no words."""
    said = sentence.said
    return float(bool(_ADDRESS.search(said))) + float(sentence.is_row) + float(len(words(said)) < 4)


def _around(said: Sequence[Sentence], best: int, taken: set[int]) -> list[int]:
    """Return the position `best` and its neighbours of the same section and form that fit into a line with it."""
    inside, size = [best], len(said[best].said.split())
    listed = is_listed(said[best])
    steps = (-1, 1) if POINTS_BACK.match(said[best].said) else (1, -1)  # "He has a key": who, the sentence before says
    open_ends = {step: best + step for step in steps}
    while open_ends and len(inside) < (_ITEMS if listed else _GROUP):
        for step, i in list(open_ends.items()):
            fits = 0 <= i < len(said) and i not in taken and said[i].section == said[best].section
            more = len(said[i].said.split()) if fits else 0
            if not fits or is_listed(said[i]) != listed or size + more > _GROUP_WORDS:
                del open_ends[step]
            elif len(inside) < (_ITEMS if listed else _GROUP):
                inside.append(i)
                size += more
                open_ends[step] = i + step
    inside.sort()
    before = inside[0] - 1
    leans = before >= 0 and POINTS_BACK.match(said[inside[0]].said) and said[before].section == said[best].section
    return [before, *inside] if leans and before not in taken else inside
