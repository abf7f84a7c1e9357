"""Checkouts: how many a second, and what each says to the database; of one, three and ten sellers.

Beside the library stand, in the same run and on the same kind of database with the same durability:
the same statements on a bare connection, the same rows written by hand, and django-oscar's placing
of an order for the same basket. The basket is filled and priced before, and is not measured.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

import attrs
import click
import sqlalchemy as sa

from bench import bars
from bench.bars import OTHERS, OURS, Bar
from bench.checkout_rivals import OscarCount, Shop, shop_beside
from bench.checkout_world import (
    Count,
    Hall,
    basket,
    counted,
    opened,
    place,
    settle_down,
)
from bench.databases import Databases, SqliteFiles, every_kind, given_back
from bench.recording import Record, Said, say_again
from bench.spread import Spread, machine
from marketplace import Marketplace

WARM = 8
"""Checkouts before those that are timed: the shop beside it runs all the while and is warm too."""


def warmed(market: Marketplace, hall: Hall, sellers: int, checkouts: int) -> list[list[str]]:
    """Baskets to be placed, of a marketplace that has placed some before."""
    for _ in range(WARM):
        place(market, hall, basket(market, hall, sellers))
    return [basket(market, hall, sellers) for _ in range(checkouts)]


def timed(databases: Databases, hall: Hall, sellers: int, checkouts: int) -> float:
    """Checkouts a second of one caller."""
    copy = databases.place(databases.fresh())
    market = opened(copy, seed=2)
    baskets = warmed(market, hall, sellers, checkouts)
    began = time.perf_counter()
    for quotes in baskets:
        place(market, hall, quotes)
    taken = time.perf_counter() - began
    market.close()
    given_back(copy)
    return checkouts / taken


def _call(
    copy: sa.Engine | str,
    hall: Hall,
    sellers: int,
    checkouts: int,
    seed: int,
    start: Any,
    done: Any,
) -> None:
    try:
        market = opened(copy, seed)
        baskets = warmed(market, hall, sellers, checkouts)
        start.wait()
        for quotes in baskets:
            place(market, hall, quotes)
        done.put(time.perf_counter())
        market.close()
        given_back(copy)
    except Exception as error:
        # Whoever waits for it must not wait in vain.
        start.abort()
        done.put(repr(error))
        raise


def last_of(ends: Sequence[float | str], began: float) -> float:
    """Seconds until the last was done; raises ``RuntimeError`` for one that was not."""
    failed = [one for one in ends if isinstance(one, str)]
    if failed:
        raise RuntimeError(f"a caller failed: {failed[0]}")
    return max(float(one) for one in ends) - began


def raced(databases: Databases, hall: Hall, sellers: int, each: int, callers: int) -> float:
    """Checkouts a second of so many processes at once, each with so many of them."""
    copy = databases.place(databases.fresh())
    forks = multiprocessing.get_context("fork")
    # Said by whoever comes last, before anybody goes on: who waits here may wake when all is done.
    moment = forks.Value("d", 0.0)

    def begin() -> None:
        moment.value = time.perf_counter()

    start, done = forks.Barrier(callers + 1, begin), forks.Queue()
    processes = [
        forks.Process(target=_call, args=(copy, hall.of(one), sellers, each, 10 + one, start, done))
        for one in range(callers)
    ]
    for one in processes:
        one.start()
    with suppress(BrokenBarrierError):
        start.wait()
    ends = [done.get(timeout=600) for _ in processes]
    for one in processes:
        one.join()
    given_back(copy)
    return callers * each / last_of(ends, moment.value)


def recorded(databases: Databases, hall: Hall, sellers: int, checkouts: int) -> list[list[Said]]:
    """What filling the baskets says, and then what placing them does."""
    record = Record()
    engine = databases.copy(record)
    record.listens = True
    market = opened(engine, seed=2)
    baskets = warmed(market, hall, sellers, checkouts)
    before, record.said = record.said, []
    for quotes in baskets:
        place(market, hall, quotes)
    record.listens = False
    market.close()
    engine.dispose()
    return [before, record.said]


def by_hand(said: Sequence[Said]) -> list[Said]:
    """Only what writes rows, and the commits after it: what somebody would write who asks nothing
    first, checks nothing, and knows every id and balance beforehand."""
    kept: list[Said] = []
    for one in said:
        if one.ends:
            if kept and not kept[-1].ends:
                kept.append(one)
        elif one.words.split()[0] in ("INSERT", "UPDATE", "DELETE"):
            kept.append(one)
    return kept


def timed_said(
    databases: Databases, before: Sequence[Said], said: Sequence[Said], checkouts: int
) -> float:
    """Checkouts a second of a bare connection that says this."""
    driver = databases.bare()
    say_again(driver, before)
    driver.commit()
    began = time.perf_counter()
    say_again(driver, said)
    taken = time.perf_counter() - began
    driver.close()
    return checkouts / taken


@attrs.frozen
class Size:
    """The figures of one size of basket on one database; rates in checkouts a second."""

    sellers: int
    count: Count
    library: Spread
    bare: Spread
    """The same statements, said by nobody who decides anything."""
    hand: Spread
    """The same rows, written by hand."""
    race: Spread
    """The library with many callers."""
    oscar_count: OscarCount | None = None
    oscar: Spread | None = None
    oscar_race: Spread | None = None


@attrs.frozen
class Result:
    """One database's figures."""

    database: str
    checkouts: int
    repeats: int
    callers: int
    each: int
    """Checkouts of each of the many callers."""
    sizes: Sequence[Size]
    machine: Spread
    """Seconds for the same fixed work, before each repetition."""
    oscar: str
    """The version of django-oscar beside which it was measured, or why there is none."""


