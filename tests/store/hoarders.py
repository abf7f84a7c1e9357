"""What the processes of a herd do who all reserve for one customer, each from its own connection.

The one without the limit's lock is the control: it counts, and others count beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from marketplace import Limits, ManualClock, Marketplace, Pay
from marketplace.domain.reservation import Reservation
from marketplace.errors import LimitExceeded
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from marketplace.store import claims_sql
from marketplace.store.claims import Claims
from marketplace.store.store import SqlStore
from tests.support.cottages import MONDAY, Cottages

LIMITS = Limits(open_holds=5, overlapping_holds=5)


@contextmanager
def thinking() -> Iterator[None]:
    """Whoever has counted takes a moment before it writes, so that others count meanwhile."""
    real = Claims.reserved_for

    def slowly(claims: Claims, customer_id: str, now: datetime) -> Callable[[], list[Reservation]]:
        counted = real(claims, customer_id, now)

        def thought_over() -> list[Reservation]:
            found = counted()
            time.sleep(0.02)
            return found

        return thought_over

    Claims.reserved_for = slowly  # type: ignore[method-assign]
    try:
        yield
    finally:
        Claims.reserved_for = real  # type: ignore[method-assign]


def reserve(store: SqlStore, number: int, guest: str, quotes: list[str]) -> list[str]:
    """Ask for the nights of some quotes in turn; what came of each."""
    clock = ManualClock(MONDAY)
    plugins = [Cottages(), Sandbox(now=clock.now), Wallet()]
    market = Marketplace.open(store.engine, plugins, clock=clock, seed=number, limits=LIMITS,
                              eager=False, create="never")  # fmt: skip
    said = []
    with thinking():
        for quote in quotes[number::16]:
            try:
                said.append(market.transactions.open(quote, by=guest, pay=Pay("card")).process)
            except LimitExceeded as refusal:
                said.append(refusal.code)
    return said


def reserve_without_turns(store: SqlStore, number: int, *args: Any) -> list[str]:
    """The same where whoever counts waits for nobody."""
    claims_sql.LOCK_PARTY = "SELECT id FROM {{party}} WHERE id = :id"
    try:
        return reserve(store, number, *args)
    finally:
        claims_sql.LOCK_PARTY = "SELECT id FROM {{party}} WHERE id = :id {lock}"
