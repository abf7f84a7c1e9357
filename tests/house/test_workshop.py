"""The workshop: what is pinned, what make offers, what continuous integration runs."""

import os
import re
import subprocess
import tomllib
from functools import cache
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.data import REPOSITORY
from tests.support.source import files

NAME = "marketplace-kit"
MOST_TARGETS = 15


@cache
def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def wanted() -> list[Requirement]:
    """Return every requirement of the project: its own, of its extras, of its groups."""
    table = project()["project"]
    lists = [
        table["dependencies"],
        *table["optional-dependencies"].values(),
        *project()["dependency-groups"].values(),
        project()["build-system"]["requires"],
    ]
    return [Requirement(each) for group in lists for each in group if isinstance(each, str)]


def pins() -> dict[str, list[str]]:
    """Return the versions constraints.txt pins, by name: several where they differ by Python."""
    pinned: dict[str, list[str]] = {}
    for line in (REPOSITORY / "constraints.txt").read_text().splitlines():
        requirement = Requirement(line)
        (pin,) = requirement.specifier
        assert pin.operator == "==", line
        pinned.setdefault(canonicalize_name(requirement.name), []).append(pin.version)
    return pinned


def test_everything_is_pinned() -> None:
    """Each requirement has a pin that satisfies it, so that two clones are the same."""
    for requirement in wanted():
        versions = pins().get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not pinned; run make constraints"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_the_project_does_not_want_itself() -> None:
    """No group or extra names the project: a stranger's package has the import name's name."""
    names = {canonicalize_name(requirement.name) for requirement in wanted()}
    assert not names & {NAME, "marketplace"}
    assert project()["project"]["name"] == NAME
    assert "uv.lock" not in files()


def test_make_says_what_it_offers() -> None:
    """`make` alone prints every target with its meaning, and there are few."""
    text = (REPOSITORY / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):(?!=)", text, flags=re.MULTILINE)
    done = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    printed = re.findall(r"^  ([a-z]+) +\S", done.stdout, flags=re.MULTILINE)
    assert printed == targets
    assert len(targets) <= MOST_TARGETS
    assert {"help", "env", "demo", "test"} <= set(targets)


def test_continuous_integration_can_be_run() -> None:
    """The script is executable, and the tests come last, so that their closing line does."""
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "make test"
