# ruff: noqa: E501, UP031
"""Makes the sample files in tests/data/formats with real programs: LibreOffice, pandoc, and Chromium.

Run by hand where they are installed (apt-get install libreoffice-writer libreoffice-calc libreoffice-impress chromium
pandoc hyphen-en-us); the files are committed, so that the tests need neither.
"""

import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import scan_pages
import ship_tables

OUT = Path(__file__).parent / "data" / "formats"
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in {
        "office": "office", "style": "style", "text": "text", "table": "table", "draw": "drawing",
        "presentation": "presentation", "fo": "xsl-fo-compatible", "svg": "svg-compatible",
    }.items()
) + ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip
PARAGRAPHS = [
    "The lighthouse keeper of Skarholm counted seventeen vessels on the third of March, an extraordinary number for a "
    "harbour that had been considered inaccessible throughout the preceding administration.",
    "Responsibility for refurbishment was transferred to the Maritime Conservation Authority, whose representatives "
    "characterised the deterioration as comprehensive but fundamentally reversible.",
    "A well-known manufacturer delivered forty-two replacement prisms; the manufacturer's documentation recommended "
    "recalibration every eighteen months, notwithstanding meteorological circumstances.",
    "Correspondence between neighbouring municipalities demonstrates that transportation of construction materials "
    "represented approximately one third of the expenditure.",
]


def flat(kind: str, body: str, styles: str = "", automatic: str = "", master: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {SPACES} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        f"<office:meta><dc:title>About {kind}</dc:title></office:meta>"
        f"<office:styles>{styles}</office:styles><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:master-styles>{master}</office:master-styles><office:body><office:{kind}>{body}</office:{kind}>"
        "</office:body></office:document>"
    )


def h(text: str, level: int = 1) -> str:
    return f'<text:h text:outline-level="{level}" text:style-name="Heading_20_{level}">{text}</text:h>'


def p(text: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def table(*rows: tuple[str, ...], head: bool = True) -> str:
    def cells(row: tuple[str, ...]) -> str:
        return "".join(f'<table:table-cell office:value-type="string">{p(cell)}</table:table-cell>' for cell in row)

    made = [f"<table:table-row>{cells(row)}</table:table-row>" for row in rows]
    first = f"<table:table-header-rows>{made[0]}</table:table-header-rows>" if head else made[0]
    return f'<table:table table:name="T"><table:table-column table:number-columns-repeated="{len(rows[0])}"/>{first}{"".join(made[1:])}</table:table>'


LETTER = flat(
    "text",
    h("The Harbour Museum")
    + p(
        'The museum opens at nine o’clock. Admission is 12 euros<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>Children pay nothing on Sundays.</text:p></text:note-body></text:note>."
    )
    + h("Collections", 2)
    + "<text:list>"
    + "".join(f"<text:list-item>{p(t)}</text:list-item>" for t in ("Sextants from Genoa", "Charts of the Baltic"))
    + "</text:list>"
    + table(("Ship", "Built", "Crew"), ("Aurora", "1911", "84"), ("Zephyr", "1923", "31"))
    + h("Grüße aus 東京", 2)
    + p("Schöne Grüße — the guide speaks 日本語 and Ελληνικά."),
    styles="".join(
        f'<style:style style:name="Heading_20_{level}" style:display-name="Heading {level}" style:family="paragraph" '
        f'style:default-outline-level="{level}"><style:text-properties fo:font-size="{22 - 4 * level}pt" fo:font-weight="bold"/></style:style>'
        for level in (1, 2)
    ),
)

COLUMNS = flat(
    "text",
    p("Annals of the Lighthouse", "Big")
    + '<text:section text:style-name="Two" text:name="S">'
    + "".join(p(" ".join(PARAGRAPHS[(i + j) % 4] for j in range(3)), "Body") for i in range(12))
    + "</text:section>",
    styles='<style:style style:name="Standard" style:family="paragraph"/>'
    '<style:style style:name="Big" style:family="paragraph"><style:text-properties fo:font-size="20pt"/></style:style>'
    '<style:style style:name="Body" style:family="paragraph"><style:paragraph-properties fo:text-align="justify" fo:margin-bottom="0.25cm"/>'
    '<style:text-properties fo:font-size="11pt" fo:hyphenate="true" fo:hyphenation-remain-char-count="2" '
    'fo:hyphenation-push-char-count="2" fo:language="en" fo:country="US"/></style:style>',
    automatic='<style:style style:name="Two" style:family="section"><style:section-properties text:dont-balance-text-columns="false">'
    '<style:columns fo:column-count="2" fo:column-gap="0.8cm"><style:column style:rel-width="1*"/><style:column style:rel-width="1*"/>'
    "</style:columns></style:section-properties></style:style>"
    '<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="16cm" fo:page-height="20cm" fo:margin="1.5cm"/>'
    '<style:header-style><style:header-footer-properties fo:min-height="0.6cm" fo:margin-bottom="0.4cm"/></style:header-style>'
    '<style:footer-style><style:header-footer-properties fo:min-height="0.6cm" fo:margin-top="0.4cm"/></style:footer-style></style:page-layout>',
    master='<style:master-page style:name="Standard" style:page-layout-name="L"><style:header>'
    + p("Journal of Northern Harbours, volume 7") + "</style:header><style:footer>"
    + p("Page <text:page-number>1</text:page-number>") + "</style:footer></style:master-page>",
)  # fmt: skip

SHEET = flat(
    "spreadsheet",
    '<table:table table:name="Ships">'
    + "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
            if isinstance(cell, (int, float))
            else f'<table:table-cell table:formula="{cell}" office:value-type="float" office:value="0"/>'
            if cell.startswith("of:")
            else f'<table:table-cell table:style-name="D" office:value-type="date" office:date-value="{cell[1:]}"/>'
            if cell.startswith("@")
            else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in (
            ("Ship", "Tonnage", "Launched", "Fee"),
            ("Aurora", 1250, "@1911-05-04", 2.5),
            ("Zephyr", 730.5, "@1923-09-30", 3),
            ("Total", "of:=SUM([.B2:.B3])", "", "of:=[.D2]+[.D3]"),
        )
    )
    + '</table:table><table:table table:name="Notes"><table:table-row><table:table-cell office:value-type="string">'
    "<text:p>The Aurora was sold in 1950.</text:p></table:table-cell></table:table-row></table:table>",
    automatic='<number:date-style style:name="N"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/>'
    '<number:text>-</number:text><number:day number:style="long"/></number:date-style>'
    '<style:style style:name="D" style:family="table-cell" style:data-style-name="N"/>',
)


