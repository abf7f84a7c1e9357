"""A hamlet: a town with one rider and one driver, brought as far as an attack wants it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attrs import define

from marketplace import (
    MINUTE,
    SECOND,
    ManualClock,
    Marketplace,
    Money,
    Offer,
    Party,
    Pay,
    PayoutPlan,
    Quote,
    Request,
    Transaction,
)
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from tests.support.ride_world import Driver, Town, make_town

CARD = Pay("card", means="tok_ok")
CASH = Pay("cash")
WALLET = Pay("wallet")
Pays = Pay | Sequence[Pay]

# Settings only, and a process that is proved when it is made: one is enough for all hamlets.
RIDES = Rides(fare=kathmandu_bike())


def rupees(amount: int) -> Money:
    """Whole rupees."""
    return Money(100 * amount, "NPR")


@define
class Hamlet:
    """Sita rides, Ram drives; others may join."""

    town: Town
    rider: Party
    wheels: Driver

    @classmethod
    def found(cls, url: str = "sqlite://", **settings: Any) -> "Hamlet":
        """Open it on a database; payouts go by the sandbox unless told otherwise."""
        given = {"rides": RIDES, "payouts": PayoutPlan(provider="sandbox"), **settings}
        if url != "sqlite://":
            given.setdefault("create", "missing")
        town = make_town(url, **given)
        return cls(town, town.rider("Sita"), town.driver("Ram"))

    @property
    def market(self) -> Marketplace:
        """The marketplace."""
        return self.town.market

    @property
    def clock(self) -> ManualClock:
        """Its clock."""
        return self.town.clock

    @property
    def sandbox(self) -> Sandbox:
        """Its card network."""
        return self.town.sandbox

    @property
    def driver(self) -> Party:
        """Ram."""
        return self.wheels.party

    @property
    def listing(self) -> str:
        """The id of Ram's bike."""
        return self.wheels.listing

    def asked(self, rider: Party | None = None, **fields: Any) -> tuple[Request, Quote]:
        """A ride asked for, and its price."""
        return self.town.quote(rider or self.rider, **fields)

    def opened(self, pay: Pays = CARD, rider: Party | None = None) -> Transaction:
        """A ride whose rider has committed the money."""
        return self.town.order(rider or self.rider, pay)

    def offered(self, pay: Pays = CARD, rider: Party | None = None) -> tuple[Transaction, Offer]:
        """A ride put to Ram, the only driver who is online."""
        ride = self.opened(pay, rider)
        self.town.online(self.wheels)
        (offer,) = self.market.matching.dispatch("rides").offers
        return self.now(ride), offer

    def accepted(self, pay: Pays = CARD) -> Transaction:
        """A ride with a driver."""
        _, offer = self.offered(pay)
        return self.market.offers.accept(offer.id, by=self.driver)

    def arrived(self, pay: Pays = CARD) -> Transaction:
        """A ride whose driver waits at the door."""
        ride = self.accepted(pay)
        self.clock.advance(3 * MINUTE)
        return self.take(ride, "arrive", by=self.driver)

    def started(self, pay: Pays = CARD) -> Transaction:
        """A ride under way."""
        ride = self.arrived(pay)
        self.clock.advance(MINUTE)
        return self.take(ride, "start", by=self.driver, code=self.town.code(ride))

    def finished(self, pay: Pays = CARD, **asks: Any) -> Transaction:
        """A ride at its end, not settled yet."""
        ride = self.started(pay)
        self.clock.advance(15 * MINUTE)
        return self.take(ride, "finish", by=self.driver, **asks)

    def settled(self, pay: Pays = CARD, **asks: Any) -> Transaction:
        """A ride whose money is everybody's."""
        ride = self.finished(pay, **asks)
        self.town.wait(61 * MINUTE)
        return self.now(ride)

    def take(self, ride: Transaction, row: str, **fields: Any) -> Transaction:
        """Take a row of the ride's process."""
        return self.market.transactions.take(ride.id, row, **fields)

    def now(self, ride: Transaction) -> Transaction:
        """The ride as it stands."""
        return self.town.now(ride)

    def rest(self, days: int = 40) -> None:
        """Let time pass, stopping whenever something is due, for so many days."""
        end = self.clock.now() + timedelta(days=days)
        while True:
            self.market.tick()
            due = self.market.clockwork.next_due()
            if due is None or due > end:
                return
            self.clock.set(max(due, self.clock.now() + SECOND))
