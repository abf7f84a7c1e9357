"""Mutates modules and counts what the tests notice: `make mutants`, or `make mutants OF=money`.

Each module has a tree of its own under `.cache/mutants`, where mutmut does its work. What the
quick judges leave alive meets the thorough ones; what those leave is read by people, and explained
on `docs/explanation/mutants.md` or killed by a new test.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import click
from mutmut.configuration import reset_config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import (
    get_mutant_name,
    orig_function_and_class_names_from_key,
)

from tests.mutants.explaining import PAGE, Change, change_of, explained, row_of
from tests.mutants.judges import JUDGED, Judged
from tests.mutants.peeling import BARE, peeled

REPOSITORY = Path(__file__).parents[2]
CACHE = REPOSITORY / ".cache" / "mutants"
RESULTS = CACHE / "results"
MUTMUT = Path(sys.executable).with_name("mutmut")
LEAST = 90
"""Of a hundred mutants of a module, so many are noticed at least."""
NOTICED = ("killed", "timeout")
SPARING = (
    "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception",
    "-p", "hypothesispytest",
)  # fmt: skip
"""Each mutant is a test run: it looks for no plugins, and not after its own end."""


def tree_of(name: str) -> Path:
    """Return the folder in which a module is mutated."""
    return CACHE / "trees" / name


def plant(name: str, judged: Judged, thorough: bool) -> None:
    """Bring a module's tree up to date: the package with the module peeled, the tests, settings."""
    tree = tree_of(name)
    for folder in ("src", "tests", "docs"):
        shutil.rmtree(tree / folder, ignore_errors=True)
        shutil.copytree(
            REPOSITORY / folder,
            tree / folder,
            ignore=shutil.ignore_patterns("__pycache__", "_build"),
        )
    (tree / judged.source).write_text(peeled((REPOSITORY / judged.source).read_text()))
    shutil.copy(REPOSITORY / "tests/mutants/rooted_conftest.py", tree / "conftest.py")
    tests = judged.quick + judged.thorough if thorough else judged.quick
    # What has lived through the tests on SQLite need not meet them there again.
    left_out = "not sqlite" if thorough and judged.postgres else "not postgresql"
    settings = {
        "source_paths": ["src"],
        "only_mutate": [str(judged.source)],
        "also_copy": ["conftest.py", "docs"],
        "pytest_add_cli_args": [*SPARING, "-m", "not slow", "-k", left_out],
        "pytest_add_cli_args_test_selection": tests,
        # So long that a busy machine makes no mutant seem to run for ever.
        "timeout_multiplier": 3.0,
        "timeout_constant": 12.0,
        "use_git_change_detection": False,
        "use_setproctitle": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    project = (REPOSITORY / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]))


