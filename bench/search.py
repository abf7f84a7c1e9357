"""Searches of listings: a place, dates, guests, some a price, amenities and a word; a page of 20.

Times them through the public API on each database, beside the statements that it says, said again
on a bare connection, and beside the same homes as an application keeps them that thinks of no
search. A hundred thousand homes unless told otherwise: a million take minutes to be written.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import click
import sqlalchemy as sa

from bench.bars import kept
from bench.databases import postgres_server
from bench.recording import Record, Said, postgres_engine, sqlite_engine
from bench.search_check import differing
from bench.search_plot import drawn
from bench.search_rivals import RIVALS, asked, build, without_postgis
from bench.search_world import fill, opened, searches
from bench.spread import Spread, machine
from marketplace import Marketplace, Search

WARM = 100
"""Searches that are made first and not counted."""


@attrs.frozen
class Timed:
    """Milliseconds of many searches by one design: of each repetition the middle and the 99th."""

    design: str
    p50: Spread
    p99: Spread
    cpu_p50: Spread
    """Of the processor in this process, which others on the machine take less part in."""
    cpu_p99: Spread
    found: float
    """Listings in a page, on the average."""


@attrs.frozen
class Result:
    """One database's numbers."""

    database: str
    listings: int
    filled: float
    """Seconds to write listings and claims; 0 where they were there."""
    built: float
    """Seconds to build the index of all; 0 where it was there."""
    checked: int
    """Searches that found, on all their pages, what every home one by one says they must."""
    designs: list[Timed]
    machine: Spread
    """Seconds for the same fixed work, before each repetition."""
    absent: str
    """What is not beside it, and why; empty where all is."""
    load: float
    """How many processes wanted a processor in the last minute; this machine has ``cores``."""
    cores: int


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def timed(
    design: str, ask: Callable[[Search], int], asks: list[Search], repeats: int, steady: list[float]
) -> Timed:
    """Ask everything so many times over, warm."""
    for search in asks[:WARM]:
        ask(search)
    columns: list[list[float]] = [[], [], [], []]
    found = 0
    for _ in range(repeats):
        steady.append(machine())
        walls: list[float] = []
        cpus: list[float] = []
        for search in asks[WARM:]:
            wall, cpu = time.perf_counter(), time.process_time()
            found += ask(search)
            cpus.append((time.process_time() - cpu) * 1_000)
            walls.append((time.perf_counter() - wall) * 1_000)
        for column, values, share in zip(
            columns, (walls, walls, cpus, cpus), (0.5, 0.99, 0.5, 0.99), strict=True
        ):
            column.append(percentile(values, share))
    spreads = [Spread.of(column) for column in columns]
    return Timed(design, *spreads, found=found / repeats / len(asks[WARM:]))


def library(market: Marketplace) -> Callable[[Search], int]:
    """A search by somebody, through the public API."""
    guest = market.parties.join("Guest")
    return lambda search: len(market.listings.search(search, by=guest))


def bare(
    market: Marketplace, record: Record, driver: Any, asks: list[Search]
) -> Callable[[Search], int]:
    """The statements of the library's search, and nothing else, on a bare connection."""
    ask, said = library(market), {}
    for search in asks:
        record.said.clear()
        record.listens = True
        ask(search)
        record.listens = False
        said[id(search)] = [one for one in record.said if _asks(one)]

    def again(search: Search) -> int:
        found = 0
        with closing(driver.cursor()) as cursor:
            for one in said[id(search)]:
                cursor.execute(one.words, one.params)
                rows = cursor.fetchall()
                found += len(rows) if "search_text" in one.words else 0
        return min(found, 20)

    return again


def _asks(one: Said) -> bool:
    return one.words.lstrip().upper().startswith("SELECT")


def rival(driver: Any, one: Any, dialect: str) -> Callable[[Search], int]:
    """The same by one statement on a bare connection."""

    def ask(search: Search) -> int:
        with closing(driver.cursor()) as cursor:
            text, values = asked(one, search, dialect)
            cursor.execute(text, values)
            return min(len(cursor.fetchall()), 20)

    return ask


def prepared(market: Marketplace, engine: sa.Engine, listings: int) -> tuple[float, float]:
    """Write the homes and build the index where they are missing; gives the seconds of each."""
    filled = built = 0.0
    there = _count(engine, "listing")
    if there not in (0, listings):
        raise click.ClickException(f"a world of {there:,} homes was broken off: delete it")
    if there == 0:
        began = time.perf_counter()
        fill(market, engine, listings)
        filled = time.perf_counter() - began
    if _count(engine, "search_text") < listings:
        began = time.perf_counter()
        market.listings.rebuild_search("homes")
        built = time.perf_counter() - began
    return filled, built