def slide(number: int, title: str, items: tuple[str, ...]) -> str:
    listed = "".join(f"<text:list><text:list-item>{p(item)}</text:list-item></text:list>" for item in items)
    return (
        f'<draw:page draw:name="S{number}" draw:master-page-name="M">'
        f'<draw:frame presentation:style-name="Pr" presentation:class="title" svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="2cm"><draw:text-box>{p(title)}</draw:text-box></draw:frame>'
        f'<draw:frame presentation:style-name="Pr" presentation:class="outline" svg:x="1cm" svg:y="4cm" svg:width="20cm" svg:height="8cm"><draw:text-box>{listed}</draw:text-box></draw:frame></draw:page>'
    )


SLIDES = flat(
    "presentation",
    slide(1, "Harbour plans", ("The quay grows by 40 metres.", "Dredging begins in May."))
    + slide(2, "Costs", ("The crane costs 3 million euros.",)),
    automatic='<style:style style:name="Pr" style:family="presentation"/><style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" fo:page-height="15.75cm"/></style:page-layout>',
    master='<style:master-page style:name="M" style:page-layout-name="L"/>',
)


def change(number: int, kind: str, body: str = "") -> str:
    return (
        f'<text:changed-region text:id="c{number}"><text:{kind}><office:change-info><dc:creator>Bo</dc:creator>'
        f"<dc:date>2025-03-03T10:00:00</dc:date></office:change-info>{body}</text:{kind}></text:changed-region>"
    )


def items(*texts: str, depth: int = 1) -> str:
    listed = "".join(f"<text:list-item>{p(text)}</text:list-item>" for text in texts)
    return f'<text:list text:style-name="Clauses">{listed}</text:list>'


FORMULA = (
    '<draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="1cm"><draw:object><math '
    'xmlns="http://www.w3.org/1998/Math/MathML" display="block"><semantics><mrow><mi>R</mi><mo>=</mo><mfrac><mrow>'
    "<mi>B</mi><mo>+</mo><mn>12</mn></mrow><msup><mi>n</mi><mn>2</mn></msup></mfrac></mrow></semantics></math>"
    "</draw:object></draw:frame>"
)
CONTRACT = flat(
    "text",
    "<text:tracked-changes>" + change(1, "insertion") + change(2, "deletion", p("ninety"))
    + change(3, "deletion", p("The crane is free.")) + "</text:tracked-changes>"
    + h("Lease of the quay") + h("Rent")
    + p('The rent is <text:change text:change-id="c2"/><text:change-start text:change-id="c1"/>eighty<text:change-end '
        'text:change-id="c1"/> euros a day.<text:change text:change-id="c3"/>')
    + p(f"It follows from {FORMULA} each year.")
    + h("Due dates", 2)
    + items("The rent is due on Mondays.", "Late rent bears interest.")
    + h("Damage")
    + items("The lessee repairs the quay."),
    styles='<text:outline-style style:name="Outline">'
    + "".join(
        f'<text:outline-level-style text:level="{level}" style:num-format="1" style:num-suffix="." text:display-levels="{level}"/>'
        for level in (1, 2)
    )
    + "</text:outline-style>"
    + "".join(
        f'<style:style style:name="Heading_20_{level}" style:display-name="Heading {level}" style:family="paragraph" '
        f'style:default-outline-level="{level}"/>'
        for level in (1, 2)
    ),
    automatic='<text:list-style style:name="Clauses"><text:list-level-style-number text:level="1" style:num-format="a" '
    'style:num-prefix="(" style:num-suffix=")"/></text:list-style>',
)  # fmt: skip

