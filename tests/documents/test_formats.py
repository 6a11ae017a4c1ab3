"""Every format: files that real programs wrote (tests/make_samples.py) through the real child process."""

import io
import json
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from rag.documents import office
from rag.documents.chunks import page_at
from rag.documents.folder import Document, Unread, list_files, read_documents
from rag.documents.formats import ocr
from rag.documents.formats.kinds import CODE, FOREIGN, PARSED, PLAIN, SUFFIXES
from rag.documents.parsing import Parser

SAMPLES = Path(__file__).parent.parent / "data" / "formats"


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


def read(parser: Parser, folder: Path, name: str) -> list[Document | Unread]:
    return list(read_documents(folder, name, parser))


def document(parser: Parser, folder: Path, name: str) -> Document:
    (found,) = read(parser, folder, name)
    assert isinstance(found, Document), found
    return found


def reasons(parts: list[Document | Unread]) -> list[str]:
    return [part.reason for part in parts if isinstance(part, Unread)]


LETTER = ["The museum opens at nine o’clock.", "Sextants from Genoa", "Grüße aus 東京", "日本語 and Ελληνικά"]


@pytest.mark.parametrize(
    ("name", "title", "parts"),
    [
        ("letter.odt", "The Harbour Museum", ["# The Harbour Museum", "- Sextants", "12 euros.", "on Sundays."]),
        ("letter.docx", "The Harbour Museum", ["# The Harbour Museum", "- Sextants", "12 euros.", "on Sundays."]),
        ("letter.pdf", "The Harbour Museum", ["# The Harbour Museum", "• Sextants", "12 euros.", "on Sundays."]),
        ("letter.html", "About text", ["# The Harbour Museum", "- Sextants", "12 euros.", "on Sundays."]),
        ("letter.rtf", "The Harbour Museum", ["The Harbour Museum", "• Sextants", "12 euros.", "Aurora; 1911; 84."]),
        ("letter.epub", "About text", ["The Harbour Museum", "on Sundays."]),
    ],
)
def test_a_letter_in_every_format_of_text(parser: Parser, name: str, title: str, parts: list[str]) -> None:
    found = document(parser, SAMPLES, name)
    assert found.title == title
    for part in [*LETTER, *parts]:
        assert part in found.text
    if name not in {"letter.rtf", "letter.epub"}:  # LibreOffice's e-books have lost the table, RTF names no head
        assert "Ship: Aurora; Built: 1911; Crew: 84.\n\nShip: Zephyr; Built: 1923; Crew: 31." in found.text
        assert "## Collections" in found.text


@pytest.mark.parametrize("name", ["book.docx", "book.epub", "book.pptx"])
def test_a_book_by_another_program(parser: Parser, name: str) -> None:
    found = document(parser, SAMPLES, name)
    assert found.title == "The Ferryman’s Handbook"
    for part in ["# Crossing", "120 passengers.", "- Ropes\n- Lanterns", "Dogs travel free of charge."]:
        assert part in found.text
    assert "Passenger: Adult; Fare: 9.50.\n\nPassenger: Child; Fare: 4.00." in found.text


def repacked(name: str, member: str, old: bytes, new: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / name) as before, zipfile.ZipFile(made, "w") as after:
        assert old in before.read(member)
        for each in before.infolist():
            data = before.read(each)
            after.writestr(each.filename, data.replace(old, new) if each.filename == member else data)
    return made.getvalue()


def test_office_files_with_macros(parser: Parser, tmp_path: Path) -> None:
    plain = b"vnd.openxmlformats-officedocument.wordprocessingml.document.main"
    word = repacked("letter.docx", "[Content_Types].xml", plain, b"vnd.ms-word.document.macroEnabled.main")
    (tmp_path / "a.docm").write_bytes(word)
    assert "12 euros." in document(parser, tmp_path, "a.docm").text
    plain = b"vnd.openxmlformats-officedocument.presentationml.presentation.main"
    slides = repacked("slides.pptx", "[Content_Types].xml", plain, b"vnd.ms-powerpoint.presentation.macroEnabled.main")
    (tmp_path / "a.pptm").write_bytes(slides)
    assert "Dredging begins in May." in document(parser, tmp_path, "a.pptm").text


