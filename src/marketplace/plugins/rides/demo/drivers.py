"""Drivers of the simulated morning: they come online, answer offers, drive, owe and top up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import cos, radians

from attrs import define

from marketplace import MINUTE, OPERATOR, Listing, Money, Party, Place
from marketplace.demo.names import invented
from marketplace.plugins.rides.demand import DriverShift
from marketplace.plugins.rides.demo.day import Day
from marketplace.plugins.rides.demo.town import CURRENCY, DEBT_LIMIT, TIER

SEEN_EVERY = 8 * MINUTE
"""How often the telephones of idle drivers say where they are."""
BELIEVED = 10 * MINUTE
WINDING = 13_000
"""Road metres for 10,000 straight ones."""


@define(eq=False)
class Driver:
    """A driver, where it is, and what it is doing."""

    day: Day
    shift: DriverShift
    party: Party
    listing: Listing
    place: Place
    busy: bool = False
    online: bool = False
    stopped: bool = False
    """Whether it owes too much to be matched, and knows."""
    debts: int = 0
    """How often its debt passed the limit."""

    def come_online(self) -> None:
        """From now on its telephone says where it is."""
        self.online = True
        self.day.tally.add("drivers")
        self.day.at(self.shift.offline_at, self.leave)
        self.appear("online")

    def drift(self) -> None:
        """Move a little while nobody calls, and say so."""
        if self.online and not self.busy:
            self.place = drifted(self.day, self.place)
            self.appear("online")

    def appear(self, state: str) -> None:
        """Say where it is and what it is doing."""
        market = self.day.market
        market.listings.appear(self.listing.id, state, self.place, by=self.party, lives=BELIEVED)

    def leave(self) -> None:
        """Go home, after the ride if there is one."""
        self.online = False
        if not self.busy:
            self.appear("offline")

    def ends_ride(self, at: Place) -> None:
        """Free again, here."""
        self.busy, self.place = False, at
        self.appear("online" if self.online else "offline")

    def seconds_to(self, place: Place) -> int:
        """How long the way there takes."""
        metres = self.place.metres_to(place) * WINDING // 10_000
        return max(20, metres * 3600 // self.shift.metres_per_hour)

    def towards(self, place: Place) -> Place:
        """The middle of the straight way there."""
        lat, lon = (self.place.lat + place.lat) / 2, (self.place.lon + place.lon) / 2
        return Place(round(lat, 5), round(lon, 5))

    def look_at_debt(self) -> None:
        """Over the limit it gets no match any more; sooner or later it tops up."""
        owed = -self.day.market.ledger.balance(self.party.id, CURRENCY, by=OPERATOR).amount
        if owed <= DEBT_LIMIT.amount or not self.online or self.stopped:
            return
        self.stopped = True
        self.debts += 1
        self.day.tally.add("blocked by debt")
        self.day.later(self.day.between(240, 1_500), lambda: self.top_up(owed))

    def top_up(self, owed: int) -> None:
        """Pay the debt at a kiosk; the operator confirms it, and matches come again at once."""
        amount = Money(-(-owed // 100_00) * 100_00, CURRENCY)
        reference = f"kiosk-{self.shift.driver}-{self.debts}"
        self.day.market.payments.top_up(self.party.id, amount, reference=reference)
        self.stopped = False
        self.day.tally.add("top-ups")
        self.day.tally.add("topped up", amount.amount)


def drifted(day: Day, place: Place) -> Place:
    """Up to 200 m from here, in any direction."""
    north, east = day.between(-200, 200), day.between(-200, 200)
    lat = place.lat + north / 111_195
    lon = place.lon + east / (111_195 * cos(radians(place.lat)))
    return Place(round(lat, 5), round(lon, 5))


def beat(day: Day, drivers: Sequence[Driver], until: datetime) -> None:
    """Every telephone says where it is, all of them in one unit of work."""
    with day.market.batch():
        for driver in drivers:
            driver.drift()
    if day.now < until:
        day.later(SEEN_EVERY.total_seconds(), lambda: beat(day, drivers, until))


def join(day: Day, shift: DriverShift, phone: str) -> Driver:
    """A driver with a bike, published and not yet online."""
    market, name = day.market, invented(day.dice)
    party = market.parties.join(name, phone=phone, language="ne")
    listing = market.listings.draft(
        "rides",
        by=party,
        title=f"{name}'s bike",
        currency=CURRENCY,
        attributes={
            "tier": TIER,
            "plate": f"BA {10 + shift.driver % 90} PA {1000 + shift.driver * 37 % 9000}",
            "seats": 1,
            "payments": ["cash", "wallet"],
        },
    )
    published = market.listings.publish(listing.id, by=party)
    driver = Driver(day, shift, party, published, shift.start)
    day.at(shift.online_at, driver.come_online)
    return driver
