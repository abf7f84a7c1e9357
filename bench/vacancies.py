"""Whether hours are free, among ten, ten thousand and a hundred thousand bookings of one listing.

What the library says to its database when somebody asks for hours, when they are taken, and when
they are claimed, said again on a bare connection; beside it what most write, on an index of its
own: the overlap of two spans, alone and through an ORM's ``exists()``.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import click
import sqlalchemy as sa
from sqlalchemy import orm

from bench import bars
from bench.bars import OTHERS, OURS, Bar
from bench.databases import postgres_server
from bench.recording import Record, Said, postgres_engine, sqlite_engine
from bench.spread import Spread, machine
from bench.vacancies_world import (
    CLAIM,
    FREE,
    HOURS,
    ORM,
    WHOSE,
    Booking,
    House,
    furnished,
    library,
    rivals,
)

SIZES = (10, 10_000, 100_000)


@attrs.frozen
class Timed:
    """Microseconds of one way, at one number of bookings."""

    way: str
    bookings: int
    middle: float
    """On the client's side, of all asked: the statement, its answer read to the end."""
    least: float
    server: float | None
    """Executing alone, by the server's own word; None where there is no server."""


@attrs.frozen
class Result:
    """One database's numbers."""

    database: str
    nothing: float
    """Microseconds of a statement that looks at no table: the least that a question costs."""
    timed: list[Timed]
    machine: Spread
    load: float
    cores: int


def by_orm(house: House, hours: list[int], rounds: int) -> Timed:
    """The overlap through SQLAlchemy's ORM, warm, in one session."""
    walls = []
    with orm.Session(house.engine) as session:
        for _ in range(rounds):
            for hour in hours:
                there = Booking.listing == house.resource.id
                found = sa.exists().where(there, Booking.first < hour + HOURS, Booking.past > hour)
                began = time.perf_counter()
                taken = session.scalar(sa.select(found))
                walls.append((time.perf_counter() - began) * 1e6)
                if taken:
                    raise click.ClickException(f"{ORM} finds hour {hour} taken")
    return Timed(ORM, house.bookings, statistics.median(walls), min(walls), None)


def said_again(driver: Any, groups: list[list[Said]], rounds: int) -> tuple[float, float]:
    """Microseconds of each group on a bare connection, the middle and the least; then undone."""
    walls = []
    with closing(driver.cursor()) as cursor:
        for _ in range(rounds):
            for group in groups:
                began = time.perf_counter()
                for one in group:
                    cursor.execute(one.words, one.params)
                    if cursor.description is not None:
                        cursor.fetchall()
                walls.append((time.perf_counter() - began) * 1e6)
            driver.rollback()
    return statistics.median(walls), min(walls)


def executed(driver: Any, groups: list[list[Said]]) -> float:
    """Microseconds that the server says it takes to execute a group, the middle; then undone."""
    found = []
    with closing(driver.cursor()) as cursor:
        for group in groups:
            taken = 0.0
            for one in group:
                told = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + one.words
                cursor.execute(told, one.params)
                taken += cursor.fetchone()[0][0]["Execution Time"] * 1e3
            found.append(taken)
        driver.rollback()
    return statistics.median(found)


def measured(
    name: str, engine: Callable[[int, Record], sa.Engine], sizes: list[int], asks: int, rounds: int
) -> Result:
    """Every way at every size on one database."""
    steady: list[float] = []
    timed: list[Timed] = []
    nothing = 0.0
    for size in sizes:
        record = Record()
        house = furnished(engine(size, record), record, size)
        hours = house.gaps(asks)
        driver: Any = house.engine.raw_connection()
        bare = driver.driver_connection
        bare.rollback()
        for way, groups in {**library(house, hours), **rivals(house, hours)}.items():
            steady.append(machine())
            middle, least = said_again(bare, groups, rounds)
            server = None if house.sqlite else executed(bare, groups)
            timed.append(Timed(way, size, middle, least, server))
        nothing, _ = said_again(bare, [[Said("SELECT 1")]] * asks, rounds)
        driver.close()
        timed.append(by_orm(house, hours, rounds))
        house.market.close()
        house.engine.dispose()
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    return Result(name, nothing, timed, Spread.of(steady), load, cores)


def told(results: list[Result], say: Callable[[str], Any] = click.echo) -> None:
    """Print the tables."""
    say("Whether three hours are free among the bookings of one listing: microseconds for what is")
    say(
        "said to the database, the middle of all asked (the least), and what the server executes.\n"
    )
    for one in results:
        sizes = list(dict.fromkeys(row.bookings for row in one.timed))
        head = "".join(f"{size:>22,} bookings" for size in sizes)
        say(f"{one.database}{head:>{97 - len(one.database)}}")
        for way in dict.fromkeys(row.way for row in one.timed):
            cells = []
            for size in sizes:
                (row,) = (x for x in one.timed if (x.way, x.bookings) == (way, size))
                server = "" if row.server is None else f" {row.server:,.0f}"
                cells.append(f"{row.middle:,.1f} ({row.least:,.1f}){server}")
            say(f"  {way:<30}" + "".join(f"{cell:>31}" for cell in cells))
        say(f"  a statement that looks at nothing takes {one.nothing:.1f}")
        noise = one.machine.noise
        say(f"  fixed work varied by {noise:.0f} % meanwhile; load {one.load:.1f} on {one.cores}\n")


def plotted(results: list[Result]) -> str:
    """The run as an SVG document."""
    groups = [
        (
            f"{one.database}, {size:,} bookings",
            [
                Bar(
                    row.way,
                    row.middle,
                    f"{row.middle:,.1f} µs",
                    OURS if row.way in (FREE, WHOSE, CLAIM) else OTHERS,
                )
                for row in one.timed
                if row.bookings == size
            ],
        )
        for one in results
        for size in dict.fromkeys(row.bookings for row in one.timed)
    ]
    return bars.drawn("Microseconds in the database: shorter is better", groups, "µs")


Engines = dict[str, Callable[[int, Record], sa.Engine]]


@contextmanager
def engines(folder: Path, *, postgres: bool) -> Iterator[Engines]:
    """A database of its own for each size: SQLite and, unless told otherwise, PostgreSQL."""
    kinds: Engines = {
        "SQLite": lambda size, record: sqlite_engine(str(folder / f"{size}.sqlite"), record)
    }
    if not postgres:
        yield kinds
        return
    with postgres_server() as server:

        def made(size: int, record: Record) -> sa.Engine:
            server.make(f"bookings_{size}")
            return postgres_engine(server.server.url(f"bookings_{size}"), record)

        yield {**kinds, "PostgreSQL": made}


@click.command()
@click.option("--sizes", default=SIZES, multiple=True, help="Bookings of the listing.")
@click.option("--asks", default=100, show_default=True, help="Questions in one round.")
@click.option("--rounds", default=5, show_default=True, help="Rounds of each way.")
@click.option("--postgres/--no-postgres", default=True, help="Whether to start a PostgreSQL.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/vacancies.json"),
    show_default=True,
    help="Where the numbers are written as JSON; the plot stands beside them as SVG.",
)
def main(sizes: tuple[int, ...], asks: int, rounds: int, postgres: bool, output: Path) -> None:
    """Measure whether hours are free, on SQLite and on PostgreSQL."""
    with (
        tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder,
        engines(Path(folder), postgres=postgres) as kinds,
    ):
        results = [
            measured(name, engine, list(sizes), asks, rounds) for name, engine in kinds.items()
        ]
    told(results)
    bars.kept(output, [attrs.asdict(one) for one in results], plotted(results))
