"""What a computed answer looks like, in a real browser: the rows in their tables, and how it was computed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import Site, ask, browser_needed, visit

pytestmark = browser_needed
TABLES = Path(__file__).parent.parent / "data" / "tables" / "first-half" / "docs"
STAFF = "Name,Shop,Salary (GBP)\nMoira Tait,Harbour,41000\nOwen Pryce,Hill <b>,38500\nAna Roy,Harbour,28400\n"
SHOPS = "Shop,Town\nHarbour,Leith\nHill <b>,Perth\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    towns = (TABLES / "towns.csv").read_text(encoding="utf-8")
    site = Site(tmp_path_factory.mktemp("site"), {"towns.csv": towns, "staff.csv": STAFF, "shops.csv": SHOPS})
    yield site
    site.close()


@pytest.fixture
def tab(browser: Any, site: Site) -> Iterator[Any]:
    tab = visit(browser, site.address)
    yield tab
    complaints = tab.complaints
    tab.close()
    assert complaints == []


def rows(tab: Any, which: str = "tr.marked") -> list[str]:
    return [" | ".join(row.split("\t")).strip() for row in tab.locator(f"#panel .rows {which}").all_inner_texts()]


def test_the_table_is_shown_with_its_rows_marked_and_how_it_was_computed(tab: Any, site: Site) -> None:
    site.reader.writes_next("SELECT SUM(the_2021) FROM data WHERE country = 'Norland'")
    ask(tab, "What was the total population of the Norland towns in 2021?")
    assert "2267200 – the sum of “2021” over 4 rows" in tab.locator("#chat .answer .text").inner_text()
    heads = tab.locator("#panel .rows th").all_inner_texts()
    assert heads == ["Town", "Country", "2001", "2011", "2021", "Area (km²)", "Coastal", "Founded"]
    assert len(rows(tab)) == 4 and all("Norland" in row for row in rows(tab))
    assert any("Corrant" in row for row in rows(tab, "tbody tr:not(.marked)"))
    tab.locator("#chat .computed summary").click()
    computed = tab.locator("#chat .computed").inner_text()
    assert "Computed from 4 rows of towns.csv." in computed
    assert "SELECT SUM(the_2021) FROM data WHERE country = 'Norland'" in computed


def test_a_marker_leads_to_its_row_and_the_row_to_the_document(tab: Any, site: Site) -> None:
    site.reader.writes_next("SELECT SUM(the_2021) FROM data WHERE country = 'Norland'")
    ask(tab, "What was the total population of the Norland towns in 2021?")
    tab.locator("#chat .marker").nth(1).click()
    tab.locator("#panel .rows mark.shown", has_text="Brisk Haven").wait_for()
    tab.locator("#panel .rows .open").nth(1).click()
    tab.locator("#panel mark.at", has_text="Town: Brisk Haven; Country: Norland").wait_for()


def test_of_two_tables_the_rows_of_both_are_shown(tab: Any, site: Site) -> None:
    site.reader.writes_next("SELECT town FROM data WHERE name = 'Owen Pryce'")
    ask(tab, "In which town does Owen Pryce work?")
    assert "Perth" in tab.locator("#chat .answer .text").inner_text()
    shown = rows(tab)
    assert len(shown) == 2 and "Hill <b>" in shown[0] and "Perth" in shown[1]
    assert tab.locator("#panel .source h3").all_inner_texts() == ["staff.csv", "shops.csv"]
