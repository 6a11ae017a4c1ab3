"""Imports run one way, from room to room and inside each; files and functions stay of a size that can be read."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from draw_rooms import PAGE, ROOT, TOP, arrows, modules, room_of, rooms, with_picture

BELOW_THE_COMMANDS = {"api", "compose", "llm", "answering", "index", "documents", "weights"}
MAY_IMPORT = {
    "documents": set(),
    "weights": set(),
    "index": {"documents"},
    "answering": {"index", "documents"},
    "llm": {"answering", "documents"},  # of `answering` the seam alone: see below
    "compose": {"llm", "answering", "index", "documents", "weights"},
    "api": {"compose", "answering", "index", "documents"},
    "serve": {"api", "answering"},  # of `answering` an answer's data alone: see below
    "ui": {"api", "serve", "compose", "documents", "weights"},
    "doctor": BELOW_THE_COMMANDS,
    "evaluation": BELOW_THE_COMMANDS,
    "bench": BELOW_THE_COMMANDS | {"serve"},  # a server that stays is timed, too
    "cli": (BELOW_THE_COMMANDS - {"llm"}) | {"serve", "ui", "doctor", "evaluation", "bench"},
    "settings": {"errors", "shipped"},
    "errors": set(),
    "progress": set(),
    "cores": set(),
    "pace": {"settings"},
    "shipped": set(),
    "__init__": {"api", "answering", "errors"},  # the names of `from rag import …`
    "__main__": {"cli"},
}
"""Room → the rooms that it may import; every one may import those at the top, too."""
DATA = {"rag.answering.answer", "rag.answering.citations"}
"""What an answer is. `rag.api` hands it out; who only shows answers may have it without what the door brings along."""
ONLY = {
    ("llm", "answering"): {"rag.answering.reader", "rag.answering.prompting", "rag.answering.fitted"},
    ("serve", "answering"): DATA,
    ("cli", "answering"): DATA,
}
"""Of a room that may be imported, these modules alone."""
LONGEST_FILE, LONGEST_FUNCTION = 250, 60


def test_every_arrow_is_allowed() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, targets in arrows().items()
        for target in targets
        if (here := room_of(module)) != (there := room_of(target))
        and (
            there not in MAY_IMPORT[here] | (TOP if here not in TOP else set())
            or target not in ONLY.get((here, there), {target})
        )
    ]
    assert not wrong


def test_the_readers_of_formats_know_nothing_else() -> None:
    """They run in a child process that has no index, no settings and no model."""
    own = "rag.documents.formats"
    reached = {target for module, targets in arrows().items() if module.startswith(own) for target in targets}
    assert all(target.startswith(own) for target in reached)


@pytest.mark.parametrize("graph", [rooms, arrows])
def test_there_is_no_circle(graph: object) -> None:
    assert callable(graph)
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def test_every_file_can_be_read_at_once() -> None:
    long = {_place(file) for file in modules().values() if len(_text(file).splitlines()) > LONGEST_FILE}
    assert long == set()


def test_every_function_fits_a_screen() -> None:
    long = {
        f"{_place(file)}: {node.name}"
        for file in modules().values()
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    }
    assert long == set()


def test_the_picture_is_of_today() -> None:
    """`python tests/draw_rooms.py --write` mends it."""
    text = _text(PAGE)
    assert with_picture(text) == text


def test_every_room_says_what_it_is_for() -> None:
    named = {room_of(name) for name in modules()} - {"__init__", "__main__"}
    assert {room for room in named if f"`{room}" not in _text(PAGE)} == set()
    assert all(ast.get_docstring(ast.parse(_text(file))) for file in modules().values() if file.name == "__init__.py")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
