"""Twenty tables, as pages to be printed: with lines and without, narrow, with empty cells, with heads of two lines."""

import random

HEADS = ["Ship", "Home port", "Built", "Crew", "Tonnage", "Remarks"]
LONG_HEADS = ["Ship", "Home port of the ship", "Year built", "Crew in 1950", "Gross tonnage", "Remarks of inspectors"]
NAMES = ["Aurora", "Zephyr", "Polar Star", "Nansen", "Gull", "Heron", "Old Tom", "Sea Breeze"]
PORTS = ["Skarholm", "Genoa", "Cork", "Bergen", "Old Harbour", "Riga"]
REMARKS = ["sold", "lost at sea", "in service", "", ""]
STYLES = {
    "plain": "td, th { padding: 3px 14px; text-align: left; font-weight: normal }",
    "lines": "td, th { border: 1px solid #000; padding: 3px 8px; text-align: left }",
    "wide": "table { width: 100% } td, th { padding: 3px 6px; text-align: left }",
    "right": "td, th { padding: 3px 14px; text-align: right } td:first-child, th:first-child { text-align: left }",
    "long heads": "table { width: 100% } th { width: 60px } "
    "td, th { padding: 3px 12px; text-align: left; vertical-align: top }",
}  # fmt: skip
SIZES = [(4, 6, 0.0), (5, 8, 0.35), (6, 8, 0.3), (3, 5, 0.25)]  # columns, rows, share of empty cells
WORDS = "amber birch cedar delta ember fjord gable heath inlet jetty kelp ledge mast north oar pier quay reef sail tide"


def ship_tables() -> list[tuple[str, list[list[str]]]]:
    """Return (style, rows with the head first) of every table; the ships have other names in each."""
    tables = []
    for number, word in enumerate(WORDS.split()):
        style = list(STYLES)[number // len(SIZES)]
        columns, rows, empty = SIZES[number % len(SIZES)]
        chance = random.Random(number)
        made = [(LONG_HEADS if style == "long heads" else HEADS)[:columns]]
        for name in NAMES[:rows]:
            row = [
                f"{name} {word}", chance.choice(PORTS), str(chance.randint(1880, 1990)), str(chance.randint(3, 99)),
                f"{chance.randint(100, 9000) / 10:.1f}", chance.choice(REMARKS),
            ]  # fmt: skip
            made.append([cell if not at or chance.random() > empty else "" for at, cell in enumerate(row[:columns])])
        tables.append((style, made))
    return tables


def page() -> str:
    """Return all of them as one page of HTML, to be printed on twenty sheets."""
    rules = "".join(
        f".s{number} {rule.strip()} "
        for number, style in enumerate(STYLES.values())
        for rule in style.replace("td, th", f"td, .s{number} th").replace("}", "}\n").splitlines()
        if rule.strip()
    )
    parts = []
    for (style, rows), word in zip(ship_tables(), WORDS.split(), strict=True):
        cells = "".join(
            "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>"
            for row, tag in zip(rows, ["th"] + ["td"] * len(rows), strict=False)
        )
        parts.append(
            f"<div class='s{list(STYLES).index(style)}'><p style='page-break-before: always'>The {word} register was"
            f" kept by the harbour master for many years and lists every ship that paid its {word} fees in time.</p>"
            f"<table>{cells}</table><p>What stands below the {word} table is text again, and no row of it.</p></div>"
        )
    return (
        "<!doctype html><meta charset=utf-8><style>@page { size: 17cm 22cm; margin: 1.5cm } body { font: 11px serif } "
        f"table {{ border-collapse: collapse }} {rules}</style>" + "".join(parts)
    )
