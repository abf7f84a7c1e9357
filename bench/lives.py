"""A deal's whole life: a ride, a stay and an order of goods, each by card, to payout and reviews.

Counts statements and commits, step by step; times lives beside the same statements on bare
connections, with one client and with many; a ride beside the same rows by SQLAlchemy's ORM, among
few past deals and among very many, and together with others: in batches, and by many threads, on
the disk that is there and on one that takes ten milliseconds to flush, as many do.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from bench import lives_history, lives_orm
from bench.bars import kept
from bench.databases import Databases, SqliteFiles, every_kind
from bench.lives_history import History
from bench.lives_plot import drawn
from bench.lives_rates import Counts, Rate, counted, in_turns, measured, timed_lives
from bench.lives_together import Together, batches, threads
from bench.lives_trades import RIDE, TRADES
from bench.slow_disk import NoSlowDisk, slow_disk
from bench.spread import Spread, machine

PARTS = ("rates", "orm", "together", "slow", "history")
PLACE = Path(".cache/bench")
FLUSH = 10
"""Milliseconds that a flush takes on the slow disk: a turning one, or a volume across a network."""


@attrs.frozen
class Beside:
    """Rides a second by the library, and by SQLAlchemy's ORM writing the same rows."""

    database: str
    library: Spread
    orm: Spread

    @property
    def times(self) -> float:
        """How many times as many the library lives."""
        return self.library.middle / self.orm.middle


@attrs.frozen
class Slow:
    """The same rides together on a disk that takes longer to flush."""

    flush: float
    """Milliseconds that one was seen to take; 0 where there is no such disk."""
    together: Sequence[Together]
    why: str = ""
    """Why there is none."""


@attrs.frozen
class Result:
    """Everything of one run; rates in lives a second."""

    lives: int
    repeats: int
    counts: Sequence[Counts]
    rates: Sequence[Rate]
    orm: Sequence[Beside]
    together: Sequence[Together]
    slow: Slow | None
    history: History | None
    machine: Spread
    """Seconds for the same fixed work, before each repetition."""
    load: float
    cores: int
    seconds: float
    """What the whole run took."""


@attrs.frozen
class Plan:
    """How much of what is measured."""

    lives: int
    repeats: int
    callers: int
    together: int
    threads: Sequence[int]
    history: int
    parts: Sequence[str]


def beside_orm(databases: Databases, plan: Plan, steady: list[float]) -> Beside:
    """A ride's life by the library and by the ORM."""
    (deal,) = RIDE.settle_down(databases)
    record, _ = counted(databases, RIDE, deal, plan.lives)
    found = lives_orm.written(databases, record)
    library, orm = in_turns(
        plan.repeats,
        steady,
        lambda: timed_lives(databases, RIDE, deal, plan.lives),
        lambda: lives_orm.timed(databases, found, plan.lives),
    )
    return Beside(databases.name, library, orm)


def together(kinds: Sequence[Databases], plan: Plan, steady: list[float]) -> list[Together]:
    """Many rides in batches, on each kind of database that waits for its disk; and threads."""
    found = []
    # Each is of many rides, and so takes as long as many repetitions of the others.
    repeats = min(plan.repeats, 2)
    for kind in kinds:
        if isinstance(kind, SqliteFiles) and kind.synchronous != "FULL":
            continue
        deals = RIDE.settle_down(kind, plan.together)
        found.append(batches(kind, deals, repeats, steady))
        if isinstance(kind, SqliteFiles) and plan.threads:
            found += threads(kind, deals, plan.threads, repeats, steady)
    return found


def slowed(place: Path, plan: Plan) -> Slow:
    """The part ``together`` on SQLite, in a process of its own for which the disk is slow."""
    try:
        disk = slow_disk(place, FLUSH)
    except NoSlowDisk as error:
        return Slow(0, (), str(error))
    output = place / "lives_slow.json"
    words = [sys.executable, "-m", "bench", "lives", "--only", "together", "--no-postgres"]
    words += ["--repeats", "1", "--together", str(plan.together), "--output", str(output)]
    words += [word for many in plan.threads for word in ("--threads", str(many))]
    subprocess.run(words, check=True, capture_output=True, text=True, env=disk.environment)
    found = json.loads(output.read_text())["together"]
    spreads = ("alone", "together")
    return Slow(
        disk.flush,
        [Together(**{**one, **{name: Spread(**one[name]) for name in spreads}}) for one in found],
    )


def run(kinds: Sequence[Databases], plan: Plan, place: Path) -> Result:
    """Everything that the plan asks for."""
    began = time.perf_counter()
    steady: list[float] = []
    counts: list[Counts] = []
    rates: list[Rate] = []
    if "rates" in plan.parts:
        for kind in kinds:
            for trade in TRADES:
                found = measured(
                    kind,
                    trade,
                    lives=plan.lives,
                    repeats=plan.repeats,
                    callers=plan.callers,
                    steady=steady,
                )
                counts.append(found[0])
                rates += found[1]
    orm = [beside_orm(kind, plan, steady) for kind in kinds] if "orm" in plan.parts else []
    many = together(kinds, plan, steady) if "together" in plan.parts else []
    slow = None
    if "slow" in plan.parts:
        steady.append(machine())
        slow = slowed(place, plan)
    history = None
    if "history" in plan.parts:
        steady.append(machine())
        history = lives_history.measured(place, plan.history, plan.lives)
        steady.append(machine())
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    taken = time.perf_counter() - began
    return Result(
        plan.lives,
        plan.repeats,
        counts,
        rates,
        orm,
        many,
        slow,
        history,
        Spread.of(steady),
        load,
        cores,
        taken,
    )


