"""What a computed answer says of its computation, by every way in which other programs ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from starlette.testclient import TestClient

from fakes import HashEmbedder, OverlapReranker, ScriptedReader
from rag.answering.engine import Engine
from rag.api import Rag
from rag.index.index import Index
from rag.serve.http import create_app
from rag.serve.mcp import create_server

TABLES = Path(__file__).parent.parent / "data" / "tables" / "first-half" / "docs"
QUESTION = "How many of the towns are in Vale?"
QUERY = "SELECT COUNT(*) FROM data WHERE country = 'Vale'"
COMPUTED = {"sql": QUERY, "table": "towns.csv", "rows": 4}


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    embedder = HashEmbedder()
    folder = tmp_path_factory.mktemp("index")
    index = Index.open(folder, dimensions=embedder.dimensions, fingerprint=embedder.fingerprint)
    reader = ScriptedReader(lambda _, __: (0.99, ["Read."]), [QUERY] * 9)
    with Engine(
        TABLES, index, embedder, reader, OverlapReranker(), budget=200, count=lambda text: len(text.split())
    ) as engine:
        yield Rag.over(engine)


def test_over_http_as_an_answer_and_as_a_chat(rag: Rag) -> None:
    client = TestClient(create_app(rag), base_url="http://127.0.0.1")
    answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    assert answer["answer"].startswith("4 ") and answer["computation"] == COMPUTED
    said = {"model": "x", "messages": [{"role": "user", "content": QUESTION}]}
    assert client.post("/v1/chat/completions", json=said).json()["rag"]["computation"] == COMPUTED
    streamed = client.post("/v1/chat/completions", json={**said, "stream": True}).text
    assert QUERY in streamed


def test_over_the_model_context_protocol(rag: Rag) -> None:
    async def ask() -> Any:
        async with Client(create_server(lambda: rag)) as client:
            return await client.call_tool("ask", {"question": QUESTION})

    assert anyio.run(ask).structured_content["computation"] == COMPUTED


def test_from_python(rag: Rag) -> None:
    answer = rag.ask(QUESTION)
    assert answer.computation is not None and answer.to_dict()["computation"] == COMPUTED
    (table,) = answer.tables
    assert [cells[1] for number, cells in table.rows if number] == ["Vale"] * 4
