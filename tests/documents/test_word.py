"""Word: equations, numbers that Word counts itself, tracked changes, fields to be filled in."""

import io
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from rag.documents.formats.equations import MATH, linear
from rag.documents.formats.parts import Wishes
from rag.documents.parsing import Parser
from reading import SAMPLES, document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def with_body(name: str, body: str) -> bytes:
    """Return a sample with more paragraphs at its end."""
    made = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / name) as before, zipfile.ZipFile(made, "w") as after:
        for each in before.infolist():
            data = before.read(each)
            if each.filename == "word/document.xml":
                data = data.replace(b"</w:body>", body.encode() + b"</w:body>")
            after.writestr(each.filename, data)
    return made.getvalue()


def said(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_equations_of_another_program(parser: Parser) -> None:
    text = document(parser, SAMPLES, "equations.docx").text
    for part in [
        "a² + b² = c² holds, and the angle is α₁ = (x + 1)/(2y).", "∑_(i = 1)^n i = (n(n + 1))/2",
        "√x and ∛(x + 1); the limit is lim_(x → 0) (sin x)/x = 1.", "∫_0^∞ e^(−x²) dx = √π/2, x̂ = ȳ, M = (1, 2; 3, 4)",
        "f(x) = {1, x > 0; 0, otherwise", "H₂O, a millimetre 10⁻³ m, the choices are (n choose k), the space is Rⁿ.",
    ]:  # fmt: skip
        assert part in text
    assert "1. Tie the rope.\n2. Check the knot:\n  a) the bowline,\n  b) the hitch.\n3. Let go." in text
    assert "Between.\n\n5. Five begins here.\n6. Six follows." in text


def test_a_contract_of_libreoffice(parser: Parser) -> None:
    assert document(parser, SAMPLES, "contract.docx").text == (
        "# 1 Lease of the quay\n\n# 2 Rent\n\nThe rent is eighty euros a day.\n\nIt follows from R = (B + 12)/n² each "
        "year.\n\n## 2.1 Due dates\n\n(a) The rent is due on Mondays.\n(b) Late rent bears interest.\n\n# 3 Damage\n\n"
        "(a) The lessee repairs the quay."
    )


RUN = "<m:r><m:t>{}</m:t></m:r>"


def omml(body: str) -> str:
    for letter in "abcnx":
        body = body.replace(f"[{letter}]", RUN.format(letter))
    return linear(etree.fromstring(f'<m:oMath xmlns:m="{MATH[1:-1]}" xmlns:w="{W}">{body}</m:oMath>'))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<m:sSup><m:e>[a]</m:e><m:sup>[b]</m:sup></m:sSup>", "a^b"),
        ("<m:sSubSup><m:e>[a]</m:e><m:sub>[b]</m:sub><m:sup>[n]</m:sup></m:sSubSup>", "a_bⁿ"),
        ("<m:sSup><m:e><m:d><m:e>[a]" + RUN.format("-") + "[b]</m:e></m:d></m:e><m:sup>" + RUN.format("2")
         + "</m:sup></m:sSup>", "(a - b)²"),
        ("<m:f><m:num>[a]</m:num><m:den><m:f><m:num>[b]</m:num><m:den>[c]</m:den></m:f></m:den></m:f>", "a/(b/c)"),
        ("<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=')'/></m:dPr><m:e>[a]</m:e><m:e>[b]</m:e></m:d>", "[a|b)"),
        ("<m:func><m:fName>" + RUN.format("sin") + "</m:fName><m:e>[x]</m:e></m:func>", "sin x"),
        ("<m:limLow><m:e>" + RUN.format("max") + "</m:e><m:lim>[n]</m:lim></m:limLow>", "max_(n)"),
        ("<m:eqArr><m:e>[a]" + RUN.format("&amp;=1") + "</m:e><m:e>[b]</m:e></m:eqArr>", "a = 1; b"),
        ("<m:r><m:t>𝑥=−1</m:t></m:r>", "x = −1"),
        ("[a]<w:del>[b]</w:del><w:ins>[c]</w:ins>", "ac"),
        ("<m:unknown>[a]</m:unknown>", "a"),
        ("<m:f/><m:sSup/><m:rad/><m:nary/><m:d/><m:m/><m:func/><m:acc/>", "()/()√() ∫ ()[]"),
        ("<m:sSup><m:e>" * 120 + "[a]" + "</m:e></m:sSup>" * 120, "a"),
    ],
)  # fmt: skip
def test_parts_of_equations(body: str, text: str) -> None:
    assert omml(body) == text


