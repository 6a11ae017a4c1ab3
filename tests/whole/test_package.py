"""The wheel: one import name, and all that the program needs travels in it. The source: one import of each library."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CHECK = """
import rag, rag.ui.serving
from pathlib import Path
from rag.answering.prompting import prompt
from rag.llm.chat_template import shipped_templates
from rag.settings import read_settings
from rag.shipped import data_folder
from rag.weights.catalogue import load_catalogue
inside = Path(rag.__file__).parent
assert all(data_folder(name) == inside / name for name in ("prompts", "models", "seeds"))
assert prompt("question", question="Why?") and load_catalogue() and shipped_templates()
assert (inside / "evaluation" / "sample.jsonl").is_file()
assert read_settings().docs == inside / "seeds" and list((inside / "seeds").glob("*.txt"))
print("whole")
"""


@pytest.mark.long
@pytest.mark.skipif("RAG_OFFLINE" in os.environ, reason="building a wheel fetches its build backend: unset RAG_OFFLINE")
def test_a_wheel_installed_elsewhere_is_whole(tmp_path: Path) -> None:
    source = tmp_path / "source"  # a copy: building must leave nothing behind in the checkout
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    target = tmp_path / "target"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(source)]
    built = subprocess.run(install, capture_output=True, text=True, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    names = {entry.name for entry in target.iterdir() if not entry.name.endswith(".dist-info")}
    assert names - {"bin", "__pycache__"} == {"rag"}
    environment = {**os.environ, "PYTHONPATH": str(target)}
    run = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert run.stdout.strip() == "whole", run.stderr


@pytest.mark.parametrize(
    ("library", "files"),
    [("chromadb", {"chroma.py", "chroma_server.py"}), ("llama_cpp", {"gguf.py"}), ("gradio", set())],
)
def test_each_engine_is_imported_in_one_place(library: str, files: set[str]) -> None:
    pattern = re.compile(rf"^\s*(?:import|from) {library}\b", re.MULTILINE)
    found = {path.name for path in (ROOT / "rag").rglob("*.py") if pattern.search(path.read_text(encoding="utf-8"))}
    assert found <= files and ("chroma.py" in found or "gguf.py" in found or not files)
