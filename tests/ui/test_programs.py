"""Other programs, by Gradio's API and over MCP: exactly `ask` and `search`, documented, of the shared documents."""

import sys
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client

from browsing import NOTES, SENTENCE, Site
from rag.ui.line import Line
from rag.ui.mcp_endpoint import PATH
from rag.ui.programs import Programs
from rag.ui.uploads import Uploads


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), {"harbour notes.txt": NOTES})
    private = site.engine.docs / "uploads" / "of-0123456789abcdef"
    private.mkdir(parents=True)
    (private / "mill.txt").write_text("The mill of Orba burned down in 1877.", encoding="utf-8")
    yield site
    site.close()


def test_the_api_is_ask_and_search_and_nothing_else(site: Site) -> None:
    from gradio_client import Client

    client = Client(site.address, verbose=False)
    known = client.view_api(print_info=False, return_format="dict")
    assert set(known["named_endpoints"]) == {"/ask", "/search"}
    assert not known["unnamed_endpoints"]
    found = client.predict("When was the harbour of Lysa dredged?", [], api_name="/ask")
    assert found["sources"][0]["text"] == SENTENCE
    assert client.predict("harbour of Lysa", 1, api_name="/search")[0]["text"] == SENTENCE


def test_the_api_says_what_it_does(site: Site) -> None:
    known = httpx.get(f"{site.address}gradio_api/info").json()["named_endpoints"]
    assert "exact source sentences" in known["/ask"]["description"]
    assert "without the answer model" in known["/search"]["description"]
    described = {name: [p["parameter_name"] for p in known[name]["parameters"]] for name in known}
    assert described == {"/ask": ["question", "history"], "/search": ["query", "limit"]}


def test_mcp_has_the_same_two_and_nothing_else(site: Site) -> None:
    async def use() -> Any:
        async with Client(site.address.rstrip("/") + PATH) as client:
            tools = (await client.list_tools()).tools
            asked = await client.call_tool("ask", {"question": "When was the harbour of Lysa dredged?"})
            found = await client.call_tool("search", {"query": "harbour of Lysa", "limit": 1})
            failed = await client.call_tool("ask", {"question": "When does it fail?"})
            assert not (await client.list_resources()).resources
            assert not (await client.list_resource_templates()).resource_templates
            assert not (await client.list_prompts()).prompts
            return tools, asked, found, failed

    tools, asked, found, failed = anyio.run(use)
    assert {tool.name for tool in tools} == {"ask", "search"} and all(tool.description for tool in tools)
    assert asked.structured_content["sources"][0]["text"] == SENTENCE
    assert [source["text"] for source in found.structured_content["sources"]] == [SENTENCE]
    assert failed.is_error and "rag doctor" in failed.content[0].text


def test_what_a_person_brought_is_not_for_programs(site: Site) -> None:
    from gradio_client import Client

    found = Client(site.address, verbose=False).predict("mill of Orba burned down", 10, api_name="/search")
    assert found and all("mill" not in source["text"] for source in found)


def test_a_history_reaches_the_model_by_both_ways(site: Site) -> None:
    from gradio_client import Client as GradioClient

    history = [{"role": "user", "content": "Who led the work?"}, {"role": "assistant", "content": "Karin Holt. [1]"}]

    async def use() -> Any:
        async with Client(site.address.rstrip("/") + PATH) as client:
            return await client.call_tool("ask", {"question": "When was that?", "history": history})

    by_api = GradioClient(site.address, verbose=False).predict("When was that?", history, api_name="/ask")
    by_mcp = anyio.run(use).structured_content
    assert by_api["standalone_question"] == by_mcp["standalone_question"] == "When was that? (Karin Holt.)"


def test_without_the_protocols_library_the_page_goes_without_it(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    from rag.ui.mcp_endpoint import mcp_app

    assert mcp_app(Programs(site.rag, Line(), Uploads(site.rag)), "127.0.0.1") is None
