"""Messages of Outlook, through the real child process."""

from pathlib import Path

import pytest
from compressed_rtf import compress

from compound import Storage, compound, message
from rag.documents.folder import Document, Unread
from rag.documents.parsing import Parser
from reading import SAMPLES, document, read, reason

SENT = 133_854_660_000_000_000  # 2025-03-03 09:00 UTC, in tenths of microseconds since 1601


def person(name: str, address: str, kind: int) -> Storage:
    return message({"3001": name, "3003": address}, {0x0C15: kind}, head=8)


def attachment(name: str, data: bytes) -> Storage:
    return message({"3707": name, "37010102": data}, {0x3705: 1}, head=8)


LETTER: dict[str, str | bytes] = {
    "001A": "IPM.Note", "0037": "Mooring — Grüße", "0C1A": "Åsa Lind", "0C1F": "asa@example.org",
    "1000": "The rope is 12 m.\r\n\r\nYours, Åsa",
}  # fmt: skip
PEOPLE = {
    "__recip_version1.0_#00000000": person("Bo", "bo@example.org", 1),
    "__recip_version1.0_#00000001": person("Cy", "/O=EXCHANGE/CN=CY", 2),
}
HEAD = (
    "From: Åsa Lind <asa@example.org>.\nTo: Bo <bo@example.org>.\nCc: Cy.\nDate: 2025-03-03 09:00 UTC.\n"
    "Subject: Mooring — Grüße.\n\n"
)


def test_a_message_and_its_attachments(parser: Parser, tmp_path: Path) -> None:
    inner = message(
        {"0037": "Forwarded", "1000": "The crane is booked."}, {0x0039: SENT}, head=24,
        **{"__attach_version1.0_#00000000": attachment("deep.txt", b"Deep.")},
    )  # fmt: skip
    attached = {
        "__attach_version1.0_#00000000": attachment("letter.docx", (SAMPLES / "letter.docx").read_bytes()),
        "__attach_version1.0_#00000001": attachment("../../x.txt", b"no"),
        "__attach_version1.0_#00000002": attachment("picture.png", b"png"),
        "__attach_version1.0_#00000003": attachment("old.pst", b"pst"),
        "__attach_version1.0_#00000004": message({}, {0x3705: 5}, head=8, **{"__substg1.0_3701000D": inner}),
    }
    data = compound(message(LETTER, {0x0039: SENT}, **PEOPLE, **attached))
    parts = read(parser, tmp_path, "a.msg", data)
    found = {part.path: part for part in parts if isinstance(part, Document)}
    assert list(found) == ["a.msg/letter.docx", "a.msg/deep.txt", "a.msg/attached mail 1.5.txt", "a.msg"]
    assert [part.path for part in parts if isinstance(part, Unread)] == ["a.msg/old.pst"]
    assert found["a.msg"].title == "Mooring — Grüße"
    assert found["a.msg"].text == HEAD + "The rope is 12 m.\n\nYours, Åsa"
    assert found["a.msg/letter.docx"].title == "The Harbour Museum"
    assert found["a.msg/attached mail 1.5.txt"].text.endswith("Subject: Forwarded.\n\nThe crane is booked.")


RICH = rb"{\rtf1\ansi\ansicpg1252 {\b The ferry} is blue.\par It leaves at seven.}"


@pytest.mark.parametrize(
    ("texts", "numbers", "body"),
    [
        ({"10130102": "<p>Die Fähre ist <b>blau</b>.</p>".encode("cp1252")}, {0x3FDE: 1252}, "Die Fähre ist blau."),
        ({"10130102": "<meta charset=utf-8><p>Die Fähre.</p>".encode()}, {}, "Die Fähre."),
        ({"1013": "<p>Die Fähre.</p>"}, {}, "Die Fähre."),
        ({"10090102": compress(RICH)}, {}, "The ferry is blue.\n\nIt leaves at seven."),
        ({"1000001E": "Паром.".encode("cp1251")}, {0x3FFD: 1251}, "Паром."),
        ({"1000": "Long. " * 3000}, {}, ("Long. " * 3000).strip()),  # not among the small streams
    ],
)
def test_bodies_of_every_kind(
    parser: Parser, tmp_path: Path, texts: dict[str, str | bytes], numbers: dict[int, int], body: str
) -> None:
    data = compound(message({"0037": "x", **texts}, {0x0E06: SENT, **numbers}))
    assert document(parser, tmp_path, "a.msg", data).text == f"Date: 2025-03-03 09:00 UTC.\nSubject: x.\n\n{body}"


def test_what_is_no_message(parser: Parser, tmp_path: Path) -> None:
    assert "is damaged" in reason(parser, tmp_path, "a.msg", b"no")
    assert "is no message" in reason(parser, tmp_path, "b.msg", compound({"WordDocument": b"x" * 5000}))
    assert "is no message" in reason(parser, tmp_path, "c.msg", (SAMPLES / "sheet.xls").read_bytes())