def _count(engine: sa.Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def measured(
    name: str,
    engine: sa.Engine,
    record: Record,
    listings: int,
    asks: list[Search],
    repeats: int,
    *,
    checks: int,
    rivals: bool,
) -> Result:
    """Fill a database where it is empty, check what is found, and time every design on it."""
    dialect = engine.dialect.name
    market = opened(engine)
    filled, built = prepared(market, engine, listings)
    faults = differing(market, asks[:checks], listings)
    if faults:
        raise click.ClickException("\n".join(faults))
    driver = engine.raw_connection()
    plain: Any = driver.driver_connection
    if rivals and not sa.inspect(engine).has_table("rival_home"):
        build(plain, dialect, listings)
    plain.commit()
    if dialect == "postgresql":
        plain.autocommit = True
        plain.execute("VACUUM ANALYZE")
        plain.autocommit = False
    steady: list[float] = []
    designs = [timed("this library", library(market), asks, repeats, steady)]
    said = bare(market, record, plain, asks)
    designs.append(timed("its statements, bare", said, asks, repeats, steady))
    for one in RIVALS[dialect] if rivals else ():
        designs.append(timed(one.name, rival(plain, one, dialect), asks, repeats, steady))
    absent = without_postgis(plain, dialect) if rivals else "the other designs: not asked for"
    plain.rollback()
    driver.close()
    market.close()
    engine.dispose()
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    steadiness = Spread.of(steady)
    return Result(name, listings, filled, built, checks, designs, steadiness, absent, load, cores)


def told(results: list[Result], say: Callable[[str], Any] = click.echo) -> None:
    """Print the tables."""
    say("Searches: place, dates, guests; half with a price, half with amenities, a quarter with a")
    say("word; a page of 20. Milliseconds, the middle of the repetitions (from to).\n")
    for one in results:
        say(f"{one.database}, {one.listings:,} listings")
        if one.built:
            say(f"  written in {one.filled:,.0f} s, the index of all built in {one.built:,.0f} s")
        say(f"  {one.checked} searches found what every home, one by one, says they must")
        say(f"  {'':<40}{'p50':>24}{'p99':>26}{'cpu p50':>10}{'cpu p99':>10}{'found':>8}")
        for design in one.designs:
            cpu = f"{design.cpu_p50.middle:>10.2f}{design.cpu_p99.middle:>10.2f}"
            say(
                f"  {design.design:<40}{design.p50.shown(2):>24}{design.p99.shown(2):>26}"
                f"{cpu}{design.found:>8.1f}"
            )
        if one.absent:
            say(f"  not beside it: {one.absent}")
        noise = (one.machine.most / one.machine.least - 1) * 100
        say(f"  fixed work varied by {noise:.0f} % meanwhile; load {one.load:.1f} on {one.cores}\n")


@contextmanager
def engines(folder: Path, listings: int, *, postgres: bool) -> Iterator[list[tuple[str, Any]]]:
    """SQLite in the folder and, unless told otherwise, a PostgreSQL started for this run."""
    path = str(folder / f"homes-{listings}.sqlite")
    kinds: list[tuple[str, Any]] = [("SQLite", lambda record: sqlite_engine(path, record))]
    if not postgres:
        yield kinds
        return
    with postgres_server() as server:
        url = server.server.url("world")
        yield [*kinds, ("PostgreSQL", lambda record: postgres_engine(url, record))]


@click.command()
@click.option("--listings", default=100_000, show_default=True, help="Homes in the world.")
@click.option("--asks", default=500, show_default=True, help="Searches in one repetition.")
@click.option("--checks", default=20, show_default=True, help="Searches checked one by one.")
@click.option("--repeats", default=3, show_default=True, help="Repetitions of each timing.")
@click.option("--postgres/--no-postgres", default=True, help="Whether to start a PostgreSQL.")
@click.option("--rivals/--no-rivals", default=True, help="Whether to time the other designs.")
@click.option(
    "--worlds",
    type=click.Path(path_type=Path),
    default=None,
    help="A folder in which SQLite's world is kept for the next run; else it is made and deleted.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/search.json"),
    show_default=True,
    help="Where the numbers are written as JSON; the plot stands beside them as SVG.",
)
def main(
    listings: int,
    asks: int,
    checks: int,
    repeats: int,
    postgres: bool,
    rivals: bool,
    worlds: Path | None,
    output: Path,
) -> None:
    """Measure searches of listings on SQLite and on PostgreSQL."""
    made = searches(WARM + asks)
    with (
        tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder,
        engines(worlds or Path(folder), listings, postgres=postgres) as kinds,
    ):
        results = []
        for name, engine in kinds:
            record = Record()
            many = {"checks": checks, "rivals": rivals}
            results.append(measured(name, engine(record), record, listings, made, repeats, **many))
    told(results)
    numbers = [attrs.asdict(one) for one in results]
    kept(output, numbers, drawn(numbers))
