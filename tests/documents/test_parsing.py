"""The child process: what a file made to hurt can cost, and what it cannot reach. Everything here is a real file."""

import io
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.documents import parsing
from rag.documents.formats import limits
from rag.documents.parsing import Parsed, Parser, Refused
from rag.errors import DocumentError

SAMPLES = Path(__file__).parent.parent / "data" / "formats"
MIB = 1024 * 1024
needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory and processor time exactly")


@pytest.fixture
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


def read(parser: Parser, folder: Path, name: str, data: bytes) -> list[Parsed | Refused]:
    (folder / name).write_bytes(data)
    return list(parser.parse(folder / name, name))


def still_reads(parser: Parser) -> bool:
    (part,) = parser.parse(SAMPLES / "letter.docx", "letter.docx")
    return isinstance(part, Parsed) and "harbour" in part.text.casefold()


def zipped(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


@needs_limits
def test_a_file_that_takes_too_long_costs_that_file(tmp_path: Path) -> None:
    with Parser(cpu_seconds=1) as parser:
        assert still_reads(parser)
        (part,) = read(parser, tmp_path, "long.csv", b"a,b,c,d\n" * 7_000_000)
        assert isinstance(part, Refused) and "takes too long" in part.reason
        assert still_reads(parser)


def test_a_file_at_which_the_reader_hangs_costs_that_file(tmp_path: Path) -> None:
    fifo = tmp_path / "never.html"
    os.mkfifo(fifo)
    with Parser(patience_seconds=2) as parser:
        (part,) = parser.parse(fifo, "never.html")
        assert isinstance(part, Refused) and "takes too long" in part.reason
        assert still_reads(parser)


def test_closing_does_not_wait_for_a_file_at_which_the_reader_hangs(tmp_path: Path) -> None:
    fifo = tmp_path / "never.html"
    os.mkfifo(fifo)
    parts: list[Parsed | Refused] = []
    errors: list[DocumentError] = []

    def read_it(parser: Parser) -> None:
        try:
            parts.extend(parser.parse(fifo, "never.html"))
        except DocumentError as error:
            errors.append(error)

    with Parser(patience_seconds=120) as parser:
        reading = threading.Thread(target=read_it, args=(parser,), daemon=True)
        reading.start()
        while parser._child is None:
            time.sleep(0.01)
        time.sleep(1)  # it is at the file
    reading.join(60)
    assert not reading.is_alive() and parts == [] and len(errors) == 1


@needs_limits
def test_a_file_that_takes_all_memory_costs_that_file(tmp_path: Path) -> None:
    with Parser(memory=400 * MIB) as parser:
        assert still_reads(parser)
        (part,) = read(parser, tmp_path, "wide.json", b"[" + b'{"":0},' * 3_000_000 + b"0]")
        assert isinstance(part, Refused) and "memory" in part.reason
        assert still_reads(parser)


@pytest.mark.long
@needs_limits
def test_a_member_that_hurts_costs_that_member(tmp_path: Path) -> None:
    long = b"".join(b"%d,b,c,d\n" % number for number in range(4_000_000))
    members = [("a.txt", b"Alpha."), ("b.csv", long), ("c.txt", b"Gamma.")]
    with Parser(cpu_seconds=1) as parser:
        parts = read(parser, tmp_path, "all.zip", zipped(*members))
    assert [part.inside for part in parts if isinstance(part, Parsed)] == ["a.txt", "c.txt"]
    assert [(part.inside, "too long" in part.reason) for part in parts if isinstance(part, Refused)] == [
        ("b.csv", True)
    ]


def test_a_child_that_is_killed_costs_a_file_and_is_begun_anew(parser: Parser, tmp_path: Path) -> None:
    fifo = tmp_path / "never.html"
    os.mkfifo(fifo)

    def kill() -> None:
        while parser._child is None:
            time.sleep(0.01)
        time.sleep(0.5)
        parser._child._process.kill()

    threading.Thread(target=kill).start()
    (part,) = parser.parse(fifo, "never.html")
    assert isinstance(part, Refused) and "ended the process" in part.reason
    assert still_reads(parser)


def test_one_child_reads_many_files_and_is_then_begun_anew(
    parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = set()
    monkeypatch.setattr(parsing, "_FILES_OF_ONE_CHILD", 5)
    for number in range(12):
        (part,) = read(parser, tmp_path, "a.html", b"<p>Number %d." % number)
        assert isinstance(part, Parsed) and part.text == f"Number {number}."
        assert parser._child is not None
        children.add(parser._child._process.pid)
    assert len(children) == 3


def test_no_child_is_left_behind(tmp_path: Path) -> None:
    with Parser() as parser:
        assert still_reads(parser)
        assert parser._child is not None
        process = parser._child._process
        parts = parser.parse(SAMPLES / "letter.docx", "letter.docx")
        next(parts)
        parts.close()  # in the middle of an answer
        assert process.returncode is not None
        assert still_reads(parser)
        process = parser._child._process
    assert process.returncode is not None


@needs_limits
def test_a_child_ends_when_its_parent_is_killed() -> None:
    program = (
        "import sys, pathlib, time; from rag.documents.parsing import Parser\n"
        "parser = Parser(); list(parser.parse(pathlib.Path(sys.argv[1]), 'letter.docx'))\n"
        "print(parser._child._process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(SAMPLES / "letter.docx")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        status = Path(f"/proc/{int(parent.stdout.readline())}/stat")
        parent.kill()
    for _ in range(100):
        if not status.exists() or ") Z " in status.read_text():  # gone, or only not yet buried
            return
        time.sleep(0.1)
    raise AssertionError("the child lives on")


def test_that_no_child_can_be_begun_is_an_error(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(DocumentError, match="No process"):
        list(parser.parse(SAMPLES / "letter.docx", "letter.docx"))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_secrets_do_not_reach_the_child(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_API_KEY", "very-secret")
    assert still_reads(parser)
    assert parser._child is not None
    environment = Path(f"/proc/{parser._child._process.pid}/environ").read_bytes()
    assert b"very-secret" not in environment and b"PATH=" in environment


@pytest.mark.parametrize(
    "deed",
    [
        "open('x', 'w')",
        "open('x', 'ab')",
        "import os; os.open('x', os.O_CREAT | os.O_WRONLY)",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
    ],
)
def test_what_the_child_may_not_do(deed: str, tmp_path: Path) -> None:
    code = f"from rag.documents.formats import confined, limits; confined.limit(limits.MEMORY); {deed}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "not allowed while a document is read" in done.stderr
    assert list(tmp_path.iterdir()) == []


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">%s]>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
)


def repacked(name: str, member: str, change: "tuple[bytes, bytes]") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / name) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.infolist():
            data = old.read(each)
            new.writestr(each.filename, data.replace(*change) if each.filename == member else data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "member"),
    [("letter.docx", "word/document.xml"), ("letter.odt", "content.xml"), ("slides.pptx", "ppt/slides/slide1.xml"),
     ("sheet.xlsx", "xl/worksheets/sheet1.xml"), ("letter.epub", "OEBPS/sections/section0001.xhtml")],
)  # fmt: skip
def test_entities_are_not_expanded_and_files_not_included(
    parser: Parser, tmp_path: Path, name: str, member: str
) -> None:
    (tmp_path / "secret.txt").write_text("very-secret")
    outside = b'<!ENTITY o SYSTEM "%s">]>' % (tmp_path / "secret.txt").as_uri().encode()
    with zipfile.ZipFile(SAMPLES / name) as archive:
        begins = archive.read(member).split(b"?>", 1)[0] + b"?>"
        body = archive.read(member)
    for word in (b"Harbour", b"harbour", b"Ship"):
        if word in body:
            bomb = LAUGHS.split(b"?>", 1)[1].removesuffix(b"]>") + outside
            data = repacked(name, member, (begins, begins + bomb))
            (tmp_path / name).write_bytes(data)
            break
    for part in parser.parse(tmp_path / name, name):
        text = part.text if isinstance(part, Parsed) else part.reason
        assert "hahahaha" not in text and "very-secret" not in text and len(text) < 10_000


def test_entities_in_use(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("very-secret")
    outside = b'<!ENTITY o SYSTEM "%s">]>' % (tmp_path / "secret.txt").as_uri().encode()
    page = LAUGHS.removesuffix(b"]>") + outside + b"<html><body><p>Before &j; &o; after.</p></body></html>"
    (part,) = read(parser, tmp_path, "a.xhtml", page)
    assert isinstance(part, Parsed) and "hahaha" not in part.text and "very-secret" not in part.text
    with zipfile.ZipFile(SAMPLES / "letter.docx") as archive:
        body = archive.read("word/document.xml")
    head, rest = body.split(b"?>", 1)
    evil = (
        head + b"?>" + LAUGHS.split(b"?>", 1)[1].removesuffix(b"]>") + outside + rest.replace(b"Admission", b"&j;&o;")
    )
    data = repacked("letter.docx", "word/document.xml", (body, evil))
    for each in read(parser, tmp_path, "a.docx", data):
        text = each.text if isinstance(each, Parsed) else each.reason
        assert "hahaha" not in text and "very-secret" not in text


def test_no_document_makes_anything_be_fetched(parser: Parser, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        url = b"http://127.0.0.1:%d/x" % server.getsockname()[1]
        page = (
            b'<!DOCTYPE html PUBLIC "x" "%(u)s"><html><head><base href="%(u)s"><link rel="stylesheet" href="%(u)s">'
            b'<meta http-equiv="refresh" content="0; url=%(u)s"><script src="%(u)s"></script></head><body><p>Text.'
            b'<img src="%(u)s"><iframe src="%(u)s"></iframe><object data="%(u)s"></object></body></html>'
        ) % {b"u": url}
        (found,) = read(parser, tmp_path, "a.html", page)
        assert isinstance(found, Parsed) and found.text == "Text."
        mail = b"Subject: x\nContent-Type: text/html\n\n" + page
        assert any(isinstance(part, Parsed) for part in read(parser, tmp_path, "a.eml", mail))
        with zipfile.ZipFile(SAMPLES / "letter.docx") as archive:
            relations = archive.read("word/_rels/document.xml.rels")
        outside = (
            b'<Relationship Id="rOut" TargetMode="External" Target="%s" Type="http://schemas.openxmlformats.org/'
            b'officeDocument/2006/relationships/attachedTemplate"/></Relationships>' % url
        )
        changed = repacked("letter.docx", "word/_rels/document.xml.rels", (b"</Relationships>", outside))
        assert outside not in relations
        assert any(isinstance(part, Parsed) for part in read(parser, tmp_path, "a.docx", changed))
        with pytest.raises(TimeoutError):
            server.accept()


def test_bombs(parser: Parser, tmp_path: Path) -> None:
    zeros = bytes(60 * MIB)
    parts = read(parser, tmp_path, "dense.zip", zipped(("a.txt", zeros), ("b.txt", b"Beta.")))
    assert [type(part) for part in parts] == [Refused, Parsed] and "too densely" in parts[0].reason  # type: ignore[union-attr]
    (part,) = read(parser, tmp_path, "dense.docx", zipped(("word/document.xml", zeros)))
    assert isinstance(part, Refused) and "too densely" in part.reason
    (part,) = read(parser, tmp_path, "many.zip", zipped(*((f"{n}.txt", b"x") for n in range(limits.MOST_MEMBERS + 1))))
    assert isinstance(part, Refused) and "10,001 files" in part.reason
    nested = zipped(("a.txt", b"Alpha."))
    for _ in range(6):
        nested = zipped(("n.zip", nested))
    (part,) = read(parser, tmp_path, "nested.zip", nested)
    assert isinstance(part, Refused) and "deep" in part.reason and part.inside == "n.zip/n.zip/n.zip/n.zip"
    lying = bytearray(zipped(("a.txt", bytes(range(256)) * 1000)))
    for start in (lying.index(b"PK\x01\x02") + 24, 22):  # the size that the entry declares, in both places
        lying[start : start + 4] = (10).to_bytes(4, "little")
    (part,) = read(parser, tmp_path, "lying.zip", bytes(lying))
    assert isinstance(part, Refused)


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path, parser: Parser) -> None:
    archive = bytearray(zipped(*((f"{n}.txt", b"x" * 99) for n in range(40))))
    at = 0
    while (at := archive.find(b"PK\x01\x02", at)) >= 0:
        archive[at + 24 : at + 28] = (60 * MIB).to_bytes(4, "little")
        at += 1
    (part,) = read(parser, tmp_path, "large.zip", bytes(archive))
    assert isinstance(part, Refused) and "unpacked" in part.reason


@pytest.mark.parametrize(
    "name",
    [
        *("../a.txt", "/etc/a.txt", "a/../../b.txt", "C:\\x.txt", "..\\..\\a.txt", "a//b.txt", "./a.txt", "a\nb.txt"),
        "x" * 1001 + ".txt",
    ],
)
def test_names_that_lead_outside(parser: Parser, tmp_path: Path, name: str) -> None:
    parts = read(parser, tmp_path, "a.zip", zipped((name, b"no"), ("good.txt", b"yes")))
    (good,) = (part for part in parts if isinstance(part, Parsed))
    assert (good.inside, good.text) == ("good.txt", "yes")
    assert [part for part in parts if isinstance(part, Refused)]
    assert not any(path.suffix == ".txt" for path in tmp_path.rglob("*"))


def test_links_in_archives_are_not_followed(parser: Parser, tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good.txt", "yes")
    parts = read(parser, tmp_path, "a.zip", made.getvalue())
    assert [part.inside for part in parts] == ["good.txt"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000),
        ("a.html", b"<table><tr><td>" * 1_000 + b"deep"),
        ("a.html", b"<ul><li>" * 1_000 + b"deep"),
        ("a.json", b"[" * 100_000 + b"]" * 100_000),
        ("a.json", b'{"a":' * 1_000 + b"1" + b"}" * 1_000),
        ("a.json", b'{"a":' * 900 + b'"deep"' + b"}" * 900),
        ("a.rtf", b"{\\rtf1 " + b"{" * 100_000 + b"deep" + b"}" * 100_001),
        ("a.eml", b"Subject: x\n" + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 1_000),
        ("a.odt", repacked("letter.odt", "content.xml", (b"<office:text", b"<text:p>" * 1_000 + b"<office:text"))),
        ("a.csv", b'"' * 1_000_001),
        ("a.csv", b"a," * 1_000_000),
    ],
)  # fmt: skip
def test_depth_without_end(parser: Parser, tmp_path: Path, name: str, data: bytes) -> None:
    parts = read(parser, tmp_path, name, data)
    assert len(parts) == 1
    assert parser._child is not None and parser._child.files == 1  # it has not died of it
