"""Calendars of local days: nights are dates there, whatever the clocks do and wherever it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen

from marketplace import (
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOUR,
    MOVE,
    OPERATOR,
    PROVIDER,
    Ask,
    At,
    Bring,
    Choice,
    IllegalTransition,
    InvalidInput,
    ManualClock,
    Marketplace,
    Process,
    ResourcePlan,
    SetupError,
    SoldOut,
    Span,
    Transition,
    Vertical,
    hookimpl,
)

BERLIN = "Europe/Berlin"
NIGHT = Process(
    "night",
    "asked",
    {"over", "cancelled"},
    [
        Transition("book", CUSTOMER, "asked", "booked", CONFIRM("nights")),
        Transition("cancel", CUSTOMER, "booked", "cancelled", FREE("nights")),
        Transition("other_nights", CUSTOMER, "booked", "booked", MOVE("nights"),
                   asks=[Ask("start", "time"), Ask("end", "time")]),
        Transition("leave", CLOCK, "booked", "over", FREE("nights"), at=At("end")),
    ],
    purses=(),
)  # fmt: skip
ON_REQUEST = Process("on_request", "asked", {"refused"}, [
    Transition("ask", CUSTOMER, "asked", "waiting"),
    Transition("refuse", (PROVIDER, CLOCK), "waiting", "refused", after=DAY),
], purses=())  # fmt: skip


def chosen(choice: Choice) -> str:
    """By what the listing says, and how far off it is."""
    assert choice.request.start is not None
    far = choice.request.start - choice.at > 300 * DAY
    listing = choice.listing
    return "on_request" if far or (listing and listing.attributes.get("ask")) else "night"


@frozen
class Huts:
    """A trade of its own for these tests: huts by the night, for nothing."""

    name: str = "huts"

    @hookimpl
    def bring(self) -> Bring:
        """The vertical."""
        nights = ResourcePlan(
            "nights", "counted", "units", DAY, zone="zone", before="before", after="after"
        )
        return Bring(
            verticals=(Vertical("huts", (NIGHT, ON_REQUEST), resources=(nights,), choose=chosen),)
        )


class Valley:
    """A marketplace of huts, with its people."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
        self.market = Marketplace.open(url, plugins=[Huts()], clock=self.clock, create="missing")
        self.host, self.ana, self.ben = (
            self.market.parties.join(name).id for name in ("Hanna", "Ana", "Ben")
        )

    def hut(self, zone: str = BERLIN, **attributes: Any) -> str:
        """A published hut's id."""
        listing = self.market.listings.draft(
            "huts", by=self.host, title="A hut", currency="EUR",
            attributes={"zone": zone, **attributes},
        )  # fmt: skip
        return self.market.listings.publish(listing.id, by=self.host).id

    def book(self, hut: str, by: str, first: date, last: date, zone: str = BERLIN) -> Any:
        """From three in the afternoon of one day to eleven on another."""
        start = datetime.combine(first, time(15), ZoneInfo(zone))
        end = datetime.combine(last, time(11), ZoneInfo(zone))
        request = self.market.requests.open(
            "huts", by=by, currency="EUR", listing=hut, start=start, end=end
        )
        quote = self.market.quotes.make(request.id, by=by)
        return self.market.transactions.open(quote.id, by=by)

    def taken(self, hut: str) -> list[tuple[date, date, int]]:
        """The claims on the hut's nights, as its host sees them."""
        claims = self.market.listings.taken(hut, by=self.host, resource="nights")
        return [(c.start.date(), c.end.date(), c.quantity) for c in claims if c.start and c.end]


@pytest.fixture
def valley(database_url: str) -> Any:
    """A marketplace of huts on either database."""
    opened = Valley(database_url)
    yield opened
    opened.market.close()


def test_nights_are_local_dates(valley: Valley) -> None:
    """Who leaves at eleven makes room for who comes at three, on the day the clocks go forward
    as on any other; a night more than there is is refused."""
    hut = valley.hut()
    valley.book(hut, valley.ana, date(2026, 3, 27), date(2026, 3, 29))
    valley.book(hut, valley.ben, date(2026, 3, 29), date(2026, 3, 30))
    with pytest.raises(SoldOut, match="nights"):
        valley.book(hut, valley.ben, date(2026, 3, 28), date(2026, 3, 29))
    assert valley.taken(hut) == [
        (date(2026, 3, 27), date(2026, 3, 29), 1),
        (date(2026, 3, 29), date(2026, 3, 30), 1),
    ]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_zone_is_the_hut_s(zone: str) -> None:
    """The same dates are taken wherever the hut stands, however far from Greenwich."""
    valley = Valley("sqlite://")
    hut = valley.hut(zone)
    valley.book(hut, valley.ana, date(2026, 6, 1), date(2026, 6, 3), zone)
    assert valley.taken(hut) == [(date(2026, 6, 1), date(2026, 6, 3), 1)]
    valley.book(hut, valley.ben, date(2026, 6, 3), date(2026, 6, 4), zone)
    valley.market.close()


