"""The MCP server as the protocol's own client sees it: in memory, and over standard input and output."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client

from fakes import EndlessReader, HashEmbedder, OverlapReranker, ScriptedReader, tell_of_the_harbour
from rag.answering.engine import Engine
from rag.api import Rag
from rag.errors import RagError, WeightsError
from rag.index.index import Index
from rag.serve.mcp import create_server
from rag.settings import Settings

TEXT = "The harbour of Lysa was dredged in 1931. Karin Holt led the work. The bridge is 412 metres long."
ANSWER = "The harbour of Lysa was dredged in 1931."


def open_folder(folder: Path, reader: ScriptedReader | None = None) -> Rag:
    docs = folder / "docs"
    (docs / "a folder").mkdir(parents=True, exist_ok=True)
    (docs / "harbour.txt").write_text(TEXT, encoding="utf-8")
    (docs / "a folder" / "größe & co.txt").write_text("The tower is tall.", encoding="utf-8")
    index = Index.open(folder / "index", dimensions=64, fingerprint="test")
    reader = reader or ScriptedReader(tell_of_the_harbour)
    engine = Engine(
        docs, index, HashEmbedder(), reader, OverlapReranker(), budget=100, count=lambda text: len(text.split())
    )
    engine.refresh()
    return Rag.over(engine)


@pytest.fixture
def rag(tmp_path: Path) -> Iterator[Rag]:
    with open_folder(tmp_path) as opened:
        yield opened


def with_client(rag: Rag | Callable[[], Rag], use: Callable[[Client], Any]) -> Any:
    opened = rag if callable(rag) else lambda: rag

    async def session() -> Any:
        async with Client(create_server(opened)) as client:
            return await use(client)

    return anyio.run(session)


def test_tools_are_described(rag: Rag) -> None:
    async def use(client: Client) -> Any:
        return await client.list_tools()

    tools = {tool.name: tool for tool in with_client(rag, use).tools}
    assert set(tools) == {"ask", "search"}
    assert set(tools["ask"].input_schema["properties"]) == {"question", "history"}
    assert tools["ask"].input_schema["required"] == ["question"]
    for tool in tools.values():
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint


def test_ask_returns_the_contract(rag: Rag) -> None:
    history = [{"role": "user", "content": "Who led the work?"}, {"role": "assistant", "content": "Karin Holt."}]

    async def use(client: Client) -> Any:
        return await client.call_tool("ask", {"question": "When was that?", "history": history})

    result = with_client(rag, use)
    assert not result.is_error
    answer = result.structured_content
    assert answer["answer"] == ANSWER
    assert answer["standalone_question"] == "When was that? (Karin Holt.)"
    assert answer["sources"]
    for source in answer["sources"]:
        assert source["text"] == TEXT[source["start"] : source["end"]]


def test_search(rag: Rag) -> None:
    async def use(client: Client) -> Any:
        return await client.call_tool("search", {"query": "Karin Holt", "limit": 2})

    sources = with_client(rag, use).structured_content["sources"]
    assert sources[0]["text"] == "Karin Holt led the work."
    assert len(sources) == 2


def test_documents_are_resources_and_follow_the_folder(rag: Rag) -> None:
    async def use(client: Client) -> Any:
        before = (await client.list_resources()).resources
        texts = {resource.name: (await client.read_resource(resource.uri)).contents[0].text for resource in before}
        (rag.engine.docs / "harbour.txt").unlink()
        rag.refresh()
        return texts, [resource.name for resource in (await client.list_resources()).resources]

    texts, after = with_client(rag, use)
    assert texts == {"a folder/größe & co.txt": "The tower is tall.", "harbour.txt": TEXT}
    assert after == ["a folder/größe & co.txt"]


@pytest.mark.parametrize("uri", ["document:///nothing.txt", "document:///../secret.txt", "document:////etc/hostname"])
def test_what_is_not_in_the_index_cannot_be_read(rag: Rag, tmp_path: Path, uri: str) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")

    async def use(client: Client) -> Any:
        with pytest.raises(MCPError):
            await client.read_resource(uri)

    with_client(rag, use)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("ask", {"question": " "}, "empty"),
        ("ask", {}, "question"),
        ("search", {"query": ""}, "empty"),
        ("search", {"query": "x", "limit": 0}, "limit"),
    ],
)
def test_a_bad_call_is_a_message(rag: Rag, tool: str, arguments: dict[str, Any], message: str) -> None:
    async def use(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    result = with_client(rag, use)
    assert result.is_error
    assert message in result.content[0].text


def test_a_folder_that_does_not_open_is_a_message() -> None:
    def opened() -> Rag:
        raise WeightsError("The weights are not there.")

    async def use(client: Client) -> Any:
        return await client.call_tool("ask", {"question": "When?"})

    result = with_client(opened, use)
    assert result.is_error
    assert "The weights are not there." in result.content[0].text


def test_a_client_that_gives_up_stops_the_model(tmp_path: Path) -> None:
    reader = EndlessReader(tell_of_the_harbour)

    async def use(client: Client) -> Any:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "ask", {"question": "An endless one."})
            await anyio.to_thread.run_sync(reader.begun.wait, 10)
            tasks.cancel_scope.cancel()

    with open_folder(tmp_path, reader) as rag:
        with_client(rag, use)
        assert reader.stopped.wait(10)


def test_over_standard_input_and_output(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; sys.path += [sys.argv[1], str(Path(sys.argv[1]).parent)]\n"
        "from test_mcp import open_folder\n"
        "from rag.serve.mcp import create_server\n"
        "def opened():\n"
        "    print('noise on standard output')\n"
        "    return open_folder(Path(sys.argv[2]))\n"
        "create_server(opened).run('stdio')\n"
    )
    parameters = StdioServerParameters(
        command=sys.executable, args=["-c", program, str(Path(__file__).parent), str(tmp_path)]
    )

    async def session() -> Any:
        async with Client(stdio_client(parameters)) as client:
            return await client.call_tool("ask", {"question": "When was the harbour dredged?"})

    assert anyio.run(session).structured_content["answer"] == ANSWER


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    from rag.serve.mcp import run

    with pytest.raises(RagError, match=r"pip install 'rag-answers\[mcp\]'"):
        run(settings)


def test_importing_it_needs_no_extra() -> None:
    code = "import sys; import rag.serve.mcp; sys.exit(any(name.split('.')[0] == 'mcp' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
