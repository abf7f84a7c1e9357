"""Many rides together: each step of all of them in one unit of work, or many threads on one file.

Beside the same rides, in the same order, one command after the other by one caller.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import attrs

from bench.databases import Databases, SqliteFiles
from bench.lives_race import PATIENCE, parts, steps_of
from bench.lives_rates import in_turns
from bench.lives_trades import MORNING, RIDE, Deal, lived_in_step
from bench.recording import Record
from bench.spread import Spread
from marketplace import HOUR, ManualClock


@attrs.frozen
class Together:
    """Rides a second, one by one and otherwise."""

    database: str
    way: str
    lives: int
    alone: Spread
    """One command after the other, by one caller."""
    together: Spread
    statements: float | None = None
    """For each life together, where they were counted."""
    commits: float | None = None

    @property
    def times(self) -> float:
        """How many times as many."""
        return self.together.middle / self.alone.middle


def in_step(
    databases: Databases, deals: Sequence[Deal], *, batched: bool, record: Record | None = None
) -> float:
    """Rides a second, step by step: each step of all in one unit of work, or each command alone."""
    clock = ManualClock(MORNING + HOUR)
    engine = databases.copy(record)
    market = RIDE.opened(engine, clock, seed=2)
    mine = [attrs.evolve(one) for one in deals]
    batch: Callable[[], Any] = market.batch if batched else nullcontext
    if record is not None:
        record.listens = True
    began = time.perf_counter()
    lived_in_step(market, RIDE.steps, mine, clock.advance, batch=batch)
    taken = time.perf_counter() - began
    states = {market.transactions.get(one.id, by=one.customer).state for one in mine}
    assert states == {RIDE.end}, states
    market.close()
    engine.dispose()
    return len(deals) / taken


def batches(
    databases: Databases, deals: Sequence[Deal], repeats: int, steady: list[float]
) -> Together:
    """All of them in batches, beside one by one."""
    alone, together = in_turns(
        repeats,
        steady,
        lambda: in_step(databases, deals, batched=False),
        lambda: in_step(databases, deals, batched=True),
    )
    record, many = Record(), len(deals)
    in_step(databases, deals, batched=True, record=record)
    said = record.statements / many, record.commits / many
    return Together(databases.name, f"{many} in batches", many, alone, together, *said)


def threaded(databases: SqliteFiles, deals: Sequence[Deal], callers: int) -> float:
    """Rides a second of so many threads on one marketplace, each with a part of them."""
    clock = ManualClock(MORNING + HOUR)
    market = RIDE.opened(f"sqlite:///{databases.fresh()}", clock, seed=2)
    meeting = threading.Barrier(callers)

    def call(number: int, mine: Sequence[Deal]) -> float:
        def wait() -> None:
            meeting.wait(PATIENCE)

        def advance(by: timedelta) -> None:
            if number == 0:
                clock.advance(by)
            wait()

        own = [attrs.evolve(one) for one in mine]
        try:
            wait()
            began = time.perf_counter()
            lived_in_step(market, steps_of(RIDE), own, advance, wait=wait)
            wait()
            return time.perf_counter() - began
        except BaseException:
            meeting.abort()
            raise

    shares = parts(deals, callers)
    with ThreadPoolExecutor(callers) as pool:
        seconds = list(pool.map(call, range(callers), shares))
    market.close()
    return sum(map(len, shares)) / max(seconds)


def threads(
    databases: SqliteFiles,
    deals: Sequence[Deal],
    callers: Sequence[int],
    repeats: int,
    steady: list[float],
) -> list[Together]:
    """Many callers on one file, beside one."""
    found = in_turns(
        repeats,
        steady,
        *(lambda many=many: threaded(databases, deals, many) for many in (1, *callers)),
    )
    return [
        Together(databases.name, f"{many} threads", len(deals), found[0], one)
        for many, one in zip(callers, found[1:], strict=True)
    ]
