"""A ride's whole life: from the driver's appearance to the payout and both reviews.

Counts the statements and commits of a life, step by step; then times lives on each database,
beside the same statements, recorded from those lives, said again on a bare connection.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import click
import sqlalchemy as sa

from bench.databases import Databases, every_kind
from bench.recording import Record, say_again
from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    ManualClock,
    Marketplace,
    Pay,
    PayoutPlan,
    Place,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
THAMEL = Place(27.7154, 85.3123, "Thamel")
PATAN = Place(27.6727, 85.3253, "Patan")
STAND = Place(27.7100, 85.3150, "Asan")


@attrs.frozen
class World:
    """What stands before the first life begins."""

    rider: str
    driver: str
    listing: str


def opened(engine: sa.Engine, clock: ManualClock, seed: int) -> Marketplace:
    """The marketplace under measurement; a card ride, as a shop would run it."""
    plugins = [Rides(fare=kathmandu_bike()), Commission(bp=1_500), Sandbox(now=clock.now)]
    plan = PayoutPlan(every=None, provider="sandbox")
    return Marketplace.open(engine, plugins, clock=clock, seed=seed, payouts=plan, create="missing")


def settle_down(databases: Databases) -> World:
    """Fill the world that every measurement gets a copy of."""
    engine = databases.world()
    market = opened(engine, ManualClock(MORNING), seed=1)
    rider = market.parties.join("Sita")
    driver = market.parties.join("Ram")
    listing = market.listings.draft("rides", by=driver, title="A bike", currency="NPR")
    market.listings.publish(listing.id, by=driver)
    market.close()
    engine.dispose()
    return World(rider.id, driver.id, listing.id)


def life(market: Marketplace, clock: ManualClock, world: World) -> Iterator[str]:
    """One ride from start to end; yields the name of each step when it is done."""
    rider, driver = world.rider, world.driver
    market.listings.appear(world.listing, "online", STAND, by=driver)
    yield "appear"
    request = market.requests.open("rides", by=rider, currency="NPR", place=THAMEL, to=PATAN)
    yield "request"
    quote = market.quotes.make(request.id, by=rider)
    yield "quote"
    ride = market.transactions.open(quote.id, by=rider, request=request.id, pay=Pay("card"))
    yield "open, hold"
    offer = market.matching.dispatch("rides").offers[0]
    yield "dispatch, offer"
    market.offers.accept(offer.id, by=driver)
    yield "accept"
    clock.advance(MINUTE)
    market.transactions.take(ride.id, "arrive", by=driver)
    yield "arrive"
    code = market.transactions.get(ride.id, by=rider).attributes["pickup_code"]
    market.transactions.take(ride.id, "start", by=driver, code=code)
    yield "code, start"
    clock.advance(20 * MINUTE)
    market.transactions.take(ride.id, "finish", by=driver)
    yield "finish, capture"
    clock.advance(HOUR)
    market.tick()
    yield "settle (tick)"
    market.payouts.make(by=OPERATOR, party=driver, currency="NPR")
    yield "pay out"
    market.reviews.write(ride.id, by=rider, rating=5)
    market.reviews.write(ride.id, by=driver, rating=5)
    yield "two reviews"
    assert market.transactions.get(ride.id, by=rider).state == "settled"
    yield "look at it"


@attrs.frozen
class Step:
    """What one step says to the database."""

    name: str
    statements: int
    commits: int


def recorded(databases: Databases, world: World, lives: int) -> tuple[Record, list[Step]]:
    """What so many lives say; and, step by step, the last of them, when all caches are warm."""
    record, clock = Record(), ManualClock(MORNING + HOUR)
    engine = databases.copy(record)
    market = opened(engine, clock, seed=2)
    steps: list[Step] = []
    record.listens = True
    for _ in range(lives):
        steps = []
        statements, commits = record.statements, record.commits
        for name in life(market, clock, world):
            now = record.statements, record.commits
            steps.append(Step(name, now[0] - statements, now[1] - commits))
            statements, commits = now
    record.listens = False
    market.close()
    engine.dispose()
    return record, steps


def timed_lives(databases: Databases, world: World, lives: int) -> float:
    """Seconds that the library takes for so many lives on a fresh copy."""
    clock = ManualClock(MORNING + HOUR)
    engine = databases.copy()
    market = opened(engine, clock, seed=2)
    began = time.perf_counter()
    for _ in range(lives):
        for _ in life(market, clock, world):
            pass
    taken = time.perf_counter() - began
    market.close()
    engine.dispose()
    return taken


def timed_statements(databases: Databases, record: Record) -> float:
    """Seconds that a bare connection takes for the same statements on a fresh copy."""
    driver = databases.bare()
    began = time.perf_counter()
    say_again(driver, record.said)
    taken = time.perf_counter() - began
    driver.close()
    return taken


def machine() -> float:
    """Seconds for a fixed piece of work without a database: how steady the machine is."""
    began = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number & 7
    return time.perf_counter() - began


@attrs.frozen
class Spread:
    """The least, the middle and the most of several measurements."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(min(values), statistics.median(values), max(values))

    def shown(self, places: int = 1) -> str:
        return f"{self.middle:,.{places}f} ({self.least:,.{places}f} to {self.most:,.{places}f})"


