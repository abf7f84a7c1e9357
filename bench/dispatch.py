"""Dispatch: whom each of many requests is given, so that all together cost least.

On the same graphs, in the same run: this library in plain Python and compiled, greedy, scipy's
sparse and dense solvers, ortools. Each solves in a process of its own and is stopped after a while;
all that finish must find the same optimum. Real minutes of New York too, where the data lie near;
and one town whole, where everybody may be given anybody: `assign_whole` beside the matrix of all.
"""

import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import click

from bench.bars import kept
from bench.dispatch_plot import drawn
from bench.environments import python_with
from bench.spread import Spread, machine
from marketplace import nearest
from tests.matching import new_york

PLACE = Path(".cache/bench/ortools")
PACKAGES = ("ortools>=9.11",)
SOLVERS = ("python", "numba", "greedy", "scipy sparse", "scipy sparse, turned", "ortools")
DENSE_CELLS = 4_000_000
"""Of larger graphs no matrix is made but the one of the whole town."""
DENSE_LIMIT = 60.0
"""Seconds for that one at the least: it is what it is measured for."""
ONCE_AFTER = 2.0
"""Who takes longer than so many seconds is not asked in another round."""
RADIUS_M = 5_000
NEAREST = 10
COMPILED_WITHIN = 120.0
WHOLE = 10_000, 12_000
LARGE = 50_000
"""Towns as large as this come last: they take longest."""


@attrs.frozen
class Solved:
    """What one solver took, and what it found."""

    solver: str
    wall: float | None
    """Seconds, the least of the rounds; None where it was stopped or could not be had."""
    cpu: float | None
    """The same of the processor, which others on the machine take less part in."""
    served: int
    total: int
    said: str = ""
    """Why there are no seconds."""


@attrs.frozen
class Case:
    """One graph, or one town whole."""

    name: str
    requests: int
    providers: int
    edges: int
    candidates: float | None
    """Seconds to find the edges, to be added to each solver's; None where that is its own task."""
    price: int
    solved: list[Solved]

    @property
    def whole(self) -> bool:
        """Whether everybody may be given anybody."""
        return self.candidates is None

    def solvers(self, among: Sequence[str]) -> list[str]:
        """Those of `among` that have something of their own to say here."""
        if self.whole:
            return [name for name in among if name in ("python", "numba", "scipy dense")]
        left_out = set()
        if self.requests <= self.providers:
            left_out.add("scipy sparse, turned")  # nothing is turned
        if self.requests * self.providers > DENSE_CELLS:
            left_out.add("scipy dense")
        return [name for name in among if name not in left_out]


@attrs.frozen
class Result:
    """Everything of one run."""

    cases: list[Case]
    rounds: int
    machine: Spread
    """Seconds for the same fixed work, before each round."""
    load: float
    cores: int


Posed = tuple[Case, dict[str, Any]]
"""A case, and what a solver is handed as JSON."""


def town(count: int, size: int, seed: int) -> list[tuple[float, float]]:
    """Points all over a town that is as large as suits `size` of them."""
    chance = random.Random(seed)
    side = 0.18 * math.sqrt(size / 10_000)
    return [(40.7 + chance.random() * side, -74 + chance.random() * side) for _ in range(count)]


def framed(name: str, here: list[Any], there: list[Any], k: int | None) -> Posed:
    """The graph of those who are near, and how long it took to find them."""
    began = time.perf_counter()
    near = nearest(here, there, radius_m=RADIUS_M, k=k)
    graph = near.graph(len(here), len(there))
    taken = time.perf_counter() - began
    # As many as possible are served first: at this price nobody stays alone for money's sake.
    price = graph.serving_first()
    case = Case(name, len(here), len(there), graph.edges, taken, price, [])
    return case, attrs.asdict(graph) | {"price": price}


def towns(sizes: tuple[int, ...]) -> Iterator[Posed]:
    """Requests of each size with eight, ten and twelve providers for each ten."""
    for size in sizes:
        for tenths in (8, 10, 12):
            providers = size * tenths // 10
            here, there = town(size, size, 1), town(providers, size, 2)
            yield framed(f"{size:,} × {providers:,}", here, there, NEAREST)


def whole(requests: int, providers: int) -> Posed:
    """A town where everybody may be given anybody, however far."""
    here, there = town(requests, requests, 1), town(providers, requests, 2)
    name = f"{requests:,} × {providers:,}, all pairs"
    # Nobody is farther than this from anybody.
    posed = {"requests": here, "providers": there, "radius_m": 1_000_000}
    return Case(name, requests, providers, requests * providers, None, 0, []), posed


def minutes(data: Path) -> Iterator[Posed]:
    """Some minutes of a night in New York: riders, and cars freed in the two minutes before."""
    night = new_york.load(data)
    for minute in (5, 20, 35):
        moment = datetime(2015, 1, 10, 0, minute)  # noqa: DTZ001 the records are local times
        here = [one.start for one in night.riders(moment, 60)]
        there = [one.end for one in night.drivers(moment, 120)]
        yield framed(f"New York, 0:{minute:02}", here, there, None)


