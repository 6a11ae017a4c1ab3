"""The child process in which files are parsed: reads requests, answers with parts to `rag.documents.parsing`.

It limits itself before it looks at a file: memory, processor time, no writing, no network, no other program. What it
answers is data (JSON in frames), never code: whoever takes this process over can lie about one file's text.
"""

import base64
import hashlib
import importlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from rag.documents.formats import confined, limits
from rag.documents.formats.frames import Frame, read_frame, write_frame
from rag.documents.formats.kinds import CODE, FOREIGN, PARSED, PICTURES, suffix
from rag.documents.formats.parts import (
    Asked,
    Found,
    Member,
    Page,
    Part,
    Parts,
    Picture,
    Reader,
    Refusal,
    RefusedError,
    Text,
    Wishes,
    clean,
)
from rag.documents.formats.plain import decode, shortened, title

Recall = Callable[[str], Found | None]
_WITH_WISHES = frozenset({"pdf", "word"})
_LONGEST_REASON = 300  # characters


def main(memory: int) -> None:
    """Serve requests from standard input until it ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between the frames
    confined.limit(memory)

    def recall(digest: str) -> Found | None:
        write_frame(answers, {"asked": digest})
        found = (read_frame(requests) or {}).get("found")
        return found if isinstance(found, list) else None

    while (request := read_frame(requests)) is not None:
        for answer in _answers(request, recall):
            write_frame(answers, answer)


def _answers(request: Frame, recall: Recall) -> Iterator[Frame]:
    """Yield a frame for every part of one file, or the picture of one page, then the last one."""
    path, name = str(request["file"]), str(request["name"])
    budget = _Budget(float(request["cpu_seconds"]), frozenset(request["skip"]), Wishes(**request["wishes"]), recall)
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            if "page" in request:
                yield from _printed(file, name, request, budget)
            else:
                yield from _read(file, name, "", budget, 0)
    except OSError as error:
        yield {"refused": "", "lasting": False, "reason": f"cannot be read ({error.strerror or error})."}
    yield {"done": True}


class _Budget:
    """What one file may still take, and what goes with it into every member."""

    def __init__(self, seconds: float, skip: frozenset[str], wishes: Wishes, recall: Recall) -> None:
        self.wishes = wishes
        self.recall = recall
        self.members = limits.MOST_MEMBERS
        self.bytes = limits.LARGEST_UNPACKED
        self.skip = skip
        """Members that are left out: they were read before, or ended this process."""
        self._seconds = seconds
        self._end = time.process_time() + seconds * limits.WHOLE_FILE

    def begin(self) -> None:
        """Count processor time anew: after so much work the system ends this process."""
        confined.limit_processor(min(time.process_time() + self._seconds, self._end))

    def lengthen(self, seconds: float) -> None:
        """Give the whole file so much more, and count the time for its next part anew."""
        self._end += seconds
        self.begin()


def _read(file: BinaryIO, name: str, inside: str, budget: _Budget, depth: int) -> Iterator[Frame]:
    """Yield the frames of a file, or of the member at `inside`, and of everything in it."""
    budget.begin()
    try:
        for part in _told_parts(reader(name, budget.wishes)(file, name), budget):
            if isinstance(part, Refusal):
                yield {"refused": _join(inside, part.member), "reason": _shortened(part.reason)}
            elif isinstance(part, Text):
                yield _document(part, name, inside)
            elif isinstance(part, Page):
                yield _page(part)
            elif isinstance(part, Member):
                yield from _member(part, inside, budget, depth)
                budget.begin()
    except RefusedError as refused:
        yield {"refused": inside, "reason": _shortened(str(refused))}
    except ImportError as error:
        reason = f"needs the library {error.name}, which belongs to the program. Install the program again."
        yield {"refused": inside, "lasting": False, "reason": reason}
    except MemoryError:
        yield {"refused": inside, "memory": True, "reason": "needs more memory than one file may have."}
    except RecursionError:
        yield {"refused": inside, "reason": "is nested too deeply."}
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # whatever a library makes of a damaged file; those in Rust panic beside Exception
        yield {"refused": inside, "reason": f"is damaged, or not what its name says ({_told(error)})."}


def _told_parts(parts: Parts, budget: _Budget) -> Iterator[Part]:
    """Yield the parts of a file, after answering what its reader asks."""
    answer: Found | None = None
    while True:
        try:
            part = parts.send(answer)
        except StopIteration:
            return
        answer = None
        if isinstance(part, Asked):
            answer = budget.recall(part.digest)
            budget.lengthen(limits.OCR_SECONDS)
        else:
            yield part


def _member(member: Member, inside: str, budget: _Budget, depth: int) -> Iterator[Frame]:
    path = _join(inside, member.name)
    budget.members -= 1
    budget.bytes -= len(member.data)
    if budget.members < 0 or budget.bytes < 0:
        raise RefusedError("holds more than is read of one file; what comes later is left out. Unpack it.")
    if path in budget.skip:
        return
    yield {"begin": path}
    if depth >= limits.DEEPEST:
        yield {"refused": path, "reason": f"lies more than {limits.DEEPEST} files deep. Unpack it."}
    elif suffix(member.name) in FOREIGN:
        yield {"refused": path, "reason": f"is of a kind that is not read. {FOREIGN[suffix(member.name)]}"}
    else:
        digest = hashlib.sha256(member.data).hexdigest()
        for frame in _read(io.BytesIO(member.data), member.name, path, budget, depth + 1):
            yield {**frame, "sha256": digest} if frame.get("inside") == path else frame
    yield {"end": path}


def reader(name: str, wishes: Wishes) -> Reader:
    """Return what reads files of this name. Raises ImportError where its library is missing."""
    kind = "picture" if suffix(name) in PICTURES else PARSED.get(suffix(name))
    if kind is None:
        return _plain
    found: Any = importlib.import_module(f"rag.documents.formats.{kind}").read
    chosen: Reader = partial(found, wishes=wishes) if kind in _WITH_WISHES else found
    return chosen


def _printed(file: BinaryIO, name: str, request: Frame, budget: _Budget) -> Iterator[Frame]:
    """Yield the picture of one page of a file, or of a member, or why there is none."""
    from rag.documents.formats.printed import draw

    budget.begin()
    try:
        file, name = _opened(file, name, str(request["inside"]), budget)
        parts = draw(file, name, int(request["page"]), str(request["words"]), float(request["share"]), budget.wishes)
        for part in _told_parts(parts, budget):
            if isinstance(part, Picture):
                yield {**vars(part), "image": base64.b64encode(part.image).decode("ascii")}
    except (RefusedError, MemoryError) as refused:
        yield {"refused": "", "reason": _shortened(str(refused) or "needs too much memory.")}
    except Exception as error:
        yield {"refused": "", "reason": f"cannot be drawn ({_told(error)})."}


def _opened(file: BinaryIO, name: str, inside: str, budget: _Budget) -> tuple[BinaryIO, str]:
    """Return the file itself, or the member at `inside`, and its name."""
    for _ in range(limits.DEEPEST):
        if not inside:
            break
        for part in _told_parts(reader(name, budget.wishes)(file, name), budget):
            if isinstance(part, Member) and f"{inside}/".startswith(f"{part.name}/"):
                file, name, inside = io.BytesIO(part.data), part.name, inside[len(part.name) + 1 :]
                break
        else:
            raise RefusedError("is no longer there.")
    return file, name


def _plain(file: BinaryIO, name: str) -> Parts:
    yield Text(decode(file.read()), PurePosixPath(name).name if suffix(name) in CODE else "")


def _document(part: Text, name: str, inside: str) -> Frame:
    text = clean(part.text)
    named = " ".join(clean(part.title).split()) or title(text, PurePosixPath(name).stem)
    pages = part.pages if len(text) == len(part.text) else ()
    tables = [vars(table) for table in part.tables] if len(text) == len(part.text) else []
    scanned = part.scanned if len(text) == len(part.text) else ()
    return {
        "inside": inside,
        "title": shortened(named),
        "text": text,
        "pages": pages,
        "tables": tables,
        "scanned": scanned,
    }


def _page(part: Page) -> Frame:
    return {"page": part.number, "of": part.of, "digest": part.digest, "found": part.found}


def _join(inside: str, name: str) -> str:
    return f"{inside}/{name}" if inside and name else inside or name


def _told(error: BaseException) -> str:
    return _shortened(f"{type(error).__name__}: {error}")


def _shortened(words: str) -> str:
    """Return what a library said of a file, of which it may cite much, as one line of text."""
    line = "".join(character for character in " ".join(words.split()) if character.isprintable())
    return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + "…"


if __name__ == "__main__":
    main(int(sys.argv[1]))
