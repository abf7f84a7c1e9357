"""Cottages by the night: a stranger's trade with an address to hide, on the face alone.

A guest asks for nights, which are reserved and held for; the host accepts within a day, and only
then do the two learn where the cottage is and how to reach each other. The fixture `village` opens
a marketplace of it on `database_url`, that is once on each database.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, field, frozen

from marketplace import (
    CAPTURE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOLD,
    HOUR,
    MINUTE,
    PROVIDER,
    REFUND,
    RESERVE,
    SETTLE,
    VOID,
    At,
    Bring,
    Line,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Notification,
    Party,
    Pay,
    Place,
    PricingQuestion,
    Process,
    ResourcePlan,
    Transaction,
    Transition,
    Vertical,
    hookimpl,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOME = Place(28.210683, 83.986567, "12 Lakeside Marg")
ADDRESS = "12 Lakeside Marg, Pokhara 33700"
DOOR = "4711-secret"

COTTAGE = Process(
    "cottage",
    start="draft",
    final={"completed", "declined", "lapsed", "cancelled"},
    review_after=("completed",),
    paid=("booked",),
    transitions=[
        Transition("ask", CUSTOMER, ("draft", "unpaid"), "asked", RESERVE("nights"), HOLD,
                   failed="unpaid", needs_customer="unpaid"),
        Transition("drop", CLOCK, ("draft", "unpaid"), "lapsed", FREE("nights"), VOID,
                   after=15 * MINUTE),
        Transition("accept", PROVIDER, "asked", "booked", CONFIRM("nights"), CAPTURE,
                   failed="uncollected"),
        Transition("give_up", CLOCK, "uncollected", "lapsed", FREE("nights"), VOID, after=HOUR),
        Transition("decline", (PROVIDER, CLOCK), "asked", "declined", FREE("nights"), VOID,
                   after=DAY),
        Transition("cancel", (CUSTOMER, PROVIDER), "booked", "cancelled", FREE("nights"), REFUND,
                   SETTLE, lines="cancellation"),
        Transition("leave", CLOCK, "booked", "completed", FREE("nights"), SETTLE, at=At("end")),
    ],
)  # fmt: skip

FIELDS = {
    name: {"type": "string", "maxLength": 500}
    for name in ("address", "door", "description", "zone", "message")
}
SCHEMA = {"type": "object", "additionalProperties": False, "properties": FIELDS}


def by_the_night(inputs: Mapping[str, Any]) -> int:
    """So much a night."""
    return int(inputs["nights"]) * int(inputs["nightly"])


def cottages(**more: Any) -> Vertical:
    """The trade as data; what a test is about may be given otherwise."""
    given: dict[str, Any] = {
        "name": "cottages",
        "processes": (COTTAGE,),
        "listing_schema": SCHEMA,
        "request_schema": SCHEMA,
        "transaction_schema": {"type": "object", "additionalProperties": False},
        "resources": (ResourcePlan("nights", grain=HOUR),),
        "private": ("address", "door"),
        "reveals": {"address": ("booked", "completed"), "door": ("booked",), "place": ("booked",)},
        "visible": {"door": ("customer",)},
        "blurs_m": 500,
        "hides_contacts": True,
        "agreed_in": ("booked", "completed"),
        "words": {
            "en": {
                "line.night": "{money}: {nights} nights",
                "notify.transaction.accept": "you are expected",
                "notify.message.sent": "somebody wrote",
            }
        },
    }
    return Vertical(**{**given, **more})


@frozen
class Cottages:
    """The plugin of the trade."""

    vertical: Vertical = field(factory=cottages)
    nightly: int = 10_000
    name: str = "cottages"

    @hookimpl
    def bring(self) -> Bring:
        """The vertical and the rule of its price."""
        return Bring(verticals=(self.vertical,), rules={"cottages.by_the_night": by_the_night})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """So much a night; whoever cancels pays nothing."""
        if question.vertical != "cottages" or question.occasion != "quote":
            return []
        asked = question.request
        assert asked is not None
        assert asked.start is not None
        assert asked.end is not None
        inputs = {"nights": max(1, (asked.end - asked.start) // DAY), "nightly": self.nightly}
        amount = Money(by_the_night(inputs), question.currency)
        return [Line("night", amount, "customer", "provider", "cottages.by_the_night",
                     inputs=inputs)]  # fmt: skip


@define
class Heard:
    """A channel that keeps what it was given."""

    notes: list[Notification] = field(factory=list)

    def send(self, notification: Notification) -> None:
        """Keep it."""
        self.notes.append(notification)


@define
class Village:
    """A marketplace of cottages with a host at the lake, and a guest."""

    market: Marketplace
    clock: ManualClock
    channel: Heard
    host: Party
    guest: Party
    home: Listing

    def list_home(self, host: Party, title: str = "By the lake", **more: Any) -> Listing:
        """Somebody holds a cottage out."""
        given = {"address": ADDRESS, "door": DOOR, "zone": "Asia/Kathmandu", **more}
        drafted = self.market.listings.draft(
            "cottages", by=host, title=title, currency="NPR", place=HOME, attributes=given
        )
        return self.market.listings.publish(drafted.id, by=host)

    def ask(
        self,
        guest: Party | None = None,
        home: Listing | None = None,
        *,
        first: int = 10,
        nights: int = 2,
        message: str = "",
    ) -> Transaction:
        """Somebody asks for nights, so many days from now."""
        who, where = guest or self.guest, home or self.home
        start = self.market.context.now() + first * DAY
        request = self.market.requests.open(
            "cottages",
            by=who,
            currency="NPR",
            listing=where.id,
            start=start,
            end=start + nights * DAY,
            attributes={"message": message} if message else {},
        )
        quote = self.market.quotes.make(request.id, by=who)
        return self.market.transactions.open(quote.id, by=who, pay=Pay("card"))

    def accept(self, deal: Transaction, host: Party | None = None) -> Transaction:
        """The host says yes."""
        return self.market.transactions.take(deal.id, "accept", by=host or self.host)

    def stayed(
        self, guest: Party | None = None, home: Listing | None = None, *, host: Party | None = None
    ) -> Transaction:
        """A stay from the asking to its end."""
        deal = self.accept(self.ask(guest, home, first=2, nights=1), host)
        self.market.advance(4 * DAY)
        return deal


def open_village(url: str, *plugins: object, trade: Vertical | None = None, **more: Any) -> Village:
    """A marketplace of cottages, with more plugins."""
    clock, channel = ManualClock(MONDAY), Heard()
    market = Marketplace.open(
        url,
        [Cottages(trade or cottages()), *plugins, Sandbox(now=clock.now), Wallet()],
        clock=clock,
        seed=1,
        channel=channel,
        **more,
    )
    host = market.parties.join("Hari", phone="+9779800000001", email="hari@example.org")
    guest = market.parties.join("Gita", phone="+9779800000002")
    village = Village(market, clock, channel, host, guest, None)  # type: ignore[arg-type]
    village.home = village.list_home(host, description="Quiet; call 98-1234-5678")
    return village


OpenVillage = Callable[..., Village]


@pytest.fixture
def open_village_here(database_url: str) -> Iterator[OpenVillage]:
    """Return what opens a village on this database; all are closed at the end."""
    opened: list[Village] = []

    def make(*plugins: object, **more: Any) -> Village:
        opened.append(open_village(database_url, *plugins, **more))
        return opened[-1]

    yield make
    for one in opened:
        one.market.close()


@pytest.fixture
def village(database_url: str) -> Iterator[Village]:
    """Yield a village on each database."""
    opened = open_village(database_url)
    yield opened
    opened.market.close()


@pytest.fixture
def small_village() -> Iterator[Village]:
    """Yield a village in memory, for laws that no database has a say in."""
    opened = open_village("sqlite://")
    yield opened
    opened.market.close()
