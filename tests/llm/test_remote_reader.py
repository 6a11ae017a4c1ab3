"""Answers from a model server: llama-cpp-python's own with a real small model, and one of ours that misbehaves."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag import compose
from rag.answering.answer import Answer, Token
from rag.answering.followup import standalone
from rag.answering.prompting import prompt
from rag.doctor.check import Check
from rag.doctor.examine import examine
from rag.documents.chunks import Chunk
from rag.errors import ReaderError, UsageError
from rag.llm.attention_store import AttentionStore
from rag.llm.llama_reader import LlamaReader
from rag.llm.model_server import address
from rag.llm.remote_reader import RemoteReader, probability
from rag.settings import Settings

TEXT = "The harbour of Lysa was dredged in 1931. Karin Holt led the work. The bridge is 412 metres long."
QUESTION = "When was the harbour of Lysa dredged?"


def words(text: str) -> int:
    return len(text.split()) * 2


def passage(text: str = TEXT, title: str = "Harbour") -> Chunk:
    return Chunk(title, f"{title}.txt", title, None, text, 0, len(text), ())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def model_server(model: Path, log: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start `python -m llama_cpp.server` with a real model; yields its address and process."""
    port = free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--port", str(port), "--n_ctx", "1024"]
    command += ["--n_threads", "1", "--n_threads_batch", "1", "--model_alias", "small", *options]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5).close()
                    break
                except OSError as error:
                    if getattr(error, "code", 0) == 401:
                        break
                    assert process.poll() is None, log.read_text(errors="replace")[-2000:]
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def small(weights: Callable[[str], Path]) -> Path:
    return weights("smollm2-135m")