def told(result: Result, say: Callable[[str], Any] = click.echo) -> None:
    """Print the tables."""
    say(f"Deals' lives; {result.repeats} repetitions of {result.lives} each\n")
    for trade in dict.fromkeys(one.trade for one in result.counts):
        _told_steps([one for one in result.counts if one.trade == trade], say)
    if result.rates:
        say("lives a second: the middle (from to)")
        say(f"{'':<8}{'':<26}{'callers':>8}{'the library':>24}{'the same, bare':>24}{'share':>7}")
    for one in result.rates:
        shown = f"{one.library.shown():>24}{one.bare.shown():>24}{one.share:>7.2f}"
        say(f"{one.trade:<8}{one.database:<26}{one.callers:>8}{shown}")
    if result.orm:
        say("\nA ride beside SQLAlchemy's ORM, which writes the same rows and reads only those")
    for beside in result.orm:
        shown = f"{beside.library.shown():>24}{beside.orm.shown():>24}{beside.times:>6.1f}×"
        say(f"{'':<8}{beside.database:<34}{shown}")
    if result.together:
        say("\nRides together, beside the same rides one command after the other")
        _told_together(result.together, say)
    if result.slow is not None and result.slow.together:
        say(f"\nThe same on a disk that takes {result.slow.flush:.0f} ms to flush")
        _told_together(result.slow.together, say)
    elif result.slow is not None:
        say(f"\nNot on a slower disk: {result.slow.why}")
    say("")
    if result.history is not None:
        lives_history.told(result.history, say)
    say(
        f"fixed work without a database varied by {result.machine.noise:.0f} % meanwhile;"
        f" load {result.load:.1f} on {result.cores}; {result.seconds:.0f} s in all"
    )


def _told_together(rides: Sequence[Together], say: Callable[[str], Any]) -> None:
    """Rides a second, one by one and together."""
    for many in rides:
        shown = f"{many.alone.shown():>24}{many.together.shown():>24}{many.times:>6.1f}×"
        said = (
            ""
            if many.statements is None
            else f"  {many.statements:.0f} statements and {many.commits:.1f} commits a life"
        )
        say(f"{'':<8}{many.database:<26}{many.way:<14}{shown}{said}")


def _told_steps(counts: Sequence[Counts], say: Callable[[str], Any]) -> None:
    """What a life of one trade says, by each kind of database."""
    shown = list({one.database.split(",")[0]: one for one in counts}.items())
    heads = "".join(f"{name + ' statements':>24}{'commits':>9}" for name, _ in shown)
    say(f"{counts[0].trade:<18}{heads}")
    for row in zip(*(one.steps for _, one in shown), strict=True):
        said = "".join(f"{step.statements:>24}{step.commits:>9}" for step in row)
        say(f"  {row[0].name:<16}{said}")
    sums = "".join(f"{one.statements:>24}{one.commits:>9}" for _, one in shown)
    say(f"  {'in all':<16}{sums}\n")


@click.command()
@click.option("--lives", default=8, show_default=True, help="Lives in one repetition.")
@click.option("--repeats", default=3, show_default=True, help="Repetitions of each timing.")
@click.option("--callers", default=8, show_default=True, help="Clients of PostgreSQL at once.")
@click.option("--together", default=64, show_default=True, help="Rides in one batch.")
@click.option("--threads", default=(16, 64), show_default=True, multiple=True, help="On one file.")
@click.option("--history", default=20_000, show_default=True, help="Past deals: up to 1000000.")
@click.option(
    "--only", type=click.Choice(PARTS), multiple=True, help="Some parts alone.", default=PARTS
)
@click.option("--postgres/--no-postgres", default=True, help="Whether to start a PostgreSQL.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=PLACE / "lives.json",
    show_default=True,
    help="Where the numbers are written as JSON; the plot and the files of past deals beside it.",
)
def main(
    lives: int,
    repeats: int,
    callers: int,
    together: int,
    threads: tuple[int, ...],
    history: int,
    only: tuple[str, ...],
    postgres: bool,
    output: Path,
) -> None:
    """Measure deals' whole lives on SQLite and on PostgreSQL."""
    plan = Plan(lives, repeats, callers, together, threads, history, only)
    with (
        tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder,
        every_kind(Path(folder), postgres=postgres) as kinds,
    ):
        result = run(kinds, plan, output.parent)
    told(result)
    numbers = attrs.asdict(result)
    kept(output, numbers, drawn(numbers))
