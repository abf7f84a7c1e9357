"""What each process of a herd does in the races for the last nights of homes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import evolve

from marketplace import DAY, ManualClock, Marketplace, Outcome, Pay
from marketplace.domain.reservation import Reservation, Resource
from marketplace.plugins.stays import Fees, Stays, stay
from marketplace.plugins.wallet import Wallet
from marketplace.store.claims import Claims
from marketplace.store.counts import inserting

PATIENCE = 100.0
"""Seconds in which all must have come to the line."""
NOW = datetime.fromisoformat("2026-01-01T12:00:00+00:00")
FEES = Fees.split(guest_bp=1_200, host_bp=300)

Order = dict[str, str]
"""What one process wants in one race: the quote, the guest, or an offer and who accepts it."""


def open_stays(url: str, create: Any = "never") -> tuple[Marketplace, Stays]:
    """A marketplace of stays that are paid at once out of a wallet."""
    plugin = Stays(processes=(stay(),), fees=FEES)
    market = Marketplace.open(url, [plugin, Wallet()], clock=ManualClock(NOW), create=create)
    return market, plugin


def race(
    store: Any, number: int, url: str, folder: str, races: Sequence[Sequence[Order]]
) -> list[tuple[str, str]]:
    """Run each race when all others are at its line; gives what came of each."""
    market, _ = open_stays(url)
    answers = []
    try:
        for round_, orders in enumerate(races):
            _line_up(Path(folder) / str(round_), number, len(orders))
            answers.append(_try(lambda order=orders[number]: _do(market, order)))
    finally:
        market.close()
    return answers


def _do(market: Marketplace, order: Order) -> str:
    if "offer" in order:
        return market.offers.accept(order["offer"], by=order["host"]).id
    return market.transactions.open(order["quote"], by=order["guest"], pay=Pay("wallet")).id


def _try(do: Callable[[], str]) -> tuple[str, str]:
    try:
        return ("done", do())
    except Outcome as refusal:
        return (type(refusal).__name__, refusal.code)


def race_on_trust(store: Any, number: int, *given: Any) -> list[tuple[str, str]]:
    """The same where a claim is written because its price found the nights free."""
    return _with(_trusting, number, *given)


def race_by_closed_spans(store: Any, number: int, *given: Any) -> list[tuple[str, str]]:
    """The same where the day on which a guest leaves is still the guest's."""
    return _with(_closed, number, *given)


def come_and_go(
    store: Any, number: int, url: str, folder: str, listing: str, guests: Sequence[str], rounds: int
) -> list[tuple[str, float]]:
    """Ask, book and call off the same few nights, over and over; gives how long each took.

    An answer is a code with its seconds: no process gives up before it had all its rounds.
    """
    market, plugin = open_stays(url)
    try:
        home = market.listings.get(listing, by=guests[number])
        answers: list[tuple[str, float]] = []
        _line_up(Path(folder), number, len(guests))
        for round_ in range(rounds):
            arrive = (NOW + (10 + (number + round_) % 3) * DAY).date()
            span = plugin.span(home, arrive, arrive + timedelta(days=2))
            began = time.monotonic()
            code = _come(market, home.id, guests[number], span)
            answers.append((code, time.monotonic() - began))
        return answers
    finally:
        market.close()


def _come(market: Marketplace, listing: str, guest: str, span: Any) -> str:
    try:
        request = market.requests.open(
            "stays", by=guest, currency="EUR", listing=listing, start=span.start, end=span.end
        )
        quote = market.quotes.make(request.id, by=guest)
        deal = market.transactions.open(quote.id, by=guest, pay=Pay("wallet"))
        market.transactions.take(deal.id, "cancel", by=guest)
    except Outcome as refusal:
        return refusal.code
    return "stayed"


# -- without the protection --------------------------------------------------------------------


def _with(claim_one: Any, number: int, *given: Any) -> list[tuple[str, str]]:
    kept = Claims._claim_one
    Claims._claim_one = claim_one  # type: ignore[method-assign]
    try:
        return race(None, number, *given)
    finally:
        Claims._claim_one = kept  # type: ignore[method-assign]


def _trusting(self: Claims, one: Reservation, resource: Resource, now: datetime) -> None:
    """Write the claim and count nothing."""
    row = (*self._ready.codec.encode(one), False)
    self._runner.send(inserting(self._shelf), row)


_honest = Claims._claim_one


def _closed(self: Claims, one: Reservation, resource: Resource, now: datetime) -> None:
    assert one.end is not None
    _honest(self, evolve(one, end=one.end + DAY), resource, now)


def _line_up(folder: Path, number: int, size: int) -> None:
    """Wait until every process has come this far: then they all run."""
    folder.mkdir(exist_ok=True)
    (folder / str(number)).touch()
    end = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < size:
        assert time.monotonic() < end, "not all of the herd came to the line"
        time.sleep(0.001)
