"""TAR, gzip, bzip2 and xz: members as of ZIP, and the limits that hold for ZIP."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.documents.folder import Document, Unread
from rag.documents.parsing import Parser
from reading import SAMPLES, document, read, reason

MIB = 1024 * 1024


def tarred(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size, member.type = len(data), kind
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


MEMBERS = [
    ("./a.txt", b"Alpha."), ("in/letter.docx", (SAMPLES / "letter.docx").read_bytes()), (".hidden.txt", b"no"),
    ("x.png", b"no"), ("old.pst", b"no"), ("b.txt.gz", gzip.compress(b"Beta.")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("all.tar", bytes), ("all.tar.gz", gzip.compress), ("all.tgz", gzip.compress), ("all.tar.bz2", bz2.compress),
        ("all.tbz2", bz2.compress), ("all.tar.xz", lzma.compress), ("all.txz", lzma.compress),
    ],
)  # fmt: skip
def test_an_archive(parser: Parser, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    parts = read(parser, tmp_path, name, pack(tarred(*MEMBERS)))
    found = {part.path.removeprefix(f"{name}/"): part for part in parts if isinstance(part, Document)}
    assert list(found) == ["a.txt", "in/letter.docx", "b.txt.gz/b.txt"]
    assert found["in/letter.docx"].title == "The Harbour Museum" and found["b.txt.gz/b.txt"].text == "Beta."
    assert [part.path for part in parts if isinstance(part, Unread)] == [f"{name}/old.pst"]


@pytest.mark.parametrize(("kind", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_one_packed_file(parser: Parser, tmp_path: Path, kind: str, pack: Callable[[bytes], bytes]) -> None:
    found = document(parser, tmp_path, f"notes.md.{kind}", pack(b"# Notes\n\nThe ferry is blue."))
    assert found.path == f"notes.md.{kind}/notes.md" and found.title == "Notes"
    assert "holds no document" in reason(parser, tmp_path, f"notes.{kind}", pack(b"x"))
    assert "packed too densely" in reason(parser, tmp_path, f"bomb.txt.{kind}", pack(bytes(60 * MIB)))
    assert "is damaged" in reason(parser, tmp_path, f"half.txt.{kind}", pack(b"The ferry is blue." * 99)[:-30])
    assert "packed too densely" in reason(parser, tmp_path, f"a.tar.{kind}", pack(tarred(("a.txt", bytes(60 * MIB)))))


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt", "a/../../b.txt", "..\\a.txt", "a\nb.txt"])
def test_names_that_lead_outside(parser: Parser, tmp_path: Path, name: str) -> None:
    why, good = read(parser, tmp_path, "a.tar", tarred((name, b"no"), ("good.txt", b"yes")))
    assert isinstance(why, Unread) and "leads out of its archive" in why.reason
    assert isinstance(good, Document) and good.text == "yes"


def test_links_and_devices_are_not_followed(parser: Parser, tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            link = tarfile.TarInfo("link.txt")
            link.type, link.linkname = kind, "/etc/passwd"
            archive.addfile(link)
        archive.addfile(tarfile.TarInfo("empty.txt"))
    assert "is empty" in reason(parser, tmp_path, "a.tar", made.getvalue())


def test_a_member_that_says_it_is_huge(parser: Parser, tmp_path: Path) -> None:
    data = bytearray(tarred(("a.txt", b"x" * 99)))
    data[124:136] = b"%011o\0" % (100 * MIB)
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    parts = read(parser, tmp_path, "a.tar", bytes(data))
    assert parts and all(isinstance(part, Unread) for part in parts)