def mutate(name: str, judged: Judged, workers: int, only: list[str], thorough: bool) -> None:
    """Let mutmut work in a module's tree: on all its mutants, or only on these."""
    plant(name, judged, thorough)
    tree = tree_of(name)
    # What it knows of the tests is as old as the tests were.
    (tree / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    words = [str(MUTMUT), "run", "--max-children", str(workers), *only]
    surroundings = {
        **os.environ,
        "HYPOTHESIS_PROFILE": "dev" if thorough else "mutants",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    if not (thorough and judged.postgres):
        surroundings["MARKETPLACE_NO_POSTGRES"] = "1"
    with (CACHE / f"{name}.log").open("w") as log:
        done = subprocess.run(words, cwd=tree, env=surroundings, stdout=log, stderr=log)
    if done.returncode:
        raise click.ClickException(f"mutmut could not work on {name}; it says why in {log.name}")


def states_of(name: str, judged: Judged) -> dict[str, str]:
    """Read what became of each of a module's mutants."""
    with contextlib.chdir(tree_of(name)):
        reset_config()
        data = SourceFileMutationData(path=judged.source)
        data.load()
        return {
            key: status_by_exit_code[code]
            for key, code in data.exit_code_by_key.items()
            if code is not None
        }


def names_of(judged: Judged) -> list[str]:
    """Read which mutants a module has, before any of them is tried."""
    source = peeled((REPOSITORY / judged.source).read_text())
    made = mutate_file_contents(str(judged.source), source).mutant_names
    return [get_mutant_name(judged.source, name) for name in made]


def change(name: str, judged: Judged, key: str) -> Change:
    """Read what a mutant changes."""
    with contextlib.chdir(tree_of(name)):
        difference = get_diff_for_mutant(key, path=judged.source)
    function, inside = orig_function_and_class_names_from_key(key)
    parts = [judged.source.stem, inside or "", function.removeprefix(BARE)]
    return change_of(".".join(part for part in parts if part), difference.replace(BARE, ""))


def outcome(name: str, judged: Judged, states: dict[str, str]) -> dict[str, Any]:
    """Count a module's mutants, and say of each that is left what it changes and who explains."""
    told = list(states.values())
    known = explained((REPOSITORY / PAGE).read_text())
    left = {key: change(name, judged, key) for key, state in states.items() if state not in NOTICED}
    return {
        "module": judged.path,
        "mutants": len(names_of(judged)),
        "tried": len(told),
        "killed": told.count("killed"),
        "timeout": told.count("timeout"),
        "left": {key: {"state": states[key], **one._asdict()} for key, one in left.items()},
        "explained": [key for key, one in left.items() if one in known],
    }


def score(result: dict[str, Any]) -> float:
    """Of a hundred mutants, how many are noticed."""
    return 100 * (result["killed"] + result["timeout"]) / result["tried"]


def judge(name: str, workers: int, again: bool, draw: int | None) -> dict[str, Any]:
    """Mutate one module by its quick judges, and what is left by the thorough ones.

    ``again``: only what was not killed last time, or not tried, because that run was stopped.
    ``draw``: only so many of those, at random but always the same.
    """
    judged, old = JUDGED[name], dict[str, str]()
    if again and tree_of(name).exists():
        old = states_of(name, judged)
    else:
        shutil.rmtree(tree_of(name), ignore_errors=True)
    left = [key for key in names_of(judged) if old.get(key) != "killed"]
    if draw is not None:
        untried = [key for key in left if key not in old]
        drawn = set(Random(name).sample(untried, min(draw, len(untried))))
        left = [key for key in left if key in old or key in drawn]
    if left:
        mutate(name, judged, workers, left, thorough=False)
    states = states_of(name, judged)
    # What was killed before its function was changed is tried anew.
    changed = [key for key in names_of(judged) if key in old and key not in states]
    if changed:
        mutate(name, judged, workers, changed, thorough=False)
        states = states_of(name, judged)
    left = [key for key, state in states.items() if state not in NOTICED]
    if left:
        mutate(name, judged, workers, left, thorough=True)
    result = outcome(name, judged, states_of(name, judged))
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1))
    return result


TITLES = ("module", "mutants", "tried", "killed", "timeout", "survived", "explained", "score")


def row(result: dict[str, Any]) -> str:
    """A module's line of the table."""
    numbers = [result[title] for title in TITLES[1:5]]
    numbers += [len(result["left"]), len(result["explained"])]
    return (
        f"{result['module']:22}"
        + "".join(f"{one:10}" for one in numbers)
        + (f"{score(result):9.1f}%")
    )


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(JUDGED)))
@click.option("--workers", default=1, show_default=True, help="How many mutants at a time.")
@click.option("--again", is_flag=True, help="Only what was not killed last time.")
@click.option("--draw", type=click.IntRange(1), help="Only so many of a module, at random.")
def main(names: tuple[str, ...], workers: int, again: bool, draw: int | None) -> None:
    """Mutate modules and count which mutants the tests notice."""
    click.echo(f"{TITLES[0]:22}" + "".join(f"{title:>10}" for title in TITLES[1:]))
    results = []
    for name in names or JUDGED:
        results.append(judge(name, workers, again, draw))
        click.echo(row(results[-1]))
    unread = [
        row_of(Change(one["where"], one["was"], one["became"]), one["state"])
        for result in results
        for key, one in result["left"].items()
        if key not in result["explained"]
    ]
    if unread:
        click.echo("\n".join(["", f"survived and not explained on {PAGE}:", *unread]))
    if unread or any(score(result) < LEAST for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
