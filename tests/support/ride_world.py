"""A town with riders and drivers on a manual clock: where deals are told, on the engine itself.

The fixture `town` is a marketplace in Kathmandu on `database_url`, that is once on each database;
`open_town` opens one with other settings. Nothing here is a double but the card network, which is
the sandbox that the package ships.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, field

from marketplace import (
    HOUR,
    MARKETPLACE,
    MINUTE,
    OPERATOR,
    Account,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    Place,
    Purpose,
    Quote,
    Request,
    Transaction,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet

THAMEL = Place(27.7154, 85.3123, "Thamel")
PATAN = Place(27.6727, 85.3253, "Patan")
NEAR = Place(27.7100, 85.3150, "Ratna Park")
FAR = Place(27.6710, 85.4298, "Bhaktapur")
MORNING = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
"""Eight o'clock in Kathmandu, a Monday."""
CURRENCY = "NPR"

# What the town's card network signs with.
SECRETS = ("whsec_of_the_town",)


@define
class Driver:
    """A driver and the listing that is its vehicle."""

    party: Party
    listing: str

    @property
    def id(self) -> str:
        """The party's id."""
        return self.party.id


@define
class Town:
    """A marketplace of rides with its clock and its card network."""

    market: Marketplace
    clock: ManualClock
    sandbox: Sandbox
    currency: str = CURRENCY
    people: int = field(default=0)

    # -- people ----------------------------------------------------------------------------

    def party(self, name: str, **more: Any) -> Party:
        """Somebody joins, with a phone number of their own."""
        self.people += 1
        return self.market.parties.join(name, phone=f"+97798{self.people:08d}", **more)

    def rider(self, name: str = "Sita", **more: Any) -> Party:
        """A rider joins."""
        return self.party(name, **more)

    def driver(
        self, name: str = "Ram", place: Place | None = NEAR, *, tier: str = "ride", **more: Any
    ) -> Driver:
        """A driver joins with a vehicle, and is online at a place (None: not seen at all)."""
        party = self.party(name)
        attributes = {"tier": tier, "plate": f"BA {self.people}", "seats": 1, **more}
        listing = self.market.listings.draft(
            "rides",
            by=party,
            title=f"{name}'s bike",
            currency=self.currency,
            attributes=attributes,
        )
        self.market.listings.publish(listing.id, by=party)
        driver = Driver(party, listing.id)
        if place is not None:
            self.online(driver, place)
        return driver

    def online(self, driver: Driver, place: Place = NEAR, state: str = "online") -> None:
        """The driver's telephone says where it is; believed for an hour."""
        self.market.listings.appear(driver.listing, state, place, by=driver.party, lives=HOUR)

    # -- a ride, step by step --------------------------------------------------------------

    def ask(self, rider: Party, **more: Any) -> Request:
        """The rider asks for a ride from Thamel to Patan, unless told otherwise."""
        given = {"place": THAMEL, "to": PATAN, "currency": self.currency, **more}
        return self.market.requests.open("rides", by=rider, **given)

    def quote(self, rider: Party, **more: Any) -> tuple[Request, Quote]:
        """The rider asks, and is told the price."""
        request = self.ask(rider, **more)
        return request, self.market.quotes.make(request.id, by=rider)

    def order(
        self,
        rider: Party,
        pay: Pay | Sequence[Pay] | str = "cash",
        *,
        key: str | None = None,
        **more: Any,
    ) -> Transaction:
        """The rider asks, is quoted, and commits to pay."""
        request, quote = self.quote(rider, **more)
        pays = Pay(pay) if isinstance(pay, str) else pay
        return self.market.transactions.open(
            quote.id, by=rider, request=request.id, pay=pays, key=key
        )

    def dispatch(self, **more: Any) -> list[str]:
        """Put every waiting ride to drivers; gives the ids of the offers made."""
        return [one.id for one in self.market.matching.dispatch("rides", **more).offers]

    def offer_to(self, driver: Driver) -> str:
        """The id of the offer that the driver has in hand."""
        (offer,) = self.market.offers.list(by=driver.party, state="made").items
        return offer.id

    def accepted(
        self, rider: Party, driver: Driver, pay: Pay | Sequence[Pay] | str = "cash", **more: Any
    ) -> Transaction:
        """Ordered, dispatched and accepted by this driver."""
        self.order(rider, pay, **more)
        self.dispatch()
        return self.market.offers.accept(self.offer_to(driver), by=driver.party)

    def arrived(self, rider: Party, driver: Driver, *more: Any, **asked: Any) -> Transaction:
        """Accepted, and four minutes later the driver stands at the pick-up."""
        ride = self.accepted(rider, driver, *more, **asked)
        self.clock.advance(4 * MINUTE)
        self.online(driver, THAMEL, "on trip")
        return self.take(ride, "arrive", driver)

    def code(self, ride: Transaction) -> str:
        """The code that the rider reads out to the driver."""
        return str(self.market.transactions.get(ride.id, by=OPERATOR).attributes["pickup_code"])

    def started(self, rider: Party, driver: Driver, *more: Any, **asked: Any) -> Transaction:
        """Arrived, and started a minute later with the rider's code."""
        ride = self.arrived(rider, driver, *more, **asked)
        self.clock.advance(MINUTE)
        return self.take(ride, "start", driver, code=self.code(ride))

    def finished(
        self,
        rider: Party,
        driver: Driver,
        pay: Pay | Sequence[Pay] | str = "cash",
        *,
        finish: dict[str, Any] | None = None,
        **asked: Any,
    ) -> Transaction:
        """Started, and finished twenty minutes later with what `finish` reports."""
        ride = self.started(rider, driver, pay, **asked)
        self.clock.advance(20 * MINUTE)
        return self.take(ride, "finish", driver, **(finish or {}))

    def settled(
        self, rider: Party, driver: Driver, pay: Pay | Sequence[Pay] | str = "cash", **more: Any
    ) -> Transaction:
        """Finished, and settled by the clock; the driver is online again near by."""
        ride = self.finished(rider, driver, pay, **more)
        self.wait(2 * HOUR)
        self.online(driver)
        return self.now(ride)

    def driven(self, ride: Transaction, driver: Driver) -> None:
        """A ride that was opened is dispatched to this driver, and driven to its end at once."""
        self.dispatch()
        self.market.offers.accept(self.offer_to(driver), by=driver.party)
        self.take(ride, "arrive", driver)
        self.take(ride, "start", driver, code=self.code(ride))
        self.take(ride, "finish", driver)

    def take(self, ride: Transaction, row: str, who: Any, **asks: Any) -> Transaction:
        """Take a row: by a driver, a party or an actor."""
        by = who.party if isinstance(who, Driver) else who
        return self.market.transactions.take(ride.id, row, by=by, **asks)

    def wait(self, time: timedelta) -> None:
        """Time passes, and the clock's work is done."""
        self.clock.advance(time)
        self.market.tick()

    def now(self, ride: Transaction) -> Transaction:
        """The ride as it is now."""
        return self.market.transactions.get(ride.id, by=OPERATOR)

    # -- the books -------------------------------------------------------------------------

    def money(self, amount: int) -> Money:
        """An amount of the town's currency, in minor units."""
        return Money(amount, self.currency)

    def balance(self, owner: Any, purpose: Purpose) -> int:
        """What an account holds, in minor units, posted."""
        name = owner if isinstance(owner, str) else owner.id
        with self.market.context.store.begin(write=False) as work:
            return work.ledger.balance(Account(name, purpose, self.currency)).posted

    def house(self, purpose: Purpose) -> int:
        """What an account of the marketplace itself holds."""
        return self.balance(MARKETPLACE, purpose)

    def accounts(self, owner: Any) -> dict[str, int]:
        """Every account of a party that is not empty, by purpose."""
        name = owner if isinstance(owner, str) else owner.id
        found = self.market.ledger.balances(name, by=OPERATOR)
        return {one.account.purpose.value: one.posted for one in found if one.posted}

    def moves(self, ride: Transaction) -> list[tuple[str, str, str, int, str]]:
        """Every transfer of a transaction: kind, debited, credited, amount, phase."""
        return [
            (journal.kind, one.debit.purpose.value, one.credit.purpose.value, one.amount, one.phase)
            for journal in self.market.ledger.of_transaction(ride.id, by=OPERATOR)
            for one in journal.transfers
        ]

    def top_up(self, who: Any, amount: int, reference: str) -> None:
        """Money arrives for somebody by a local rail."""
        self.market.payments.top_up(who.id, self.money(amount), reference=reference)

    def due(self, ride: Transaction, purse: str = "price") -> int:
        """What the rider owes by the terms in force, in minor units."""
        terms = self.market.transactions.terms(ride.id, by=OPERATOR)[-1]
        paid = [line for line in terms.lines if line.purse == purse]
        return sum(
            line.amount.amount * ((line.payer == "customer") - (line.payee == "customer"))
            for line in paid
        )

    def fee(self, ride: Transaction) -> int:
        """The marketplace's commission by the terms in force, in minor units."""
        terms = self.market.transactions.terms(ride.id, by=OPERATOR)[-1]
        return sum(line.amount.amount for line in terms.lines if line.code == "commission")


