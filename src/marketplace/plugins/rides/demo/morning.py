"""The Kathmandu morning, from its seed to its last review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from attrs import define, field, frozen

from marketplace import (
    CLOCK,
    OPERATOR,
    ManualClock,
    Marketplace,
    Money,
    Notification,
    Offer,
    Party,
)
from marketplace.demo.names import invented
from marketplace.plugins.rides.demand import Morning, RideWish, morning
from marketplace.plugins.rides.demo.day import Day
from marketplace.plugins.rides.demo.drivers import Driver, beat, join
from marketplace.plugins.rides.demo.riders import Ride
from marketplace.plugins.rides.demo.tally import Tally
from marketplace.plugins.rides.demo.town import CURRENCY, open_town

RIDERS_A_DRIVER = 4
"""Requests for each driver of the morning."""
MOST_HEARD = 100_000


@define
class Phones:
    """A notification channel that keeps what every telephone showed."""

    heard: dict[str, list[Notification]] = field(factory=lambda: defaultdict(list))

    def send(self, notification: Notification) -> None:
        """Show it."""
        self.heard[notification.party_id].append(notification)


@frozen
class Simulated:
    """A morning that is over."""

    market: Marketplace
    made: Morning
    tally: Tally
    phones: Phones
    drivers: tuple[Driver, ...]
    paid_out: int
    """Minor units handed to drivers when the last ride was over."""
    payouts: int
    earned: int
    """Minor units of commission, of this morning alone."""


def simulate(
    url: str,
    day: date,
    seed: int,
    requests: int,
    progress: Callable[[datetime, Tally], None],
    started: Callable[[Morning], None] = lambda made: None,
) -> Simulated:
    """Run the morning on the real engine; the same seed gives the same morning."""
    dice = Random(seed)
    made = morning(dice, day, requests, max(4, requests // RIDERS_A_DRIVER))
    started(made)
    clock, phones = ManualClock(made.opens_at), Phones()
    market = open_town(url, clock, seed, phones)
    run, before = Day(market, clock, dice), market.ledger.profit(CURRENCY)
    # People who joined on another day have other telephones.
    serial = day.toordinal() % 1_000
    drivers = _drivers(run, made, serial)
    rides = _rides(run, made, serial)
    by_listing = {driver.listing.id: driver for driver in drivers}

    def offered(offer: Offer) -> None:
        ride, driver = rides.get(offer.transaction_id or ""), by_listing[offer.listing_id or ""]
        if ride is not None:
            ride.offered_to(offer, driver)

    run.offered = offered
    run.at(made.opens_at, lambda: beat(run, drivers, made.closes_at))
    run.run(made.opens_at, made.closes_at, lambda now: progress(now, run.tally))
    paid, count = _pay_out(run)
    earned = (market.ledger.profit(CURRENCY) - before).amount
    return Simulated(market, made, run.tally, phones, drivers, paid, count, earned)


def _drivers(run: Day, made: Morning, serial: int) -> tuple[Driver, ...]:
    """Everybody who drives that morning joins before it."""
    with run.market.batch():
        return tuple(
            join(run, shift, f"+97798{serial:03d}{shift.driver:05d}") for shift in made.shifts
        )


def _rides(run: Day, made: Morning, serial: int) -> dict[str, Ride]:
    """Riders join before the morning, most of them for one ride; gives rides by transaction."""
    people: dict[int, Party] = {}
    rides: dict[str, Ride] = {}
    different = max(1, len(made.wishes) * 4 // 5)

    def ask(wish: RideWish, rider: Party) -> None:
        ride = Ride(run, wish, rider)
        ride.ask()
        rides[ride.id] = ride

    with run.market.batch():
        for wish in made.wishes:
            number = wish.rider % different
            if number not in people:
                people[number] = _rider(run, wish, f"+97797{serial:03d}{number:05d}")
            run.at(wish.asked_at, partial(ask, wish, people[number]))
    return rides


def _rider(run: Day, wish: RideWish, phone: str) -> Party:
    language = "ne" if run.chance(5_000) else "en"
    rider = run.market.parties.join(invented(run.dice), phone=phone, language=language)
    if wish.payment == "wallet":
        credit = Money(50_00 * run.between(1, 4), CURRENCY)
        run.market.payments.top_up(rider.id, credit, reference=f"kiosk-{phone}")
    return rider


def _pay_out(run: Day) -> tuple[int, int]:
    """At the end drivers cash out what wallets paid for; the operator hands it over by hand."""
    run.clock.advance(timedelta(minutes=30))
    made = run.market.payouts.run(by=CLOCK)
    for number, payout in enumerate(made, 1):
        receipt = f"receipt {number}"
        run.market.payouts.confirm(payout.id, by=OPERATOR, reference=receipt)
    return sum(payout.amount for payout in made), len(made)
