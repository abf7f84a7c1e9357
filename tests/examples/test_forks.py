"""The example companies: each stands by itself in any folder, as a fork of it will."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

from tests.support.data import REPOSITORY
from tests.support.source import SRC


@frozen
class Company:
    """One of the companies, and what tells it from the others."""

    folder: str
    """Below ``examples``; the trade's name as well."""
    name: str
    earned: str
    row: str
    """A row of its process that the trade's own has not."""
    some: str
    """Which of its tests are run in the fork."""
    rule: tuple[str, str]
    """A rule of its own, and what is left with the rule taken out."""
    guarded_by: str
    """Which of its tests then fail."""


COMPANIES = (
    Company(
        folder="rides",
        name="scoot",
        earned="NPR 23.40",
        row="check_helmets",
        some="helmets or plate",
        rule=("if seen >= HELMETS:", "if seen >= 0:"),
        guarded_by="helmets",
    ),
    Company(
        folder="stays",
        name="basai",
        earned="NPR 1368.00",
        row="nobody_came",
        some="permit or feeds",
        rule=('if question.row.name != "welcome" or', "if True or"),
        guarded_by="permit",
    ),
    Company(
        folder="goods",
        name="haat",
        earned="NPR 288.80",
        row="turned_away",
        some="valley or weight",
        rule=("if city in TOWNS:", "if True:"),
        guarded_by="valley",
    ),
)
every_company = pytest.mark.parametrize("company", COMPANIES, ids=lambda one: one.name)


@pytest.fixture
def fork(company: Company, tmp_path: Path) -> Path:
    """A copy of the company, with nothing of this repository around it."""
    ignored = shutil.ignore_patterns("__pycache__", "*.sqlite*")
    where = REPOSITORY / "examples" / company.folder
    return shutil.copytree(where, tmp_path / "fork", ignore=ignored)


def run(fork: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the fork, with the library on its path and nothing else of ours."""
    environment = {**os.environ, "PYTHONPATH": str(SRC), "MARKETPLACE_NO_POSTGRES": "1"}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=fork, env=environment, capture_output=True, text=True)


@every_company
def test_a_fork_tells_its_story(company: Company, fork: Path) -> None:
    """Copied elsewhere, the company tells its story to the end, and its books balance."""
    done = run(fork, f"{company.name}.story")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        f"{company.name.title()} earned {company.earned}; the ledger sums to {{'NPR': 0}}."
    )


@every_company
def test_the_command_finds_a_fork(company: Company, fork: Path) -> None:
    """By the name that its README gives, the command opens it and proves its process."""
    named = f"{company.name}.app:market"
    done = run(fork, "marketplace.cli", "process", company.folder, "--json", "--app", named)
    assert done.returncode == 0, done.stderr
    assert company.row in done.stdout
    assert (fork / f"{company.name}.sqlite").exists()


@every_company
def test_a_fork_is_tested_where_it_stands(company: Company, fork: Path) -> None:
    """Its own tests pass by its own settings, and say aloud what PostgreSQL was not there for;
    with a rule taken out they do not pass."""
    done = run(fork, "pytest", "-q", "-p", "no:cacheprovider", "-k", company.some)
    assert done.returncode == 0, done.stdout
    assert "tests not run on PostgreSQL" in done.stdout
    rules = fork / company.name / "rules.py"
    text = rules.read_text()
    rules.write_text(text.replace(*company.rule))
    assert rules.read_text() != text
    done = run(fork, "pytest", "-q", "-p", "no:cacheprovider", "-k", company.guarded_by)
    assert done.returncode == 1, done.stdout
