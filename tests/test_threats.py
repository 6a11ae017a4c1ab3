"""docs/threats.md names code and tests that exist, and every dependency with its reason."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
REQUIREMENTS = [
    Requirement(line)
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
]


@pytest.mark.parametrize(("file", "name"), sorted(set(re.findall(r"`([\w/]+\.py)(?:: (\w+))?`", TEXT))))
def test_what_stands_against_a_threat_is_there(file: str, name: str) -> None:
    path = ROOT / ("tests" if file.startswith("test_") else ".") / file
    source = path.read_text(encoding="utf-8")
    assert not name or re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", source, re.MULTILINE)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_dependency_has_bounds_and_a_reason(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators == {"=="} or {">=", "<"} <= operators
    assert requirement.specifier.contains(version(requirement.name))
    assert f"| {requirement.name} |" in TEXT
