"""The suite of dispatch: all exact solvers find the same, and a slow one is stopped."""

import json
import sys
from collections.abc import Iterator
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


@pytest.mark.parametrize("solver", ["python", "numba", "scipy dense"])
def test_a_town_whole_has_one_optimum(tmp_path: Path, solver: str) -> None:
    """Where everybody may be given anybody, a few pairs proven and the matrix of all agree."""
    case, posed = dispatch.whole(40, 50)
    path = tmp_path / "case.json"
    path.write_text(json.dumps(posed))
    found = once(sys.executable, solver, path, 300)
    assert (case.whole, case.edges, found.said) == (True, 2_000, "")
    assert (found.served, found.total) == (40, 5_351)


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
    monkeypatch.setattr(dispatch, "WHOLE", (20, 30))
    words = ["--sizes", "30", "--rounds", "1", "--no-rivals", "--output", str(output)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert "no minutes of New York" in done.output
    written = json.loads(output.read_text())
    *towns, whole = written["cases"]
    assert [case["name"] for case in towns] == ["30 × 24", "30 × 30", "30 × 36"]
    for case in towns:
        assert [one["solver"] for one in case["solved"]] == [
            "python", "numba", "greedy", "scipy dense",
        ]  # fmt: skip
        assert all(one["cpu"] > 0 for one in case["solved"])
        assert case["solved"][2]["served"] <= case["solved"][0]["served"]
        assert done.output.index(case["name"]) < done.output.index("20 × 30, all pairs")
    assert [one["solver"] for one in whole["solved"]] == ["python", "numba", "scipy dense"]
    drawn = output.with_suffix(".svg").read_text()
    assert drawn.startswith("<svg")
    assert drawn.count("<rect") == 3 * 4 + 3


def test_a_case_is_told_as_soon_as_it_is_measured(tmp_path: Path) -> None:
    """When the second case breaks down, the first has been told."""

    def cases() -> Iterator[dispatch.Posed]:
        yield dispatch.framed("near", [(27.7, 85.3)], [(27.7, 85.3)], 1)
        raise RuntimeError("the power failed")

    heard: list[str] = []
    with pytest.raises(RuntimeError, match="the power failed"):
        dispatch.measured(cases(), ["greedy"], 1, 60, lambda case: heard.append(case.name))
    assert heard == ["near"]


def test_who_has_nothing_of_its_own_to_say_is_left_out() -> None:
    """Turning is told where something is turned, a matrix where it is small."""
    both = ["scipy sparse, turned", "scipy dense", "ortools"]
    assert dispatch.Case("few", 20, 10, 9, 0.1, 9, []).solvers(both) == both
    assert dispatch.Case("many", 9_000, 9_000, 9, 0.1, 9, []).solvers(both) == ["ortools"]
