"""How many deals are lived a second, beside their own statements on bare connections.

What the library says is recorded from lives really lived, step by step, and said again by nobody
who decides anything: what that takes is the database's, and what comes on top is the library's.
"""

import time
from collections.abc import Callable, Sequence

import attrs

from bench.databases import Databases, PostgresServer, given_back
from bench.lives_race import raced, raced_bare
from bench.lives_trades import MORNING, Deal, Trade, life, lived
from bench.recording import Record, say_again
from bench.spread import Spread, machine
from marketplace import HOUR, ManualClock


@attrs.frozen
class Count:
    """What one step says to the database."""

    name: str
    statements: int
    commits: int


@attrs.frozen
class Rate:
    """Lives a second of one trade on one database."""

    trade: str
    database: str
    callers: int
    statements: float
    """For each life, on the average of all recorded."""
    commits: float
    library: Spread
    bare: Spread
    """The same statements on as many bare connections."""

    @property
    def share(self) -> float:
        """The library's rate as a part of the bare one."""
        return self.library.middle / self.bare.middle


@attrs.frozen
class Counts:
    """The steps of the last life recorded on one database, when all caches are warm."""

    trade: str
    database: str
    steps: Sequence[Count]

    @property
    def statements(self) -> int:
        return sum(one.statements for one in self.steps)

    @property
    def commits(self) -> int:
        return sum(one.commits for one in self.steps)


def counted(databases: Databases, trade: Trade, deal: Deal, lives: int) -> tuple[Record, Counts]:
    """What so many lives say; and, step by step, the last of them."""
    record, clock = Record(), ManualClock(MORNING + HOUR)
    engine = databases.copy(record)
    market = trade.opened(engine, clock, seed=2)
    steps: list[Count] = []
    record.listens = True
    for _ in range(lives):
        steps = []
        statements, commits = record.statements, record.commits
        for name in life(market, clock, trade, attrs.evolve(deal)):
            now = record.statements, record.commits
            steps.append(Count(name, now[0] - statements, now[1] - commits))
            statements, commits = now
    record.listens = False
    market.close()
    engine.dispose()
    return record, Counts(trade.name, databases.name, tuple(steps))


def timed_lives(databases: Databases, trade: Trade, deal: Deal, lives: int) -> float:
    """Lives a second of the library on a fresh copy, one after the other."""
    clock = ManualClock(MORNING + HOUR)
    copy = databases.place(databases.fresh())
    market = trade.opened(copy, clock, seed=2)
    began = time.perf_counter()
    for _ in range(lives):
        lived(market, clock, trade, attrs.evolve(deal))
    taken = time.perf_counter() - began
    market.close()
    given_back(copy)
    return lives / taken


def timed_bare(databases: Databases, record: Record, lives: int) -> float:
    """Lives a second of a bare connection that says the same on a fresh copy."""
    driver = databases.bare()
    began = time.perf_counter()
    say_again(driver, record.said)
    taken = time.perf_counter() - began
    driver.close()
    return lives / taken


def in_turns(repeats: int, steady: list[float], *sides: Callable[[], float]) -> list[Spread]:
    """Each side's rates; they take turns, so that noise meets all of them."""
    rates: list[list[float]] = [[] for _ in sides]
    for _ in range(repeats):
        steady.append(machine())
        for mine, side in zip(rates, sides, strict=True):
            mine.append(side())
    return [Spread.of(one) for one in rates]


def measured(
    databases: Databases,
    trade: Trade,
    *,
    lives: int,
    repeats: int,
    callers: int,
    steady: list[float],
) -> tuple[Counts, list[Rate]]:
    """One trade on one database: one caller, and on PostgreSQL many at once too."""
    deals = trade.settle_down(databases, max(1, lives // callers) * callers)
    record, counts = counted(databases, trade, deals[0], lives)
    library, bare = in_turns(
        repeats,
        steady,
        lambda: timed_lives(databases, trade, deals[0], lives),
        lambda: timed_bare(databases, record, lives),
    )
    said = record.statements / lives, record.commits / lives
    rates = [Rate(trade.name, databases.name, 1, *said, library, bare)]
    if isinstance(databases, PostgresServer):
        rates.append(raced_beside(databases, trade, deals, callers, repeats, steady))
    return counts, rates


def raced_beside(
    databases: Databases,
    trade: Trade,
    deals: Sequence[Deal],
    callers: int,
    repeats: int,
    steady: list[float],
) -> Rate:
    """Many callers at once, beside as many bare connections."""
    heard = [Record(said) for said in raced(databases, trade, deals, callers, listens=True)[1]]
    lives = len(deals)
    library, bare = in_turns(
        repeats,
        steady,
        lambda: raced(databases, trade, deals, callers)[0],
        lambda: raced_bare(databases, [one.said for one in heard], lives),
    )
    statements = sum(one.statements for one in heard) / lives
    commits = sum(one.commits for one in heard) / lives
    return Rate(trade.name, databases.name, callers, statements, commits, library, bare)
