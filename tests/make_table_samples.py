# ruff: noqa: E501
"""Makes the sample tables in tests/data/tables/first-half; run by hand (pip install xlsxwriter)."""

import json
import shutil
import subprocess
from pathlib import Path

OUT = Path(__file__).parent / "data" / "tables" / "first-half" / "docs"

TOWNS = """Town,Country,2001,2011,2021,Area (km²),Coastal,Founded
Aldmere,Norland,412000,455300,498700,"1,204",yes,1204
Brisk Haven,Norland,1203400,1310900,1402200,"2,310",yes,1102
Corrant,Vale,98300,91200,88400,310,no,1388
Dunmarsh,Vale,233100,240500,251900,505,no,1270
Eskholm,Osterby,2650000,2911000,3204500,"1,890",yes,1051
Farrow,Osterby,87200,90100,96800,122,no,1611
Gellan,Norland,311000,305400,299900,840,no,1340
Hythe Major,Vale,645000,702300,760100,"1,150",yes,1188
Ivarstad,Osterby,154000,171800,203300,415,yes,1466
Jorrin,Norland,57200,61000,66400,98,no,1702
Kestle,Vale,1010500,1090700,1150000,"1,640",yes,1150
Lommel,Osterby,402300,399800,410600,730,no,1299
"""
CASH = [
    ["Kassenbuch Gartenverein Sonnental 2025"],
    [],
    ["Datum", "Beleg Nr.", "Zweck", "Kategorie", "Einnahme", "Ausgabe"],
    ["03.01.2025", "101", "Beitrag Familie Öztürk", "Beitrag", "1.120,50 €", ""],
    ["17.01.2025", "102", "Wasserrechnung Quartal 4", "Wasser", "", "384,20 €"],
    ["02.02.2025", "103", "Beitrag Frau Lindner", "Beitrag", "95,00 €", ""],
    ["11.02.2025", "104", "Rasenmäher Reparatur", "Geräte", "", "149,90 €"],
    ["05.03.2025", "105", "Sommerfest Anzahlung Zelt", "Fest", "", "250,00 €"],
    ["21.03.2025", "106", "Beitrag Herr Nowak", "Beitrag", "95,00 €", ""],
    ["14.04.2025", "107", "Wasserrechnung Quartal 1", "Wasser", "", "412,75 €"],
    ["30.04.2025", "108", "Pflanzenverkauf", "Verkauf", "318,00 €", ""],
    ["09.05.2025", "109", "Heckenschere", "Geräte", "", "89,00 €"],
    ["28.05.2025", "110", "Spende Bäckerei Holm", "Spende", "200,00 €", ""],
    ["Summe", "", "", "", "1.828,50 €", "1.285,85 €"],
]
RENTAL = """<!doctype html><html><head><meta charset="utf-8"><title>Tool rental Brandt & Sons</title></head><body>
<h1>Tool rental Brandt &amp; Sons</h1><p>Collect from 7:30, return by 18:00. A passport is kept as a deposit.</p>
<h2>Prices per day</h2><table><tr><th>Tool</th><th>until 31 December 2024</th><th>from 1 January 2025</th><th>Deposit</th></tr>
<tr><td>Cordless drill</td><td>9.50 EUR</td><td>11.00 EUR</td><td>40 EUR</td></tr>
<tr><td>Floor sander</td><td>38.00 EUR</td><td>42.00 EUR</td><td>120 EUR</td></tr>
<tr><td>Tile cutter</td><td>24.00 EUR</td><td>24.00 EUR</td><td>80 EUR</td></tr>
<tr><td>Wood chipper</td><td>65.00 EUR</td><td>72.50 EUR</td><td>200 EUR</td></tr>
<tr><td>Pressure washer</td><td>28.00 EUR</td><td>31.00 EUR</td><td>80 EUR</td></tr>
<tr><td>Scaffold tower</td><td>45.00 EUR</td><td>52.00 EUR</td><td>150 EUR</td></tr>
<tr><td>Wallpaper steamer</td><td>12.00 EUR</td><td>13.50 EUR</td><td>30 EUR</td></tr></table></body></html>"""
PLANTS = [
    ["Plant", "Bed", "Sown on", "Spacing (cm)", "Needs shade", "Yield (kg)"],
    ["Runner beans", "North", "12 May 2025", "30", "no", "14.5"],
    ["Butterhead lettuce", "North", "3 April 2025", "25", "yes", "6.2"],
    ["Beetroot", "South", "21 April 2025", "10", "no", "11.0"],
    ["Spinach", "North", "18 March 2025", "8", "yes", "4.8"],
    ["Pumpkin", "West", "20 May 2025", "120", "no", "38.4"],
    ["Chives", "West", "1 March 2025", "15", "no", "0.9"],
    ["Kale", "South", "2 June 2025", "45", "no", "17.3"],
    ["Rocket", "South", "14 April 2025", "5", "yes", "2.1"],
]
FERRY = """# Island ferry, summer timetable

The ferry does not sail in storms above force eight.

## Departures from Port Ansel

| Ship | Departs | Arrives at Skerry | Days | Cars | Fare (EUR) |
|---|---|---|---|---|---|
| Mary Lune | 06:40 | 08:05 | Mon–Fri | yes | 14.50 |
| Osprey | 09:15 | 10:05 | daily | no | 19.00 |
| Mary Lune | 12:30 | 13:55 | daily | yes | 14.50 |
| Osprey | 15:45 | 16:35 | Sat, Sun | no | 19.00 |
| Old Tom | 18:10 | 19:50 | daily | yes | 11.00 |
| Osprey | 20:30 | 21:20 | Fri | no | 22.00 |
"""
LOANS = [
    {
        "title": "The Salt Road",
        "author": "Imre Vass",
        "borrower": "Dagny Holt",
        "due": "2025-11-03",
        "pages": 412,
        "renewed": True,
    },
    {
        "title": "Bees of the North",
        "author": "Clara Munk",
        "borrower": "Pio Serra",
        "due": "2025-10-21",
        "pages": 188,
        "renewed": False,
    },
    {
        "title": "A Short History of Glue",
        "author": "Imre Vass",
        "borrower": "Pio Serra",
        "due": "2025-11-17",
        "pages": 240,
        "renewed": False,
    },
    {
        "title": "Winter Lamps",
        "author": "Noor Achterberg",
        "borrower": "Edda Kranz",
        "due": "2025-09-30",
        "pages": 365,
        "renewed": True,
    },
    {
        "title": "The Cartographer's Aunt",
        "author": "Liv Tamm",
        "borrower": "Dagny Holt",
        "due": "2025-12-01",
        "pages": 521,
        "renewed": False,
    },
    {
        "title": "Pickling for Everyone",
        "author": "Clara Munk",
        "borrower": "Joss Amadi",
        "due": "2025-10-08",
        "pages": 96,
        "renewed": True,
    },
    {
        "title": "Night Trains",
        "author": "Liv Tamm",
        "borrower": "Pio Serra",
        "due": "2025-10-30",
        "pages": 304,
        "renewed": True,
    },
]
SALES = [
    ["", "2023", "", "2024", ""],
    ["Region", "Units", "Revenue (USD)", "Units", "Revenue (USD)"],
    ["North", 120, 36000, 155, 48050],
    ["East", 98, 27440, 90, 26100],
    ["South", 210, 58800, 260, 75400],
    ["West", 64, 20480, 71, 23430],
]
SHIFTS = "Nurse\tWard\tDate\tShift\tHours\n" + "".join(
    f"{nurse}\t{ward}\t{date}\t{shift}\t{hours}\n"
    for nurse, ward, date, shift, hours in [
        ("Abena Osei", "4A", "2025-06-02", "early", "8"), ("Tomasz Wilk", "4A", "2025-06-02", "late", "8"),
        ("Rosa Ibáñez", "5C", "2025-06-02", "night", "10"), ("Abena Osei", "4A", "2025-06-03", "early", "8"),
        ("Rosa Ibáñez", "5C", "2025-06-03", "night", "10"), ("Kirsi Laine", "5C", "2025-06-03", "late", "7.5"),
        ("Tomasz Wilk", "4A", "2025-06-04", "night", "10"), ("Kirsi Laine", "5C", "2025-06-04", "early", "8"),
        ("Abena Osei", "4A", "2025-06-05", "late", "8"), ("Rosa Ibáñez", "5C", "2025-06-05", "early", "8"),
        ("Tomasz Wilk", "4A", "2025-06-06", "night", "10"), ("Kirsi Laine", "4A", "2025-06-06", "early", "6"),
    ]
)  # fmt: skip
CODES = """<!doctype html><html><head><meta charset="utf-8"><title>Boiler HX 22 – user guide</title></head>
<style>td,th{padding:5px 12px;text-align:left;vertical-align:top;width:30%}</style><body style="font:10pt sans-serif"><h1>Boiler HX 22 – user guide</h1><p>Keep this guide near the boiler.</p><h2>Fault codes</h2>
<table style="border-collapse:collapse;width:100%" border="1"><tr><th>Code</th><th>Cause</th><th>Remedy</th></tr>
<tr><td>L02</td><td>water pressure below 0.8 bar</td><td>open the filling tap until the gauge shows 1.5 bar, then close it again slowly</td></tr>
<tr><td>L07</td><td>flue blocked</td><td>switch the boiler off and call the chimney sweep before it is used again by anyone</td></tr>
<tr><td>H13</td><td>pump overheated</td><td>let the pump cool down for thirty minutes and check the filter for dirt and limescale</td></tr>
<tr><td>H21</td><td>no flame signal</td><td>press the reset button for five seconds; if it comes back three times, call the service</td></tr>
</table></body></html>"""

