"""The example company of stays: it stands by itself in any folder, as a fork of it will."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.data import REPOSITORY
from tests.support.source import SRC


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """A copy of the company, with nothing of this repository around it."""
    ignored = shutil.ignore_patterns("__pycache__", "*.sqlite*")
    return shutil.copytree(REPOSITORY / "examples" / "stays", tmp_path / "fork", ignore=ignored)


def run(fork: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the fork, with the library on its path and nothing else of ours."""
    environment = {**os.environ, "PYTHONPATH": str(SRC), "MARKETPLACE_NO_POSTGRES": "1"}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=fork, env=environment, capture_output=True, text=True)


def test_a_fork_tells_its_story(fork: Path) -> None:
    """Copied elsewhere, the company tells its stays to the end, and its books balance."""
    done = run(fork, "basai.story")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "Basai earned NPR 1368.00; the ledger sums to {'NPR': 0}."
    )


def test_the_command_finds_a_fork(fork: Path) -> None:
    """By the name that its README gives, the command opens it and proves its process."""
    done = run(fork, "marketplace.cli", "process", "stays", "--json", "--app", "basai.app:market")
    assert done.returncode == 0, done.stderr
    assert "nobody_came" in done.stdout
    assert (fork / "basai.sqlite").exists()


def test_a_fork_is_tested_where_it_stands(fork: Path) -> None:
    """Its own tests pass by its own settings, and say aloud what PostgreSQL was not there for;
    with a rule taken out they do not pass."""
    done = run(fork, "pytest", "-q", "-p", "no:cacheprovider", "-k", "permit or feeds")
    assert done.returncode == 0, done.stdout
    assert "tests not run on PostgreSQL" in done.stdout
    rules = fork / "basai" / "rules.py"
    text = rules.read_text()
    rules.write_text(text.replace('if question.row.name != "welcome" or', "if True or"))
    assert rules.read_text() != text
    done = run(fork, "pytest", "-q", "-p", "no:cacheprovider", "-k", "permit")
    assert done.returncode == 1, done.stdout
