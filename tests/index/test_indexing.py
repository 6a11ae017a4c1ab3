"""A folder on disk brought into a real index with a fake embedder."""

import os
import subprocess
import sys
import textwrap
import threading
import zipfile
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from fakes import HashEmbedder
from rag.answering.retriever import retrieve
from rag.documents.parsing import Parsed, Parser, Refused
from rag.errors import StoreError, UsageError
from rag.index.ahead import Ahead
from rag.index.cutting import Part
from rag.index.embedder import Vectors
from rag.index.index import Index
from rag.index.indexing import IndexReport, update_index
from rag.progress import Report, silent

SAMPLES = Path(__file__).parent.parent / "data" / "formats"
OLD = 1_700_000_000_000_000_000
"""A time of change long enough ago to be trusted."""


class CountingEmbedder(HashEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.fails_at = ""

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.fails_at and any(self.fails_at in text for text in texts):
            raise KeyboardInterrupt
        self.texts += texts
        return super().embed(texts)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", dimensions=64, fingerprint="x") as index:
        yield index


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


def write(docs: Path, path: str, text: str, mtime_ns: int = OLD) -> None:
    file = docs / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(mtime_ns, mtime_ns))


def words(text: str) -> int:
    return len(text.split())


def update(docs: Path, index: Index, embedder: HashEmbedder, report: Report = silent) -> IndexReport:
    return update_index(docs, index, embedder, budget=20, count=words, report=report)


