"""docs/threats.md names code and tests that exist, and every dependency with its reason."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
REQUIREMENTS = [
    Requirement(line)
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
]


@pytest.mark.parametrize(("file", "name"), sorted(set(re.findall(r"`([\w/]+\.py)(?:: (\w+))?`", TEXT))))
def test_what_stands_against_a_threat_is_there(file: str, name: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    assert not name or re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", source, re.MULTILINE)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_dependency_has_bounds_and_a_reason(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators == {"=="} or {">=", "<"} <= operators
    assert requirement.specifier.contains(version(requirement.name))
    assert f"| {requirement.name} |" in TEXT


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_dependency_has_a_licence_that_asks_for_nothing_of_our_code(requirement: Requirement) -> None:
    about = metadata(requirement.name)
    named = [about.get("License-Expression") or "", (about.get("License") or "").splitlines()[0:1]]
    named += [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    assert re.search(r"MIT|BSD|Apache|Mozilla", str(named)) and not re.search(r"\b[AL]?GPL", str(named))


def test_what_is_installed_fits_together() -> None:
    """`pip check`: no dependency is missing, none has a version that another one excludes."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