def test_what_was_deleted_or_hidden_is_left_out_and_a_text_box_is_told_once(parser: Parser, tmp_path: Path) -> None:
    box = (
        b'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice>%s'
        b"</mc:Choice><mc:Fallback>%s</mc:Fallback></mc:AlternateContent>"
    ) % ((b"<w:p><w:r><w:t>In a box.</w:t></w:r></w:p>",) * 2)
    more = b"<w:p><w:r>%s</w:r><w:del><w:r><w:delText>Deleted.</w:delText></w:r></w:del></w:p></w:body>" % box
    (tmp_path / "a.docx").write_bytes(repacked("letter.docx", "word/document.xml", b"</w:body>", more))
    text = document(parser, tmp_path, "a.docx").text
    assert text.count("In a box.") == 1 and "Deleted" not in text
    shown = b'name="Notes" sheetId="2" state="visible"'
    hidden = repacked("sheet.xlsx", "xl/workbook.xml", shown, shown.replace(b"visible", b"hidden"))
    (tmp_path / "a.xlsx").write_bytes(hidden)
    assert "sold in 1950" not in document(parser, tmp_path, "a.xlsx").text


def test_two_columns_hyphens_and_running_heads_of_a_pdf(parser: Parser) -> None:
    found = document(parser, SAMPLES, "columns.pdf")
    assert found.title == "Annals of the Lighthouse"
    assert "a harbour that had been considered inaccessible throughout the preceding administration. R" in found.text
    assert "A well-known manufacturer delivered forty-two replacement prisms;" in found.text
    assert "Journal of Northern" not in found.text and "Page 1" not in found.text
    assert found.text.count("accessible") == found.text.count("inaccessible") == 9  # none lost, none torn
    assert len(found.text.split("\n\n")) == 13  # a heading and twelve paragraphs, over columns and pages
    assert "\n" not in found.text.replace("\n\n", "")


def test_a_page_of_two_columns_that_a_browser_printed(parser: Parser) -> None:
    printed, page = document(parser, SAMPLES, "tides.pdf"), document(parser, SAMPLES, "tides.html")
    assert printed.text == page.text
    assert printed.title == page.title == "Tide tables of Skarholm"


def test_pages_arrive(parser: Parser) -> None:
    found = document(parser, SAMPLES, "columns.pdf")
    assert len(found.pages) == 3 and found.pages[0] == 0 and list(found.pages) == sorted(found.pages)
    assert page_at(found, found.text.index("Annals")) == 1
    assert page_at(found, len(found.text) - 1) == 3
    slides = document(parser, SAMPLES, "slides.pptx")
    assert [page_at(slides, slides.text.index(part)) for part in ("quay", "crane")] == [1, 2]


@pytest.mark.parametrize("name", ["slides.pptx", "slides.odp"])
def test_slides(parser: Parser, name: str) -> None:
    found = document(parser, SAMPLES, name)
    assert found.title == "Harbour plans"
    assert "# Costs\n\n- The crane costs 3 million euros." in found.text
    assert len(found.pages) == 2


@pytest.mark.parametrize("name", ["sheet.xlsx", "sheet.xls", "sheet.ods", "sheet.csv"])
def test_rows_of_a_table_are_sentences(parser: Parser, name: str) -> None:
    found = document(parser, SAMPLES, name)
    assert "Ship: Aurora; Tonnage: 1250; Launched: 1911-05-04; Fee: 2.5.\n\nShip: Zephyr" in found.text
    assert "Ship: Total; Tonnage: 1980.5; Fee: 5.5." in found.text  # formulas have the value that was computed
    if not name.endswith("csv"):
        assert "## Ships" in found.text and "## Notes\n\nThe Aurora was sold in 1950." in found.text


@pytest.mark.long
def test_a_locked_and_a_scanned_pdf_are_named_with_what_to_do(parser: Parser) -> None:
    (locked,) = reasons(read(parser, SAMPLES, "locked.pdf"))
    assert locked.startswith("locked.pdf is protected by a password.") and "qpdf" in locked
    (scan,) = reasons(read(parser, SAMPLES, "scan.pdf"))
    if ocr.available():  # there are no words on it
        assert scan == "scan.pdf holds pictures of pages in which OCR finds no text."
    else:
        assert scan.startswith("scan.pdf holds pictures of pages but no text") and "rag-answers[ocr]" in scan


def test_a_pdf_that_is_scanned_in_part_is_read_in_part(parser: Parser) -> None:
    why, found = read(parser, SAMPLES, "mixed.pdf")
    assert isinstance(why, Unread) and "only pictures (1)" in why.reason and why.path == "mixed.pdf"
    assert isinstance(found, Document) and found.text == "The second page says that the ferry is blue."
    assert page_at(found, 0) == 2