EQUATIONS = r"""---
title: The mathematics of rope
---

For a right angle, $a^2 + b^2 = c^2$ holds, and the angle is $\alpha_1 = \frac{x+1}{2y}$.

$$\sum_{i=1}^{n} i = \frac{n(n+1)}{2}$$

The roots are $\sqrt{x}$ and $\sqrt[3]{x+1}$; the limit is $\lim_{x \to 0} \frac{\sin x}{x} = 1$.

$$\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}, \quad \hat{x} = \bar{y}, \quad M = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$$

$$f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}$$

Water is $H_2O$, a millimetre $10^{-3}$ m, the choices are $\binom{n}{k}$, the space is $\mathbb{R}^n$.

1. Tie the rope.
2. Check the knot:
    a) the bowline,
    b) the hitch.
3. Let go.

Between.

5. Five begins here.
6. Six follows.
"""

BOOK = """---
title: The Ferryman's Handbook
---

# Crossing

The ferry to Skarholm leaves at seven. It carries 120 passengers.[^1]

[^1]: Dogs travel free of charge.

- Ropes
- Lanterns

# Fares

| Passenger | Fare |
|-----------|------|
| Adult     | 9.50 |
| Child     | 4.00 |

The **winter** timetable begins in `October`.
"""

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tide tables of Skarholm</title>
<style>@page { size: 15cm 18cm; margin: 1.5cm } article { columns: 2; hyphens: auto; text-align: justify; font: 11px serif }
h1 { font-size: 22px } h2 { font-size: 15px; column-span: none }</style></head><body><h1>Tide tables of Skarholm</h1><article>
<h2>Method</h2><p>%s</p><p>%s</p><h2>Results</h2><p>%s</p><p>%s</p></article></body></html>""" % (*PARAGRAPHS,)


def control(name: str, kind: str, more: str = "") -> str:
    service = {"text": "TextField", "checkbox": "CheckBox"}[kind]
    return (
        f'<form:{kind} form:name="{name}" form:control-implementation="ooo:com.sun.star.form.component.{service}" '
        f'xml:id="{name[0]}" form:id="{name[0]}" {more}/>'
    )


FORM = flat(
    "text",
    '<office:forms form:automatic-focus="false" form:apply-design-mode="false"><form:form form:name="F" '
    'form:control-implementation="ooo:com.sun.star.form.component.Form">'
    + control("Name of the ship", "text", 'form:current-value="Aurora" form:value="Aurora"')
    + control("Insured", "checkbox", 'form:current-state="checked" form:state="checked"')
    + control("Sold", "checkbox") + "</form:form></office:forms>"
    + p("Fill in all fields.<office:annotation><dc:creator>Bo</dc:creator><dc:date>2025-03-03T10:00:00</dc:date>"
        "<text:p>Ask the harbour master first.</text:p></office:annotation>")
    + "".join(
        f'<text:p><draw:control text:anchor-type="as-char" svg:width="5cm" svg:height="0.8cm" draw:control="{at}"/></text:p>'
        for at in "NIS"
    ),
).replace(
    "<office:document ",
    '<office:document xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0" xmlns:ooo="http://openoffice.org/2004/office" ',
    1,
)  # fmt: skip
WITH_NOTES = '{"ExportFormFields":{"type":"boolean","value":"true"},"ExportNotes":{"type":"boolean","value":"true"}}'
LONG_TABLE = (
    "<!doctype html><meta charset=utf-8><style>@page { size: 12cm 16cm; margin: 1.5cm } body { font: 11px serif } "
    "td, th { padding: 2px 16px; text-align: left }</style><p>Every vessel of the register, by number, with its crew.</p>"
    "<table><thead><tr><th>Number<th>Ship<th>Crew</tr></thead>"
    + "".join(f"<tr><td>{n}<td>Vessel {n}<td>{n % 7 + 3}</tr>" for n in range(1, 91)) + "</table>"
)  # fmt: skip

RIGHT_TO_LEFT = """<!doctype html><meta charset=utf-8><style>@page{size:A5;margin:1.5cm} body{font:12pt "DejaVu Sans"} .v{writing-mode:vertical-rl;height:9cm;font-family:sans-serif}</style>
<div dir=rtl lang=ar><h1>ميناء ليسا</h1><p>عُمِّق ميناء ليسا في عام 1931. قادت كارين هولت العمل كله. ويبلغ طول الجسر 412 مترا، وبني في عام 1954 من الحجر.</p></div>
<div dir=rtl lang=he><h1>נמל ליסה</h1><p>נמל ליסה הועמק בשנת 1931. קארין הולט ניהלה את העבודה. אורך הגשר הוא 412 מטרים, והוא נבנה בשנת 1954.</p></div>
<div style="break-before:page" class=v lang=ja>港は一九三一年に浚渫された。橋の長さは四百十二メートルである。灯台は日曜日に開いている。</div>"""


def convert(source: Path, *targets: str) -> None:
    for target in targets:
        profile = f"-env:UserInstallation={(source.parent / 'profile').as_uri()}"
        command = [
            "soffice",
            profile,
            "--headless",
            *(["--infilter=HTML (StarWriter)"] if source.suffix == ".html" else []),
            "--convert-to",
            target,
            "--outdir",
            str(source.parent),
            str(source),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * y) % 251 for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def scan(picture: Path, more: str = "") -> str:
    frame = (
        '<draw:frame text:anchor-type="as-char" svg:width="10cm" svg:height="10cm"><draw:image><office:binary-data>'
        + __import__("base64").b64encode(picture.read_bytes()).decode() + "</office:binary-data></draw:image></draw:frame>"
    )  # fmt: skip
    return flat(
        "text",
        p(frame) + more,
        automatic='<style:style style:name="New" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style>',
    )


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = folder / "picture.png"
        picture.write_bytes(png(60, 60))
        sources = {
            "letter.fodt": LETTER, "columns.fodt": COLUMNS, "sheet.fods": SHEET, "slides.fodp": SLIDES,
            "contract.fodt": CONTRACT, "form.fodt": FORM, "scan.fodt": scan(picture), "mixed.fodt": scan(picture, p("The second page says that the ferry is blue.", "New")),
        }  # fmt: skip
        for file, text in sources.items():
            (folder / file).write_text(text, encoding="utf-8")
        convert(folder / "letter.fodt", "odt", "doc", "docx", "pdf", "rtf", "html:HTML (StarWriter)", "epub")
        convert(folder / "contract.fodt", "docx")
        convert(folder / "form.fodt", f"pdf:writer_pdf_Export:{WITH_NOTES}")
        convert(folder / "columns.fodt", "pdf")
        convert(folder / "sheet.fods", "ods", "xlsx", "xls", "csv")
        convert(folder / "slides.fodp", "odp", "ppt", "pptx")
        convert(folder / "scan.fodt", "pdf")
        convert(folder / "mixed.fodt", "pdf")
        (folder / "book.md").write_text(BOOK, encoding="utf-8")
        for kind in ("epub", "docx", "pptx"):
            subprocess.run(["pandoc", str(folder / "book.md"), "-o", str(folder / f"book.{kind}")], check=True)
        (folder / "equations.md").write_text(EQUATIONS, encoding="utf-8")
        subprocess.run(["pandoc", str(folder / "equations.md"), "-o", str(folder / "equations.docx")], check=True)
        options = '{"EncryptFile":{"type":"boolean","value":"true"},"DocumentOpenPassword":{"type":"string","value":"secret"}}'
        shutil.copy(folder / "letter.fodt", folder / "locked.fodt")
        convert(folder / "locked.fodt", f"pdf:writer_pdf_Export:{options}")
        (folder / "tides.html").write_text(PAGE, encoding="utf-8")
        chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        subprocess.run(
            [*chromium, f"--print-to-pdf={folder / 'tides.pdf'}", str(folder / "tides.html")],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        (folder / "tables.html").write_text(ship_tables.page(), encoding="utf-8")
        (folder / "long-table.html").write_text(LONG_TABLE, encoding="utf-8")
        convert(folder / "tables.html", "pdf:writer_pdf_Export")
        shutil.move(folder / "tables.pdf", folder / "tables-office.pdf")
        (folder / "print.html").write_text(scan_pages.page(), encoding="utf-8")
        (folder / "right-to-left.html").write_text(RIGHT_TO_LEFT, encoding="utf-8")
        for printed in ("tables", "long-table", "print", "right-to-left"):
            subprocess.run(
                [*chromium, f"--print-to-pdf={folder / f'{printed}.pdf'}", str(folder / f"{printed}.html")],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            (folder / f"{printed}.html").unlink()
        for path in sorted(folder.iterdir()):
            if path.suffix in {
                ".odt",
                ".doc",
                ".ppt",
                ".docx",
                ".pdf",
                ".rtf",
                ".html",
                ".epub",
                ".ods",
                ".xlsx",
                ".xls",
                ".csv",
                ".odp",
                ".pptx",
            }:
                shutil.copy(path, OUT / path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