BRANCHES = [
    ["Branch", "Town", "Opened", "Manager", "Rent (GBP)"],
    ["Harbour", "Leith", "2011-03-01", "Moira Tait", 2150],
    ["Hillside", "Leith", "2017-09-15", "Owen Pryce", 1480],
    ["Market", "Perth", "2014-05-20", "Saskia de Wit", 1920],
    ["Airport", "Perth", "2022-11-02", "Moira Tait", 3300],
]
STAFF = [
    ["Name", "Branch", "Role", "Salary (GBP)", "Phone", "Since"],
    ["Moira Tait", "Harbour", "manager", 41000, "0131 555 01", 2010],
    ["Owen Pryce", "Hillside", "manager", 38500, "0131 555 07", 2016],
    ["Saskia de Wit", "Market", "manager", 40200, "01738 444 2", 2014],
    ["Lewis Roy", "Harbour", "baker", 27900, "0131 555 02", 2018],
    ["Ana Petrov", "Harbour", "baker", 28400, "0131 555 03", 2015],
    ["Kofi Mensah", "Market", "baker", 27200, "01738 444 5", 2021],
    ["Jean Orr", "Hillside", "cashier", 23100, "0131 555 08", 2019],
    ["Tilda Frost", "Airport", "cashier", 24600, "01738 444 9", 2023],
    ["Samir Bose", "Airport", "baker", 26900, "01738 444 7", 2022],
]
FLEET = [
    ["Vehicles"],
    ["Van", "Make", "Seats", "", "Load (kg)", "Inspected on"],
    ["V1", "Norda", 3, "", 950, "7 January 2025"],
    ["V2", "Norda", 2, "", 1200, "19 November 2024"],
    ["V3", "Pellic", 6, "", 640, "2 April 2025"],
    ["V4", "Pellic", 3, "", 1100, "28 February 2025"],
    [],
    ["Trips in May 2025"],
    ["Trip", "Van", "Driver", "Distance (km)", "Fuel (l)"],
    ["T-71", "V1", "Hanne Ruud", 214, 19.8],
    ["T-72", "V3", "Piet Mol", 88, 7.1],
    ["T-73", "V1", "Hanne Ruud", 132, 12.4],
    ["T-74", "V4", "Ada Nwosu", 305, 30.2],
    ["T-75", "V2", "Piet Mol", 176, 17.9],
    ["T-76", "V3", "Ada Nwosu", 41, 3.6],
    ["Total", "", "", 956, 91],
]


