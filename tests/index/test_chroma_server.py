"""An index whose vectors are on a real Chroma server: the same as one without, whatever happens to the server."""

import os
import shutil
import signal
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from chroma_program import Server
from fakes import HashEmbedder
from faults import bring_up, content, context, in_peace, open_index, update, write_document
from index_samples import DIMENSIONS, put, vector
from rag import compose
from rag.cli.app import app
from rag.doctor.examine import examine
from rag.errors import StoreError
from rag.index.chroma_server import ServerAddress
from rag.index.index import Index
from rag.index.move import move
from rag.settings import Settings, read_settings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("chroma")).start()
    yield started
    started.kill()


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be ill-treated."""
    started = Server(tmp_path / "chroma").start()
    yield started
    started.kill()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return documents(tmp_path / "docs", range(8))


def documents(folder: Path, numbers: range, version: int = 1) -> Path:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        write_document(folder, number, version)
    return folder


def opened(folder: Path, server: ServerAddress | None, fingerprint: str = "words 200") -> Index:
    return Index.open(folder, dimensions=DIMENSIONS, fingerprint=fingerprint, server=server)


def nearest(index: Index, text: str, limit: int = 3) -> list[str]:
    ids = [id_ for id_, _ in index.dense(vector(text), limit)]
    chunks = index.chunks(ids)
    return [chunks[id_].text for id_ in ids]


def test_it_holds_and_finds_what_an_embedded_one_does(server: Server, docs: Path, tmp_path: Path) -> None:
    expected = in_peace(docs, tmp_path / "embedded")
    with open_index(tmp_path / "remote", server.address) as index, open_index(tmp_path / "embedded") as embedded:
        update(docs, index)
        assert content(index) == expected
        assert not (tmp_path / "remote" / "chroma").exists()
        for query in ("ferry quay", "lighthouse storm"):
            here, there = (each.dense(HashEmbedder().embed([query])[0], 20) for each in (embedded, index))
            assert [id_ for id_, _ in here] == [id_ for id_, _ in there]
            np.testing.assert_allclose([score for _, score in here], [score for _, score in there], atol=1e-5)
        write_document(docs, 3, 2)
        (docs / "000.txt").unlink()
        update(docs, index)
        changed = content(index)
    assert changed == in_peace(docs, tmp_path / "again")
    with open_index(tmp_path / "remote", server.address) as index:
        assert content(index) == changed


def test_two_clients_that_index_different_folders_at_once(server: Server, tmp_path: Path) -> None:
    folders = [documents(tmp_path / f"docs{i}", range(10 * i, 10 * i + 8)) for i in range(2)]
    processes = [
        context().Process(target=bring_up, args=(docs, tmp_path / f"index{i}", server.address))
        for i, docs in enumerate(folders)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
        assert process.exitcode == 0
    for i, docs in enumerate(folders):
        with open_index(tmp_path / f"index{i}", server.address) as index:
            assert content(index) == in_peace(docs, tmp_path / f"alone{i}")


def test_the_same_index_in_two_processes_at_once(server: Server, docs: Path, tmp_path: Path) -> None:
    processes = [context().Process(target=bring_up, args=(docs, tmp_path / "one", server.address)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
        assert process.exitcode == 0
    with open_index(tmp_path / "one", server.address) as index:
        assert content(index) == in_peace(docs, tmp_path / "alone")


def test_a_server_that_goes_in_the_middle_is_a_message_and_nothing_is_lost(
    fragile: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.vectors._BATCH", 50)
    monkeypatch.setattr("rag.index.vectors._PAUSES_S", (0.01, 0.01))
    with opened(tmp_path / "index", fragile.address) as index:
        put(index, "a.txt", *(f"text number {i}" for i in range(220)))
        steps: list[int] = []

        def report(task: str, done: int, total: int, unit: str) -> None:
            steps.append(done)
            if done == 100:
                fragile.kill()

        with pytest.raises(StoreError, match=r"cannot be used.*nothing is lost.*RAG_CHROMA_URL"):
            index.synchronise(report)
        assert steps == [50, 100]
        with pytest.raises(StoreError, match="Chroma server at http"):
            index.dense(vector("text number 7"), 3)
        assert len(index.keyword("number", 1000)) == index.count() == 220
        put(index, "b.txt", "written while the server was away")
        fragile.start()
        assert nearest(index, "written while the server was away", 1) == ["written while the server was away"]
        index.synchronise()
        assert index.verify() == 221


def test_a_server_that_is_away_for_a_moment_is_waited_for(
    fragile: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.vectors._PAUSES_S", (0.1, 120.0))
    waited = threading.Event()
    sleep = SimpleNamespace(sleep=lambda seconds: fragile.start() if seconds > 1 else waited.set())
    monkeypatch.setattr("rag.index.vectors.time", sleep)
    with opened(tmp_path / "index", fragile.address) as index:
        put(index, "a.txt", "alpha", "beta")
        index.synchronise()
        fragile.kill()
        put(index, "b.txt", "gamma")
        index.synchronise()
        assert waited.is_set() and index.verify() == 3


@pytest.mark.long
def test_a_server_that_stands_still_is_given_up(
    fragile: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.chroma_server._CONNECT_S", 1.0)
    monkeypatch.setattr("rag.index.chroma_server._SILENT_S", 1.0)
    monkeypatch.setattr("rag.index.vectors._PAUSES_S", (0.01, 0.01))
    with opened(tmp_path / "index", fragile.address) as index:
        put(index, "a.txt", "alpha")
        assert nearest(index, "alpha", 1) == ["alpha"]
        assert fragile.process is not None
        fragile.process.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreError, match="timed out"):
            index.dense(vector("alpha"), 1)
        fragile.process.send_signal(signal.SIGCONT)
        assert nearest(index, "alpha", 1) == ["alpha"]


def test_another_fingerprint_makes_it_anew_on_the_server_too(server: Server, tmp_path: Path) -> None:
    with opened(tmp_path, server.address) as index:
        put(index, "a.txt", "alpha", "beta")
        assert nearest(index, "beta", 1) == ["beta"]
    before = server.collections()
    with opened(tmp_path, server.address, "other") as index:
        assert index.rebuilt and index.dense(vector("beta"), 3) == []
        put(index, "a.txt", "gamma")
        assert nearest(index, "gamma") == ["gamma"]
        assert index.verify() == 1
    assert server.collections() == before


@pytest.mark.parametrize("what", ["a stray entry", "a lost entry", "the collection"])
def test_what_others_do_to_the_collection_is_mended(server: Server, tmp_path: Path, what: str) -> None:
    with opened(tmp_path, server.address) as index:
        (beta, *_) = put(index, "a.txt", "beta", "alpha", "gamma")
        index.synchronise()
        assert index._vectors._collection is not None and index._vectors._client is not None
        if what == "a stray entry":
            index._vectors._collection.upsert(ids=["stray"], embeddings=vector("beta").reshape(1, -1))
        elif what == "a lost entry":
            index._vectors._collection.delete(ids=[beta])
        else:
            index._vectors._client.delete_collection(index._vectors._collection.name)
    with opened(tmp_path, server.address) as index:
        assert nearest(index, "beta", 1) == ["beta"]
        assert index.verify() == 3


def test_between_server_and_process_nothing_old_is_found(server: Server, tmp_path: Path) -> None:
    """The number of passages stays the same: only their ids tell that the place was left behind."""
    for round_ in range(2):
        for place in (server.address, None):
            with opened(tmp_path, place) as index:
                text = f"version {round_} {'here' if place is None else 'there'}"
                put(index, "a.txt", text, "common words")
                assert sorted(nearest(index, text)) == ["common words", text]
                assert index.verify() == 2


def test_moved_there_and_back_every_entry_is_the_same(server: Server, docs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    before = in_peace(docs, folder)
    collections = server.collections()
    told: list[str] = []
    count = move(folder, None, server.address, report=lambda task, done, total, unit: told.append(task))
    assert count == len(before["chunks"]) and "Comparing" in told
    assert not (folder / "chroma").exists() and len(server.collections() - collections) == 1
    with open_index(folder, server.address) as index:
        assert content(index) == before
    assert move(folder, server.address, None) == count
    assert server.collections() == collections
    with open_index(folder) as index:
        assert content(index) == before


def test_a_comparison_finds_what_is_not_the_same(server: Server, tmp_path: Path) -> None:
    with opened(tmp_path, server.address) as index:
        (alpha, *_) = put(index, "a.txt", "alpha", "beta")
        assert index.verify() == 2
        assert index._vectors._collection is not None
        index._vectors._collection.update(ids=[alpha], embeddings=vector("something else").reshape(1, -1))
        with pytest.raises(StoreError, match=alpha):
            index.verify()


def test_moved_back_from_a_server_that_is_gone(
    fragile: Server, docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = in_peace(docs, tmp_path / "index")
    move(tmp_path / "index", None, fragile.address)
    fragile.kill()
    with pytest.raises(StoreError, match=r"passages were moved, but remain at the old place"):
        move(tmp_path / "index", fragile.address, None)
    with open_index(tmp_path / "index") as index:
        assert content(index) == before


def test_the_command_moves_and_says_what_to_set(server: Server, docs: Path, tmp_path: Path) -> None:
    settings = read_settings(docs=docs, data_dir=tmp_path / "data")
    flags = ["--docs", str(docs), "--data-dir", str(tmp_path / "data")]
    none = CliRunner().invoke(app, ["move", server.url, *flags])
    assert none.exit_code == 1 and "Run `rag index` first" in none.stderr
    count = len(in_peace(docs, compose.index_folder(settings))["chunks"])
    there = CliRunner().invoke(app, ["move", server.url, *flags])
    assert there.exit_code == 0, there.stderr
    assert (
        there.stdout
        == f"{count:,} passages moved and compared, one by one. From now on set RAG_CHROMA_URL={server.url}.\n"
    )
    back = CliRunner().invoke(app, ["move", "here", "--chroma-url", server.url, *flags])
    assert back.exit_code == 0 and "unset RAG_CHROMA_URL" in back.stdout
    assert CliRunner().invoke(app, ["move", "elsewhere", *flags]).exit_code == 2


@pytest.mark.long
def test_doctor_sees_the_server(server: Server, settings: Settings) -> None:
    def check(url: str) -> Any:
        checks = examine(settings.model_copy(update={"chroma_url": url}))
        return {each.name: each for each in checks}["Chroma server"]

    assert check(server.url).ok and "version 1" in check(server.url).found
    gone = check("http://127.0.0.1:1")
    assert not gone.ok and "RAG_CHROMA_URL" in gone.remedy


def test_the_engine_answers_searches_from_it(
    server: Server, settings: Settings, weights: Callable[[str], Path]
) -> None:
    for name in ("smollm2-135m", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(name)
    (settings.docs / "harbour.txt").write_text("The harbour was dredged in 1931. Karin Holt led it.", encoding="utf-8")
    given = settings.model_copy(update={"chroma_url": server.url, "model": "smollm2-135m"})
    with compose.open_engine(given, answers=False) as engine:
        assert engine.search("Who led the work?", 1)[0].text == "Karin Holt led it."
        assert engine.index.verify() == 1


# Behind a proxy: a key, another tenant and database, and TLS


class Proxy(BaseHTTPRequestHandler):
    """Passes on what shows the token."""

    target = ""
    paths: list[str] = []

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.paths.append(self.path)
        if self.headers.get("Authorization") != "Bearer secret":
            self._send(401, b"{}")
            return
        request = urllib.request.Request(self.target + self.path, body or None, method=self.command)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                self._send(reply.status, reply.read())
        except urllib.error.HTTPError as error:
            self._send(error.code, error.read())

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def proxy(target: str, certificate: Path | None = None) -> Iterator[tuple[str, type[Proxy]]]:
    kind = type("To", (Proxy,), {"target": target, "paths": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as listening:
        listening.daemon_threads = True
        if certificate:
            secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            secure.load_cert_chain(certificate, certificate.with_suffix(".key"))
            listening.socket = secure.wrap_socket(listening.socket, server_side=True)
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http{'s' if certificate else ''}://127.0.0.1:{listening.server_port}", kind
        listening.shutdown()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("needs the program openssl to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(path), "-keyout", str(path.with_suffix(".key"))]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_token_tenant_and_database_over_tls(
    server: Server, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import chromadb

    admin = chromadb.AdminClient(
        chromadb.Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host="127.0.0.1",
            chroma_server_http_port=server.port,
            anonymized_telemetry=False,
        )
    )
    admin.create_tenant("team")
    admin.create_database("papers", tenant="team")
    with proxy(server.url, certificate) as (url, seen):
        address = ServerAddress(url, "secret", "team", "papers")
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with opened(tmp_path / "index", address) as index:
            put(index, "a.txt", "alpha", "beta")
            with pytest.raises(StoreError, match="SSL_CERT_FILE"):
                index.synchronise()
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            assert nearest(index, "beta", 1) == ["beta"]
            assert index.verify() == 2
        assert any("/tenants/team/databases/papers/collections" in path for path in seen.paths)
    assert not {each for each in server.collections() if (tmp_path / "index" / "collection").read_text() == each}


@pytest.mark.parametrize(
    ("address", "message"),
    [({"token": "wrong"}, "RAG_CHROMA_TOKEN"), ({"token": "secret", "tenant": "nobody"}, "RAG_CHROMA_TENANT")],
)
def test_a_wrong_token_or_tenant_is_a_message(
    server: Server, tmp_path: Path, address: dict[str, str], message: str
) -> None:
    with proxy(server.url) as (url, _), opened(tmp_path, ServerAddress(url, **address)) as index:
        put(index, "a.txt", "alpha")
        with pytest.raises(StoreError, match=message):
            index.synchronise()
        assert index.count() == 1


def test_the_settings_name_the_server_and_hide_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"URL": "http://a:1", "TOKEN": "hidden", "TENANT": "t", "DATABASE": "d"}.items():
        monkeypatch.setenv(f"RAG_CHROMA_{name}", value)
    given = read_settings()
    assert compose.chroma_server(given) == ServerAddress("http://a:1", "hidden", "t", "d")
    assert "hidden" not in repr(given)
    monkeypatch.delenv("RAG_CHROMA_URL")
    assert compose.chroma_server(read_settings()) is None
    assert "RAG_CHROMA_URL" not in os.environ
