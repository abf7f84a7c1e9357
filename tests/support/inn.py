"""An inn: a marketplace of stays with a host, two guests, and whatever homes a test draws up.

The fixture `inn` opens one on `database_url`, that is once on each database; `small_inn` in memory,
for laws that no database has a say in.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import define

from marketplace import (
    HOUR,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    PayoutPlan,
    Quote,
    Refused,
    Request,
    Span,
    Transaction,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stays import CalendarStep, Fees, Stays, Tax
from marketplace.plugins.wallet import Wallet

NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)
EASTER = date(2026, 4, 3)
NEW_YORK = "America/New_York"
NIGHTLY: dict[str, Any] = {"nightly": 10_000}
KEEPS: dict[str, Any] = {"zone": NEW_YORK, "guests": 4, "rates": NIGHTLY}
CARD = Pay("card", means="tok_ok")


@define
class Inn:
    """A marketplace of stays, and who plays in it."""

    market: Marketplace
    stays: Stays
    host: Party
    gita: Party
    ben: Party

    @property
    def now(self) -> datetime:
        """This instant."""
        return self.market.context.now()

    def home(self, *, currency: str = "USD", **said: Any) -> Listing:
        """A home of the host's, held out; what is said goes over what every home here has."""
        listing = self.market.listings.draft(
            self.stays.name,
            by=self.host,
            title="A home",
            currency=currency,
            attributes=KEEPS | said,
        )
        return self.market.listings.publish(listing.id, by=self.host)

    def change(self, listing: Listing, **said: Any) -> Listing:
        """The same home with other attributes."""
        fields = {**listing.attributes, **said}
        return self.market.listings.change(listing.id, by=self.host, attributes=fields)

    def ask(
        self,
        listing: Listing,
        arrive: date | datetime,
        leave: date | datetime | int,
        *,
        by: Party | None = None,
        units: int = 1,
        anywhere: bool = False,
        **said: Any,
    ) -> Request:
        """Ask for a stay, by its dates or by its instants; ``leave`` may say how many nights."""
        if isinstance(arrive, datetime):
            assert isinstance(leave, datetime)
            span = Span(arrive, leave)
        else:
            after = arrive + timedelta(days=leave) if isinstance(leave, int) else leave
            span = self.stays.span(listing, arrive, after)
        return self.market.requests.open(
            self.stays.name,
            by=by or self.gita,
            currency=listing.currency,
            listing=None if anywhere else listing.id,
            start=span.start,
            end=span.end,
            quantity=units,
            attributes=said,
        )

    def price(self, listing: Listing, arrive: Any, leave: Any, **said: Any) -> Quote:
        """What a stay costs."""
        request = self.ask(listing, arrive, leave, **said)
        return self.market.quotes.make(request.id, by=request.customer_id)

    def book(self, listing: Listing, arrive: Any, leave: Any, **said: Any) -> Transaction:
        """A stay that is booked."""
        quote = self.price(listing, arrive, leave, **said)
        return self.market.transactions.open(quote.id, by=said.get("by", self.gita), pay=CARD)

    def why_not(self, listing: Listing, arrive: Any, leave: Any, **said: Any) -> dict[str, Any]:
        """Why a stay cannot be had: each reason's code with its parameters; empty when it can."""
        try:
            request = self.ask(listing, arrive, leave, **said)
        except Refused as refused:
            return {reason.code: reason.params for reason in refused.reasons}
        self.market.requests.withdraw(request.id, by=request.customer_id)
        return {}

    def calendar(self, listing: Listing, start: date, days: int) -> list[CalendarStep]:
        """What a guest sees."""
        return list(
            self.stays.calendar(self.market, listing.id, by=self.ben, start=start, days=days)
        )

    def free(self, listing: Listing, start: date, days: int) -> str:
        """One letter a step: how many units are free, or a dot where it cannot be had."""
        return "".join(
            str(step.free) if step.bookable else "." for step in self.calendar(listing, start, days)
        )


def amounts(quote: Quote) -> dict[str, int]:
    """Each line's amount by its code, in minor units; no code comes twice."""
    found = {line.code: line.amount.amount for line in quote.lines}
    assert len(found) == len(quote.lines)
    return found


def dollars(text: str) -> Money:
    """An amount."""
    return Money.of(text, "USD")


def open_inn(
    url: str,
    *plugins: object,
    at: datetime = NEW_YEAR,
    seed: int = 1,
    kind_of: type[Stays] = Stays,
    **settings: Any,
) -> Inn:
    """A marketplace of stays by these settings, with more plugins beside it."""
    clock = ManualClock(at)
    stays = kind_of(**settings)
    market = Marketplace.open(
        url,
        [stays, *plugins, Sandbox(now=clock.now), Wallet()],
        clock=clock,
        seed=seed,
        payouts=PayoutPlan(provider="sandbox"),
    )
    host, gita, ben = (market.parties.join(name) for name in ("Hanna", "Gita", "Ben"))
    return Inn(market, stays, host, gita, ben)


TAXES = {
    "albany": (
        Tax("county occupancy tax", bp=600),
        Tax("state unit fee", each=150, currency="USD", exempt=("children", "infants")),
    )
}
SPLIT = Fees.split(guest_bp=1_412, host_bp=300)


@pytest.fixture
def inn(database_url: str) -> Iterator[Inn]:
    """Yield an inn on each database, with a split fee and the taxes of one jurisdiction."""
    opened = open_inn(database_url, fees=SPLIT, taxes=TAXES)
    yield opened
    opened.market.close()


@pytest.fixture
def small_inn() -> Iterator[Inn]:
    """Yield an inn in memory, without fees or taxes."""
    opened = open_inn("sqlite://")
    yield opened
    opened.market.close()


@pytest.fixture
def tutor() -> Iterator[Inn]:
    """Yield a marketplace of lessons by the hour: one person, whose time is exact."""
    opened = open_inn("sqlite://", name="lessons", grain=HOUR, kind="single")
    yield opened
    opened.market.close()


@pytest.fixture
def club() -> Iterator[Inn]:
    """Yield a marketplace of courts by the half hour, so and so many to a club."""
    opened = open_inn("sqlite://", name="courts", grain=HOUR / 2)
    yield opened
    opened.market.close()
