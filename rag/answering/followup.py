"""A turn of a conversation → does it need the turns before it, and the words it is searched by. No model, no index.

The reader rewrites; here stands when and how it is asked for. A question that names what it is about is left as
it is, so that a change of topic does not drag the old one along.
"""

import re
from collections.abc import Callable, Sequence

from rag.answering.prompting import is_yes_or_no, prompt
from rag.answering.reader import Reader, never
from rag.documents.words import stems, words

Turns = Sequence[tuple[str, str]]
"""(role, text), oldest first; role is "user" or "assistant"."""

_POINTING = re.compile(
    r"\b(?:it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|that|those|then|one|ones|"
    r"(?:this|these)(?! (?:days?|weeks?|months?|years?|time|times|morning|afternoon|evening|spring|summer|autumn|fall|"
    r"winter)\b)|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )there|there(?=\W*$)|"
    r"such|same|former|latter|else|other|others|another|both|either|neither|above|previous|earlier|mentioned)\b",
    re.IGNORECASE,
)
_GOING_ON = re.compile(
    r"^\W*(?:and|but|or|so|also|then|what about|how about|what else|why not|why|how so|really|are you sure|"
    r"tell me more|more|go on|continue|explain|elaborate|und|aber|et|mais|y|pero|e|ma|и|а|но|那|那么|还有|它|他|她)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[\w.:/-]*\w")
_HISTORY_TOKENS = 400
"""Of a conversation, how much the rewriting of a question reads."""
_REWRITTEN_TOKENS = 64
_FEW = 2  # words of its own with which a question is hardly about anything by itself


def depends_on_history(question: str, history: Turns) -> bool:
    """Tell whether `question` needs what was said before: it points back, goes on, or hardly names anything."""
    if not any(role == "user" for role, _ in history):
        return False
    if _GOING_ON.search(question):
        return True
    points = _POINTING.search(question) or len(words(question)) <= _FEW
    return bool(points) and not _names_something(question)


def _names_something(question: str) -> bool:
    """Tell whether the question has names of its own before it points at anything: then it points at those."""
    pointing = _POINTING.search(question)
    before = question[: pointing.start()] if pointing else question
    named = [word for word in re.findall(r"[^\W\d_][\w'’-]*", before)[1:] if word[0].isupper()]
    return len(named) >= 1


def searches(question: str, history: Turns) -> list[str]:
    """Return what is searched for, best first: the question, and it behind the question before it.

    Both rankings are fused, so that the old topic helps where the new question says little, and yields where it says
    enough. On conversations this finds more than either alone, and as much as a model's rewriting, for nothing.
    """
    before = [text for role, text in history if role == "user"][-1:]
    return [question, *(f"{text} {question}" for text in before)]


def standalone(question: str, history: Turns, reader: Reader, stopped: Callable[[], bool] = never) -> str:
    """Let `reader` rewrite a follow-up so that it stands alone; the follow-up itself where it says nothing."""
    if exchanged := _exchanged(question, history):
        return exchanged
    lines: list[str] = []
    room = _HISTORY_TOKENS
    for role, text in reversed(history):
        line = f"{role.capitalize()}: {' '.join(text.split())}"
        room -= reader.count(line)
        if room < 0 and lines:
            break
        lines.insert(0, line[: 4 * _HISTORY_TOKENS])
    request = prompt("condense", history="\n".join(lines), question=question)
    said = "".join(reader.complete(prompt("rewriter"), request, max_tokens=_REWRITTEN_TOKENS, stopped=stopped))
    first = next(iter(said.strip().splitlines()), "").strip()
    if not first:
        return question
    return first if _asks_the_same(question, first) else f"{_last_question(history)} {question}"


def _asks_the_same(question: str, rewritten: str) -> bool:
    """Tell whether a rewriting is still a question, of the same kind, with a word of what was asked."""
    own = stems(_POINTING.sub(" ", _GOING_ON.sub(" ", question)))
    if "?" in question and "?" not in rewritten:
        return False
    if is_yes_or_no(question) and not is_yes_or_no(rewritten):
        return False
    return not own or bool(own & stems(rewritten))


def _last_question(history: Turns) -> str:
    return next((text for role, text in reversed(history) if role == "user"), "")


def _exchanged(question: str, history: Turns) -> str | None:
    """Return the question before with one thing exchanged, where `question` says no more: "And E31?" behind "… E10 …?".

    Told by the form of the word: capitals, small letters and digits. None where that does not tell.
    """
    said = [word for word in _WORDS.findall(question) if not _GOING_ON.fullmatch(word)]
    before = _last_question(history)
    if len(said) != 1 or not any(c.isdigit() for c in said[0]):
        return None
    alike = [word for word in _WORDS.findall(before) if _form(word) == _form(said[0])]
    return before.replace(alike[0], said[0]) if len(alike) == 1 else None


def _form(word: str) -> str:
    return re.sub(r"\d+", "9", re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", word)))
