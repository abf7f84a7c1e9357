"""What each process of a herd does in the race for the next number of a series."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from marketplace import ManualClock, Marketplace, Work
from marketplace.plugins.goods import Goods
from marketplace.plugins.invoices import Invoices, kept
from marketplace.plugins.invoices.tables import tables_of
from marketplace.plugins.sandbox import Sandbox
from tests.support.bazaar import NEW_YEAR
from tests.support.billed import FEES

PATIENCE = 100.0
"""Seconds in which all must have come to the line."""


def settle_on(
    store: Any, number: int, url: str, folder: str, deals: list[tuple[str, str]], *, guesses: bool
) -> str:
    """Receive the goods of this number when all others are about to; gives what came of it.

    Who ``guesses`` looks at the last number of each series beforehand, and adds one.
    """
    counted, clock = kept.next_number, ManualClock(NEW_YEAR)
    plugins = [Goods(), FEES, Sandbox(now=clock.now), Invoices()]
    market = Marketplace.open(url, plugins, clock=clock, create="never")
    try:
        if guesses:
            with market.context.store.begin(write=False) as work:
                last = _last(work)
            kept.next_number = lambda work, issuer, series: last.get((issuer, series), 0) + 1
        deal, party = deals[number]
        _line_up(Path(folder), number, len(deals))
        try:
            return market.transactions.take(deal, "receive", by=party).state
        except Exception as error:
            return type(error).__name__
    finally:
        kept.next_number = counted
        market.close()


def _last(work: Work) -> dict[tuple[str, str], int]:
    table = tables_of(work).invoice_series
    rows = work.connection.execute(sa.select(table)).all()
    return {(issuer, series): last for issuer, series, last in rows}


def settle_on_a_guess(store: Any, number: int, *given: Any) -> str:
    """The same by a plugin that looks first and counts afterwards."""
    return settle_on(store, number, *given, guesses=True)


def settle_well(store: Any, number: int, *given: Any) -> str:
    """The same by the plugin as it is."""
    return settle_on(store, number, *given, guesses=False)


def _line_up(folder: Path, number: int, size: int) -> None:
    """Wait until every process has opened its marketplace: then they all run."""
    (folder / str(number)).touch()
    end = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < size:
        assert time.monotonic() < end, "not all of the herd came to the line"
        time.sleep(0.001)
