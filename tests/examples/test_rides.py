"""The example company: it stands by itself in any folder, as a fork of it will."""

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
    return shutil.copytree(REPOSITORY / "examples" / "rides", tmp_path / "fork", ignore=ignored)


def run(fork: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the fork, with the library on its path and nothing else of ours."""
    environment = {**os.environ, "PYTHONPATH": str(SRC), "MARKETPLACE_NO_POSTGRES": "1"}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=fork, env=environment, capture_output=True, text=True)


def test_a_fork_tells_its_story(fork: Path) -> None:
    """Copied elsewhere, the company tells its morning to the end, and its books balance."""
    done = run(fork, "scoot.story")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "Scoot earned NPR 23.40; the ledger sums to {'NPR': 0}."
    )


def test_the_command_finds_a_fork(fork: Path) -> None:
    """By the name that its README gives, the command opens it and proves its process."""
    done = run(fork, "marketplace.cli", "process", "rides", "--json", "--app", "scoot.app:market")
    assert done.returncode == 0, done.stderr
    assert "check_helmets" in done.stdout
    assert (fork / "scoot.sqlite").exists()


def test_a_fork_is_tested_where_it_stands(fork: Path) -> None:
    """Its own tests pass by its own settings, and say aloud what PostgreSQL was not there for;
    with a rule taken out they do not pass."""
    done = run(fork, "pytest", "-q", "-p", "no:cacheprovider", "-k", "helmets or plate")
    assert done.returncode == 0, done.stdout
    assert "tests not run on PostgreSQL" in done.stdout
    rules = fork / "scoot" / "rules.py"
    text = rules.read_text()
    rules.write_text(text.replace("if seen >= HELMETS:", "if seen >= 0:"))
    assert rules.read_text() != text
    done = run(fork, "pytest", "-q", "-p", "no:cacheprovider", "-k", "helmets")
    assert done.returncode == 1, done.stdout