OpenTown = Callable[..., Town]


def make_town(url: str, *, plugins: Sequence[object] = (), **settings: Any) -> Town:
    """Open a town on a database: rides, cash, wallet, 15 per cent commission and the sandbox.

    `rides`, `cash`, `wallet`, `commission` and `sandbox` replace a plugin, None leaves it out;
    `plugins` are more of them; everything else goes to `Marketplace.open`.
    """
    clock = settings.pop("clock", None) or ManualClock(MORNING)
    sandbox = settings.pop("sandbox", None) or Sandbox(now=clock.now, secrets=SECRETS)
    chosen = {
        "rides": Rides(fare=kathmandu_bike()),
        "cash": Cash(debt_limit=Money(50_000, CURRENCY)),
        "wallet": Wallet(),
        "commission": Commission(bp=1_500),
    }
    chosen |= {name: settings.pop(name) for name in list(chosen) if name in settings}
    card = settings.pop("card", True)
    given = [one for one in (*chosen.values(), sandbox if card else None) if one is not None]
    market = Marketplace.open(
        url, plugins=[*given, *plugins], clock=clock, **{"seed": 7, **settings}
    )
    return Town(market, clock, sandbox)


@pytest.fixture
def open_town(database_url: str) -> Iterator[OpenTown]:
    """Open towns with settings of one's own, all on this test's database; closed afterwards."""
    towns: list[Town] = []

    def opened(**settings: Any) -> Town:
        towns.append(make_town(database_url, **settings))
        return towns[-1]

    yield opened
    for town in towns:
        town.market.close()


@pytest.fixture
def town(open_town: OpenTown) -> Town:
    """A town as it mostly is."""
    return open_town()