def once(python: Path | str, solver: str, path: Path, limit: float) -> Solved:
    """One solver on one graph, in a process of its own."""
    script = Path(__file__).with_name("dispatch_solver.py")
    words = [str(python), str(script), solver, str(path)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return Solved(solver, None, None, 0, 0, f"stopped after {limit:.0f} s")
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().splitlines()[-1:] or ["no words"]
        return Solved(solver, None, None, 0, 0, f"failed: {last[0]}")
    return Solved(solver, **json.loads(done.stdout))


def compiled_before() -> None:
    """Have numba compile what it has not compiled here before: that is nobody's time."""
    here, there = town(20, 20, 1), town(24, 20, 2)
    for _, posed in (framed("compiled before", here, there, NEAREST), whole(20, 24)):
        with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder:
            path = Path(folder) / "case.json"
            path.write_text(json.dumps(posed))
            once(sys.executable, "numba", path, COMPILED_WITHIN)


def best(one: Solved | None, other: Solved) -> Solved:
    """The least of two rounds, of wall and of processor apart."""
    if one is None or one.wall is None or other.wall is None:
        return other if one is None or one.wall is not None else one
    assert one.cpu is not None
    assert other.cpu is not None
    return attrs.evolve(one, wall=min(one.wall, other.wall), cpu=min(one.cpu, other.cpu))


def measured(
    cases: Iterator[Posed],
    solvers: list[str],
    rounds: int,
    limit: float,
    say: Callable[[Case], Any] | None = None,
) -> Result:
    """Each case by each solver, round after round, so that noise meets all of them; `say` is told
    each as soon as it is finished."""
    steady: list[float] = []
    finished = []
    rival = python_with(PLACE, PACKAGES) if "ortools" in solvers else ""
    if "numba" in solvers:
        compiled_before()
    for case, posed in cases:
        found: dict[str, Solved] = {}
        with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder:
            path = Path(folder) / "case.json"
            path.write_text(json.dumps(posed))
            for _ in range(rounds):
                steady.append(machine())
                for solver in case.solvers(solvers):
                    before = found.get(solver)
                    if before is not None and (before.wall or math.inf) > ONCE_AFTER:
                        continue
                    python = rival if solver == "ortools" else sys.executable
                    if solver == "ortools" and isinstance(python, str):
                        found[solver] = Solved(solver, None, None, 0, 0, python)
                        continue
                    longest = max(limit, DENSE_LIMIT) if case.whole else limit
                    found[solver] = best(before, once(python, solver, path, longest))
        agreed(case.name, list(found.values()))
        finished.append(attrs.evolve(case, solved=list(found.values())))
        (say or told)(finished[-1])
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    return Result(finished, rounds, Spread.of(steady), load, cores)


def agreed(name: str, solved: list[Solved]) -> None:
    """Raise when two exact solvers found different optima."""
    found = {
        (one.served, one.total) for one in solved if one.wall is not None and one.solver != "greedy"
    }
    if len(found) > 1:
        raise click.ClickException(f"{name}: the solvers differ: {sorted(found)}")


def told(case: Case, say: Callable[[str], Any] = click.echo) -> None:
    """Print the lines of one case."""
    if case.candidates is None:
        say(f"{case.name}: {case.edges:,} pairs, each to be thought of")
    else:
        say(
            f"{case.name}: {case.edges:,} edges, found in {case.candidates:.2f} s, which come "
            "on top for everyone"
        )
    times = {one.solver: one.cpu for one in case.solved}
    for one in case.solved:
        if one.wall is None or one.cpu is None:
            say(f"  {one.solver:<22}{one.said}")
            continue
        ratios = "".join(
            f"{one.cpu / own:>9.1f}×" if (own := times.get(name)) else f"{'–':>10}"
            for name in ("numba", "python")
        )
        found = f"{one.served:>9,} served for {one.total:,} m"
        say(f"  {one.solver:<22}{one.cpu:>9.3f}{one.wall:>9.3f}{ratios}{found}")
    say("")


def near_data() -> Path:
    """Where the real data lie, if they do."""
    return Path(os.environ.get("MARKETPLACE_DATA") or "../shared/data")


@click.command()
@click.option("--sizes", default=(10_000, 100_000), multiple=True, help="Requests of a town.")
@click.option("--rounds", default=2, show_default=True, help="Rounds of each solver.")
@click.option("--limit", default=12.0, show_default=True, help="Seconds after which it is stopped.")
@click.option(
    "--dense/--no-dense", default=True, help="Whether to solve matrices of all pairs too."
)
@click.option("--rivals/--no-rivals", default=True, help="Whether to time the others.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/dispatch.json"),
    show_default=True,
    help="Where the numbers are written as JSON; the plot stands beside them as SVG.",
)
def main(
    sizes: tuple[int, ...], rounds: int, limit: float, dense: bool, rivals: bool, output: Path
) -> None:
    """Measure assignments beside other solvers."""
    solvers = [*(SOLVERS if rivals else SOLVERS[:3]), *(["scipy dense"] if dense else [])]

    def cases() -> Iterator[Posed]:
        yield from towns(tuple(size for size in sizes if size < LARGE))
        if near_data().is_dir():
            yield from minutes(near_data())
        else:
            click.echo(f"no minutes of New York: no data at {near_data()}; set MARKETPLACE_DATA")
        if dense:
            yield whole(*WHOLE)
        yield from towns(tuple(size for size in sizes if size >= LARGE))

    click.echo("Dispatch: seconds of the processor, the least of the rounds; beside them the")
    click.echo("wall's, and how many times as long as this library compiled and in plain Python.\n")
    result = measured(cases(), solvers, rounds, limit)
    noise = (result.machine.most / result.machine.least - 1) * 100
    click.echo(
        f"fixed work varied by {noise:.0f} % meanwhile; load {result.load:.1f} on {result.cores}"
    )
    numbers = attrs.asdict(result)
    kept(output, numbers, drawn(numbers))