def counts(report: IndexReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged


def test_reads_a_folder(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "The police seized heroin. It was a large amount.")
    write(docs, "sub/b.md", "# Rain\n\nIt rained for days. The river rose.\n")
    said: list[tuple[str, int, int, str]] = []
    report = update(docs, index, embedder, lambda *progress: said.append(progress))
    assert counts(report) == (2, 0, 0, 0)
    assert report.documents == 2
    assert report.sentences == sum(len(chunk.sentences) for chunk in index.all_chunks()) >= 4
    assert report.chunks == index.count() >= 2
    assert report.skipped == ()
    assert report.seconds > 0
    assert list(index.documents()) == ["a.txt", "sub/b.md"]
    assert ("Reading documents", 2, 2, "files") in said
    assert retrieve(index, embedder, ["river"], 1)[0].chunk.document == "sub/b.md"
    for chunk in index.all_chunks():
        assert index.text(chunk.document)[chunk.start : chunk.end] == chunk.text


def test_embeds_the_title_with_the_text(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "b.md", "# Rain\n\nIt rained for days.\n")
    update(docs, index, embedder)
    assert all(text.startswith("Rain\n") for text in embedder.texts)


def test_an_unchanged_folder_is_not_read(
    docs: Path, index: Index, embedder: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(docs, "a.txt", "Alpha.")
    update(docs, index, embedder)
    embedder.texts.clear()

    def read(*_: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr("rag.index.cutting.read_documents", read)
    assert counts(update(docs, index, embedder)) == (0, 0, 0, 1)
    assert embedder.texts == []


def test_a_touched_file_is_not_embedded_again(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "Alpha.")
    update(docs, index, embedder)
    embedder.texts.clear()
    write(docs, "a.txt", "Alpha.", OLD + 5)
    assert counts(update(docs, index, embedder)) == (0, 0, 0, 1)
    assert embedder.texts == []
    assert index.documents()["a.txt"].mtime_ns == OLD + 5


def test_a_changed_file_replaces_its_sentences(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "Notes\n\nThe old fact stands.\n")
    write(docs, "b.txt", "Others\n\nSomething else.\n")
    update(docs, index, embedder)
    embedder.texts.clear()
    write(docs, "a.txt", "Notes\n\nThe new fact stands.\n", OLD + 1)
    assert counts(update(docs, index, embedder)) == (0, 1, 0, 1)
    assert not any("Something" in text for text in embedder.texts)
    found = [passage.chunk.text for passage in retrieve(index, embedder, ["old new fact"], 10)]
    assert any("new fact" in text for text in found)
    assert not any("old fact" in text for text in found)


def test_a_change_within_the_clocks_resolution_is_seen(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    (docs / "a.txt").write_text("Alpha one.")
    stat = (docs / "a.txt").stat()
    update(docs, index, embedder)
    (docs / "a.txt").write_text("Alpha two.")
    os.utime(docs / "a.txt", ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    assert counts(update(docs, index, embedder)) == (0, 1, 0, 0)
    assert index.text("a.txt") == "Alpha two."


def test_only_the_changed_part_of_a_file_is_embedded(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    paragraphs = [" ".join(f"word{i}x{j}" for j in range(15)) + "." for i in range(10)]
    write(docs, "log.txt", "Log\n\n" + "\n\n".join(paragraphs))
    update(docs, index, embedder)
    whole = len(embedder.texts)
    embedder.texts.clear()
    write(docs, "log.txt", "Log\n\n" + "\n\n".join([*paragraphs, "A new line was written."]))
    assert counts(update(docs, index, embedder)) == (0, 1, 0, 0)
    assert 0 < len(embedder.texts) < whole / 2


def test_a_removed_file_leaves_no_sentence(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "The secret is alpha.")
    write(docs, "b.txt", "Nothing here.")
    update(docs, index, embedder)
    (docs / "a.txt").unlink()
    assert counts(update(docs, index, embedder)) == (0, 0, 1, 1)
    assert [passage.chunk.document for passage in retrieve(index, embedder, ["secret alpha"], 5)] == ["b.txt"]


def test_a_renamed_file_is_not_embedded_again(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "Heading\n\nThe secret is alpha.\n")
    update(docs, index, embedder)
    embedder.texts.clear()
    (docs / "a.txt").rename(docs / "b.txt")
    assert counts(update(docs, index, embedder)) == (1, 0, 1, 0)
    assert embedder.texts == []
    assert [passage.chunk.document for passage in retrieve(index, embedder, ["secret"], 5)] == ["b.txt"]


def test_files_that_cannot_be_read_are_named(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "good.txt", "Alpha.")
    write(docs, "empty.txt", "")
    (docs / "binary.txt").write_bytes(b"\0\1\2" * 1_000)
    report = update(docs, index, embedder)
    assert counts(report) == (1, 0, 0, 0)
    assert [path for path, _ in report.skipped] == ["binary.txt", "empty.txt"]
    assert all(path in reason for path, reason in report.skipped)


def test_a_file_that_can_no_longer_be_read_keeps_no_stale_sentence(
    docs: Path, index: Index, embedder: CountingEmbedder
) -> None:
    write(docs, "a.txt", "The secret is alpha.")
    write(docs, "b.txt", "Nothing here.")
    update(docs, index, embedder)
    (docs / "a.txt").write_bytes(b"\0\1\2" * 1_000)
    report = update(docs, index, embedder)
    assert counts(report) == (0, 0, 1, 1)
    assert [path for path, _ in report.skipped] == ["a.txt"]
    assert list(index.documents()) == ["b.txt"]


def test_a_name_that_is_not_unicode_is_skipped(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "Alpha.")
    try:
        Path(os.fsdecode(os.fsencode(docs) + b"/bad\xff.txt")).write_text("Beta.")
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    report = update(docs, index, embedder)
    assert counts(report) == (1, 0, 0, 0)
    ((path, reason),) = report.skipped
    assert path == "bad\\udcff.txt"
    assert path in reason


def archive(docs: Path, name: str, members: dict[str, str], mtime_ns: int = OLD) -> None:
    with zipfile.ZipFile(docs / name, "w") as made:
        for member, text in members.items():
            made.writestr(zipfile.ZipInfo(member), text)  # the same bytes whatever the clock says
    os.utime(docs / name, ns=(mtime_ns, mtime_ns))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that the child process was asked for."""
    files: list[str] = []
    parse = Parser.parse

    def noted(self: Parser, file: Path, name: str, path: str) -> Iterator[Parsed | Refused]:
        files.append(name)
        yield from parse(self, file, name, path)

    monkeypatch.setattr(Parser, "parse", noted)
    return files


def test_an_archive_is_several_documents(
    docs: Path, index: Index, embedder: CountingEmbedder, opened: list[str]
) -> None:
    write(docs, "a.txt", "Alpha.")
    archive(docs, "z.zip", {"in/b.txt": "The secret is beta.", "c.txt": "Gamma stays.", "bad.pdf": "no"})
    report = update(docs, index, embedder)
    assert counts(report) == (3, 0, 0, 0)
    assert list(index.documents()) == ["a.txt", "z.zip/c.txt", "z.zip/in/b.txt"]
    assert [path for path, _ in report.skipped] == ["z.zip/bad.pdf"]
    assert retrieve(index, embedder, ["secret beta"], 1)[0].chunk.document == "z.zip/in/b.txt"

    again = update(docs, index, embedder)
    assert counts(again) == (0, 0, 0, 3) and again.skipped == report.skipped
    assert opened == ["z.zip"]  # neither it nor what in it cannot be read was opened again

    embedder.texts.clear()
    archive(docs, "z.zip", {"in/b.txt": "The secret is delta.", "c.txt": "Gamma stays."}, OLD + 1)
    changed = update(docs, index, embedder)
    assert counts(changed) == (0, 1, 0, 2) and changed.skipped == () and changed.stale == ("z.zip/in/b.txt",)
    assert not any("Gamma" in text for text in embedder.texts)
    archive(docs, "z.zip", {"c.txt": "Gamma stays."}, OLD + 2)
    assert counts(update(docs, index, embedder)) == (0, 0, 1, 2)
    archive(docs, "z.zip", {"c.txt": "Gamma stays."}, OLD + 3)
    assert counts(update(docs, index, embedder)) == (0, 0, 0, 2)
    assert opened == ["z.zip"] * 3  # the same bytes at another time are not opened
    (docs / "z.zip").unlink()
    assert counts(update(docs, index, embedder)) == (0, 0, 1, 1)
    assert list(index.documents()) == ["a.txt"] and index.files() == {}


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each document be embedded by itself."""
    monkeypatch.setattr("rag.index.intake._FILLED_UP_TO", 0)


@pytest.mark.usefixtures("one_by_one")
def test_an_interrupted_archive_goes_on_where_it_was(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    archive(docs, "z.zip", {f"{name}.txt": f"Fact {name} stands." for name in "abcd"})
    embedder.fails_at = "Fact c"
    with pytest.raises(KeyboardInterrupt):
        update(docs, index, embedder)
    embedder.fails_at = ""
    embedder.texts.clear()
    assert counts(update(docs, index, embedder)) == (2, 0, 0, 2)
    assert len(embedder.texts) == 2


def test_a_mail_with_an_attachment_is_two_documents(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    message = EmailMessage()
    message["Subject"] = "Ropes"
    message.set_content("See the list.")
    message.add_attachment(b"Rope,Metres\nHemp,12\n", maintype="text", subtype="csv", filename="list.csv")
    (docs / "m.eml").write_bytes(message.as_bytes())
    os.utime(docs / "m.eml", ns=(OLD, OLD))
    assert counts(update(docs, index, embedder)) == (2, 0, 0, 0)
    assert counts(update(docs, index, embedder)) == (0, 0, 0, 2)
    assert list(index.documents()) == ["m.eml", "m.eml/list.csv"]
    os.utime(docs / "m.eml", ns=(OLD + 1, OLD + 1))
    assert counts(update(docs, index, embedder)) == (0, 0, 0, 2)


def test_pages_reach_the_sources(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    (docs / "a.pdf").write_bytes((SAMPLES / "mixed.pdf").read_bytes())
    report = update(docs, index, embedder)
    assert counts(report) == (1, 0, 0, 0)
    assert ["only pictures (1)" in reason for _, reason in report.skipped] == [True]
    (found,) = retrieve(index, embedder, ["ferry"], 1)
    assert (found.chunk.page, found.chunk.text) == (2, "The second page says that the ferry is blue.")


def test_what_cannot_be_read_is_not_opened_again_until_it_changes(
    docs: Path, index: Index, embedder: CountingEmbedder, opened: list[str]
) -> None:
    write(docs, "a.txt", "Alpha.")
    write(docs, "b.pdf", "no PDF")
    write(docs, "old.mobi", "?")
    for _ in range(3):
        report = update(docs, index, embedder)
        assert [path for path, _ in report.skipped] == ["b.pdf", "old.mobi"]
    assert opened == ["b.pdf"]
    write(docs, "b.pdf", "no PDF", OLD + 1)  # saved again: perhaps it only took too long
    update(docs, index, embedder)
    assert opened == ["b.pdf", "b.pdf"]
    (docs / "b.pdf").write_bytes((SAMPLES / "letter.pdf").read_bytes())
    os.utime(docs / "b.pdf", ns=(OLD + 2, OLD + 2))
    report = update(docs, index, embedder)
    assert counts(report) == (1, 0, 0, 1) and [path for path, _ in report.skipped] == ["old.mobi"]


@pytest.mark.parametrize("text", ["Heading\n\nThe secret is alpha.\n", "long words " * 20 + "without a title."])
def test_a_file_moved_elsewhere_is_not_embedded_again(
    docs: Path, index: Index, embedder: CountingEmbedder, text: str
) -> None:
    write(docs, "a.txt", text)
    archive(docs, "z.zip", {"x.txt": "Some words " * 30})
    update(docs, index, embedder)
    embedder.texts.clear()
    (docs / "sub").mkdir()
    (docs / "a.txt").rename(docs / "sub" / "other.txt")
    (docs / "z.zip").rename(docs / "y.zip")
    assert counts(update(docs, index, embedder)) == (2, 0, 2, 0)
    assert embedder.texts == []
    assert list(index.documents()) == ["sub/other.txt", "y.zip/x.txt"]


def test_a_rename_that_changes_how_a_file_is_read_is_read_anew(
    docs: Path, index: Index, embedder: CountingEmbedder
) -> None:
    write(docs, "a.csv", "Ship,Crew\nAurora,84\n")
    update(docs, index, embedder)
    (docs / "a.csv").rename(docs / "a.txt")
    update(docs, index, embedder)
    assert index.text("a.txt") == "Ship,Crew\nAurora,84\n"
    assert [chunk.text for chunk in index.all_chunks()] == ["Ship,Crew\nAurora,84"]


def test_what_is_ignored_later_leaves_no_sentence(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "Alpha.")
    write(docs, "drafts/b.txt", "The secret is beta.")
    update(docs, index, embedder)
    write(docs, ".ragignore", "drafts/\n")
    assert counts(update(docs, index, embedder)) == (0, 0, 1, 1)
    assert not any("secret" in chunk.text for chunk in index.all_chunks())


def test_a_folder_in_place_of_an_archive_and_back(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "k.txt", "Kept.")
    archive(docs, "z.zip", {"x.txt": "In the archive."})
    update(docs, index, embedder)
    (docs / "z.zip").unlink()
    write(docs, "z.zip/x.txt", "In the folder.")
    assert counts(update(docs, index, embedder)) == (0, 1, 0, 1)
    assert index.text("z.zip/x.txt") == "In the folder."
    (docs / "z.zip" / "x.txt").unlink()
    (docs / "z.zip").rmdir()
    archive(docs, "z.zip", {"x.txt": "In the archive."}, OLD + 1)
    assert counts(update(docs, index, embedder)) == (0, 1, 0, 1)
    assert index.text("z.zip/x.txt") == "In the archive."


def test_a_missing_folder_loses_nothing(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "Alpha.")
    update(docs, index, embedder)
    with pytest.raises(UsageError, match="does not exist"):
        update(docs / "elsewhere", index, embedder)
    with pytest.raises(UsageError, match="not a folder"):
        update(docs / "a.txt", index, embedder)
    assert list(index.documents()) == ["a.txt"]


def test_a_folder_with_nothing_to_read_is_a_message(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    with pytest.raises(UsageError, match="holds no documents"):
        update(docs, index, embedder)
    write(docs, "empty.txt", " ")
    with pytest.raises(UsageError, match=r"None of the 1 files .* empty\.txt"):
        update(docs, index, embedder)


def test_a_folder_emptied_meanwhile_leaves_nothing_to_answer_from(
    docs: Path, index: Index, embedder: CountingEmbedder
) -> None:
    write(docs, "a.txt", "Alpha.")
    update(docs, index, embedder)
    (docs / "a.txt").unlink()
    with pytest.raises(UsageError, match="holds no documents"):
        update(docs, index, embedder)
    assert retrieve(index, embedder, ["alpha"], 3) == []


@pytest.mark.usefixtures("one_by_one")
def test_an_interrupted_update_goes_on_where_it_was(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    for name in "abcd":
        write(docs, f"{name}.txt", f"Title {name}\n\nFact {name} number one.\n")
    embedder.fails_at = "Fact c"
    with pytest.raises(KeyboardInterrupt):
        update(docs, index, embedder)
    assert list(index.documents()) == ["a.txt", "b.txt"]
    assert retrieve(index, embedder, ["fact a"], 1)[0].chunk.document == "a.txt"
    embedder.fails_at = ""
    embedder.texts.clear()
    assert counts(update(docs, index, embedder)) == (2, 0, 0, 2)
    assert not any("Fact a" in text or "Fact b" in text for text in embedder.texts if "Title" in text)


def test_small_documents_are_embedded_together_and_an_interruption_loses_no_more(
    docs: Path, index: Index, embedder: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    embed = embedder.embed

    def counted(texts: Sequence[str]) -> Vectors:
        calls.append(len(texts))
        return embed(texts)

    def all_ahead(ahead: Ahead[Part]) -> tuple[Part, ...]:
        """Wait until everything is read: how far a thread is, is chance."""
        ahead._thread.join()
        return tuple(ahead._made)

    monkeypatch.setattr(embedder, "embed", counted)
    monkeypatch.setattr(Ahead, "waiting", all_ahead)
    for number in range(200):
        write(docs, f"{number:03}.txt", f"Fact {number} stands.")
    embedder.fails_at = "Fact 150 "
    with pytest.raises(KeyboardInterrupt):
        update(docs, index, embedder)
    assert calls == [64, 64, 64] and len(index.documents()) == 128
    embedder.fails_at = ""
    assert counts(update(docs, index, embedder)) == (72, 0, 0, 128)
    assert calls == [64, 64, 64, 64, 8]


def test_an_error_in_the_thread_that_reads_is_raised_here(
    docs: Path, index: Index, embedder: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(docs, "a.txt", "Alpha.")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rag.index.cutting.split_sentences", broken)
    with pytest.raises(ZeroDivisionError):
        update(docs, index, embedder)
    assert not any(t.name == "making ahead" for t in threading.enumerate())


def test_a_full_disk_keeps_what_was_there(docs: Path, index: Index, embedder: CountingEmbedder) -> None:
    write(docs, "a.txt", "Alpha.")
    update(docs, index, embedder)
    (pages,) = index._store._write.execute("PRAGMA page_count").fetchone()
    index._store._write.execute(f"PRAGMA max_page_count = {pages + 1}")
    write(docs, "b.txt", " ".join(f"Sentence number {i}." for i in range(2_000)))
    with pytest.raises(StoreError, match="full"):
        update(docs, index, embedder)
    assert [passage.chunk.document for passage in retrieve(index, embedder, ["alpha"], 3)] == ["a.txt"]
    index._store._write.execute("PRAGMA max_page_count = 1000000")
    assert counts(update(docs, index, embedder)) == (1, 0, 0, 1)


PROGRAM = """
    import sys
    from pathlib import Path
    from fakes import HashEmbedder
    from rag.index.index import Index
    from rag.index.indexing import update_index
    docs, folder = map(Path, sys.argv[1:])
    print("ready", flush=True)
    sys.stdin.readline()
    with Index.open(folder, dimensions=64, fingerprint="x") as index:
        report = update_index(docs, index, HashEmbedder(), budget=20, count=lambda text: len(text.split()))
        assert report.documents == 40, report
"""


def test_two_processes_may_update_one_folder(docs: Path, tmp_path: Path, embedder: CountingEmbedder) -> None:
    for number in range(40):
        write(docs, f"{number:02}.txt", f"Title {number}\n\n" + " ".join(f"Fact {number} is {i}." for i in range(20)))
    folder = tmp_path / "index"
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(docs), str(folder)]
    here = Path(__file__).parent.parent
    processes = [subprocess.Popen(command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in processes] == [0, 0]
    with Index.open(folder, dimensions=64, fingerprint="x") as index:
        assert index.rebuilt is None
        assert counts(update(docs, index, embedder)) == (0, 0, 0, 40)
        assert embedder.texts == []
        assert retrieve(index, embedder, ["title 7"], 1)[0].chunk.document == "07.txt"
        assert index._vectors._collection is not None
        assert index._vectors._collection.count() == index.count()


def test_a_killed_process_leaves_a_whole_index(docs: Path, tmp_path: Path, embedder: CountingEmbedder) -> None:
    for number in range(40):
        write(docs, f"{number:02}.txt", f"Title {number}\n\n" + " ".join(f"Fact {number} is {i}." for i in range(20)))
    folder = tmp_path / "index"
    killing = PROGRAM.replace(
        "    print(",
        """    import os, signal
    import rag.index.intake
    rag.index.intake._FILLED_UP_TO = 0
    class Killed(HashEmbedder):
        def embed(self, texts):
            if any("Fact 23 " in text for text in texts):
                os.kill(os.getpid(), signal.SIGKILL)
            return super().embed(texts)
    HashEmbedder = Killed
    print(""",
    ).replace("super()", "super(Killed, self)")
    killing = killing.replace("class Killed(HashEmbedder)", "Fake = HashEmbedder\n    class Killed(Fake)")
    command = [sys.executable, "-c", textwrap.dedent(killing), str(docs), str(folder)]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, input=b"go\n", stdout=subprocess.DEVNULL)
    assert done.returncode == -9
    with Index.open(folder, dimensions=64, fingerprint="x") as index:
        assert index.rebuilt is None
        assert len(index.documents()) == 23
        assert counts(update(docs, index, embedder)) == (17, 0, 0, 23)
        assert retrieve(index, embedder, ["title 39"], 1)[0].chunk.document == "39.txt"
