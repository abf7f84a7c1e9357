"""Talks for money: a trade with helpers whom a listing names, and a judge whom the operator seats.

The fixture `hall` opens a marketplace of it on `database_url`, that is once on each database;
`open_hall` one whose trade says something else of its seats.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from attrs import define

from marketplace import (
    CAPTURE,
    CLOCK,
    CUSTOMER,
    DAY,
    HOLD,
    HOUR,
    OPERATOR,
    PROVIDER,
    SETTLE,
    VOID,
    Bring,
    Line,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    PricingQuestion,
    Process,
    Purpose,
    Role,
    Seating,
    Transaction,
    Transition,
    Vertical,
    hookimpl,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.support.lessons import MONDAY

JUDGE = Role("judge")
PRICE, HELPED = 10_000, 3_001

TALK = Process(
    "talk",
    "asked",
    {"held", "off"},
    [
        Transition("book", CUSTOMER, "asked", "booked", HOLD, failed="off", needs_customer="off"),
        Transition("lapse", CLOCK, "booked", "off", VOID, after=2 * DAY),
        Transition("speak", PROVIDER, "booked", "spoken", CAPTURE, failed="stuck"),
        Transition("lose", CLOCK, "stuck", "off", VOID, after=HOUR),
        Transition("judge", (JUDGE, CLOCK), "spoken", "judged", SETTLE, after=DAY),
        Transition("close", CLOCK, "judged", "held", after=HOUR),
    ],
    review_after=("held",),
)


def amount(inputs: Mapping[str, Any]) -> int:
    """What is named."""
    return int(inputs["amount"])


@define
class Talks:
    """Talks for money, with helpers whom a listing names and a judge whom the operator seats."""

    seats: tuple[Seating, ...] = (Seating("helper", by=("provider",), listing="helpers"),)
    name: str = "talks"

    @hookimpl
    def bring(self) -> Bring:
        """The trade."""
        return Bring(
            verticals=(Vertical("talks", (TALK,), seats=self.seats),),
            rules={"talks.amount": amount},
        )

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """A price, and a part of it for helpers where the listing has any."""
        if question.occasion != "quote" or question.listing is None:
            return []

        def line(code: str, sum: int, payer: str, payee: str) -> Line:
            inputs = {"amount": sum}
            money = Money(sum, question.currency)
            return Line(code, money, payer, payee, "talks.amount", inputs=inputs)

        lines = [line("talk", PRICE, "customer", "provider")]
        if question.listing.attributes.get("helpers"):
            lines.append(line("help", HELPED, "provider", "helper"))
        return lines


@define
class Hall:
    """A marketplace of talks."""

    market: Marketplace
    clock: ManualClock
    speaker: Party
    listener: Party
    one: Party
    two: Party
    listing: Listing

    def book(self, pay: str = "card") -> Transaction:
        """The listener books the talk."""
        request = self.market.requests.open(
            "talks", by=self.listener, currency="EUR", listing=self.listing.id
        )
        quote = self.market.quotes.make(request.id, by=self.listener)
        return self.market.transactions.open(quote.id, by=self.listener, pay=Pay(pay))

    def helpers(self, *named: object) -> None:
        """The speaker's listing names these helpers."""
        self.market.listings.change(
            self.listing.id, by=self.speaker, attributes={"helpers": list(named)}
        )

    def sitting(self, deal: Transaction) -> list[tuple[str, str, int]]:
        """Role, name and share of everybody in the deal."""
        names = {one.id: one.name for one in self.market.parties.list(by=OPERATOR)}
        found = self.market.transactions.seats(deal.id, by=OPERATOR)
        return sorted((one.role, names[one.party_id], one.share_bp) for one in found)

    def earned(self, party: Party) -> int:
        """What the party has to come."""
        found = self.market.ledger.balances(party.id, by=OPERATOR)
        return sum(one.posted for one in found if one.account.purpose is Purpose.PAYABLE)

    def kinds(self, party: Party) -> list[str]:
        """The kinds of events that a party heard of its deals."""
        heard = self.market.events.feed(by=party)
        return [one.event.kind for one in heard if one.event.kind.startswith("transaction")]


OpenHall = Callable[..., Hall]


@pytest.fixture
def open_hall(database_url: str) -> Iterator[OpenHall]:
    """Open a hall on each database."""
    opened: list[Marketplace] = []

    def make(talks: Talks | None = None) -> Hall:
        clock = ManualClock(MONDAY)
        plugins = [talks or Talks(), Sandbox(now=clock.now), Wallet()]
        market = Marketplace.open(database_url, plugins, clock=clock, seed=3)
        opened.append(market)
        people = [market.parties.join(name) for name in ("Sam", "Lia", "Ona", "Tea")]
        listing = market.listings.draft("talks", by=people[0], title="A talk", currency="EUR")
        return Hall(market, clock, *people, market.listings.publish(listing.id, by=people[0]))

    yield make
    for market in opened:
        market.close()


@pytest.fixture
def hall(open_hall: OpenHall) -> Hall:
    """A hall as it mostly is."""
    return open_hall()
