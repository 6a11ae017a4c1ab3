"""Makes the sheets and the Word file of tests/data/tables/other-half; run by hand (pip install xlsxwriter)."""

from pathlib import Path

OUT = Path(__file__).parent / "data" / "tables" / "other-half" / "docs"

CHOIR = [
    ["Choir St. Anna – members"],
    [],
    ["Name", "Voice", "", "Joined", "Fee paid", "Town"],
    ["Agneta Holm", "Soprano", "", "14/09/2012", "yes", "Lund"],
    ["Bruno Keller", "Bass", "", "03/02/2019", "yes", "Marby"],
    ["Carla Reis", "Alto", "", "21/01/2015", "no", "Lund"],
    ["Dario Fontana", "Tenor", "", "30/08/2021", "yes", "Ystrad"],
    ["Elin Sand", "Soprano", "", "11/11/2008", "yes", "Marby"],
    ["Farid Nasser", "Bass", "", "17/05/2023", "no", "Lund"],
    ["Greta Voss", "Alto", "", "09/10/2017", "yes", "Ystrad"],
    ["Hugo Lind", "Tenor", "", "25/03/2010", "no", "Lund"],
    ["Ines Duarte", "Soprano", "", "02/12/2022", "yes", "Lund"],
]
CONCERTS = [
    ["Date", "Hall", "Conductor", "Seats sold", "Ticket (EUR)"],
    ["2024-03-17", "St. Anna", "Greta Voss", 212, 18],
    ["2024-06-22", "Town hall", "Hugo Lind", 145, 15],
    ["2024-10-05", "Old mill", "Greta Voss", 98, 12.5],
    ["2024-12-20", "St. Anna", "Bruno Keller", 240, 18],
    ["2025-04-12", "Town hall", "Greta Voss", 171, 16],
]
ENERGY = [
    ["", "Electricity", "", "Gas", ""],
    ["Building", "kWh", "Cost (€)", "kWh", "Cost (€)"],
    ["School", "48.200", "13.978,00", "112.500", "12.375,00"],
    ["Library", "21.350", "6.191,50", "38.900", "4.279,00"],
    ["Pool", "96.800", "28.072,00", "201.000", "22.110,00"],
    ["Town hall", "33.400", "9.686,00", "54.250", "5.967,50"],
    ["Fire station", "11.900", "3.451,00", "17.600", "1.936,00"],
    ["Total", "211.650", "61.378,50", "424.250", "46.667,50"],
]
CAMP = [
    ["Tents"],
    ["Tent", "Sleeps", "Weight (kg)", "Price per night (CHF)"],
    ["Lynx", 2, 2.4, 14],
    ["Marmot", 3, 3.9, 19],
    ["Ibex", 4, 5.6, 24.5],
    ["Bear", 8, 14.2, 46],
    [],
    ["Bookings"],
    ["Guest", "Tent", "Nights", "From"],
    ["Ortega", "Ibex", 5, "2025-07-01"],
    ["Blom", "Lynx", 2, "2025-07-03"],
    ["Sato", "Bear", 7, "2025-07-04"],
    ["Quinn", "Lynx", 4, "2025-07-09"],
    ["Faber", "Marmot", 3, "2025-07-12"],
    ["Adeyemi", "Ibex", 1, "2025-07-15"],
]
STOCK = [
    ["Item", "Shelf", "Quantity", "Price each", "Last counted"],
    ["Brass hinge", "A1", "140", "$1.25", "January 12, 2025"],
    ["Door handle", "A2", "36", "$18.90", "January 12, 2025"],
    ["Wood screw 4 x 40", "B1", "2,500", "$0.04", "February 3, 2025"],
    ["Oak board", "C4", "18", "$42.00", "March 20, 2025"],
    ["Pine board", "C4", "55", "$16.50", "March 20, 2025"],
    ["Wood glue", "B3", "24", "$7.80", "February 3, 2025"],
    ["Linseed oil", "B3", "9", "$21.40", "April 8, 2025"],
    ["Total", "", "2,782", "", ""],
]


def main() -> None:
    """Write the files."""
    import docx
    import xlsxwriter

    books = {
        "choir.xlsx": {"Members": CHOIR, "Concerts": CONCERTS},
        "energy 2024.xlsx": {"Energy": ENERGY},
        "camp site.xlsx": {"Camp": CAMP},
    }
    for name, sheets in books.items():
        book = xlsxwriter.Workbook(str(OUT / name))
        for sheet_name, rows in sheets.items():
            sheet = book.add_worksheet(sheet_name)
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, row)
        book.close()
    document = docx.Document()
    document.add_heading("Workshop stock", 1)
    document.add_paragraph("Counted by hand. Whoever takes the last piece writes it on the board.")
    table = document.add_table(len(STOCK), len(STOCK[0]))
    for row, cells in zip(table.rows, STOCK, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(str(OUT / "workshop stock.docx"))


if __name__ == "__main__":
    main()