def test_fields_and_notes_of_a_pdf(parser: Parser) -> None:
    assert document(parser, SAMPLES, "form.pdf").text == (
        "Fill in all fields.\n\nName of the ship: Aurora.\n\nInsured: yes.\n\nNote: Ask the harbour master first."
    )


def mail(subject: str, body: str, *attachments: tuple[str, bytes], html: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Åsa <asa@example.org>", "bo@example.org", subject
    message["Date"] = "Mon, 03 Mar 2025 10:00:00 +0100"
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_a_mail_and_its_attachments(parser: Parser, tmp_path: Path) -> None:
    odd = [("../../etc/passwd.txt", b"no"), ("picture.png", b"png"), ("sheet.csv", b"Ship,Crew\nAurora,84\n")]
    (tmp_path / "a.eml").write_bytes(mail("Mooring — Grüße", "The rope is 12 m.\n\nYours", *odd, html="<p>no</p>"))
    parts = {part.path: part for part in read(parser, tmp_path, "a.eml")}
    assert list(parts)[-1] == "a.eml"  # its own text last: until then it has not been read to its end
    assert set(parts) == {"a.eml", "a.eml/sheet.csv", "a.eml/.._.._etc_passwd.txt"} - {"a.eml/.._.._etc_passwd.txt"}
    own, sheet = parts["a.eml"], parts["a.eml/sheet.csv"]
    assert isinstance(own, Document) and isinstance(sheet, Document)
    assert own.title == "Mooring — Grüße"
    assert own.text.startswith("From: Åsa <asa@example.org>.\n") and "The rope is 12 m." in own.text
    assert sheet.text == "Ship: Aurora; Crew: 84."


def test_a_mail_in_html_alone(parser: Parser, tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "News"
    message.set_content("<h1>Hello</h1><p>The <b>ferry</b> is late.<img src='http://127.0.0.1:9/x.png'></p>", "html")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    assert "# Hello\n\nThe ferry is late." in document(parser, tmp_path, "a.eml").text


def test_a_mailbox(parser: Parser, tmp_path: Path) -> None:
    box = b"".join(
        b"From asa@example.org Mon Mar  3 10:00:00 2025\n" + mail(f"Number {n}", f"Text {n}.\n>From here on.") + b"\n"
        for n in range(1, 4)
    )
    (tmp_path / "in.mbox").write_bytes(box)
    parts = read(parser, tmp_path, "in.mbox")
    assert [part.path for part in parts] == ["in.mbox/1.eml", "in.mbox/2.eml", "in.mbox/3.eml"]
    assert [part.title for part in parts if isinstance(part, Document)] == ["Number 1", "Number 2", "Number 3"]
    assert all(isinstance(part, Document) and "\nFrom here on." in part.text for part in parts)


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def test_an_archive_and_an_archive_in_it(parser: Parser, tmp_path: Path) -> None:
    inner = zipped({"deep/b.md": b"# B\n\nBeta."})
    members = {
        "a.txt": b"Alpha.", "inner.zip": inner, "letter.docx": (SAMPLES / "letter.docx").read_bytes(),
        ".hidden.txt": b"no", "__MACOSX/a.txt": b"no", "x.png": b"no", "old.doc": b"no", "empty.txt": b"",
    }  # fmt: skip
    (tmp_path / "all.zip").write_bytes(zipped(members))
    parts = read(parser, tmp_path, "all.zip")
    found = {part.path: part for part in parts if isinstance(part, Document)}
    assert list(found) == ["all.zip/a.txt", "all.zip/inner.zip/deep/b.md", "all.zip/letter.docx"]
    assert found["all.zip/inner.zip/deep/b.md"].title == "B"
    assert found["all.zip/letter.docx"].title == "The Harbour Museum"
    assert len({each.sha256 for each in found.values()}) == 3
    assert reasons(parts) == [
        "all.zip/old.doc is of a kind that is not read. Save it as DOCX (LibreOffice opens it).",
        "all.zip/empty.txt is empty.",
    ]


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.json", '[{"name": "Ada", "born": {"year": 1815}}, {"name": "Bo", "langs": ["sv", "en"]}]',
         "name: Ada; born.year: 1815.\n\nname: Bo; langs: sv, en."),
        ("a.json", '{"ships": [{"name": "Aurora", "crew": 84}]}', "name: Aurora; crew: 84."),
        ("a.json", '{"version": 12345678901234567890.10, "on": true, "none": null}',
         "version: 12345678901234567890.10; on: yes."),
        ("a.jsonl", '{"q": "Who?", "a": "Bo."}\n\nnot json\n{"q": "When?"}\n', "q: Who?; a: Bo.\n\nq: When?"),
        ("a.json", '{"a": 1}\n{"a": 2}', "a: 1.\n\na: 2."),
        ("a.csv", "Name;Age\nÅsa;30\nBo;4\n", "Name: Åsa; Age: 30.\n\nName: Bo; Age: 4."),
        ("a.tsv", "1\t2\n3\t4\n", "1: 2.\n\n3: 4."),
        ("a.csv", 'Name,Text\nBo,"two\nlines, one cell"\nAsa,x\n',
         "Name: Bo; Text: two lines, one cell.\n\nName: Asa; Text: x."),
        ("a.html", "<p>One<br>two</p><script>no()</script><p hidden>no</p><style>p</style><ul><li>x<ul><li>y</ul></ul>",
         "One\ntwo\n\n- x\n  - y"),
        ("a.html", "<table><tr><th>Ship<th>Crew<tr><td>Aurora<td>84</table>", "Ship: Aurora; Crew: 84."),
        ("a.html", "<pre>a  b\n  c</pre>", "a  b\n  c"),
        ("a.py", "# set x\nx = 1\n", "# set x\nx = 1\n"),
    ],
)  # fmt: skip
def test_small_ones(parser: Parser, tmp_path: Path, name: str, data: str, text: str) -> None:
    (tmp_path / name).write_text(data, encoding="utf-8")
    found = document(parser, tmp_path, name)
    assert found.text == text
    assert found.title == ("a.py" if name == "a.py" else "a" if name[2] in "jct" else found.title)


