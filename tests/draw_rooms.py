"""Which module imports which, read from the source: the picture of the rooms, and what the architecture test checks.

python tests/draw_rooms.py            # prints the picture as Mermaid
python tests/draw_rooms.py --write    # puts it into docs/architecture.md
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
TOP = {"errors", "progress", "settings", "cores", "pace", "shipped"}
"""Modules at the top that every room may import; they are left out of the picture."""


def modules() -> dict[str, Path]:
    """Return every module of the program by its dotted name; `ui/` is installed as `rag.ui`."""
    found = {}
    for folder, prefix in ((ROOT / "rag", "rag"), (ROOT / "ui", "rag.ui")):
        for file in sorted(folder.rglob("*.py")):
            parts = [prefix, *file.relative_to(folder).with_suffix("").parts]
            found[".".join(part for part in parts if part != "__init__")] = file
    return found


def imports(name: str, file: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules that one imports, wherever in it: inside a function and for type checking count, too."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        found |= set(_named(node, package)) & known.keys()
    return found - {name, "rag"}


def _named(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
        module = ".".join([*above, *([node.module] if node.module else [])])
        yield module
        yield from (f"{module}.{alias.name}" for alias in node.names)


def arrows() -> dict[str, set[str]]:
    """Return what each module imports. A package counts only where it is not merely on the way to its module."""
    known = modules()
    read = {name: imports(name, file, known) for name, file in known.items()}
    return {
        name: {one for one in found if not any(other.startswith(f"{one}.") for other in found)}
        for name, found in read.items()
    }


def room_of(module: str) -> str:
    """Return the folder of `rag/` that a module lies in, or its own name where it stands at the top."""
    _, *rest = module.split(".")
    return rest[0] if rest else "__init__"


def rooms() -> dict[str, set[str]]:
    """Return which rooms each room imports from."""
    found: dict[str, set[str]] = {}
    for module, targets in arrows().items():
        room = room_of(module)
        found.setdefault(room, set()).update({room_of(target) for target in targets} - {room})
    return found


def picture() -> str:
    """Return the rooms and their arrows as Mermaid, without an arrow that a way over other rooms says already."""
    hidden = TOP | {"__init__", "__main__"}
    drawn = {room: targets - hidden for room, targets in rooms().items() if room not in hidden}

    def reached(room: str) -> set[str]:
        return drawn[room].union(*(reached(target) for target in drawn[room]))

    lines = ["```mermaid", "flowchart TD"]
    for room in sorted(drawn):
        passed_over = set().union(*(reached(target) for target in drawn[room]))
        lines += [f"    {room} --> {target}" for target in sorted(drawn[room] - passed_over)]
    return "\n".join([*lines, "```"])


def with_picture(text: str) -> str:
    """Return the page with the picture of today in the place of its own."""
    return re.sub(r"```mermaid\n.*?```", lambda _: picture(), text, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(with_picture(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(picture() + "\n")
