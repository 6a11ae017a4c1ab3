# ruff: noqa: E501
"""Pages that are printed in 10 pt, drawn at 200 dpi and read by OCR: what stands on them, and their HTML."""

ENGLISH = [
    "The ferry to Skarholm leaves at seven in the morning and returns at half past nine in the evening. In winter, from the third of November to the last Sunday in March, the late crossing is cancelled whenever the wind is stronger than 21 metres a second; the harbour office decides at 4 p.m. and posts its decision at both piers.",
    "Passengers with bicycles board first. Each bicycle costs 3.50 euros, a trailer 7.25 euros, and nothing is charged for wheelchairs, walking frames or guide dogs. Groups of more than fifteen people are asked to write to groups@skarholm.example two weeks ahead, since the lower deck holds 84 seats only and the upper one is closed in rain.",
    "“We lost the second engine on 12 May 2024,” says the captain, Åsa Lind, “and still arrived eleven minutes early.” Her log, kept since 1998, fills thirty-one volumes (numbers 7 and 19 are missing) and lists 23,416 crossings, 3 births, one wedding and no accident that anybody was hurt in.",
    "Lost property is kept for ninety days. What nobody asks for is sold at an auction in the old customs house, Quay 4, on the first Saturday of June; the proceeds – 1,870 euros last year – go to the lifeboat. Umbrellas make up 61 % of it, gloves 14 %, single shoes 2 %.",
]
GERMAN = [
    "Die Fähre nach Skarholm fährt um sieben Uhr ab. Für Fahrräder müssen Sie 3,50 € bezahlen, für Anhänger 7,25 €; Rollstühle und Blindenhunde fahren kostenlos mit. Größere Gruppen melden sich bitte zwei Wochen vorher beim Hafenbüro (Telefon 0431 / 55 12 34) an.",
    "Übrigens: Das Schließfach am Kai 4 öffnet nur mit Münzen. Wer seinen Schlüssel verliert, zahlt eine Gebühr von 15 Euro, bekommt aber die Hälfte zurück, wenn er ihn binnen einer Woche findet und bei Frau Müller-Lüdenscheidt abgibt.",
    "Im Jahr 1887 wurden über neuntausend Fässer Hering verladen. Danach gingen die Fänge zurück, und der Hafen verödete, bis 1954 die neue Mole fertig war. Heute arbeiten hier 120 Menschen, die meisten in der Werft.",
]
FRENCH = [
    "Le bac de Skarholm part à sept heures précises. Les vélos montent les premiers; chaque vélo coûte 3,50 euros. L’hiver, la dernière traversée est supprimée dès que le vent dépasse 21 mètres par seconde, ce que le bureau du port annonce à seize heures.",
    "Les objets trouvés sont gardés quatre-vingt-dix jours, puis vendus aux enchères dans l’ancienne douane. « Nous avons même retrouvé un violoncelle », raconte Hélène Garçon, qui tient le guichet depuis l’été 1998.",
]
HEADS = ("Item", "Ordered", "Delivered", "Price")
ROWS = [
    ("Hemp rope, 12 mm", "40 m", "38 m", "96.00"), ("Brass lantern", "6", "6", "214.50"),
    ("Anchor chain", "25 m", "25 m", "1,310.00"), ("Tar, black", "12 kg", "10 kg", "47.80"),
    ("Oak planks", "18", "17", "629.10"), ("Copper nails", "4,000", "4,000", "152.00"),
    ("Signal flags", "2 sets", "2 sets", "88.40"), ("Charts of the Baltic", "9", "8", "171.00"),
]  # fmt: skip
PAGES = [
    ("serif", "one", ["Rules of the ferry", *ENGLISH]),
    ("sans-serif", "one", ["Rules of the ferry", *ENGLISH]),
    ("serif", "two", ["Hafenordnung", *GERMAN, *GERMAN[::-1], GERMAN[1]]),
    ("sans-serif", "one", ["Le bac", *FRENCH, *GERMAN]),
    ("serif", "two", ["Two columns", *ENGLISH, *ENGLISH[::-1]]),
]
"""(typeface, columns, heading and paragraphs) of each page of prose."""


def prose(page: int) -> str:
    """Return what stands on a page, a paragraph a line."""
    return "\n".join(PAGES[page][2])


def page() -> str:
    """Return the pages as HTML, the table last."""
    sheets = "".join(
        f'<section style="font-family:{face}"><h1>{heading}</h1><div class="{columns}">{"".join(f"<p>{text}</p>" for text in texts)}</div></section>'
        for face, columns, (heading, *texts) in PAGES
    )
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    table = f"<section><h1>Deliveries</h1><p>{ENGLISH[1]}</p><table><tr>{heads}</tr>{cells}</table></section>"
    return (
        "<!doctype html><meta charset=utf-8><style>@page { size: A5; margin: 1.4cm } body { font-size: 10pt; line-height: 1.35; margin: 0 }"
        "section { break-after: page } .two { columns: 2; column-gap: 0.7cm } h1 { font-size: 15pt; margin: 0 0 8pt } p { margin: 0 0 6pt }"
        f"td, th {{ text-align: left; padding: 1pt 14pt 1pt 0 }}</style>{sheets}{table}"
    )
