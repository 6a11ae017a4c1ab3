"""The HTTP server as its clients see it: the official openai client and plain HTTP against a real socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import openai
import pytest
import uvicorn

from fakes import HARBOUR, EndlessReader, HashEmbedder, OverlapReranker, ScriptedReader, tell_of_the_harbour
from rag.answering.abstain import REFUSAL
from rag.answering.engine import Engine
from rag.answering.reader import Reading, never
from rag.api import Rag
from rag.documents.chunks import Chunk
from rag.errors import ReaderError, UsageError
from rag.index.index import Index
from rag.serve.http import LARGEST_REQUEST, create_app, serve
from rag.serve.line import Line
from rag.settings import Settings

ANSWER = "The harbour of Lysa was dredged in 1931."
CLIENTS_SECONDS = float(os.environ.get("CLIENTS_SECONDS", "1"))
"""How long fifty clients ask at once; 60 for acceptance."""


class BreakingReader(ScriptedReader):
    """Fails after the first word."""

    def _stream(self, pieces: Sequence[str], stopped: Callable[[], bool]) -> Iterator[str]:
        yield pieces[0]
        raise ReaderError("The model broke down.")


class Serve:
    """Starts servers for engines on free ports."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack

    def __call__(
        self, reader: ScriptedReader | None = None, api_key: str | None = None, line: Line | None = None
    ) -> int:
        docs = self.folder / "docs"
        docs.mkdir()
        (docs / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
        embedder = HashEmbedder()
        index = Index.open(self.folder / "index", dimensions=64, fingerprint="test")
        reader = reader or ScriptedReader(tell_of_the_harbour)
        engine = Engine(
            docs, index, embedder, reader, OverlapReranker(), budget=100, count=lambda text: len(text.split())
        )
        self._stack.enter_context(engine)
        return self._stack.enter_context(running(engine, api_key, line))


@contextmanager
def running(engine: Engine, api_key: str | None, line: Line | None) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(create_app(Rag.over(engine), api_key, line), log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield Serve(tmp_path, stack)


def client(port: int, key: str = "none") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=key, max_retries=0)


def call(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    data = body if isinstance(body, bytes) else json.dumps(body) if body is not None else None
    connection.request(method, path, data, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, json.loads(text) if text.startswith("{") else text


def ask(port: int, question: str) -> tuple[int, Any]:
    return call(port, "POST", "/v1/ask", {"question": question})


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def test_chat_completion(start: Serve) -> None:
    reply = client(start()).chat.completions.create(model="any", messages=[user("When was the harbour dredged?")])
    assert reply.choices[0].message.content == ANSWER
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == "scripted"
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (10, 4)
    assert reply.usage.prompt_tokens_details is not None
    assert reply.usage.prompt_tokens_details.cached_tokens == 8
    contract = (reply.model_extra or {})["rag"]
    assert contract["answer"] == ANSWER
    assert contract["statements"][0]["supported"]
    for source in contract["sources"]:
        assert source["text"] == HARBOUR[source["start"] : source["end"]]


def test_stream_carries_the_same_answer_and_the_contract(start: Serve) -> None:
    stream = client(start()).chat.completions.create(
        model="any",
        messages=[user("When was the harbour dredged?")],
        stream=True,
        stream_options={"include_usage": True},
    )
    *pieces, last, usage = list(stream)
    assert pieces[0].choices[0].delta.role == "assistant"
    assert [piece.choices[0].delta.content for piece in pieces[1:]] == list(tell_of_the_harbour([], "")[1])
    assert [piece.choices[0].finish_reason for piece in pieces] == [None] * len(pieces)
    assert last.choices[0].finish_reason == "stop"
    assert (last.model_extra or {})["rag"]["answer"] == ANSWER
    assert usage.choices == []
    assert usage.usage is not None
    assert usage.usage.total_tokens == 14
    assert len({piece.id for piece in [*pieces, last, usage]}) == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_markers_are_put_into_the_text_when_asked_for(start: Serve, streamed: bool) -> None:
    question = [user("When was the harbour dredged?")]
    create = client(start()).chat.completions.create
    if streamed:
        pieces = list(create(model="any", messages=question, stream=True, extra_body={"markers": True}))
        text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
        contract = (pieces[-1].model_extra or {})["rag"]
    else:
        reply = create(model="any", messages=question, extra_body={"markers": True})
        text, contract = reply.choices[0].message.content or "", (reply.model_extra or {})["rag"]
    assert contract["answer"] == ANSWER
    assert text.startswith(ANSWER) and text[len(ANSWER) :].startswith(" [1]")
    for source in contract["sources"]:
        assert f'[{source["number"]}] "{source["text"]}" ({source["document"]})' in text


def test_last_user_message_is_the_question_and_the_rest_history(start: Serve) -> None:
    messages: Any = [
        {"role": "system", "content": "You are a pirate."},
        user("Who led the work?"),
        {"role": "assistant", "content": "Karin Holt."},
        {"role": "user", "content": [{"type": "text", "text": "When was that?"}]},
    ]
    reply = client(start()).chat.completions.create(model="any", messages=messages)
    contract = (reply.model_extra or {})["rag"]
    assert contract["question"] == "When was that?"
    assert contract["standalone_question"] == "When was that? (Karin Holt.)"


def test_max_tokens_ends_the_answer(start: Serve) -> None:
    reply = client(start()).chat.completions.create(model="any", messages=[user("When?")], max_tokens=2)
    assert reply.choices[0].message.content == "The harbour of Lysa"
    assert reply.choices[0].finish_reason == "length"


def test_refusal(start: Serve) -> None:
    reply = client(start()).chat.completions.create(model="any", messages=[user("What is it that nobody knows?")])
    assert reply.choices[0].message.content == REFUSAL
    assert (reply.model_extra or {})["rag"]["abstained"]


def test_models(start: Serve) -> None:
    assert [model.id for model in client(start()).models.list()] == ["scripted"]


def test_ask_gives_the_contract(start: Serve) -> None:
    port = start()
    history = [user("Who led the work?"), {"role": "assistant", "content": "Karin Holt."}]
    status, answer = call(port, "POST", "/v1/ask", {"question": "When?", "history": history})
    assert status == 200
    assert set(answer) == {
        "question", "standalone_question", "answer", "abstained", "confidence", "kind", "statements", "sources",
        "timings",
        "model",
    }  # fmt: skip
    assert answer["standalone_question"] == "When? (Karin Holt.)"


def test_search(start: Serve) -> None:
    port = start()
    ask(port, "When was the harbour dredged?")  # reads the folder
    status, found = call(port, "POST", "/v1/search", {"query": "Karin Holt", "limit": 2})
    assert status == 200
    assert found["sources"][0]["text"] == "Karin Holt led the work."
    assert len(found["sources"]) == 2
    for source in found["sources"]:
        assert source["text"] == HARBOUR[source["start"] : source["end"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", {"question": ""}),
        ("/v1/ask", {"question": "x" * 50_000}),
        ("/v1/ask", {"question": 7}),
        ("/v1/ask", {}),
        ("/v1/ask", b"{nonsense"),
        ("/v1/ask", {"question": "Who?", "history": [{"role": "wizard", "content": ""}]}),
        ("/v1/search", {"query": "x", "limit": 0}),
        ("/v1/search", {"query": "  "}),
        ("/v1/chat/completions", {"messages": []}),
        ("/v1/chat/completions", {"messages": [{"role": "assistant", "content": "Hello."}]}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": ""}], "stream": True}),
    ],
)
def test_bad_requests_get_400_and_a_message(start: Serve, path: str, body: object) -> None:
    port = start()
    status, reply = call(port, "POST", path, body)
    assert status == 400
    assert reply["error"]["message"]
    assert reply["error"]["type"] == "invalid_request_error"
    assert ask(port, "When?")[0] == 200


def test_failure_of_the_model_is_500_with_the_message_also_before_a_stream(start: Serve) -> None:
    port = start()
    assert ask(port, "Please fail.") == (
        500,
        {"error": {"message": "The model failed.", "type": "server_error", "param": None, "code": None}},
    )
    with pytest.raises(openai.InternalServerError, match=r"The model failed\."):
        client(port).chat.completions.create(model="any", messages=[user("Please fail.")], stream=True)


def test_what_nobody_foresaw_is_500_with_a_message_too(start: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    port = start()
    answered = ask(port, "Where is the bug?")

    def oops(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(Rag, "search", oops)
    for status, reply in (answered, call(port, "POST", "/v1/search", {"query": "harbour"})):
        assert status == 500
        assert reply["error"]["message"] == "Unexpected ZeroDivisionError: oops. Run `rag doctor`."


def test_failure_in_the_middle_of_a_stream_reaches_the_client(start: Serve) -> None:
    stream = client(start(BreakingReader(tell_of_the_harbour))).chat.completions.create(
        model="any", messages=[user("When?")], stream=True
    )
    with pytest.raises(openai.APIError, match=r"The model broke down\."):
        list(stream)


def test_a_client_that_hangs_up_stops_the_model(start: Serve) -> None:
    reader = EndlessReader(tell_of_the_harbour)
    port = start(reader)
    stream = client(port).chat.completions.create(model="any", messages=[user("An endless one.")], stream=True)
    next(iter(stream))
    assert not reader.stopped.is_set()
    stream.close()
    assert reader.stopped.wait(10)
    assert ask(port, "When?")[0] == 200


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
def test_hanging_up_stops_the_model_without_a_stream_too(start: Serve, path: str) -> None:
    reader = EndlessReader(tell_of_the_harbour)
    port = start(reader)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    body = {"question": "An endless one.", "messages": [user("An endless one.")]}
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    assert reader.begun.wait(10)
    connection.close()
    assert reader.stopped.wait(10)


def until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that")


def ready(port: int) -> tuple[int, Any]:
    return call(port, "GET", "/ready")


def asked(port: int, question: str) -> http.client.HTTPConnection:
    """Ask without waiting for the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("POST", "/v1/ask", json.dumps({"question": question}), {"Content-Type": "application/json"})
    return connection


def test_beyond_the_places_in_line_it_is_503_that_says_when_to_ask_again(start: Serve) -> None:
    port = start(EndlessReader(tell_of_the_harbour), line=Line(1, 2))
    assert ready(port) == (200, {"status": "ready", "answering": 0, "waiting": 0})
    endless = asked(port, "An endless one.")
    until(lambda: ready(port)[1]["answering"] == 1)
    waiting = [asked(port, f"When was it, {i}?") for i in range(2)]
    until(lambda: ready(port) == (503, {"status": "full", "answering": 1, "waiting": 2}))
    with pytest.raises(openai.InternalServerError, match="2 questions wait already") as refused:
        client(port).chat.completions.create(model="any", messages=[user("When?")], stream=True)
    assert refused.value.status_code == 503
    assert int(refused.value.response.headers["Retry-After"]) >= 1
    assert call(port, "POST", "/v1/search", {"query": "harbour"})[0] == 200  # which needs no model
    endless.close()
    answers = [json.loads(each.getresponse().read()) for each in waiting]
    assert [answer["question"] for answer in answers] == ["When was it, 0?", "When was it, 1?"]
    assert {answer["answer"] for answer in answers} == {ANSWER}
    until(lambda: ready(port) == (200, {"status": "ready", "answering": 0, "waiting": 0}))


class RememberingReader(EndlessReader):
    """Remembers its questions, and reads the passages of some without an end, too."""

    def __init__(self) -> None:
        super().__init__(tell_of_the_harbour)
        self.questions: list[str] = []

    def read(
        self,
        passages: Sequence[Chunk],
        question: str,
        *,
        max_tokens: int,
        stopped: Callable[[], bool] = never,
        **more: Any,
    ) -> Reading:
        self.questions.append(question)
        if "slowly" in question:
            self.begun.set()
            while not stopped():
                time.sleep(0.01)
            self.stopped.set()
            return Reading(None, iter(()), 0, 0)
        return super().read(passages, question, max_tokens=max_tokens, stopped=stopped, **more)


def test_hanging_up_gives_the_place_in_line_back(start: Serve) -> None:
    reader = RememberingReader()
    port = start(reader)
    endless = asked(port, "An endless one.")
    assert reader.begun.wait(10)
    first, second = asked(port, "Which is the first?"), asked(port, "Which is the second?")
    until(lambda: ready(port)[1]["waiting"] == 2)
    first.close()
    until(lambda: ready(port)[1]["waiting"] == 1)
    endless.close()
    assert json.loads(second.getresponse().read())["question"] == "Which is the second?"
    assert reader.questions == ["An endless one.", "Which is the second?"]


def test_hanging_up_stops_the_reading_of_passages(start: Serve) -> None:
    reader = RememberingReader()
    port = start(reader)
    slow = asked(port, "Read slowly.")
    assert reader.begun.wait(10)
    slow.close()
    assert reader.stopped.wait(10)
    assert ask(port, "When?")[1]["answer"] == ANSWER


class EchoingReader(ScriptedReader):
    """Answers with the question itself, so that an answer that went to another client is seen."""

    def __init__(self) -> None:
        super().__init__(lambda passages, question: (0.999, [*question.split()[:-1], question.split()[-1]]))


@dataclass
class Crowd:
    """What fifty clients were told that asked at once, each again as soon as it was answered."""

    answered: list[int] = field(default_factory=list)
    """Answers of each client that was answered to the end: one that is missing was lost."""
    waits_s: list[float] = field(default_factory=list)
    """From a question's first sending to its answer, refusals in between."""
    refused: int = 0
    wrong: list[object] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        count, cuts = sum(self.answered), quantiles(self.waits_s, n=20)
        minute = 60 * count / self.seconds
        return (
            f"{count:,} answers to {len(self.answered)} clients in {self.seconds:.0f} s, {minute:,.0f} a minute; "
            f"{min(self.answered)} to {max(self.answered)} a client; {len(self.wrong)} wrong, "
            f"{50 - len(self.answered)} lost, {self.refused:,} times 503; waited: median {cuts[9]:.2f} s, 95 % "
            f"{cuts[18]:.2f} s, longest {max(self.waits_s):.2f} s"
        )


def fifty_ask(port: int, question: Callable[[int, int], str], answer: Callable[[str], str]) -> Crowd:
    """Let fifty clients ask for CLIENTS_SECONDS, each at least once; prints what became of it, for `pytest -s`.

    `question` is made of the client's number and round, `answer` says what is right. Who is refused asks again after
    0.05 s, which is sooner than it was told to.
    """
    crowd, begun, counting = Crowd(), time.monotonic(), threading.Lock()

    def one(number: int) -> None:
        rounds = 0
        while time.monotonic() < begun + CLIENTS_SECONDS or not rounds:
            asked, sent = question(number, rounds), time.monotonic()
            while (told := ask(port, asked))[0] == 503:
                with counting:
                    crowd.refused += 1
                time.sleep(0.05)
            status, reply = told
            crowd.waits_s.append(time.monotonic() - sent)
            rounds += 1
            if status != 200 or (reply["question"], reply["answer"]) != (asked, answer(asked)):
                crowd.wrong.append((number, status, reply))
        crowd.answered.append(rounds)

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, begun + CLIENTS_SECONDS + 300 - time.monotonic()))
    crowd.seconds = time.monotonic() - begun
    print(f"\n{crowd}")  # noqa: T201
    return crowd


@pytest.mark.parametrize("places", [50, 10])
def test_fifty_clients_at_once_none_wrong_none_lost(start: Serve, places: int) -> None:
    """Beyond the places in line the clients ask again until they are answered; every question gets its own answer."""
    port = start(EchoingReader(), line=Line(1, places))
    crowd = fifty_ask(
        port, lambda number, rounds: f"Harbour number {number} in round {rounds}", lambda asked: asked.replace(" ", "")
    )
    assert crowd.wrong == [] and len(crowd.answered) == 50 and min(crowd.answered) >= 1
    assert bool(crowd.refused) == (places < 50)
    until(lambda: ready(port)[1] == {"status": "ready", "answering": 0, "waiting": 0})


@contextmanager
def rag_serve(settings: Settings, **more: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Start the real command with the small model; yields its port and process."""
    environment = {
        **os.environ,
        **{"RAG_MODEL": "smollm2-135m", "RAG_THRESHOLD": "0", "RAG_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        **{"RAG_DOCS": str(settings.docs), "RAG_DATA_DIR": str(settings.data_dir), **more},
    }
    command = [sys.executable, "-m", "rag", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        told = ""
        while "Listening at" not in told:
            told = process.stderr.readline()
            assert told, "it ended"
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield int(told.rstrip().rpartition(":")[2].split()[0].rstrip("/")), process
        finally:
            process.kill()


@pytest.fixture
def small(settings: Settings, weights: Callable[[str], Path]) -> Settings:
    for name in ("smollm2-135m", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    (settings.docs / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    return settings


@pytest.mark.long
def test_the_real_server_answers_fifty_clients_as_it_answers_one(small: Settings) -> None:
    questions = [f"When was the harbour of {name} dredged?" for name in ("Lysa", "Oslo", "Bergen", "Kiel", "Riga")]
    with rag_serve(small, RAG_ANSWER_TOKENS="4", RAG_PASSAGES="1", RAG_WAITING="50") as (port, _):
        alone = {question: ask(port, question)[1]["answer"] for question in questions}
        crowd = fifty_ask(port, lambda number, rounds: questions[(number + rounds) % 5], alone.__getitem__)
        assert crowd.wrong == [] and len(crowd.answered) == 50 and not crowd.refused


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_finishes_the_running_answer_and_sends_the_others_away(
    small: Settings, number: signal.Signals
) -> None:
    with rag_serve(small, RAG_ANSWER_TOKENS="120") as (port, process):
        stream = client(port).chat.completions.create(
            model="any", messages=[user("Tell the whole story of the harbour.")], stream=True
        )
        pieces = [next(iter(stream))]
        waiting = asked(port, "When was the harbour dredged?")
        until(lambda: ready(port)[1]["waiting"] == 1)
        process.send_signal(number)
        pieces += list(stream)
        assert pieces[-1].choices[0].finish_reason in ("stop", "length")
        assert (
            "".join(piece.choices[0].delta.content or "" for piece in pieces)
            == ((pieces[-1].model_extra or {})["rag"]["answer"])
        )
        refused = waiting.getresponse()
        assert refused.status == 503 and refused.headers["Retry-After"] and "ending" in refused.read().decode()
        assert process.wait(60) == 0


def test_several_clients_at_once_all_get_their_answer(start: Serve) -> None:
    port = start()
    replies: list[tuple[int, Any]] = []
    threads = [
        threading.Thread(target=lambda i=i: replies.append(ask(port, f"When was it, number {i}?"))) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(reply["question"] for _, reply in replies) == [f"When was it, number {i}?" for i in range(8)]
    assert {reply["answer"] for _, reply in replies} == {ANSWER}


def test_the_key_is_wanted_everywhere_but_for_health(start: Serve) -> None:
    port = start(api_key="secret")
    for path in ("/v1/ask", "/v1/search", "/v1/chat/completions", "/nothing"):
        assert call(port, "POST", path, {})[0] == 401
        assert call(port, "POST", path, {}, Authorization="Bearer wrong")[0] == 401
    assert call(port, "GET", "/v1/models", Authorization="secret")[0] == 401
    assert call(port, "GET", "/health") == (200, {"status": "ok"})
    with pytest.raises(openai.AuthenticationError):
        client(port, "wrong").models.list()
    assert [model.id for model in client(port, "secret").models.list()] == ["scripted"]


def test_without_a_key_other_host_names_are_refused(start: Serve) -> None:
    port = start()
    assert call(port, "GET", "/v1/models", Host="attacker.example")[0] == 400
    for host in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert call(port, "GET", "/v1/models", Host=host)[0] == 200


def test_a_web_page_elsewhere_cannot_ask(start: Serve) -> None:
    port = start()
    body = json.dumps({"question": "When?"}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("POST", "/v1/ask", body, {"Content-Type": "text/plain", "Origin": "https://attacker.example"})
    assert connection.getresponse().status == 400  # what needs no preflight is refused …
    connection.close()
    status, _ = call(port, "OPTIONS", "/v1/ask", Origin="https://attacker.example")
    assert status == 405  # … and no preflight is answered


def test_requests_that_are_too_large_are_refused(start: Serve) -> None:
    port = start()
    status, reply = ask(port, "x" * LARGEST_REQUEST)
    assert status == 413
    assert "larger" in reply["error"]["message"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    chunks = (b"x" * 100_000 for _ in range(LARGEST_REQUEST // 100_000 + 1))
    connection.request("POST", "/v1/ask", chunks, {"Content-Type": "application/json"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_no_pages_that_load_from_elsewhere(start: Serve) -> None:
    port = start()
    assert [call(port, "GET", path)[0] for path in ("/docs", "/redoc")] == [404, 404]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_serving_others_needs_a_key(settings: Settings, host: str) -> None:
    with pytest.raises(UsageError, match="--api-key"):
        serve(settings, host=host)


def test_a_port_in_use_is_a_message(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="--port"):
        serve(settings, port=taken.getsockname()[1])
    with pytest.raises(UsageError, match="--port"):
        serve(settings, port=99_999)


def test_the_key_is_in_no_log_and_no_reply(start: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    port = start(api_key="s3cr3t-key")
    replies = [
        call(port, "POST", path, body, Authorization=f"Bearer {key}")
        for path, body in (("/v1/ask", {"question": "When?"}), ("/v1/ask", {"no": 1}), ("/nothing", {}))
        for key in ("s3cr3t-key", "s3cr3t-key-no")
    ]
    assert {status for status, _ in replies} == {200, 400, 401, 404}
    assert "s3cr3t" not in caplog.text + str(replies)
