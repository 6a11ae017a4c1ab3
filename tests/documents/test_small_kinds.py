"""Notebooks, calendars, contacts, feeds, saved pages and subtitles, through the real child process."""

import json
from email.message import EmailMessage
from pathlib import Path

from rag.documents.parsing import Parser
from reading import document, reason

BOOK = {
    "nbformat": 4,
    "cells": [
        {"cell_type": "markdown", "source": ["# Tide *study*\n", "\n", "The tide rises 3.2 m."]},
        {
            "cell_type": "code",
            "source": "# count the waves\nprint(7)",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["7\n"]},
                {"output_type": "execute_result", "data": {"text/plain": "'waves'", "text/html": "<b>no</b>"}},
                {"output_type": "display_data", "data": {"image/png": "aGVsbG8="}},
                {"output_type": "error", "ename": "ValueError", "evalue": "no tide", "traceback": ["\x1b[31mx"]},
            ],
        },
    ],
}


def test_a_notebook(parser: Parser, tmp_path: Path) -> None:
    found = document(parser, tmp_path, "a.ipynb", json.dumps(BOOK).encode())
    assert found.title == "Tide *study*"
    assert found.text == (
        "# Tide *study*\n\nThe tide rises 3.2 m.\n\n# count the waves\nprint(7)\n\n7\n\n'waves'\n\nValueError: no tide"
    )


def test_a_notebook_of_old(parser: Parser, tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Tides"},
        {"cell_type": "code", "input": "1 + 1", "outputs": [{"output_type": "pyout", "text": ["2"]}]},
    ]
    found = document(parser, tmp_path, "a.ipynb", json.dumps({"worksheets": [{"cells": cells}]}).encode())
    assert found.text == "## Tides\n\n1 + 1\n\n2" and found.title == "Tides"
    assert "is no notebook" in reason(parser, tmp_path, "b.ipynb", b"[1]")
    assert "holds no text" in reason(parser, tmp_path, "c.ipynb", b'{"cells": [1, {"source": null}]}')


CALENDAR = """BEGIN:VCALENDAR\r
X-WR-CALNAME:Harbour\r
BEGIN:VEVENT\r
DTSTART;TZID=Europe/Oslo:20250303T100000\r
DTEND:20250303T113000Z\r
SUMMARY:Dredging\\, second part\r
LOCATION:Quay 4\r
ORGANIZER;CN="Åsa Lind":mailto:asa@example.org\r
ATTENDEE;CN=Bo:mailto:bo@example.org\r
RRULE:FREQ=WEEKLY;COUNT=3\r
DESCRIPTION:Bring helmets.\\nThe crane is bo\r
 oked until noon.\r
BEGIN:VALARM\r
DESCRIPTION:Reminder\r
END:VALARM\r
END:VEVENT\r
BEGIN:VTODO\r
SUMMARY:Paint the buoy\r
DUE;VALUE=DATE:20250401\r
END:VTODO\r
END:VCALENDAR\r
"""


