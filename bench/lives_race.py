"""Lives of many callers at once: processes of the library, and as many bare connections.

Each caller has customers, providers and listings of its own. All wait for each other where the
clock goes on, since it is one clock; so do the bare connections, which say again what each caller
said and wait where it waited.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from threading import BrokenBarrierError
from typing import Any

import attrs

from bench.databases import Databases, given_back
from bench.lives_trades import MORNING, PUT_ALONE, RIDE, Deal, Step, Trade, lived_in_step
from bench.recording import WAIT, Record, Said, say_again
from marketplace import HOUR, ManualClock

PATIENCE = 600
FORKS = multiprocessing.get_context("fork")


def steps_of(trade: Trade) -> Sequence[Step]:
    """The life of a deal of whose kind many are lived at once."""
    return PUT_ALONE if trade is RIDE else trade.steps


def parts(deals: Sequence[Deal], callers: int) -> list[Sequence[Deal]]:
    """As many deals for each caller."""
    each = len(deals) // callers
    return [deals[number * each : (number + 1) * each] for number in range(callers)]


Answer = tuple[float, list[Said]]
"""When it was done, and what was said."""
Work = Callable[[int, Any], Answer]


def _call(work: Work, number: int, start: Any, done: Any) -> None:
    try:
        done.put((number, work(number, start)))
    except Exception as error:
        # Whoever waits for it must not wait in vain.
        start.abort()
        done.put((number, repr(error)))
        raise


def _all_at_once(work: Work, callers: int) -> tuple[float, list[list[Said]]]:
    """Seconds until the last of them was done, and what each said."""
    start, done = FORKS.Barrier(callers), FORKS.Queue()
    processes = [
        FORKS.Process(target=_call, args=(work, number, start, done)) for number in range(callers)
    ]
    for one in processes:
        one.start()
    answers: list[tuple[int, Answer | str]] = [done.get(timeout=PATIENCE) for _ in processes]
    for one in processes:
        one.join()
    whole: list[Answer] = []
    failed: list[str] = []
    for _, answer in sorted(answers, key=lambda one: one[0]):
        if isinstance(answer, str):
            failed.append(answer)
        else:
            whole.append(answer)
    if failed:
        # Who only waited in vain is not the one that failed.
        broken = repr(BrokenBarrierError())
        raise RuntimeError(f"a caller failed: {next((f for f in failed if f != broken), broken)}")
    return max(taken for taken, _ in whole), [said for _, said in whole]


def raced(
    databases: Databases,
    trade: Trade,
    deals: Sequence[Deal],
    callers: int,
    *,
    listens: bool = False,
) -> tuple[float, list[list[Said]]]:
    """Lives a second of so many processes; and what each said, where somebody listens."""
    name = databases.fresh()
    shares = parts(deals, callers)

    def work(number: int, start: Any) -> Answer:
        record, clock = Record(), ManualClock(MORNING + HOUR)
        copy = databases.engine(name, record) if listens else databases.place(name)
        market = trade.opened(copy, clock, seed=10 + number)
        mine = [attrs.evolve(one) for one in shares[number]]

        def wait() -> None:
            record.note(WAIT)
            start.wait(PATIENCE)

        start.wait(PATIENCE)
        record.listens = listens
        began = time.perf_counter()
        lived_in_step(market, steps_of(trade), mine, clock.advance, wait=wait)
        start.wait(PATIENCE)
        taken = time.perf_counter() - began
        record.listens = False
        market.close()
        given_back(copy)
        return taken, record.said

    taken, said = _all_at_once(work, callers)
    return sum(map(len, shares)) / taken, said


def raced_bare(databases: Databases, said: Sequence[Sequence[Said]], lives: int) -> float:
    """Lives a second of as many bare connections, each of which says what one caller said."""
    name = databases.fresh()

    def work(number: int, start: Any) -> Answer:
        driver = databases.driver(name)
        start.wait(PATIENCE)
        began = time.perf_counter()
        say_again(driver, said[number], lambda: start.wait(PATIENCE))
        start.wait(PATIENCE)
        taken = time.perf_counter() - began
        driver.close()
        return taken, []

    return lives / _all_at_once(work, len(said))[0]
