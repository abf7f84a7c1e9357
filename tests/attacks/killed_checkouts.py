"""A checkout of three sellers that is killed at a numbered step, and a worker alone afterwards.

Run as a program: ``python -m tests.attacks.killed_checkouts FOLDER together``, or ``loop`` for the
way without a checkout: three deals opened one after the other. The shopper never comes back after a
kill: what is found then is what a worker makes of what was left.
"""

import json
import logging
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from marketplace import OPERATOR, SECOND, Marketplace
from marketplace.plugins.commission import Commission
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.attacks.killed_rides import FileClock, Steps, count_commits, in_a_child, looked_at
from tests.support.square import CARD, Bazaar, Square


def open_market(folder: Path, steps: Steps) -> tuple[Square, FileClock]:
    """The bazaar of the folder; every commit and every call outside is two steps."""
    clock = FileClock(folder / "clock")

    bank = Sandbox(folder / "sandbox.sqlite", clock.now, steps, steps)
    market = Marketplace.open(
        f"sqlite:///{folder / 'market.sqlite'}",
        [Bazaar(), Wallet(), Commission(bp=1_000), bank],
        clock=clock,
        seed=7,
        create="missing",
    )
    count_commits(market, steps)
    return Square(market, clock, bank, market.parties.join("Maya", key="maya")), clock


def shop(folder: Path, way: str, fatal: int = 0) -> int:
    """Fill a basket, then buy it; steps are counted from there on."""
    steps = Steps(0)
    square, _ = open_market(folder, steps)
    quotes = square.basket(2_400, 1_850, 3_000)
    steps.count, steps.fatal = 0, fatal
    if way == "together":
        square.market.checkouts.place(quotes, by=square.shopper, pay=CARD)
    else:
        for quote in quotes:
            square.market.transactions.open(quote, by=square.shopper, pay=CARD)
    (folder / "steps").write_text(str(steps.count))
    return steps.count


def left_to_a_worker(folder: Path) -> None:
    """What there is in the end, when nobody but the clock and a worker does anything."""
    square, clock = open_market(folder, Steps(0))
    for _ in range(5):
        clock.advance(61 * SECOND)
        square.market.tick()
    deals = [one.state for one in square.market.transactions.list(by=OPERATOR)]
    found = {**looked_at(square.market, square.bank), "deals": deals}
    (folder / "found").write_text(json.dumps(found))


def kill_everywhere(folder: Path, way: str) -> Iterator[dict[str, Any]]:
    """First nobody is killed, then one purchase for each step at which it is killed."""
    steps, step = 0, 0
    while step <= steps:
        here = folder / str(step)
        here.mkdir()
        killed = in_a_child(partial(shop, here, way, step))  # type: ignore[arg-type]
        in_a_child(partial(left_to_a_worker, here))
        if step == 0:
            steps = int((here / "steps").read_text())
        yield {**json.loads((here / "found").read_text()), "killed": killed, "steps": steps}
        shutil.rmtree(here)
        step += 1


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    for result in kill_everywhere(Path(sys.argv[1]), sys.argv[2]):
        print(json.dumps(result), flush=True)
