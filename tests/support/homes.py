"""Trades of the tests' own that are searched: homes by the night, desks by the hour, and mugs.

Homes count local days, have rules of their own about the day of arrival (a gate), several units
and nights of preparation. A desk is a single calendar of exact instants. Mugs have neither place
nor time. The fixture `hillside` opens a marketplace of all three on each database.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import define, field, frozen

from marketplace import (
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOUR,
    MINUTE,
    PROVIDER,
    Bring,
    Gate,
    Listing,
    ManualClock,
    Marketplace,
    MatchQuestion,
    Party,
    Place,
    PricingQuestion,
    Process,
    RankPart,
    RatingPart,
    Reason,
    ResourcePlan,
    SearchPlan,
    Span,
    Transition,
    Vertical,
    hookimpl,
)

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
LAKE = Place(28.2096, 83.9586, "Lakeside")
ZONE = "Asia/Kathmandu"


def _stay(resource: str) -> Process:
    """Booked at once for nothing, given back when it is cancelled or over."""
    rows = [
        Transition("book", CUSTOMER, "asked", "booked", CONFIRM(resource)),
        Transition("lapse", CLOCK, "asked", "lapsed", after=HOUR),
        Transition("cancel", CUSTOMER, "booked", "cancelled", FREE(resource)),
        Transition("end", (PROVIDER, CLOCK), "booked", "ended", FREE(resource), after=300 * DAY),
    ]
    final = {"lapsed", "cancelled", "ended"}
    return Process(f"{resource}_deal", "asked", final, rows, admits=(), review_after=("ended",))


HOMES = Vertical(
    "homes",
    (_stay("nights"),),
    resources=(
        ResourcePlan(
            "nights",
            kind="counted",
            capacity="units",
            grain=DAY,
            zone="zone",
            before="before",
            after="after",
        ),
    ),
    search=SearchPlan(
        calendar="nights",
        price="rates.nightly",
        fits="guests",
        texts=("description", "address"),
        tags=("amenities", "kind"),
        least="plan.least",
        most="plan.most",
        notice="plan.notice_hours",
        window="plan.window_days",
        near=500,
        near_m=2_000,
        rank=(RankPart("photos", "photos", 100, 0, 10), RankPart("instant", "instant", 50)),
        rating=RatingPart(200),
        gated=("plan.arrive",),
        request=lambda search: {"guests": search.fits},
    ),
    private=("address",),
    hides_contacts=True,
    words={"en": {"arrive_on": "arrive on day {day} of the week", "word.photos": "photos"}},
)
DESKS = Vertical(
    "desks",
    (_stay("hours"),),
    resources=(ResourcePlan("hours", grain=30 * MINUTE),),
    search=SearchPlan(calendar="hours", price="hourly", gated=()),
)
MUGS = Vertical(
    "mugs",
    (_stay("stock"),),
    resources=(ResourcePlan("stock", kind="counted", capacity="stock"),),
    search=SearchPlan(
        calendar="stock", price="price", texts=("about",), tags=("category",), gated=()
    ),
)


@define
class Street:
    """The plugin; ``asked`` counts the listings that its gate was asked about."""

    asked: list[str] = field(factory=list)
    name: str = "street"

    @hookimpl
    def bring(self) -> Bring:
        """The three trades."""
        return Bring(verticals=(HOMES, DESKS, MUGS))

    @hookimpl
    def refuse_match(self, question: MatchQuestion) -> list[Gate]:
        """Some homes let people arrive on one day of the week alone; some want to know early."""
        gates = []
        for listing in question.listings if question.vertical == "homes" else ():
            self.asked.append(listing.id)
            plan = listing.attributes.get("plan", {})
            for request in question.requests:
                assert request.start is not None
                day = request.start.astimezone(ZoneInfo(ZONE)).isoweekday()
                if plan.get("arrive", day) != day:
                    gates.append(Gate(listing.id, Reason("arrive_on", {"day": day}), request.id))
                if request.start - question.at < plan.get("notice_hours", 0) * HOUR:
                    gates.append(Gate(listing.id, Reason("too_soon"), request.id))
        return gates

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> None:
        """Everything is free here: what is looked for is room."""


@frozen
class Hillside:
    """A marketplace of the street, a host, and two who look."""

    market: Marketplace
    plugin: Street
    host: Party
    ana: Party
    bea: Party

    def home(self, title: str = "A room", *, place: Place = LAKE, **attributes: Any) -> Listing:
        """A home that is held out."""
        said = {"zone": ZONE, "units": 1, "guests": 2, "rates": {"nightly": 5_000}, **attributes}
        return self.held_out("homes", title, place, said)

    def held_out(
        self, vertical: str, title: str, place: Place | None, attributes: Mapping[str, Any]
    ) -> Listing:
        """A listing of the host's that is published."""
        drafted = self.market.listings.draft(
            vertical, by=self.host, title=title, currency="NPR", place=place, attributes=attributes
        )
        return self.market.listings.publish(drafted.id, by=self.host)

    def block(
        self, listing: Listing, first: date, last: date, quantity: int = 1, zone: str = ZONE
    ) -> str:
        """Nights kept back; the claim's id."""
        span = Span.of_days(first, last, zone)
        return self.market.listings.block_out(
            listing.id, span, by=self.host, resource="nights", quantity=quantity
        ).id

    def found(self, vertical: str = "homes", **criteria: Any) -> list[str]:
        """The titles of everything that Ana finds, in order, over all pages."""
        titles: list[str] = []
        after = None
        while True:
            page = self.market.listings.search(vertical, by=self.ana, after=after, **criteria)
            titles += [one.title for one in page]
            after = page.after
            if after is None:
                return titles

    def sound(self) -> bool:
        """Whether the index is as listings and claims say."""
        return self.market.listings.search_drift() == []


def open_village(url: Any) -> Hillside:
    """A marketplace of the street."""
    plugin = Street()
    market = Marketplace.open(url, [plugin], clock=ManualClock(MONDAY), seed=1)
    host, ana, bea = (market.parties.join(name) for name in ("Hari", "Ana", "Bea"))
    return Hillside(market, plugin, host, ana, bea)


@pytest.fixture
def hillside(database_url: str) -> Iterator[Hillside]:
    """Yield a hillside on each database."""
    opened = open_village(database_url)
    yield opened
    opened.market.close()
