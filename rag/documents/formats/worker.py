"""The child process in which files are parsed: reads requests, answers with parts to `rag.documents.parsing`.

It limits itself before it looks at a file: memory, processor time, no writing, no network, no other program. What it
answers is data (JSON in frames), never code: whoever takes this process over can lie about one file's text.
"""

import hashlib
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from rag.documents.formats import limits
from rag.documents.formats.kinds import CODE, FOREIGN, PARSED, PICTURES, suffix
from rag.documents.formats.parts import Member, Page, Part, Reader, Refusal, RefusedError, Text, clean
from rag.documents.formats.plain import decode, shortened, title

Frame = dict[str, Any]
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork")
_LONGEST_REASON = 300  # characters
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main(memory: int) -> None:
    """Serve requests from standard input until it ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between the frames
    limit(memory)
    while (request := read_frame(requests)) is not None:
        for answer in _answers(request):
            write_frame(answers, answer)


def read_frame(stream: BinaryIO, largest: int = sys.maxsize) -> Frame | None:
    """Return the next frame, None at the end. Raises ValueError for what is none."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    if size > largest:
        raise ValueError("the frame is too large")
    body = stream.read(size)
    if len(body) < size:
        return None
    frame = json.loads(body)
    if not isinstance(frame, dict):
        raise ValueError("the frame is no object")
    return frame


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Write one frame: its length in eight bytes, then JSON."""
    body = json.dumps(frame, ensure_ascii=True).encode("ascii")
    stream.write(len(body).to_bytes(8, "big") + body)
    stream.flush()


def _answers(request: Frame) -> Iterator[Frame]:
    """Yield a frame for every part of one file, then the last one."""
    path, name = str(request["file"]), str(request["name"])
    budget = _Budget(float(request["cpu_seconds"]), frozenset(request["skip"]))
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            yield from _read(file, name, "", budget, 0)
    except OSError as error:
        yield {"refused": "", "lasting": False, "reason": f"cannot be read ({error.strerror or error})."}
    yield {"done": True}


class _Budget:
    """What one file may still take."""

    def __init__(self, seconds: float, skip: frozenset[str]) -> None:
        self.members = limits.MOST_MEMBERS
        self.bytes = limits.LARGEST_UNPACKED
        self.skip = skip
        """Members that are left out: they were read before, or ended this process."""
        self._seconds = seconds
        self._end = time.process_time() + seconds * limits.WHOLE_FILE

    def begin(self) -> None:
        """Count processor time anew: after so much work the system ends this process."""
        _limit_processor(min(time.process_time() + self._seconds, self._end))

    def lengthen(self, seconds: float) -> None:
        """Give the whole file so much more, and count the time for its next part anew."""
        self._end += seconds
        self.begin()


def _read(file: BinaryIO, name: str, inside: str, budget: _Budget, depth: int) -> Iterator[Frame]:
    """Yield the frames of a file, or of the member at `inside`, and of everything in it."""
    budget.begin()
    try:
        for part in reader(name)(file, name):
            if isinstance(part, Refusal):
                yield {"refused": _join(inside, part.member), "reason": _shortened(part.reason)}
            elif isinstance(part, Text):
                yield _document(part, name, inside)
            elif isinstance(part, Page):
                budget.lengthen(limits.OCR_SECONDS)
                yield {"page": part.number}
            else:
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


def reader(name: str) -> Reader:
    """Return what reads files of this name. Raises ImportError where its library is missing."""
    kind = "picture" if suffix(name) in PICTURES else PARSED.get(suffix(name))
    if kind is None:
        return _plain
    found: Reader = importlib.import_module(f"rag.documents.formats.{kind}").read
    return found


def _plain(file: BinaryIO, name: str) -> Iterator[Part]:
    yield Text(decode(file.read()), PurePosixPath(name).name if suffix(name) in CODE else "")


def _document(part: Text, name: str, inside: str) -> Frame:
    text = clean(part.text)
    named = " ".join(clean(part.title).split()) or title(text, PurePosixPath(name).stem)
    pages = part.pages if len(text) == len(part.text) else ()
    tables = [vars(table) for table in part.tables] if len(text) == len(part.text) else []
    return {"inside": inside, "title": shortened(named), "text": text, "pages": list(pages), "tables": tables}


def _join(inside: str, name: str) -> str:
    return f"{inside}/{name}" if inside and name else inside or name


def _told(error: BaseException) -> str:
    return _shortened(f"{type(error).__name__}: {error}")


def _shortened(words: str) -> str:
    """Return what a library said of a file, of which it may cite much, as one line of text."""
    line = "".join(character for character in " ".join(words.split()) if character.isprintable())
    return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + "…"


# Limits


def limit(memory: int) -> None:
    """Let this process have `memory` bytes of address space, write no file, reach no network and start no program."""
    try:
        import resource
    except ImportError:  # Windows has none of it: there the parent's patience is the limit
        pass
    else:
        _set(resource.RLIMIT_AS, memory)
        _set(resource.RLIMIT_FSIZE, 0)
        _set(resource.RLIMIT_CORE, 0)
    sys.addaudithook(_audit)


def _limit_processor(until: float) -> None:
    """Let the system end this process when it has worked for `until` seconds in all."""
    try:
        import resource
    except ImportError:
        return
    _set(resource.RLIMIT_CPU, int(until) + 1)


def _set(kind: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    with_hard = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (with_hard, hard))
    except (OSError, ValueError):  # macOS knows RLIMIT_AS but does not take it
        return


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not allowed while a document is read")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError("writing is not allowed while a document is read")


if __name__ == "__main__":
    main(int(sys.argv[1]))
