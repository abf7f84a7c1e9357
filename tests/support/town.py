"""A small town of rides: who lives there, and ways to bring a ride as far as a test wants it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field

from marketplace import (
    MINUTE,
    OPERATOR,
    SECOND,
    Limits,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Offer,
    Party,
    Pay,
    PayoutPlan,
    Place,
    Quote,
    Request,
    Transaction,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet

MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
THAMEL = Place(27.7154, 85.3123, "Thamel")
PATAN = Place(27.6727, 85.3253, "Patan")
NEAR_THAMEL = Place(27.7100, 85.3150)
CARD = Pay("card", means="tok_ok")
CASH = Pay("cash")
WALLET = Pay("wallet")

_RIDES = Rides(fare=kathmandu_bike())


def rupees(amount: int) -> Money:
    """Whole rupees."""
    return Money(100 * amount, "NPR")


def plugins(sandbox: Sandbox, *more: object) -> list[object]:
    """What the town's marketplace runs on; stateless ones are shared by all towns."""
    commission = Commission(bp=1500)
    return [_RIDES, Cash(debt_limit=rupees(500)), Wallet(), *more, commission, sandbox]


@define
class Town:
    """A marketplace of rides with one rider and one driver; more can join."""

    market: Marketplace
    clock: ManualClock
    sandbox: Sandbox
    rider: Party
    driver: Party
    listing: Listing
    _drivers: list[Listing] = field(factory=list)

    @classmethod
    def found(
        cls,
        url: str = "sqlite://",
        *more: object,
        seed: int = 7,
        sandbox: Sandbox | None = None,
        clock: ManualClock | None = None,
        limits: Limits | None = None,
        payouts: PayoutPlan | None = None,
        eager: bool = True,
    ) -> "Town":
        """Open it on an empty database and let the first two people join."""
        clock = clock or ManualClock(MORNING)
        sandbox = sandbox or Sandbox(now=clock.now)
        market = Marketplace.open(
            url,
            plugins(sandbox, *more),
            clock=clock,
            seed=seed,
            create="missing",
            limits=limits,
            payouts=payouts or PayoutPlan(provider="sandbox"),
            eager=eager,
        )
        rider, driver = market.parties.join("Sita"), market.parties.join("Ram")
        return cls(market, clock, sandbox, rider, driver, publish(market, driver))

    def another_rider(self, name: str = "Gita") -> Party:
        """Somebody else who rides."""
        return self.market.parties.join(name)

    def another_driver(self, name: str = "Hari") -> Listing:
        """Somebody else who drives, with a bike of their own."""
        return publish(self.market, self.market.parties.join(name))

    def online(self, listing: Listing | None = None, place: Place = NEAR_THAMEL) -> None:
        """A driver is there, and free."""
        listing = listing or self.listing
        self.market.listings.appear(
            listing.id, "online", place, by=listing.provider_id, lives=60 * MINUTE
        )

    def asked(self, rider: Party | None = None, **fields: Any) -> tuple[Request, Quote]:
        """A ride asked for, and its price."""
        by = rider or self.rider
        request = self.market.requests.open(
            "rides", by=by, currency="NPR", place=THAMEL, to=PATAN, **fields
        )
        return request, self.market.quotes.make(request.id, by=by)

    def opened(
        self, pay: Pay | Sequence[Pay] = CARD, rider: Party | None = None, **fields: Any
    ) -> Transaction:
        """A ride whose rider has committed the money."""
        by = rider or self.rider
        request, quote = self.asked(by, **fields)
        return self.market.transactions.open(quote.id, by=by, request=request.id, pay=pay)

    def offered(
        self, pay: Pay | Sequence[Pay] = CARD, rider: Party | None = None, **fields: Any
    ) -> tuple[Transaction, Offer]:
        """A ride put to the only driver who is online."""
        opened = self.opened(pay, rider, **fields)
        self.online()
        (offer,) = self.market.matching.dispatch("rides").offers
        return self.ride(opened), offer

    def accepted(
        self, pay: Pay | Sequence[Pay] = CARD, rider: Party | None = None, **fields: Any
    ) -> Transaction:
        """A ride with a driver."""
        _, offer = self.offered(pay, rider, **fields)
        return self.market.offers.accept(offer.id, by=offer.taker_id)

    def arrived(self, pay: Pay | Sequence[Pay] = CARD, **fields: Any) -> Transaction:
        """A ride whose driver waits at the door."""
        ride = self.accepted(pay, **fields)
        self.clock.advance(3 * MINUTE)
        return self.take(ride, "arrive", by=self.driver)

    def started(self, pay: Pay | Sequence[Pay] = CARD, **fields: Any) -> Transaction:
        """A ride under way."""
        ride = self.arrived(pay, **fields)
        self.clock.advance(MINUTE)
        return self.take(ride, "start", by=self.driver, code=self.code(ride))

    def finished(self, pay: Pay | Sequence[Pay] = CARD, **asks: Any) -> Transaction:
        """A ride at its end, not settled yet."""
        ride = self.started(pay)
        self.clock.advance(15 * MINUTE)
        return self.take(ride, "finish", by=self.driver, **asks)

    def settled(self, pay: Pay | Sequence[Pay] = CARD, **asks: Any) -> Transaction:
        """A ride whose money is everybody's."""
        ride = self.finished(pay, **asks)
        self.clock.advance(61 * MINUTE)
        self.market.tick()
        return self.ride(ride)

    def cancelled(self, pay: Pay | Sequence[Pay] = CARD) -> Transaction:
        """A ride that its rider called off before there was a driver."""
        return self.take(self.opened(pay), "cancel", by=self.rider)

    def take(self, ride: Transaction, row: str, **fields: Any) -> Transaction:
        """Take a row of the ride's process."""
        return self.market.transactions.take(ride.id, row, **fields)

    def ride(self, ride: Transaction) -> Transaction:
        """The ride as it stands now."""
        return self.market.transactions.get(ride.id, by=OPERATOR)

    def code(self, ride: Transaction) -> str:
        """The code that the rider tells the driver."""
        return str(self.ride(ride).attributes["pickup_code"])

    def rest(self, days: int = 40) -> None:
        """Let time pass until nothing is due any more, or so many days are over."""
        end = self.clock.now() + timedelta(days=days)
        while True:
            self.market.tick()
            due = self.market.clockwork.next_due()
            if due is None or due > end:
                return
            self.clock.set(max(due, self.clock.now() + SECOND))


def publish(market: Marketplace, driver: Party) -> Listing:
    """A driver's bike, held out to everybody."""
    draft = market.listings.draft(
        "rides",
        by=driver,
        title=f"{driver.name}'s bike",
        currency="NPR",
        attributes={"tier": "ride", "plate": "BA 1 PA 2345", "seats": 1},
    )
    return market.listings.publish(draft.id, by=driver)