def main() -> None:
    import docx
    import xlsxwriter

    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "towns.csv").write_text(TOWNS, encoding="utf-8")
    (OUT / "tool-rental.html").write_text(RENTAL, encoding="utf-8")
    (OUT / "ferry.md").write_text(FERRY, encoding="utf-8")
    (OUT / "library loans.jsonl").write_text("".join(json.dumps(loan) + "\n" for loan in LOANS), encoding="utf-8")
    (OUT / "shifts.tsv").write_text(SHIFTS, encoding="utf-8")
    books = {
        "Kassenbuch.xlsx": {"Kasse": CASH},
        "sales.xlsx": {"Sales": SALES},
        "bakeries.xlsx": {"Branches": BRANCHES, "Staff": STAFF},
        "fleet.xlsx": {"Fleet": FLEET},
    }
    for name, sheets in books.items():
        book = xlsxwriter.Workbook(str(OUT / name))
        for sheet_name, rows in sheets.items():
            sheet = book.add_worksheet(sheet_name)
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, row)
        book.close()
    document = docx.Document()
    document.add_heading("Planting plan of the allotment", 1)
    document.add_paragraph("Water in the evening. The west bed was dug over in autumn.")
    table = document.add_table(len(PLANTS), len(PLANTS[0]))
    for row, cells in zip(table.rows, PLANTS, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(str(OUT / "planting.docx"))
    if chromium := shutil.which("chromium"):
        page = OUT / "boiler.html"
        page.write_text(CODES, encoding="utf-8")
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--no-pdf-header-footer",
                f"--print-to-pdf={OUT / 'boiler.pdf'}",
                str(page),
            ],
            check=True,
        )
        page.unlink()


if __name__ == "__main__":
    main()
