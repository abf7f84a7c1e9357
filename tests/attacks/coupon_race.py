"""What each process of a herd does in the race for a coupon's last use."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from marketplace import ManualClock, Marketplace, Outcome, Pay
from marketplace.plugins.commission import Commission
from marketplace.plugins.coupons import Coupons, kept
from marketplace.plugins.wallet import Wallet
from tests.support.lessons import MONDAY, Lessons

PATIENCE = 100.0
"""Seconds in which all must have come to the line."""


def open_on(
    store: Any, number: int, url: str, folder: str, deals: list[tuple[str, str]], *, trusts: bool
) -> tuple[str, str]:
    """Open the deal of this number when all others are about to; gives what came of it.

    Who ``trusts`` takes the coupon for good because the quote says so, and counts nothing.
    """
    counted = kept.count
    if trusts:
        kept.count = lambda work, coupon_id: True
    clock = ManualClock(MONDAY)
    plugins = [Lessons(), Coupons(), Commission(bp=1_000), Wallet()]
    market = Marketplace.open(url, plugins, clock=clock, create="never")
    try:
        quote, party = deals[number]
        _line_up(Path(folder), number, len(deals))
        try:
            return ("opened", market.transactions.open(quote, by=party, pay=Pay("wallet")).id)
        except Outcome as refusal:
            return (type(refusal).__name__, refusal.code)
    finally:
        kept.count = counted
        market.close()


def open_on_trust(store: Any, number: int, *given: Any) -> tuple[str, str]:
    """The same by a plugin that trusts the quote."""
    return open_on(store, number, *given, trusts=True)


def open_well(store: Any, number: int, *given: Any) -> tuple[str, str]:
    """The same by the plugin as it is."""
    return open_on(store, number, *given, trusts=False)


def _line_up(folder: Path, number: int, size: int) -> None:
    """Wait until every process has opened its marketplace: then they all run."""
    (folder / str(number)).touch()
    end = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < size:
        assert time.monotonic() < end, "not all of the herd came to the line"
        time.sleep(0.001)
