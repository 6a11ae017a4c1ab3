"""The default model over the sample document, as a user runs it: `rag ask --json` in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.answering.abstain import REFUSAL

pytestmark = pytest.mark.long
ROOT = Path(__file__).parent.parent.parent
SEED = next((ROOT / "seeds").glob("*.txt"))

# Answers and sentences were read out of the document by hand.
ANSWERED = [
    (
        "How much methamphetamine was seized in Sistan-Baluchestan?",
        "2,400 kilograms",
        "2,400 kilograms of methamphetamine",
    ),
    ("Who is the Iraqi anti-narcotics police chief?", "Ahmed Al-Zarkani", "has highlighted the need to enhance"),
    ("Where was the second International Conference on Drug Control held?", "Baghdad", "which was held in Baghdad"),
    ("When did Ahmad Vahidi participate in the conference?", "July 2024", "In July 2024, former Interior Minister"),
    ("Who is the Commander of the Iranian Border Guard?", "Goudarzi", "Commander of the Iranian Border Guard"),
]
NOT_ANSWERED = [
    "What is the capital of France?",
    "How much cocaine was seized?",
    "Who is the president of Iraq?",
    "When was heroin seized in Kerman?",
    "What is Iraj Kakavand's salary?",
]
NO_OUTSIDE = """
import socket, sys
def refuse(self, address, *rest):
    if self.family != socket.AF_UNIX and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
        raise SystemExit(f"outside connection to {address}")
    return connect(self, address, *rest)
connect = socket.socket.connect
socket.socket.connect = socket.socket.connect_ex = refuse
def lookup(host, *rest, **more):
    if host not in (None, "", "127.0.0.1", "::1", "localhost"):
        raise SystemExit(f"outside lookup of {host}")
    return getaddrinfo(host, *rest, **more)
getaddrinfo = socket.getaddrinfo
socket.getaddrinfo = lookup
from rag.cli.app import main
main()
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, weights: Any) -> dict[str, str]:
    for role in ("answer", "embed", "embed-tokenizer", "rerank", "rerank-tokenizer"):
        weights(role)
    data = tmp_path_factory.mktemp("data")
    settings = {name: value for name, value in os.environ.items() if name != "RAG_OFFLINE"}  # silent without being told
    return {**settings, "RAG_DATA_DIR": str(data)}


def ask(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", NO_OUTSIDE, "ask", "--docs", str(ROOT / "seeds"), *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize(("question", "answer", "evidence"), ANSWERED)
def test_what_the_document_says_is_answered_with_the_sentence(
    environment: dict[str, str], question: str, answer: str, evidence: str
) -> None:
    run = ask(environment, "--json", question)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert answer in found["answer"] and not found["abstained"]
    assert all(statement["supported"] for statement in found["statements"])
    text = SEED.read_text(encoding="utf-8")
    assert all(source["text"] == text[source["start"] : source["end"]] for source in found["sources"])
    assert any(evidence in source["text"] for source in found["sources"])
    assert {source["document"] for source in found["sources"]} == {SEED.name}


@pytest.mark.parametrize("question", NOT_ANSWERED)
def test_what_the_document_does_not_say_is_not_answered(environment: dict[str, str], question: str) -> None:
    run = ask(environment, "--json", question)
    assert run.returncode == 3, run.stderr
    found = json.loads(run.stdout)
    assert found["abstained"] and found["answer"].startswith(REFUSAL) and found["statements"] == []


def test_the_same_question_gives_the_same_words(environment: dict[str, str]) -> None:
    runs = [ask(environment, ANSWERED[0][0]) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert "2,400 kilograms" in runs[0].stdout
    assert "outside" not in runs[0].stderr
