"""The suite of dispatch: all exact solvers find the same, and a slow one is stopped."""

import json
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bench import dispatch
from bench.dispatch import Solved, agreed, main, once


def graph(tmp_path: Path) -> Path:
    """Two requests near two providers: the nearest of all is not for the first."""
    edges = {"request": [0, 0, 1], "provider": [0, 1, 0], "cost": [1, 4, 0]}
    path = tmp_path / "graph.json"
    path.write_text(json.dumps({"requests": 2, "providers": 2, "price": 9, **edges}))
    return path


@pytest.mark.parametrize(
    "solver", ["python", "numba", "scipy sparse", "scipy sparse, turned", "scipy dense"]
)
def test_every_solver_finds_the_optimum(tmp_path: Path, solver: str) -> None:
    """Each in a process of its own serves both, for the least."""
    found = once(sys.executable, solver, graph(tmp_path), 300)
    assert (found.served, found.total, found.said) == (2, 4, "")


def test_greedy_leaves_one_standing(tmp_path: Path) -> None:
    """First come, first served takes the only provider of the second."""
    found = once(sys.executable, "greedy", graph(tmp_path), 60)
    assert (found.served, found.total) == (1, 1)


def test_a_solver_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    """It has no seconds then, and the table says why; one that fails says its last word."""
    slow = once(sys.executable, "python", graph(tmp_path), 0.001)
    assert (slow.wall, slow.said) == (None, "stopped after 0 s")
    lost = once(sys.executable, "nobody", graph(tmp_path), 60)
    assert (lost.wall, lost.said) == (None, "failed: KeyError: 'nobody'")


def test_different_optima_are_no_result() -> None:
    """Two exact solvers that differ end the run; greedy may differ, and who was stopped says
    nothing."""
    exact = Solved("python", 1.0, 1.0, 2, 4)
    agreed("town", [exact, Solved("greedy", 1.0, 1.0, 1, 1), Solved("x", None, None, 0, 0)])
    with pytest.raises(click.ClickException, match="town: the solvers differ"):
        agreed("town", [exact, Solved("ortools", 1.0, 1.0, 2, 5)])


def test_a_run_prints_its_table_writes_and_draws_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run times each graph by each solver, says aloud that data are missing, writes JSON and
    draws it."""
    monkeypatch.setenv("MARKETPLACE_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(dispatch, "SOLVERS", ("python", "numba", "greedy"))
    output = tmp_path / "numbers.json"
    words = ["--sizes", "30", "--rounds", "1", "--no-rivals", "--no-dense", "--output", str(output)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert "no minutes of New York" in done.output
    written = json.loads(output.read_text())
    assert [case["name"] for case in written["cases"]] == ["30 × 24", "30 × 30", "30 × 36"]
    for case in written["cases"]:
        assert [one["solver"] for one in case["solved"]] == ["python", "numba", "greedy"]
        assert all(one["cpu"] > 0 for one in case["solved"])
        assert case["solved"][2]["served"] <= case["solved"][0]["served"]
    drawn = output.with_suffix(".svg").read_text()
    assert drawn.startswith("<svg")
    assert drawn.count("<rect") == 9
