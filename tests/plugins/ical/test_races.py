"""Calendars that come in while people book: nobody has a night twice, no deal is ever lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler

import pytest
import sqlalchemy as sa

from marketplace import Conflict, Marketplace, SoldOut, Transaction
from marketplace.plugins.ical import Report
from tests.support.calendar_server import Site
from tests.support.calendars import Valley, calendar, stay
from tests.support.racing import at_once

ROUNDS = 6
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 5)
BODY = calendar(stay("a", "20261201", "20261205"))


@pytest.fixture
def second(valley: Valley, database_url: str) -> Iterator[Marketplace]:
    """Yield the valley's marketplace opened once more, as another process would."""
    market = valley.open(database_url)
    yield market
    market.close()


def given(body: bytes, parties: int) -> Callable[[BaseHTTPRequestHandler], None]:
    """A page that is given to all who ask at the same moment, so that they write at once."""
    barrier = threading.Barrier(parties)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        barrier.wait(30)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.attack(42)
@pytest.mark.invariant(30)
def test_an_import_races_a_guest(valley: Valley, second: Marketplace) -> None:
    """The same nights are imported and booked at once, with quotes made before: either the guest
    has them and the import reports the conflict, or they are blocked and the guest hears that they
    are taken; nobody has them twice, and no import ever takes them from the guest."""
    outcomes = set()
    for _ in range(ROUNDS):
        hut = valley.hut()
        feed = valley.follow(hut, calendar())
        valley.site.pages["/a.ics"] = BODY
        report, deal = at_once(
            lambda: valley.feeds.refresh(feed.id, by=valley.host),  # noqa: B023
            lambda: _book(second, valley, hut),  # noqa: B023
        )
        assert isinstance(report, Report)
        nights = valley.nights(hut)
        if isinstance(deal, Transaction):
            assert nights == ["t 12-01 12-05"]
            now = valley.feeds.refresh(feed.id, by=valley.host)
            assert [(one.start.day, one.end.day) for one in now.conflicts] == [(1, 5)]
            assert valley.nights(hut) == ["t 12-01 12-05"]
        else:
            assert isinstance(deal, SoldOut)
            assert nights == ["b 12-01 12-05"]
            assert report.conflicts == ()
        outcomes.add(type(deal))
        valley.feeds.remove(feed.id, by=valley.host)
    assert outcomes


def _book(market: Marketplace, valley: Valley, hut: str) -> Transaction:
    other = object.__new__(Valley)
    other.__dict__.update(valley.__dict__)
    other.market = market
    return other.book(hut, FIRST, LAST, by=valley.ben)


def test_looking_first_gives_a_night_twice(valley: Valley, database_url: str) -> None:
    """The control of the race: an import and a guest who each look first and write then, as is done
    where imported days lie beside the calendar and not in it, both get the nights."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE plain_night (round INTEGER, who TEXT)"))

    def take(number: int, who: str) -> bool:
        with engine.connect() as connection:
            look = sa.text("SELECT count(*) FROM plain_night WHERE round = :round")
            taken = connection.execute(look, {"round": number}).scalar()
            connection.rollback()
            time.sleep(0.005)
            if not taken:
                write = sa.text("INSERT INTO plain_night VALUES (:round, :who)")
                connection.execute(write, {"round": number, "who": who})
                connection.commit()
            return not taken

    found = [
        at_once(lambda: take(number, "import"), lambda: take(number, "guest"))  # noqa: B023
        for number in range(ROUNDS)
    ]
    engine.dispose()
    assert [True, True] in found, f"nobody was racing: {found}"


def test_two_calendars_of_one_home_come_at_once(valley: Valley, second: Marketplace) -> None:
    """Two calendars that say the same nights, fetched by two workers at once: the nights are taken
    once, and nobody is told of a conflict."""
    for number in range(ROUNDS):
        hut = valley.hut()
        feeds = [valley.follow(hut, calendar(), f"/{number}{letter}.ics") for letter in ("a", "b")]
        page = given(BODY, 2)
        for letter in ("a", "b"):
            valley.site.pages[f"/{number}{letter}.ics"] = page
        other = valley.plugin.feeds(second)
        reports = at_once(
            lambda: valley.feeds.refresh(feeds[0].id, by=valley.host),  # noqa: B023
            lambda: other.refresh(feeds[1].id, by=valley.host),  # noqa: B023
        )
        assert sorted(one.blocked for one in reports) == [0, 1]
        assert valley.nights(hut) == ["b 12-01 12-05"]
    assert valley.heard("ical.conflict") == []


def test_one_calendar_is_refreshed_twice_at_once(valley: Valley, second: Marketplace) -> None:
    """Two refreshes of one calendar at once: one is written, the other hears that it came second;
    the nights are taken once."""
    hut = valley.hut()
    feed = valley.follow(hut, calendar())
    valley.site.pages["/a.ics"] = given(BODY, 2)
    other = valley.plugin.feeds(second)
    found = at_once(
        lambda: valley.feeds.refresh(feed.id, by=valley.host),
        lambda: other.refresh(feed.id, by=valley.host),
    )
    assert {type(one) for one in found} == {Conflict, Report}
    assert valley.nights(hut) == ["b 12-01 12-05"]


def test_workers_fetch_each_calendar_once(valley: Valley, second: Marketplace, site: Site) -> None:
    """Of several workers that tick at once each calendar is one's."""
    hut = valley.hut()
    for number in range(8):
        site.pages[f"/{number}.ics"] = BODY
        valley.feeds.add(hut, site.url(f"/{number}.ics"), f"Place {number}", by=valley.host)
    at_once(valley.market.tick, second.tick)
    assert sorted(path for _, path in site.asked) == [f"/{number}.ics" for number in range(8)]
    assert valley.nights(hut) == ["b 12-01 12-05"]
