"""Nobody guesses the page's password, and without it neither page, API nor MCP endpoint says anything."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from browsing import NOTES, SENTENCE, Site
from rag.ui.login import MOST_WRONG, WINDOW_S, Gate, WrongPasswords, checked_by
from rag.ui.mcp_endpoint import PATH

LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, {"notes.txt": NOTES}, auth=("reader", "sécret"))
    yield site
    site.close()


def login(site: Site, password: str, client: Any = httpx) -> Any:
    return client.post(f"{site.address}login", data={"username": "reader", "password": password})


def test_page_and_api_and_mcp_ask_for_the_same_password(site: Site) -> None:
    for path in ("config", "gradio_api/info"):
        assert httpx.get(site.address + path).status_code == 401
    for name, data in (("search", ["harbour", 1]), ("ask", ["harbour?", []])):
        assert httpx.post(f"{site.address}gradio_api/call/{name}", json={"data": data}).status_code == 401
    mcp = site.address.rstrip("/") + PATH
    for headers in ({}, basic("reader", "wrong"), basic("other", "sécret"), {"Authorization": "Basic %%%"}):
        refused = httpx.post(mcp, json=LISTING, headers=ACCEPT | headers)
        assert refused.status_code == 401 and refused.headers["WWW-Authenticate"].startswith("Basic ")
    with httpx.Client() as client:
        assert login(site, "sécret", client).status_code == 200
        assert client.get(f"{site.address}config").status_code == 200
        asked = client.post(f"{site.address}gradio_api/call/search", json={"data": ["harbour of Lysa", 1]})
        found = client.get(f"{site.address}gradio_api/call/search/{asked.json()['event_id']}")
        assert SENTENCE in found.text
    assert httpx.post(mcp, json=LISTING, headers=ACCEPT | basic("reader", "sécret")).status_code == 200


def test_after_some_wrong_passwords_not_even_the_right_one_is_looked_at(site: Site) -> None:
    for _ in range(MOST_WRONG):
        assert login(site, "wrong").status_code == 400
    refused = login(site, "sécret")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_S + 1
    assert "Too many wrong passwords" in refused.text
    mcp = site.address.rstrip("/") + PATH
    assert httpx.post(mcp, json=LISTING, headers=ACCEPT | basic("reader", "sécret")).status_code == 429


def test_right_passwords_are_not_counted(site: Site) -> None:
    assert [login(site, "sécret").status_code for _ in range(2 * MOST_WRONG)] == [200] * 2 * MOST_WRONG


def test_a_hundred_guesses_at_once_are_not_a_hundred_tries() -> None:
    tried: list[str] = []

    async def slow_form(scope: Any, receive: Any, send: Any) -> None:
        tried.append(scope["path"])
        await asyncio.sleep(0.05)
        await PlainTextResponse("no", status_code=400)(scope, receive, send)

    async def guess() -> list[int]:
        gate = Gate(slow_form, ("reader", "secret"), WrongPasswords())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://test") as client:
            answers = await asyncio.gather(*(client.post("/login") for _ in range(100)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(guess()).count(429) == 100 - MOST_WRONG
    assert len(tried) == MOST_WRONG


def test_waiting_ends_and_is_each_address_own() -> None:
    now = [1000.0]
    wrong = WrongPasswords(lambda: now[0])
    for _ in range(MOST_WRONG):
        assert wrong.wait_s("192.0.2.1") == 0
        wrong.note("192.0.2.1")
        now[0] += 1
    assert wrong.wait_s("192.0.2.1") == WINDOW_S - MOST_WRONG
    assert wrong.wait_s("192.0.2.2") == 0
    now[0] += WINDOW_S - MOST_WRONG
    assert wrong.wait_s("192.0.2.1") == 0


def test_a_household_of_ipv6_addresses_is_one() -> None:
    wrong = WrongPasswords(lambda: 0.0)
    for i in range(MOST_WRONG):
        wrong.note(f"2001:db8::{i}")
    assert wrong.wait_s("2001:db8::ffff") > 0
    assert wrong.wait_s("2001:db8:0:1::") == 0


def test_many_addresses_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.ui.login._MOST_ADDRESSES", 10)
    wrong = WrongPasswords(lambda: 0.0)
    for i in range(100):
        wrong.note(f"192.0.2.{i}")
    assert len(wrong._at) <= 10


def test_passwords_are_compared_whole() -> None:
    check = checked_by("réader", "pässword")
    assert check("réader", "pässword")
    for user, password in (("réader", ""), ("", "pässword"), ("réader", "pässword2"), ("\ud800", "\ud800")):
        assert not check(user, password)