def test_changes_count_as_accepted(parser: Parser, tmp_path: Path) -> None:
    body = (
        "<w:ins>" + said("A paragraph that was inserted.") + "</w:ins>"
        + said("It goes on ", "<w:rPr><w:del/></w:rPr>") + said("in the next one.")
        + "<w:p><w:r><w:t>Kept.</w:t></w:r><w:del><w:r><w:t>No.</w:t><w:tab/></w:r></w:del></w:p>"
        + "<w:tbl><w:tr><w:tc>" + said("Left") + "</w:tc><w:tc>" + said("Right") + "</w:tc></w:tr>"
        + "<w:tr><w:trPr><w:del/></w:trPr><w:tc>" + said("Gone") + "</w:tc></w:tr></w:tbl>"
    )  # fmt: skip
    text = document(parser, tmp_path, "a.docx", with_body("letter.docx", body)).text
    assert text.count("A paragraph that was inserted.\n\nIt goes on in the next one.\n\nKept.\n\nLeft: Right.") == 1
    assert "Gone" not in text and "No." not in text


def test_fields_to_be_filled_in_are_read_and_tables_of_contents_are_not(parser: Parser, tmp_path: Path) -> None:
    contents = "<w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
    body = (
        "<w:sdt><w:sdtPr/><w:sdtContent>" + said("The name is Åsa.") + "</w:sdtContent></w:sdt>"
        f"<w:sdt><w:sdtPr>{contents}</w:sdtPr><w:sdtContent>" + said("Collections … 3") + "</w:sdtContent></w:sdt>"
    )
    text = document(parser, tmp_path, "a.docx", with_body("letter.docx", body)).text
    assert "The name is Åsa." in text and "… 3" not in text


def test_numbers_go_on_and_begin_anew_as_word_counts_them(parser: Parser, tmp_path: Path) -> None:
    def in_list(text: str, level: int, list_: int = 90) -> str:
        return said(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_}"/></w:numPr>')

    levels = "".join(
        f'<w:lvl w:ilvl="{level}">'
        f'<w:start w:val="{start}"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for level, (kind, text, start) in enumerate(
            [("upperRoman", "%1.", 3), ("decimal", "%1.%2.", 1), ("lowerLetter", "%3)", 1), ("bullet", "o", 1)]
        )
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="90">{levels}</w:abstractNum>'
        '<w:num w:numId="90"><w:abstractNumId w:val="90"/></w:num>'
        '<w:num w:numId="91"><w:abstractNumId w:val="90"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
    body = (
        in_list("First.", 0) + in_list("Inner.", 1) + in_list("Other.", 1) + in_list("Second.", 0)
        + in_list("Anew.", 1) + in_list("Letter.", 2) + in_list("Dot.", 3) + in_list("Again.", 0, 91)
        + in_list("", 0, 91) + in_list("Counted.", 0, 91)
    )  # fmt: skip
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(with_body("contract.docx", body))) as before, zipfile.ZipFile(made, "w") as after:
        for each in before.infolist():
            data = before.read(each)
            if each.filename == "word/numbering.xml":
                data = data.replace(b"</w:numbering>", numbering.encode() + b"</w:numbering>")
            after.writestr(each.filename, data)
    text = document(parser, tmp_path, "a.docx", made.getvalue()).text
    assert text.endswith(
        "III First.\n  III.1 Inner.\n  III.2 Other.\nIV Second.\n  IV.1 Anew.\n    a) Letter.\n      - Dot.\n"
        "I. Again.\nIII Counted."
    )


def test_comments_headers_and_footers_where_they_are_wanted(parser: Parser, tmp_path: Path) -> None:
    import docx

    made = docx.Document()
    run = made.add_paragraph("The rope is 12 metres long.").runs
    made.add_comment(run, text="Measure it again.", author="Åsa Lind")
    made.sections[0].header.paragraphs[0].text = "Harbour office"
    made.sections[0].footer.paragraphs[0].text = "Confidential"
    made.save(str(tmp_path / "a.docx"))
    assert document(parser, tmp_path, "a.docx").text == "The rope is 12 metres long."
    with Parser(wishes=Wishes(margins=True)) as other:
        text = document(other, tmp_path, "a.docx").text
    assert text.split("\n\n")[1:] == [
        "Comment by Åsa Lind: Measure it again.", "Header: Harbour office", "Footer: Confidential",
    ]  # fmt: skip