def test_preparation_is_blocked_and_not_stayed(valley: Valley) -> None:
    """A deal takes the nights before and after that its listing needs; its moments stay as they
    were asked, and a block takes no more than it says."""
    hut = valley.hut(units=2, before=1, after=2)
    booked = valley.book(hut, valley.ana, date(2026, 6, 10), date(2026, 6, 12))
    assert valley.taken(hut) == [(date(2026, 6, 9), date(2026, 6, 14), 1)]
    assert booked.moments["end"] == datetime(2026, 6, 12, 9, tzinfo=UTC)
    whole = Span.of_days(date(2026, 6, 14), date(2026, 6, 20), BERLIN)
    valley.market.listings.block_out(
        hut, whole, by=valley.host, resource="nights", quantity=2, label="the roof"
    )
    assert valley.taken(hut)[1] == (date(2026, 6, 14), date(2026, 6, 20), 2)
    with pytest.raises(SoldOut):
        valley.book(hut, valley.ben, date(2026, 6, 19), date(2026, 6, 20))
    with pytest.raises(SoldOut):
        valley.book(hut, valley.ben, date(2026, 6, 20), date(2026, 6, 21))  # no night before
    valley.book(hut, valley.ben, date(2026, 6, 21), date(2026, 6, 22))


def test_other_nights_are_exchanged_in_one_step(valley: Valley) -> None:
    """A stay that moves by a night never collides with itself, and frees what it leaves."""
    hut = valley.hut()
    booked = valley.book(hut, valley.ana, date(2026, 6, 10), date(2026, 6, 12))
    start, end = (moment + DAY for moment in (booked.moments["start"], booked.moments["end"]))
    valley.market.transactions.take(booked.id, "other_nights", by=valley.ana, start=start, end=end)
    assert valley.taken(hut) == [(date(2026, 6, 11), date(2026, 6, 13), 1)]
    valley.book(hut, valley.ben, date(2026, 6, 10), date(2026, 6, 11))


def test_blocks_are_told_and_given_back_once(valley: Valley) -> None:
    """A block and its end are events for the host; giving it back twice is harmless."""
    hut = valley.hut()
    span = Span.of_days(date(2026, 6, 1), date(2026, 6, 8), BERLIN)
    block = valley.market.listings.block_out(hut, span, by=valley.host, resource="nights")
    for _ in range(2):
        valley.market.listings.unblock(block.id, by=valley.host)
    kinds = [one.event.kind for one in valley.market.events.feed(by=valley.host)]
    assert [kind for kind in kinds if "block" in kind] == ["listing.blocked", "listing.unblocked"]
    assert valley.taken(hut) == []


def test_a_stay_is_a_night_at_least(valley: Valley) -> None:
    """Coming and leaving on one local day is no stay, and nothing of it is written."""
    hut = valley.hut()
    request = valley.market.requests.open(
        "huts", by=valley.ana, currency="EUR", listing=hut,
        start=datetime(2026, 6, 1, 8, tzinfo=UTC), end=datetime(2026, 6, 1, 20, tzinfo=UTC),
    )  # fmt: skip
    quote = valley.market.quotes.make(request.id, by=valley.ana)
    with pytest.raises(InvalidInput, match="at least one night: 2026-06-01 to 2026-06-01"):
        valley.market.transactions.open(quote.id, by=valley.ana)
    assert valley.taken(hut) == []


def test_the_zone_stays_while_nights_are_taken(valley: Valley) -> None:
    """A listing's zone may be corrected, but not under nights that somebody has."""
    hut = valley.hut()
    change = valley.market.listings.change
    booked = valley.book(hut, valley.ana, date(2026, 6, 1), date(2026, 6, 3))
    with pytest.raises(IllegalTransition, match="the zone stays Europe/Berlin"):
        change(hut, by=valley.host, attributes={"zone": "Europe/Lisbon"})
    valley.market.transactions.take(booked.id, "cancel", by=valley.ana)
    change(hut, by=valley.host, attributes={"zone": "Europe/Lisbon"})
    for wrong in ("Berlin", "../etc/passwd", "", None):
        with pytest.raises(InvalidInput, match="time zone"):
            change(hut, by=valley.host, attributes={} if wrong is None else {"zone": wrong})


def test_the_process_is_chosen_by_listing_and_lead_time(valley: Valley) -> None:
    """A vertical chooses by the request, the listing, and how long it still is."""
    at_once, asked = valley.hut(), valley.hut(ask=True)
    first, far = date(2026, 6, 1), date(2027, 6, 1)
    assert valley.book(at_once, valley.ana, first, first + DAY).process == "night"
    assert valley.book(asked, valley.ana, first, first + DAY).process == "on_request"
    assert valley.book(at_once, valley.ana, far, far + DAY).process == "on_request"
    assert valley.market.transactions.list(by=OPERATOR, state="booked").items[0].process == "night"


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ({"zone": "zone"}, "counts local days"),
        ({"zone": "zone", "grain": HOUR}, "counts local days"),
        ({"before": 1}, "has no grain to prepare in"),
        ({"after": "after"}, "has no grain to prepare in"),
    ],
)
def test_a_plan_that_counts_nothing_is_refused(plan: dict[str, Any], why: str) -> None:
    """Local days need a grain of days, preparation a grain."""
    with pytest.raises(SetupError, match=why):
        ResourcePlan("nights", "counted", **plan)
