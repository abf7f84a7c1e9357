"""Mutates modules and counts what the tests notice: `make mutants`, or `make mutants OF=money`.

Each module has a tree of its own under `.cache/mutants`, where mutmut does its work.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from mutmut.configuration import reset_config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

from tests.mutants.judges import JUDGED, Judged
from tests.mutants.peeling import peeled

REPOSITORY = Path(__file__).parents[2]
CACHE = REPOSITORY / ".cache" / "mutants"
MUTMUT = Path(sys.executable).with_name("mutmut")


def tree_of(name: str) -> Path:
    """Return the folder in which a module is mutated."""
    return CACHE / "trees" / name


def plant(name: str, judged: Judged) -> None:
    """Bring a module's tree up to date: the package with the module peeled, the tests, settings."""
    tree = tree_of(name)
    tree.mkdir(parents=True, exist_ok=True)
    for folder in ("src", "tests", "docs"):
        shutil.copytree(
            REPOSITORY / folder,
            tree / folder,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    (tree / judged.source).write_text(peeled((REPOSITORY / judged.source).read_text()))
    shutil.copy(REPOSITORY / "tests/mutants/rooted_conftest.py", tree / "conftest.py")
    settings = {
        "source_paths": ["src"],
        "only_mutate": [str(judged.source)],
        "also_copy": ["conftest.py", "docs"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not slow", "-k", "not postgresql"],
        "pytest_add_cli_args_test_selection": [
            test for test in judged.tests if (REPOSITORY / test).exists()
        ],
        "timeout_multiplier": 5.0,
        "timeout_constant": 3.0,
        "use_git_change_detection": False,
        "use_setproctitle": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    project = (REPOSITORY / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]))


def mutate(name: str, judged: Judged, workers: int, only: list[str]) -> None:
    """Let mutmut work in a module's tree: on all its mutants, or only on these."""
    tree = tree_of(name)
    (tree / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    words = [str(MUTMUT), "run", "--max-children", str(workers), *only]
    surroundings = {**os.environ, "MARKETPLACE_NO_POSTGRES": "1", "PYTHONDONTWRITEBYTECODE": ""}
    with (CACHE / f"{name}.log").open("w") as log:
        done = subprocess.run(words, cwd=tree, env=surroundings, stdout=log, stderr=log)
    if done.returncode:
        raise SystemExit(f"mutmut could not work on {name}; it says why in {log.name}")


def outcome(name: str, judged: Judged) -> dict[str, Any]:
    """Read what became of a module's mutants: how many of each kind, and what survived."""
    with contextlib.chdir(tree_of(name)):
        reset_config()
        data = SourceFileMutationData(path=judged.source)
        data.load()
        states = {key: status_by_exit_code[code] for key, code in data.exit_code_by_key.items()}
        left = {
            key: {"state": state, "change": get_diff_for_mutant(key, path=judged.source)}
            for key, state in states.items()
            if state not in ("killed", "timeout")
        }
    told = list(states.values())
    return {
        "module": judged.path,
        "mutants": len(told),
        "killed": told.count("killed"),
        "timeout": told.count("timeout"),
        "left": left,
    }


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(JUDGED)))
@click.option("--workers", default=1, show_default=True, help="How many mutants at a time.")
@click.option("--again", is_flag=True, help="Try only what survived last time.")
@click.option("--show", is_flag=True, help="Print what survived.")
def main(names: tuple[str, ...], workers: int, again: bool, show: bool) -> None:
    """Mutate modules and count which mutants the tests notice."""
    results = CACHE / "results"
    results.mkdir(parents=True, exist_ok=True)
    for name in names or JUDGED:
        judged, kept = JUDGED[name], results / f"{name}.json"
        only: list[str] = []
        if again and kept.exists():
            only = list(json.loads(kept.read_text())["left"])
            if not only:
                continue
        else:
            shutil.rmtree(tree_of(name), ignore_errors=True)
        plant(name, judged)
        mutate(name, judged, workers, only)
        result = outcome(name, judged)
        kept.write_text(json.dumps(result, indent=1))
        print(name, result["mutants"], result["killed"], result["timeout"], len(result["left"]))


if __name__ == "__main__":
    main()