def measured(
    databases: Databases,
    shop: Shop | str,
    *,
    checkouts: int,
    repeats: int,
    callers: int,
    each: int,
) -> Result:
    """Everything about one database; the timings take turns, so that noise meets all of them."""
    hall = settle_down(databases, callers)
    counts = counted(databases, hall)[0]
    steady: list[float] = []
    sizes = []
    for count in counts:
        sellers = count.sellers
        before, said = recorded(databases, hall, sellers, checkouts)
        written = by_hand(said)
        rates: dict[str, list[float]] = {}

        def note(name: str, rate: float, rates: dict[str, list[float]] = rates) -> None:
            rates.setdefault(name, []).append(rate)

        for _ in range(repeats):
            steady.append(machine())
            note("library", timed(databases, hall, sellers, checkouts))
            if isinstance(shop, Shop):
                note("oscar", shop.timed(sellers, checkouts))
            note("bare", timed_said(databases, before, said, checkouts))
            note("hand", timed_said(databases, before, written, checkouts))
            note("race", raced(databases, hall, sellers, each, callers))
            if isinstance(shop, Shop):
                note("oscar_race", shop.raced(sellers, each, callers))
        beside = shop.counted(sellers) if isinstance(shop, Shop) else None
        spreads = {name: Spread.of(values) for name, values in rates.items()}
        sizes.append(Size(sellers, count, oscar_count=beside, **spreads))
    return Result(
        database=databases.name,
        checkouts=checkouts,
        repeats=repeats,
        callers=callers,
        each=each,
        sizes=tuple(sizes),
        machine=Spread.of(steady),
        oscar=shop if isinstance(shop, str) else shop.version,
    )


def told(result: Result, say: Callable[[str], Any] = click.echo) -> None:
    """Print one database's tables, and what speaks for the library and what against it."""
    say(
        f"{result.database}: {result.repeats} repetitions of {result.checkouts} checkouts of one "
        f"caller, and {result.each} of each of {result.callers}"
    )
    say(
        "placed, paid and told to everybody concerned; the bank is a function in the same process\n"
    )
    say(f"{'sellers':>8}{'statements':>12}{'rows':>7}{'commits':>9}{'oscar statements':>18}")
    for one in result.sizes:
        beside = "–" if one.oscar_count is None else str(one.oscar_count.statements)
        count = one.count
        say(f"{one.sellers:>8}{count.statements:>12}{count.rows:>7}{count.commits:>9}{beside:>18}")
    say("")
    say(f"checkouts a second, middle (from to){'sellers':>9}")
    for one in result.sizes:
        for name, spread in _rates(one, result.callers):
            say(f"  {name:<34}{one.sellers:>8}{spread.shown():>26}")
    say("")
    for line in judged(result):
        say(line)
    noise = (result.machine.most / result.machine.least - 1) * 100
    say(f"fixed work without a database varied by {noise:.0f} % meanwhile\n")


