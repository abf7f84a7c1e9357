"""A home that is let in three places, told as its host and its guests live it."""

from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest

from marketplace import DAY, HOUR, Marketplace, Pay, SoldOut, Transaction
from marketplace.plugins.ical import Feeds, ICal, Report
from marketplace.plugins.stays import Stays
from marketplace.plugins.wallet import Wallet
from tests.support.calendar_server import Site, serving
from tests.support.calendars import calendar, loopback, stay
from tests.support.inn import EASTER, Inn, dollars, open_inn
from tests.support.racing import at_once

AIRBNB = calendar(
    stay("1418fb94e984@airbnb.com", "20260405", "20260408"),
    stay("7f662ec65913@airbnb.com", "20260101", "20260102", "Airbnb (Not available)"),
)


@pytest.fixture
def other() -> Iterator[Site]:
    """Yield the place where other calendars lie."""
    with serving() as site:
        yield site


@pytest.fixture
def open_house(database_url: str, other: Site) -> Iterator[tuple[Inn, Feeds]]:
    """Yield an inn whose host follows calendars, and the verbs to do so."""
    ical = ICal(domain="inn.example", fetcher=loopback(other))
    Marketplace.migrate(database_url, [ical])
    inn = open_inn(database_url, ical)
    yield inn, ical.feeds(inn.market)
    inn.market.close()


@pytest.mark.behaviour("S5")
@pytest.mark.invariant(30)
def test_a_home_in_two_places(open_house: tuple[Inn, Feeds], other: Site) -> None:
    """Nights that Airbnb has are shown as taken and refused with their dates; the nights beside
    them are booked, with a night to prepare; Airbnb is told of both and of nobody's name; what is
    called off there is had here."""
    inn, feeds = open_house
    home = inn.home(after=1)
    other.pages["/airbnb.ics"] = AIRBNB
    feeds.add(home.id, other.url("/airbnb.ics"), "Airbnb", by=inn.host)
    inn.market.tick()
    assert inn.free(home, EASTER, 7) == "1....11", "a night before is needed to clean up"
    told = inn.why_not(home, EASTER, 3)
    assert "2026-04-05" in told["stay_dates_taken"]["dates"]

    inn.book(home, date(2026, 4, 8), 2)
    address = feeds.publish(home.id, by=inn.host)
    body = feeds.export(address.token)
    assert b"DTSTART;VALUE=DATE:20260408\r\nDTEND;VALUE=DATE:20260411\r\n" in body
    assert body.count(b"BEGIN:VEVENT") == 1
    assert b"Gita" not in body

    other.pages["/airbnb.ics"] = calendar(
        stay("7f662ec65913@airbnb.com", "20260408", "20260411", "Airbnb (Not available)")
    )
    inn.market.advance(HOUR)
    assert inn.free(home, EASTER, 7) == "1111..."
    assert [one.state for one in feeds.list(home.id, by=inn.host)] == ["fine"]
    inn.book(home, date(2026, 4, 4), 3, by=inn.ben)


@pytest.mark.attack(42)
@pytest.mark.invariant(30)
def test_two_guests_for_one_night(open_house: tuple[Inn, Feeds], other: Site) -> None:
    """A guest who has paid keeps her nights when another place brings a second guest for them: the
    host is told, calls one of the two off, and then the nights are the other's."""
    inn, feeds = open_house
    home = inn.home()
    deal = inn.book(home, EASTER, 4)
    other.pages["/airbnb.ics"] = AIRBNB
    feed = feeds.add(home.id, other.url("/airbnb.ics"), "Airbnb", by=inn.host)
    inn.market.advance(DAY)
    assert inn.market.transactions.get(deal.id, by=inn.gita).state == deal.state
    (conflict,) = feeds.report(feed.id, by=inn.host).conflicts
    assert (conflict.start.date(), conflict.end.date()) == (date(2026, 4, 5), date(2026, 4, 7))
    kinds = [one.event.kind for one in inn.market.events.feed(by=inn.host, limit=500)]
    assert kinds.count("ical.conflict") == 1
    inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
    inn.market.advance(HOUR)
    assert feeds.report(feed.id, by=inn.host).conflicts == ()
    assert inn.free(home, EASTER, 7) == "11...11"


@pytest.mark.attack(42)
@pytest.mark.invariant(30)
def test_an_import_and_a_guest_who_pays_at_once(
    open_house: tuple[Inn, Feeds], other: Site, database_url: str
) -> None:
    """Airbnb brings nights while Gita pays for them: either she has them, and the host is told
    of the conflict, or they are blocked, and she hears that they are taken and has paid nothing;
    whoever came second, no night is anybody's twice."""
    inn, feeds = open_house
    clock = inn.market.context.clock
    plugins = [Stays(), ICal(domain="inn.example"), Wallet()]
    second = Marketplace.open(database_url, plugins, clock=clock, create="never")
    inn.market.payments.top_up(inn.gita.id, dollars("10000"), reference="rail")
    for number in range(4):
        home = inn.home()
        other.pages[f"/{number}.ics"] = calendar()
        feed = feeds.add(home.id, other.url(f"/{number}.ics"), "Airbnb", by=inn.host)
        inn.market.tick()
        quote = inn.price(home, date(2026, 4, 5), 3)
        other.pages[f"/{number}.ics"] = AIRBNB
        had = inn.market.ledger.balance(inn.gita.id, "USD", by=inn.gita)
        book = second.transactions.open
        report, deal = at_once(
            partial(feeds.refresh, feed.id, by=inn.host),
            partial(book, quote.id, by=inn.gita, pay=Pay("wallet")),
        )
        assert isinstance(report, Report)
        assert inn.free(home, EASTER, 6) == "11...1"
        report = feeds.refresh(feed.id, by=inn.host)
        left = inn.market.ledger.balance(inn.gita.id, "USD", by=inn.gita)
        if isinstance(deal, Transaction):
            assert deal.state == "booked"
            assert [(one.start.day, one.end.day) for one in report.conflicts] == [(5, 8)]
            assert left < had
        else:
            assert isinstance(deal, SoldOut)
            assert (report.conflicts, left) == ((), had)
    second.close()