@pytest.fixture(scope="module")
def server(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with model_server(small, tmp_path_factory.mktemp("log") / "log") as (url, _):
        yield url


@contextmanager
def reading(url: str, **options: Any) -> Iterator[RemoteReader]:
    reader = RemoteReader(url, count=words, **{"context_tokens": 1024, **options})
    try:
        yield reader
    finally:
        reader.close()


def text_of(reader: RemoteReader | LlamaReader, passages: Sequence[Chunk], question: str = QUESTION) -> str:
    return "".join(reader.read(passages, question, max_tokens=24).tokens)


# Against the real server


def test_it_reads_what_the_same_model_reads_in_this_process(server: str, small: Path, tmp_path: Path) -> None:
    passages = [passage(), passage("It rained for days. The river rose.", "Rain")]
    here = LlamaReader(small, name="small", sha256="s", store=AttentionStore(tmp_path, 1 << 30), context_tokens=1024)
    with reading(server) as there:
        assert there.name == "small"
        expected, found = (reader.read(passages, QUESTION, max_tokens=24) for reader in (here, there))
        assert found.read == expected.read == 2
        assert found.answerable == pytest.approx(expected.answerable, abs=0.05)
        tails = 30  # here both ends of the prompt count, there the one that was asked first
        assert expected.prompt_tokens - tails <= found.prompt_tokens <= expected.prompt_tokens
        answer = "".join(found.tokens)
        assert answer and answer.split()[:4] == "".join(expected.tokens).split()[:4]
        assert answer == text_of(there, passages)
    here.close()


def test_a_follow_up_is_rewritten_there(server: str) -> None:
    with reading(server) as reader:
        found = standalone("And when?", [("user", "Who led the work?"), ("assistant", "Karin Holt.")], reader)
        assert found and "\n" not in found
        assert standalone("And when?", [("user", "Who?")], reader, lambda: True) == "And when?"


@pytest.mark.long
def test_the_engine_answers_from_it_with_exact_sources_and_without_weights_here(
    server: str, settings: Settings, weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    (settings.docs / "harbour.txt").write_text(TEXT, encoding="utf-8")
    remote = {"llm_url": server, "threshold": 0.0, "answer_tokens": 16, "context_tokens": 1024, "model": "not there"}
    with compose.open_engine(settings.model_copy(update=remote)) as engine:
        *pieces, answer = engine.ask(QUESTION)
        assert isinstance(answer, Answer) and answer.model == "small" and not answer.abstained
        assert answer.answer == "".join(piece.text for piece in pieces if isinstance(piece, Token)) != ""
        assert all(source.text == TEXT[source.start : source.end] for source in answer.sources)
        assert answer.signals["answerable"] is not None and answer.timings.prompt_tokens > 20
        *_, again = engine.ask(QUESTION)
        assert isinstance(again, Answer) and again.answer == answer.answer
    with compose.open_engine(settings.model_copy(update={**remote, "threshold": 1.0})) as engine:
        *_, answer = engine.ask(QUESTION)
        assert isinstance(answer, Answer) and answer.abstained and answer.sources and not answer.statements


def test_stopping_ends_the_answer_and_the_next_one_is_whole(server: str) -> None:
    with reading(server) as reader:
        whole = text_of(reader, [passage()])
        found: list[str] = []
        tokens = reader.read([passage()], QUESTION, max_tokens=200, stopped=lambda: len(found) >= 2).tokens
        for piece in tokens:
            found.append(piece)
        assert 2 <= len(found) <= 3
        closed: Any = reader.read([passage()], QUESTION, max_tokens=200).tokens
        next(closed)
        closed.close()
        assert text_of(reader, [passage()]) == whole


@pytest.mark.long
def test_a_server_without_probabilities_is_asked_for_the_answer_alone(small: Path, tmp_path: Path) -> None:
    with (
        model_server(small, tmp_path / "log", "--logits_all", "False") as (url, _),
        reading(url) as reader,
    ):
        found = reader.read([passage("It rained.", "Rain"), passage()], QUESTION, max_tokens=8)
        assert (found.answerable, found.read) == (None, 2)
        assert "".join(found.tokens) and found.prompt_tokens > 20
        assert not reader.gives_probabilities()


@pytest.mark.long
def test_a_server_that_is_killed_in_the_middle_is_a_message(small: Path, tmp_path: Path) -> None:
    with model_server(small, tmp_path / "log") as (url, process), reading(url) as reader:
        tokens = reader.read([passage()], "Tell everything about the harbour.", max_tokens=400).tokens
        next(tokens)
        process.kill()
        with pytest.raises(ReaderError, match=r"went away in the middle|cannot be reached"):
            list(tokens)
        with pytest.raises(ReaderError, match=r"cannot be reached.*unset RAG_LLM_URL"):
            reader.read([passage()], QUESTION, max_tokens=8)
        assert list(reader.read([passage()], QUESTION, max_tokens=8, stopped=lambda: True).tokens) == []


def test_a_key_is_sent_and_a_wrong_one_is_a_message(small: Path, tmp_path: Path) -> None:
    with model_server(small, tmp_path / "log", "--api_key", "secret") as (url, _):
        with pytest.raises(ReaderError, match="RAG_LLM_KEY"):
            RemoteReader(url, count=words, key="wrong")
        with reading(url, key="secret") as reader:
            assert text_of(reader, [passage()])


def checks(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in examine(settings)}


def test_doctor_says_what_is_in_use_and_what_is_lost(server: str, settings: Settings) -> None:
    found = checks(settings.model_copy(update={"llm_url": server}))
    assert found["model server"].ok and "small" in found["model server"].found
    assert "probabilities" in found["P(answerable)"].found and "server's own cache" in found["kept attention"].remedy
    assert "weights: answer" not in found
    gone = checks(settings.model_copy(update={"llm_url": f"http://127.0.0.1:{free_port()}"}))
    assert not gone["model server"].ok and "RAG_LLM_URL" in gone["model server"].remedy


@pytest.mark.long
def test_a_key_is_never_shown(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.settings import read_settings

    monkeypatch.setenv("RAG_LLM_KEY", "tell-nobody")
    given = read_settings(docs=settings.docs)
    assert "tell-nobody" not in repr(given) + "".join(check.found for check in examine(given))
    assert given.llm_key is not None and given.llm_key.get_secret_value() == "tell-nobody"


# Against a server that misbehaves in ways that a good one does not


class Odd(BaseHTTPRequestHandler):
    """Answers as its `way` says, and remembers requests and who hung up."""

    way = ""
    requests: list[dict[str, Any]] = []
    hung_up = threading.Event()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._send({"data": [{"id": "odd"}] if self.way != "empty" else []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append(body)
        if self.way == "busy once" and len(self.requests) == 1:
            self._send({"error": {"message": "busy"}}, 503)
        elif self.way == "no switch" and "chat_template_kwargs" in body:
            self._send({"error": {"message": "Unrecognized request argument: chat_template_kwargs"}}, 400)
        elif self.way == "too long":
            self._send({"error": {"message": "context length exceeded"}}, 400)
        elif not body.get("stream"):
            self._silent() if self.way == "silent look" else self._send(look(0.2 if self.way == "unsure" else 0.95))
        else:
            self._stream()

    def _send(self, content: object, status: int = 200) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self._piece("One ")
        if self.way == "silent":
            self._silent()
        elif self.way == "cut off":
            self.wfile.write(b"data: [DONE]\n\n")
        elif self.way == "error line":
            self.wfile.write(b'data: {"error": {"message": "out of memory"}}\n\n')
        elif self.way == "thinks":
            for piece in ("<th", "ink>Is it", " two?</think>\n\n", "two."):
                self._piece(piece)
            self._piece("", "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        else:
            self._piece("two.", "stop")
            self.wfile.write(b"data: [DONE]\n\n")

    def _piece(self, text: str, reason: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "odd", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def _silent(self) -> None:
        self.connection.settimeout(20)
        try:
            if self.connection.recv(1) == b"":
                self.hung_up.set()
        except OSError:
            pass


def look(yes: float = 0.95) -> dict[str, object]:
    import math

    top = [{"token": "Yes", "logprob": math.log(yes)}, {"token": "No", "logprob": math.log(1 - yes)}]
    content = [{"token": "Yes", "logprob": math.log(yes), "top_logprobs": top}]
    choice = {"index": 0, "message": {"role": "assistant", "content": "Yes"}, "logprobs": {"content": content}}
    usage = {"prompt_tokens": 50, "completion_tokens": 1, "total_tokens": 51, "prompt_tokens_details": {"cached_tokens": 40}}  # fmt: skip  # noqa: E501
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "odd", "choices": [choice], "usage": usage}


@pytest.fixture
def odd() -> Iterator[Callable[[str], tuple[str, type[Odd]]]]:
    running: list[ThreadingHTTPServer] = []

    def start(way: str) -> tuple[str, type[Odd]]:
        kind = type("Way", (Odd,), {"way": way, "requests": [], "hung_up": threading.Event()})
        running.append(ThreadingHTTPServer(("127.0.0.1", 0), kind))
        running[-1].daemon_threads = True
        threading.Thread(target=running[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}", kind

    yield start
    for each in running:
        each.shutdown()
        each.server_close()


Start = Callable[[str], tuple[str, type[Odd]]]


def test_both_requests_begin_with_the_same_text(odd: Start) -> None:
    url, kind = odd("good")
    with reading(url) as reader:
        found = reader.read([passage()], QUESTION, max_tokens=9)
        assert (found.answerable, found.prompt_tokens, found.reused_tokens) == (pytest.approx(0.95), 50, 40)
        assert "".join(found.tokens) == "One two."
    check, answer = (request["messages"] for request in kind.requests)
    assert check[0] == answer[0]
    pairs = zip(check[1]["content"], answer[1]["content"], strict=False)
    common = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    assert common.startswith('Passage from "Harbour"') and common.rstrip().endswith(QUESTION)
    assert kind.requests[1]["max_tokens"] == 9 and all(request["temperature"] == 0 for request in kind.requests)


def test_thinking_is_switched_off_where_there_is_a_switch_and_never_shown(odd: Start) -> None:
    url, kind = odd("thinks")
    with reading(url) as reader:
        assert text_of(reader, [passage()]) == "One two."
    assert all(request["chat_template_kwargs"] == {"enable_thinking": False} for request in kind.requests)
    url, kind = odd("no switch")
    with reading(url) as reader:
        assert text_of(reader, [passage()]) == text_of(reader, [passage()]) == "One two."
    assert len(kind.requests) == 5  # refused once, then never sent again


def test_where_what_is_read_is_not_worth_it_nothing_more_is_asked(odd: Start) -> None:
    url, kind = odd("unsure")
    told: list[float] = []
    with reading(url) as reader:
        found = reader.read([passage(), passage(title="Two")], QUESTION, max_tokens=9, worth=told.append)  # type: ignore[arg-type]
        assert list(found.tokens) == []
        assert found.answerable == pytest.approx(0.2) and len(kind.requests) == 1
    assert told == [pytest.approx(0.2)]


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("cut off", "broke off in the middle"),
        ("error line", "out of memory"),
        ("silent", "gave nothing for 1 s.*RAG_LLM_TIMEOUT"),
        ("too long", "context length exceeded.*--context-tokens"),
    ],
)
def test_what_goes_wrong_is_a_message(odd: Start, way: str, message: str) -> None:
    with reading(odd(way)[0], timeout_s=1) as reader, pytest.raises(ReaderError, match=message):
        list(reader.read([passage()], QUESTION, max_tokens=9).tokens)


def test_a_busy_server_is_asked_again(odd: Start) -> None:
    url, kind = odd("busy once")
    with reading(url) as reader:
        assert text_of(reader, [passage()]) == "One two."
    assert len(kind.requests) == 3


@pytest.mark.parametrize("way", ["silent", "silent look"])
def test_stopping_hangs_up_at_once_whatever_the_server_does(odd: Start, way: str) -> None:
    url, kind = odd(way)
    stop = threading.Event()
    with reading(url) as reader:
        threading.Timer(0.5, stop.set).start()
        assert list(reader.read([passage()], QUESTION, max_tokens=9, stopped=stop.is_set).tokens) in ([], ["One "])
        assert kind.hung_up.wait(10)


def test_a_server_without_models_or_without_the_one_wanted(odd: Start) -> None:
    with pytest.raises(ReaderError, match="RAG_LLM_MODEL"):
        RemoteReader(odd("empty")[0], count=words)
    with pytest.raises(ReaderError, match="no model 'other' but odd"):
        RemoteReader(odd("good")[0], count=words, model="other")


def test_what_does_not_fit_is_dropped_and_a_question_that_does_not_is_a_message(odd: Start) -> None:
    url, kind = odd("good")
    with reading(url, context_tokens=512) as reader:
        long = [passage(), *[passage("word " * 100, f"{i}") for i in range(9)]]
        assert text_of(reader, long) == "One two."
        with pytest.raises(UsageError, match="question is too long"):
            reader.read([passage()], "why " * 400, max_tokens=9)
    assert all(words(str(request["messages"])) < 512 for request in kind.requests)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ReaderError, match=r"pip install 'rag-answers\[llm\]'"):
        RemoteReader("http://127.0.0.1:1", count=words)


def test_importing_it_needs_no_extra() -> None:
    code = "import sys; import rag.compose; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [("http://a:1", "http://a:1/v1"), ("https://a/", "https://a/v1"), ("http://a/api/v3/", "http://a/api/v3")],
)
def test_addresses(given: str, expected: str) -> None:
    assert address(given) == expected


def test_probability_of_yes() -> None:
    def told(**words: float) -> Any:
        first = SimpleNamespace(top_logprobs=[SimpleNamespace(token=t, logprob=p) for t, p in words.items()])
        return SimpleNamespace(content=[first])

    assert probability(None) is None and probability(SimpleNamespace(content=[])) is None
    assert probability(told(Yes=-1.0, No=-1.0)) == pytest.approx(0.5)
    assert probability(told(Yes=-0.1, Maybe=-5.0)) == pytest.approx(0.9926, abs=1e-3)
    assert probability(told(No=-0.1, Maybe=-5.0)) == pytest.approx(0.0074, abs=1e-3)
    assert probability(told(Maybe=-0.1, Perhaps=-5.0)) == 0.5
    assert probability(told(**{"Yes": -1.0, " yes": -1.0, "No": -1.0})) == pytest.approx(2 / 3)
    assert probability(told(**{"<think>": -0.1, "Yes": -5.0})) is None
    assert prompt("answerable").endswith("Yes or No.")