def test_a_calendar(parser: Parser, tmp_path: Path) -> None:
    found = document(parser, tmp_path, "a.ics", CALENDAR.encode())
    assert found.title == "Harbour"
    assert found.text == (
        "Summary: Dredging, second part; Start: 2025-03-03 10:00; End: 2025-03-03 11:30 UTC; Place: Quay 4; "
        "Organizer: Åsa Lind <asa@example.org>; Attendees: Bo <bo@example.org>; Repeats: freq weekly, count 3; "
        "Description: Bring helmets. The crane is booked until noon.\n\nSummary: Paint the buoy; Due: 2025-04-01."
    )
    assert "holds no event" in reason(parser, tmp_path, "b.ics", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n")


CONTACTS = """BEGIN:VCARD
VERSION:3.0
FN:Åsa Lind
ORG:Port of Skarholm;Dredging
item1.TEL;TYPE=CELL,VOICE:+47 123
EMAIL;TYPE=work:asa@example.org
ADR;TYPE=HOME:;;Quay 4;Skarholm;;1234;Norway
PHOTO;ENCODING=b:aGVs
BDAY:19700504
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=
=C3=B6rg
TEL;HOME:555
END:VCARD
"""


def test_contacts(parser: Parser, tmp_path: Path) -> None:
    assert document(parser, tmp_path, "a.vcf", CONTACTS.encode()).text == (
        "Name: Åsa Lind; Organization: Port of Skarholm, Dredging; Telephone: +47 123 (cell); "
        "E-mail: asa@example.org (work); Address: Quay 4, Skarholm, 1234, Norway; Birthday: 1970-05-04."
        "\n\nName: Jörg Müller; Telephone: 555 (home)."
    )


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Harbour news</title><description>All of it</description>
<item><title>The quay &amp;amp; the crane</title><pubDate>Mon, 03 Mar 2025 10:00:00 GMT</pubDate>
<description>Short.</description><content:encoded><![CDATA[<p>The quay grows by <b>40 metres</b>.</p><p>In May.</p>]]>
</content:encoded></item><item><title>Two</title><description>The ferry is late.</description></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Tides</title><entry><title>High water</title>
<author><name>Bo</name></author><updated>2025-03-03</updated><content type="html">&lt;p&gt;3.2 m.&lt;/p&gt;</content>
</entry></feed>"""


def test_feeds(parser: Parser, tmp_path: Path) -> None:
    news = (
        "# Harbour news\n\nAll of it\n\n## The quay & the crane\n\nDate: Mon, 03 Mar 2025 10:00:00 GMT.\n\n"
        "The quay grows by 40 metres.\n\nIn May.\n\n## Two\n\nThe ferry is late."
    )
    for name in ("a.rss", "a.xml"):
        found = document(parser, tmp_path, name, RSS.encode())
        assert found.text == news and found.title == "Harbour news"
    atom = document(parser, tmp_path, "a.atom", ATOM.encode())
    assert atom.text == "# Tides\n\n## High water\n\nBy: Bo; Date: 2025-03-03.\n\n3.2 m."


def test_other_xml_stays_as_it_stands(parser: Parser, tmp_path: Path) -> None:
    for data in ("<a>\n  <b>text</b>\n</a>\n", "<rss><unended>", "<feed-reader/>"):
        found = document(parser, tmp_path, "a.xml", data.encode())
        assert found.text == data and found.title == "a.xml"
    assert "is no feed" in reason(parser, tmp_path, "a.rss", b"<a/>")


def test_a_saved_page(parser: Parser, tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "saved"
    message.set_content("<title>Fähre</title><p>Die Fähre ist blau.</p>", "html", charset="windows-1252", cte="8bit")
    message.add_related(b"png", "image", "png", cid="<x>")
    for name in ("a.mht", "a.mhtml"):
        found = document(parser, tmp_path, name, message.as_bytes())
        assert found.text == "Die Fähre ist blau." and found.title == "Fähre"
    assert "holds no web page" in reason(parser, tmp_path, "b.mht", b"Subject: x\n\nNothing.")


SUBTITLES = """1
00:00:01,000 --> 00:00:03,000
{\\an8}The <i>ferry</i> leaves

2
00:00:03,100 --> 00:00:05,000
at seven.
- From Skarholm?

3
00:00:12,000 --> 00:00:14,000
Much later.
"""
CAPTIONS = """WEBVTT - Kind: captions

NOTE a note
00:01.000 --> 00:02.000

STYLE
::cue { color: red }

00:01.000 --> 00:02.000 align:start
<v Bo Berg>The ferry &amp; the<00:01.500><c> crane</c>

00:02.000 --> 00:03.000
Bo Berg: The ferry &amp; the crane
are late.
"""


def test_subtitles_have_no_times(parser: Parser, tmp_path: Path) -> None:
    found = document(parser, tmp_path, "a.srt", SUBTITLES.encode())
    assert found.text == "The ferry leaves at seven. - From Skarholm?\n\nMuch later."
    assert document(parser, tmp_path, "a.vtt", CAPTIONS.encode()).text == "Bo Berg: The ferry & the crane are late."
    assert "holds no subtitles" in reason(parser, tmp_path, "b.srt", b"Just text.")
