"""Conversations on disk, each person's apart, and as Markdown and JSON. It does not know the page.

They lie on the computer that runs the program, not in the browser: no limit of some megabytes, two tabs do not
overwrite each other, and another port tomorrow finds them.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rag.api import Answer

from .uploads import shown_path

MOST = 200
"""Conversations kept for one person; the oldest go."""
COMPARE = "compare"
"""The kind of answer whose text holds a table, written as in Markdown."""
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Turn:
    """A question and what came of it: an answer, an error's message, text that still arrives, or what it waits for."""

    question: str
    answer: Answer | None = None
    problem: str | None = None
    arriving: str = ""
    status: str = ""


Conversation = tuple[Turn, ...]
_FORMAT = TypeAdapter(Conversation)


def new_id() -> str:
    """Return the name of a conversation that begins."""
    return secrets.token_hex(8)


class Conversations:
    """The conversations about one folder of documents; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        """Keep them in `folder`."""
        self._root = folder

    def save(self, owner: str | None, id_: str, turns: Conversation) -> None:
        """Keep a conversation as it is now; a full or read-only disk loses the history, not the answer."""
        if (file := self._file(owner, id_)) is None or not turns:
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = file.with_suffix(".part")
            part.write_bytes(_FORMAT.dump_json(turns))
            part.replace(file)
            for old in self._files(file.parent)[MOST:]:
                old.unlink(missing_ok=True)
        except OSError:
            return

    def titles(self, owner: str | None) -> list[tuple[str, str]]:
        """Return (first question, id) of each, the latest first."""
        if self._root is None or owner is None:
            return []
        found = []
        for file in self._files(self._root / owner):
            if turns := self.load(owner, file.stem):
                question = " ".join(turns[0].question.split())
                found.append((question if len(question) <= 80 else f"{question[:79]}…", file.stem))
        return found

    def load(self, owner: str | None, id_: str) -> Conversation:
        """Return a conversation; empty when it is not there, damaged or somebody else's."""
        if (file := self._file(owner, id_)) is None:
            return ()
        try:
            return _FORMAT.validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return ()

    def delete(self, owner: str | None, id_: str) -> None:
        """Forget a conversation."""
        if file := self._file(owner, id_):
            file.unlink(missing_ok=True)

    def _file(self, owner: str | None, id_: str) -> Path | None:
        if self._root is None or owner is None or not _ID.fullmatch(id_) or not _ID.fullmatch(owner):
            return None
        return self._root / owner / f"{id_}.json"

    @staticmethod
    def _files(folder: Path) -> list[Path]:
        return sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True)


def answer_markdown(answer: Answer) -> str:
    """Return the answer with its markers and the sentences behind them, as Markdown."""
    text = answer.marked(
        lambda statement: "".join(f"[{n}]" for n in statement.sources) or " *(not found in the documents)*",
        _plain_but_bars if answer.kind == COMPARE else _plain,
    )
    listed = []
    for source in answer.sources:
        page = "" if source.page is None else f"page {source.page}, "
        read = f", {source.how_read}" if source.how_read else ""
        where = f"{_plain(shown_path(source.document))}, {page}characters {source.start}–{source.end}{read}"
        listed.append(f"{source.number}. “{_plain(' '.join(source.text.split()))}” — {where}")
    heading = "Nearest sentences" if answer.abstained else "Sources"
    return text + (f"\n\n**{heading}**\n\n" + "\n".join(listed) if listed else "") + "\n"


def conversation_markdown(turns: Sequence[Turn]) -> str:
    """Return a conversation as Markdown."""
    parts = []
    for turn in turns:
        said = turn.problem or turn.status or turn.arriving
        body = answer_markdown(turn.answer) if turn.answer else f"{_plain(said)}\n"
        parts.append(f"## {_plain(' '.join(turn.question.split()))}\n\n{body}")
    return "\n".join(parts)


def conversation_json(turns: Sequence[Turn]) -> str:
    """Return a conversation as JSON: a list of answers in the contract of the README, or errors."""
    rows = [t.answer.to_dict() if t.answer else {"question": t.question, "error": t.problem or t.status} for t in turns]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _plain_but_bars(text: str) -> str:
    """Return `text` as `_plain`, the bars of its table left as they are."""
    return _plain(text).replace("\\|", "|")


def _plain(text: str) -> str:
    """Return `text` so that Markdown shows exactly it."""
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", text)