def test_the_encoding_that_a_page_declares(parser: Parser, tmp_path: Path) -> None:
    page = '<meta charset="windows-1251"><title>Порт</title><p>Паром уходит в семь.</p>'
    (tmp_path / "a.htm").write_bytes(page.encode("cp1251"))
    found = document(parser, tmp_path, "a.htm")
    assert (found.title, found.text) == ("Порт", "Паром уходит в семь.")


@pytest.mark.parametrize("name", sorted(set(PARSED) - {".html", ".htm", ".xhtml", ".eml", ".csv", ".tsv", ".xml"}))
@pytest.mark.parametrize(
    "data", [b"\x89not what it says\0\1" * 50, b"PK\x03\x04" + b"\0" * 100, b"%PDF-1.7\n" + b"x" * 99]
)
def test_another_kind_of_file_under_the_name_costs_only_that_file(
    parser: Parser, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / f"a{name}").write_bytes(data)
    (why,) = reasons(read(parser, tmp_path, f"a{name}"))
    assert why.startswith(f"a{name} ") and "Traceback" not in why and len(why) < 400


def test_every_kind_is_listed_and_said_to_be_read_or_not(
    parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "program", lambda: None)
    monkeypatch.setattr(ocr, "available", lambda: False)
    for kind in [*SUFFIXES, *FOREIGN, ".png", ".exe"]:
        (tmp_path / f"a{kind}").write_bytes(b"x")
    assert {file.path for file in list_files(tmp_path)} == {f"a{kind}" for kind in SUFFIXES | FOREIGN.keys()}
    (why,) = reasons(read(parser, tmp_path, "a.doc"))
    told = "Save it as DOCX (LibreOffice opens it). Where LibreOffice is installed, it is read as it is."
    assert why == f"a.doc is of a kind that is not read. {told}"
    assert not SUFFIXES & FOREIGN.keys() and not PLAIN & CODE


def test_the_table_in_the_docs_names_every_kind() -> None:
    docs = (Path(__file__).parent.parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [kind for kind in sorted(PARSED.keys() | PLAIN | FOREIGN.keys()) if f"`{kind}`" not in docs] == []


def test_offsets_of_pages_survive_cleaning(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"a": "nul \0 and half a \ud800 pair"}))
    assert document(parser, tmp_path, "a.json").text == "a: nul  and half a  pair."


def test_arabic_and_hebrew_are_in_the_order_in_which_they_are_read(parser: Parser) -> None:
    text = document(parser, SAMPLES, "right-to-left.pdf").text
    for part in (
        "# ميناء ليسا", "ميناء ليسا في عام 1931. قادت كارين هولت العمل كله.", "مترا، وبني في عام 1954 من الحجر.",
        "נמל ליסה הועמק בשנת 1931. קארין הולט ניהלה את העבודה.", "אורך הגשר הוא 412 מטרים, והוא נבנה בשנת 1954.",
        "一九三一年に浚渫された。橋の長さは四百十二メートルである。灯台は日曜日に開いている。",
    ):  # fmt: skip
        assert part in text
