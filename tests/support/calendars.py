"""A valley of huts by the night and a court by the hour, whose hosts follow other calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from marketplace import (
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOUR,
    At,
    Bring,
    ManualClock,
    Marketplace,
    Process,
    Reservation,
    ResourcePlan,
    Span,
    Transaction,
    Transition,
    Vertical,
    hookimpl,
)
from marketplace.plugins.ical import Feed, Feeds, Fetcher, ICal
from tests.support.calendar_server import Site

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


def _process(name: str, resource: str) -> Process:
    return Process(
        name,
        "asked",
        {"over", "cancelled"},
        [
            Transition("book", CUSTOMER, "asked", "booked", CONFIRM(resource)),
            Transition("cancel", CUSTOMER, "booked", "cancelled", FREE(resource)),
            Transition("leave", CLOCK, "booked", "over", FREE(resource), at=At("end")),
        ],
        purses=(),
    )


@frozen
class Huts:
    """Two trades for tests, for nothing: huts by the night, and courts by the hour."""

    name: str = "huts"

    @hookimpl
    def bring(self) -> Bring:
        """The verticals."""
        nights = ResourcePlan(
            "nights", "counted", "units", DAY, zone="zone", before="before", after="after"
        )
        alone = ResourcePlan("nights", "single", 1, DAY, zone="zone")
        hours = ResourcePlan("hours", "counted", "courts", HOUR)
        lessons = ResourcePlan("lessons", "single", 1, HOUR)
        return Bring(
            verticals=(
                Vertical("huts", (_process("night", "nights"),), resources=(nights,)),
                Vertical("caves", (_process("cave", "nights"),), resources=(alone,)),
                Vertical("courts", (_process("game", "hours"),), resources=(hours,)),
                Vertical("lessons", (_process("lesson", "lessons"),), resources=(lessons,)),
            )
        )


def loopback(site: Site, **settings: Any) -> Fetcher:
    """A fetcher that finds every host on this machine, and thinks nothing of it."""
    return Fetcher(
        ports={site.port}, resolve=lambda host, port: ["127.0.0.1"], allows=lambda one: True,
        **{"seconds": 10, **settings},
    )  # fmt: skip


class Valley:
    """A marketplace of huts, with its people and the site on which other calendars lie."""

    def __init__(self, url: Any, site: Site, **settings: Any) -> None:
        self.site = site
        self.clock = ManualClock(NOON)
        given = {"domain": "valley.example", "fetcher": loopback(site), **settings}
        self.plugin = ICal(**given)
        self.market = self.open(url)
        self.feeds: Feeds = self.plugin.feeds(self.market)
        self.host, self.ana, self.ben = (
            self.market.parties.join(name).id for name in ("Hanna", "Ana", "Ben")
        )

    def open(self, url: Any) -> Marketplace:
        """The marketplace, once more."""
        plugins = [Huts(), self.plugin]
        return Marketplace.open(url, plugins, clock=self.clock, create="missing")

    def hut(self, vertical: str = "huts", by: str | None = None, **attributes: Any) -> str:
        """A published hut's id."""
        owner = by or self.host
        listing = self.market.listings.draft(
            vertical, by=owner, title="A hut", currency="EUR",
            attributes={"zone": BERLIN, **attributes},
        )  # fmt: skip
        return self.market.listings.publish(listing.id, by=owner).id

    def book(self, hut: str, first: date, last: date, *, by: str | None = None) -> Transaction:
        """From three in the afternoon of one day to eleven on another."""
        place = ZoneInfo(BERLIN)
        start, end = (
            datetime.combine(first, time(15), place),
            datetime.combine(last, time(11), place),
        )
        return self.book_span(hut, start, end, by=by)

    def book_span(
        self, hut: str, start: datetime, end: datetime, *, by: str | None = None
    ) -> Transaction:
        """A deal over exact times."""
        guest = by or self.ana
        vertical = self.market.listings.get(hut, by=guest).vertical
        request = self.market.requests.open(
            vertical, by=guest, currency="EUR", listing=hut, start=start, end=end
        )
        quote = self.market.quotes.make(request.id, by=guest)
        return self.market.transactions.open(quote.id, by=guest)

    def follow(self, hut: str, body: bytes, path: str = "/a.ics", **given: Any) -> Feed:
        """Follow a calendar that says this, and have it fetched."""
        self.site.pages[path] = body
        given = {"name": "Airbnb", "by": self.host, **given}
        feed = self.feeds.add(hut, self.site.url(path), **given)
        self.market.tick()
        return self.feed(feed.id)

    def feed(self, feed_id: str) -> Feed:
        """A feed as it is now."""
        return self.feeds.report(feed_id, by=self.host).feed

    def says(self, body: bytes, path: str = "/a.ics", **refresh: Any) -> None:
        """Let a calendar say something else, and wait until it was fetched again."""
        self.site.pages[path] = body
        self.market.advance(HOUR)

    def claims(self, hut: str, resource: str = "nights") -> list[Reservation]:
        """All live claims, as the host sees them."""
        span = Span(NOON - 400 * DAY, NOON + 1_000 * DAY)
        return list(self.market.listings.taken(hut, span, by=self.host, resource=resource))

    def nights(self, hut: str) -> list[str]:
        """Live claims as ``b 12-01 12-05``: block or deal, first night, day of departure."""
        return [f"{one.cause[0]} {one.start:%m-%d} {one.end:%m-%d}" for one in self.claims(hut)]

    def heard(self, kind: str, party: str | None = None) -> list[dict[str, Any]]:
        """What somebody was told of a kind."""
        deliveries = self.market.events.feed(by=party or self.host, limit=500)
        return [dict(one.event.data) for one in deliveries if one.event.kind == kind]


def calendar(*events: str, end: str = "\r\n") -> bytes:
    """A calendar of these events, each the lines of one."""
    lines = ["BEGIN:VCALENDAR", "PRODID:-//somebody//EN", "CALSCALE:GREGORIAN", "VERSION:2.0"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.strip().splitlines(), "END:VEVENT"]
    return (end.join([*lines, "END:VCALENDAR"]) + end).encode()


def stay(uid: str, first: str, last: str, summary: str = "Reserved") -> str:
    """An event as Airbnb writes one: the end first, and no stamp."""
    return "\n".join(
        (
            f"DTEND;VALUE=DATE:{last}",
            f"DTSTART;VALUE=DATE:{first}",
            f"UID:{uid}",
            f"SUMMARY:{summary}",
        )
    )


def without(valley: Valley, **changes: Any) -> Valley:
    """The same valley with other settings of the plugin, for negative controls."""
    valley.plugin = evolve(valley.plugin, **changes)
    return valley


EARLY = stay("early@airbnb.com", "20261201", "20261205")
LATE = stay("late@airbnb.com", "20261210", "20261212")
CLOSED = stay("shut@airbnb.com", "20270110", "20270115", "Airbnb (Not available)")
ALL = calendar(EARLY, LATE, CLOSED)
BLOCKED = ["b 12-01 12-05", "b 12-10 12-12", "b 01-10 01-15"]


def dec(day: int) -> date:
    """A day of December."""
    return date(2026, 12, day)
