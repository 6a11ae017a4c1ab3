"""Every reader of a format, and the requests of the servers, against inputs that hypothesis changes at random.

FUZZ_SECONDS tells for how long each (150 examples, otherwise). What it found is in FOUND below.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from compound import compound, message
from rag.answering.engine import Engine
from rag.cli.batch import answer_rows
from rag.documents.formats import ocr
from rag.documents.parsing import Parsed, Parser, Refused
from rag.serve.chat_completions import ChatRequest, history_of

SAMPLES = Path(__file__).parent.parent / "data" / "formats"
EXAMPLES = 150
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
pytestmark = pytest.mark.long
MAIL = b"""From: a@example.org\nTo: b@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Mon, 3 Mar 2025 10:00:00 +0100
MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n
--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nThe rope is 12 m =E2=80=94.
--x\nContent-Type: text/csv\nContent-Disposition: attachment; filename="list.csv"\nContent-Transfer-Encoding: base64
\nUm9wZSxNZXRyZXMKSGVtcCwxMgo=\n--x--\n"""
SEEDS: dict[str, list[bytes]] = {
    "html": [(SAMPLES / "letter.html").read_bytes(), (SAMPLES / "tides.html").read_bytes()],
    "csv": [(SAMPLES / "sheet.csv").read_bytes(), b'a;b\n"x\ny";2\n'],
    "json": [b'{"a": [{"b": 1.5, "c": null}, {"b": "x\\ud83d\\ude00"}], "d": {"e": true}}', b"[1, [2, [3]]]"],
    "jsonl": [b'{"q": "x"}\n{"q": ["y", {"z": 1}]}\n'],
    "eml": [MAIL],
    "mbox": [b"From a Mon Mar  3 10:00:00 2025\n" + MAIL + b"\nFrom b Mon\n" + MAIL],
    "ipynb": [b'{"cells": [{"cell_type": "markdown", "source": ["# A"]}, {"cell_type": "code", "source": "x", '
              b'"outputs": [{"text": ["y"]}, {"data": {"text/plain": "z"}}]}]}'],
    "ics": [b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=X:20250303T100000\nORGANIZER;CN=\"A\":mailto:a@b\n"
            b"SUMMARY:Part\\, two\n more\nEND:VEVENT\nEND:VCALENDAR\n"],
    "vcf": [b"BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\nller;J\nTEL;TYPE=HOME:5\nADR:;;A;B\nEND:VCARD\n"],
    "rss": [b'<rss version="2.0"><channel><title>A</title><item><title>B</title><pubDate>1</pubDate><description>'
            b"&lt;p&gt;C&lt;/p&gt;</description></item></channel></rss>"],
    "mht": [b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html; "
            b"charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>Gr=C3=BC=C3=9Fe</p>\n--x--\n"],
    "srt": [b"1\n00:00:01,000 --> 00:00:03,000\nThe <i>ferry</i>\n\n2\n00:00:13,000 --> 00:00:15,000\nleaves.\n"],
    "vtt": [b"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\n<v Bo>The ferry &amp; crane\n"],
    "msg": [compound(message({"0037": "Rope", "1000": "It is 12 m.", "10130102": b"<p>x"}, {0x0039: 133 * 10**15},
                             **{"__attach_version1.0_#0": message({"3707": "a.txt", "37010102": b"A."}, head=8)}))],
    "tar": [],
    "gz": [gzip.compress(b"The ferry is blue.", mtime=0)],
    "bz2": [bz2.compress(b"The ferry is blue.")],
    "xz": [lzma.compress(b"The ferry is blue.")],
    "rtf": [(SAMPLES / "letter.rtf").read_bytes()],
    "pdf": [(SAMPLES / f"{name}.pdf").read_bytes()
            for name in ("letter", "tides", "mixed", "locked", "tables-office", "form")],
    "xls": [(SAMPLES / "sheet.xls").read_bytes()],
    "zip": [],
    "docx": [(SAMPLES / f"{name}.docx").read_bytes() for name in ("letter", "book", "contract", "equations")],
    "pptx": [(SAMPLES / "slides.pptx").read_bytes()],
    "xlsx": [(SAMPLES / "sheet.xlsx").read_bytes()],
    "ods": [(SAMPLES / "sheet.ods").read_bytes()],
    "odt": [(SAMPLES / "letter.odt").read_bytes()],
    "odp": [(SAMPLES / "slides.odp").read_bytes()],
    "epub": [(SAMPLES / f"{name}.epub").read_bytes() for name in ("letter", "book")],
}  # fmt: skip
PIECES = st.sampled_from(
    [b"\0", b"\xff\xfe", b"<", b"&a;", b"<!--", b"]]>", b"{", b"}", b"[", b'"', b"\\u0000", b"\\", b"\n\n", b"From x\n",
     b"<w:p>", b"</w:t>", b"<table>", b"obj", b"endstream", b"/Length 99999999", b"-1", b"9" * 30, b"\xf0\x9f\x98\x80",
     b"=?utf-8?b?//8=?=", b"../", b"PK\x03\x04", b"PK\x05\x06", b"\xed\xa0\x80"]
) | st.binary(max_size=12)  # fmt: skip
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), PIECES), max_size=6)


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return made.getvalue()


SEEDS["zip"] = [zipped({"a.txt": b"Alpha.", "in/b.html": b"<p>Beta", "c.zip": zipped({"d.json": b"[1]"})})]


def tarred(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def drawn(kind: str) -> bytes:
    """Return a small picture of two pages, where its kind can have several."""
    made = io.BytesIO()
    pages = [Image.new("RGB", (40, 30), shade) for shade in ("white", "gray")]
    pages[0].save(made, kind, **({"save_all": True, "append_images": pages[1:]} if kind == "TIFF" else {}))
    return made.getvalue()


if ocr.available():
    SEEDS |= {"png": [drawn("PNG")], "tiff": [drawn("TIFF")], "jpg": [drawn("JPEG")], "webp": [drawn("WEBP")]}
    SEEDS |= {"bmp": [drawn("BMP")]}
SEEDS["tar"] = [tarred({"a.txt": b"Alpha.", "in/b.html": b"<p>Beta"})]
SEEDS["tgz"] = [gzip.compress(SEEDS["tar"][0], mtime=0)]


def named(kind: str) -> str:
    """Return a file's name of a kind: one packed file has that of what it holds before its own."""
    return f"a.txt.{kind}" if kind in {"gz", "bz2", "xz"} else f"a.{kind}"