@attrs.frozen
class Result:
    """One database's numbers."""

    database: str
    lives: int
    repeats: int
    statements: float
    """For each life, on the average of all recorded."""
    commits: float
    steps: list[Step]
    """Of the last life recorded, when the caches are warm."""
    library: Spread
    """Lives a second."""
    bare: Spread
    """The same statements on a bare connection, in lives a second."""
    machine: Spread
    """Seconds for the same fixed work, before each repetition."""


def measured(databases: Databases, lives: int, repeats: int) -> Result:
    """Everything about one database; the two timings take turns, so that noise meets both."""
    world = settle_down(databases)
    record, steps = recorded(databases, world, lives)
    library: list[float] = []
    bare: list[float] = []
    steady: list[float] = []
    for _ in range(repeats):
        steady.append(machine())
        library.append(lives / timed_lives(databases, world, lives))
        bare.append(lives / timed_statements(databases, record))
    return Result(
        database=databases.name,
        lives=lives,
        repeats=repeats,
        statements=record.statements / lives,
        commits=record.commits / lives,
        steps=steps,
        library=Spread.of(library),
        bare=Spread.of(bare),
        machine=Spread.of(steady),
    )


def told(results: list[Result], say: Callable[[str], Any] = click.echo) -> None:
    """Print the tables."""
    say("A ride's whole life, by card: appear, ask, price, hold, dispatch, accept, arrive,")
    say("start, finish and capture, settle, pay out, two reviews. One process, one at a time.\n")
    shown = list({one.database.split(",")[0]: one for one in results}.items())
    say(f"{'step':<18}" + "".join(f"{name + ' statements':>24}{'commits':>9}" for name, _ in shown))
    for row in zip(*(one.steps for _, one in shown), strict=True):
        counts = "".join(f"{step.statements:>24}{step.commits:>9}" for step in row)
        say(f"{row[0].name:<18}{counts}")
    sums = "".join(f"{one.statements:>24.1f}{one.commits:>9.1f}" for _, one in shown)
    say(f"{'a life':<18}{sums}\n")
    for one in results:
        share = one.bare.middle / one.library.middle
        say(f"{one.database}: {one.repeats} repetitions of {one.lives} lives; middle (from to)")
        say(f"  the library        {one.library.shown():>28} lives a second")
        say(f"  the same, bare     {one.bare.shown():>28} lives a second")
        say(f"  the library takes {share:.1f} times what its statements take alone")
        noise = (one.machine.most / one.machine.least - 1) * 100
        say(f"  fixed work without a database varied by {noise:.0f} % meanwhile\n")


@click.command()
@click.option("--lives", default=20, show_default=True, help="Lives in one repetition.")
@click.option("--repeats", default=5, show_default=True, help="Repetitions of each timing.")
@click.option("--postgres/--no-postgres", default=True, help="Whether to start a PostgreSQL.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/ride_life.json"),
    show_default=True,
    help="Where the numbers are written as JSON.",
)
def main(lives: int, repeats: int, postgres: bool, output: Path) -> None:
    """Measure a ride's whole life on SQLite and on PostgreSQL."""
    with (
        tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder,
        every_kind(Path(folder), postgres=postgres) as kinds,
    ):
        results = [measured(kind, lives, repeats) for kind in kinds]
    told(results)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps([attrs.asdict(one) for one in results], indent=2) + "\n")
    click.echo(f"written to {output}")