def _rates(size: Size, callers: int) -> list[tuple[str, Spread]]:
    """Whose checkouts a second were measured."""
    many = f"{callers} callers"
    rates = (
        ("the library, one caller", size.library),
        (f"the library, {many}", size.race),
        ("the same statements, bare", size.bare),
        ("the same rows by hand", size.hand),
        ("django-oscar, one caller", size.oscar),
        (f"django-oscar, {many}", size.oscar_race),
    )
    return [(name, spread) for name, spread in rates if spread is not None]


def _of(sellers: int) -> str:
    return "1 seller" if sellers == 1 else f"{sellers} sellers"


def judged(result: Result) -> list[str]:
    """The ratios: what speaks most for the library, and what speaks most against it, by name."""
    slower = {_of(one.sellers): one.hand.middle / one.library.middle for one in result.sizes}
    worst = max(slower, key=lambda name: slower[name])
    beside = f"{slower[worst]:.1f} times what writing the same rows by hand takes ({worst})"
    lines = [f"the library takes up to {beside}"]
    ratios = {}
    for one in result.sizes:
        for callers, ours, theirs in (
            ("one caller", one.library, one.oscar),
            (f"{result.callers} callers", one.race, one.oscar_race),
        ):
            if theirs is not None:
                ratios[f"{_of(one.sellers)}, {callers}"] = ours.middle / theirs.middle
    if not ratios:
        return [*lines, f"django-oscar is not beside it: {result.oscar}"]
    best, worst = max(ratios, key=lambda n: ratios[n]), min(ratios, key=lambda n: ratios[n])
    lines.append(f"beside django-oscar {result.oscar}, checkouts of the library a second:")
    lines.append(f"  at best  {ratios[best]:.2f} times as many ({best})")
    lines.append(f"  at worst {ratios[worst]:.2f} times as many ({worst})")
    lines.append("and statements, where one that is said for many rows counts once, or for each:")
    for one in result.sizes:
        if one.oscar_count is not None:
            said = one.count.statements / one.oscar_count.statements
            rows = one.count.rows / one.oscar_count.statements
            lines.append(f"  {_of(one.sellers)}: {said:.2f} or {rows:.2f} times as many")
    lines.append("Oscar's order is one shop's: no escrow, no split, no ledger, no audit, no bank.")
    return lines


def plotted(results: Sequence[Result]) -> str:
    """The run as an SVG document."""
    groups = [
        (
            f"{one.database}, {_of(size.sellers)}",
            [
                Bar(name, spread.middle, spread.shown(), OURS if "library" in name else OTHERS)
                for name, spread in _rates(size, one.callers)
            ],
        )
        for one in results
        for size in one.sizes
    ]
    return bars.drawn("Checkouts a second: longer is better", groups, "a second")


@click.command()
@click.option(
    "--checkouts",
    type=click.IntRange(1, 40),
    default=40,
    show_default=True,
    help="Checkouts of one caller in one repetition.",
)
@click.option("--repeats", default=5, show_default=True, help="Repetitions of each timing.")
@click.option(
    "--callers",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    help="Processes that call at once.",
)
@click.option(
    "--each",
    type=click.IntRange(1, 40),
    default=4,
    show_default=True,
    help="Checkouts of each of these in one repetition.",
)
@click.option("--postgres/--no-postgres", default=True, help="Whether to start a PostgreSQL.")
@click.option("--oscar/--no-oscar", default=True, help="Whether to measure django-oscar beside it.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/checkout.json"),
    show_default=True,
    help="Where the numbers are written as JSON.",
)
def main(
    checkouts: int,
    repeats: int,
    callers: int,
    each: int,
    postgres: bool,
    oscar: bool,
    output: Path,
) -> None:
    """Measure checkouts of one, three and ten sellers on SQLite and on PostgreSQL."""
    results = []
    with (
        tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder,
        every_kind(Path(folder), postgres=postgres) as kinds,
    ):
        for kind in kinds:
            if isinstance(kind, SqliteFiles) and kind.synchronous != "FULL":
                continue
            with shop_beside(kind, Path(folder), wanted=oscar) as shop:
                found = measured(
                    kind, shop, checkouts=checkouts, repeats=repeats, callers=callers, each=each
                )
                results.append(found)
            told(results[-1])
    bars.kept(output, [attrs.asdict(one) for one in results], plotted(results))