def edited(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Put a piece in place of so many bytes, at a place told as a share of the whole."""
    for place, gone, piece in edits:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + gone :]
    return data


def edited_inside(data: bytes, edits: list[tuple[float, int, bytes]], which: float) -> bytes:
    """Edit one member of a ZIP file, so that what reads the members sees it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {each.filename: archive.read(each) for each in archive.infolist()}
    names = [name for name in members if members[name]]
    name = names[int(which * (len(names) - 1))]
    return zipped({**members, name: edited(members[name], edits)})


def go_on(run: Callable[[], None], share: float) -> None:
    """Run it; for a share of FUZZ_SECONDS again and again, each time with other inputs."""
    end = time.monotonic() + SECONDS * share
    run()
    rounds = 1
    while time.monotonic() < end:
        seed(rounds)(run)()
        rounds += 1
    sys.stdout.write(f"{rounds} rounds of at most {EXAMPLES} examples\n")


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(cpu_seconds=20) as parser:
        yield parser


def check(parser: Parser, file: Path, data: bytes) -> None:
    file.write_bytes(data)
    parts = list(parser.parse(file, file.name))
    assert parts
    for part in parts:
        assert ".." not in part.inside.split("/") and not part.inside.startswith("/")
        if isinstance(part, Parsed):
            part.text.encode("utf-8")  # no half characters
            assert part.text.strip() and "\0" not in part.text and "\r" not in part.text
            assert part.title and "\n" not in part.title and len(part.title) <= 81
            assert list(part.pages) == sorted(part.pages) and all(0 <= page <= len(part.text) for page in part.pages)
        else:
            assert isinstance(part, Refused) and part.reason.isprintable() and len(part.reason) < 500
            assert "ended the process" not in part.reason and "takes too long" not in part.reason, part


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", sorted(SEEDS))
def test_a_reader_of_a_format(parser: Parser, tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    file = tmp_path_factory.mktemp(kind) / named(kind)
    packed = SEEDS[kind][0].startswith(b"PK")

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(SEEDS[kind]), EDITS, st.floats(0, 1), st.booleans())
    @example(SEEDS[kind][0], [], 0.0, False)
    def run(data: bytes, edits: list[tuple[float, int, bytes]], which: float, inside: bool) -> None:
        check(parser, file, edited_inside(data, edits, which) if packed and inside else edited(data, edits))

    go_on(run, 0.8)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", sorted(SEEDS))
def test_any_bytes(parser: Parser, tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    file = tmp_path_factory.mktemp(kind) / named(kind)

    @settings(max_examples=EXAMPLES // 5, deadline=None, derandomize=True)
    @given(
        st.binary(max_size=300),
        st.sampled_from([b"", b"PK\x03\x04", b"%PDF-1.4\n", b"{\\rtf1 ", b"<?xml version='1.0'?>"]),
    )
    def run(data: bytes, begins: bytes) -> None:
        check(parser, file, begins + data)

    go_on(run, 0.2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
REQUEST = st.fixed_dictionaries({"messages": JSON | st.lists(st.fixed_dictionaries({"role": JSON, "content": JSON}))})


@pytest.mark.timeout(7200)
def test_a_request_is_understood_or_refused() -> None:
    @settings(max_examples=EXAMPLES * 4, deadline=None, derandomize=True)
    @given(JSON | REQUEST)
    def run(request: object) -> None:
        try:
            read = ChatRequest.model_validate(request)
        except ValidationError:
            return
        assert all(isinstance(text, str) and role in {"user", "assistant"} for role, text in history_of(read.messages))

    go_on(run, 1)


class NoEngine(Engine):
    """Stands where rows are read and none is answered."""

    def __init__(self) -> None:
        pass

    def ask(self, question: str, *_: object, **__: object) -> Iterator[object]:  # type: ignore[override]
        raise limits_reached(question)


def limits_reached(question: str) -> Exception:
    from rag.errors import UsageError

    assert isinstance(question, str)
    return UsageError("asked")


@pytest.mark.timeout(7200)
def test_rows_of_a_batch_are_answered_or_refused_one_by_one() -> None:
    @settings(max_examples=EXAMPLES * 4, deadline=None, derandomize=True)
    @given(st.lists(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60), max_size=5))
    def run(lines: list[bytes]) -> None:
        rows = list(answer_rows(lines, NoEngine()))
        assert len(rows) == sum(bool(line.strip()) for line in lines) or any(b"\xef\xbb\xbf" in line for line in lines)
        assert all(row["error"] for row in rows)

    go_on(run, 1)


FOUND = [
    # calamine never ends on an OpenDocument sheet that is no XML
    ("ods", edited_inside(SEEDS["ods"][0], [(0.984375, 0, b"\0")], 0.625)),
    # python-calamine panics in Rust, which is no Exception and ended the child
    ("xls", edited(SEEDS["xls"][0], [(0.5, 5, b"")])),
    # zipfile cites a whole damaged name
    ("zip", edited(SEEDS["zip"][0], [(0.5, 28, b"&a;"), (0.25, 28, b"&a;"), (0.1875, 5, b"endstream")])),
]
"""(kind, bytes) that were once not read rightly."""


@pytest.mark.parametrize(("kind", "data"), FOUND)
def test_what_was_found_before(parser: Parser, tmp_path: Path, kind: str, data: bytes) -> None:
    check(parser, tmp_path / f"a.{kind}", data)
