"""Following calendars of other places: their days become blocks, and only blocks."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from marketplace import (
    CLOCK,
    DAY,
    HOUR,
    OPERATOR,
    SECOND,
    Conflict,
    IdempotencyMismatch,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Refused,
    SetupError,
    SoldOut,
    Span,
)
from marketplace.plugins.ical import ICal
from tests.support.calendar_server import Site
from tests.support.calendars import BERLIN, NOON, Valley, calendar, stay

EARLY = stay("early@airbnb.com", "20261201", "20261205")
LATE = stay("late@airbnb.com", "20261210", "20261212")
CLOSED = stay("shut@airbnb.com", "20270110", "20270115", "Airbnb (Not available)")
ALL = calendar(EARLY, LATE, CLOSED)
BLOCKED = ["b 12-01 12-05", "b 12-10 12-12", "b 01-10 01-15"]


def dec(day: int) -> date:
    return date(2026, 12, day)


@pytest.mark.behaviour("S5")
@pytest.mark.invariant(30)
def test_a_calendar_becomes_blocks_that_nobody_books(valley: Valley) -> None:
    """The days another place has are taken here as blocks, no deals; nobody books them, the day of
    departure is free, and the host sees whose they are."""
    hut = valley.hut()
    feed = valley.follow(hut, ALL)
    assert (feed.state, feed.fetched_at) == ("fine", NOON)
    assert valley.nights(hut) == BLOCKED
    assert {one.label for one in valley.claims(hut)} == {"Airbnb"}
    for first, last in ((1, 5), (4, 6), (30, 45)):
        with pytest.raises(SoldOut):
            valley.book(hut, dec(first), dec(1) + (last - 1) * DAY)
    valley.book(hut, dec(5), dec(10))
    assert valley.market.transactions.list(by=valley.host)[0].state == "booked"
    report = valley.feeds.report(feed.id, by=valley.host)
    assert (report.taken, report.blocks, report.conflicts) == (3, 3, ())


@pytest.mark.behaviour("S5")
def test_what_is_called_off_there_is_free_here(valley: Valley) -> None:
    """An event that is gone, shorter, longer or moved takes what it says now; the others are left
    exactly as they were."""
    hut = valley.hut()
    valley.follow(hut, ALL)
    before = {one.id for one in valley.claims(hut)}
    valley.says(calendar(stay("early@airbnb.com", "20261203", "20261207"), LATE))
    assert valley.nights(hut) == ["b 12-03 12-07", "b 12-10 12-12"]
    assert len({one.id for one in valley.claims(hut)} & before) == 1
    valley.book(hut, dec(1), dec(3))
    valley.says(calendar(stay("early@airbnb.com", "20261220", "20261222"), LATE))
    assert valley.nights(hut) == ["t 12-01 12-03", "b 12-10 12-12", "b 12-20 12-22"]


@pytest.mark.behaviour("S5")
@pytest.mark.invariant(30)
def test_an_empty_or_failed_calendar_frees_nothing(valley: Valley) -> None:
    """Whatever goes wrong there (gone, empty, less than half, cut off, a page of HTML), everything
    stays blocked, and the feed says since when and why; when it is well again it goes on."""
    hut = valley.hut()
    feed = valley.follow(hut, ALL)
    wrong = {
        calendar(): ("doubtful", "suddenly_less"),
        calendar(EARLY): ("doubtful", "suddenly_less"),
        ALL[:-30]: ("failing", "not_a_calendar"),
        b"": ("failing", "not_a_calendar"),
        b"<html>Sign in</html>": ("failing", "not_a_calendar"),
    }
    for body, (state, code) in wrong.items():
        valley.site.pages["/a.ics"] = body
        found = valley.feeds.refresh(feed.id, by=valley.host).feed
        assert (found.state, found.code, found.since) == (state, code, valley.clock.now())
        assert valley.nights(hut) == BLOCKED
        valley.market.advance(2 * HOUR)
        assert valley.nights(hut) == BLOCKED
        assert valley.feed(feed.id).since < valley.clock.now()
        valley.site.pages["/a.ics"] = ALL
        assert valley.feeds.refresh(feed.id, by=valley.host).feed.state == "fine"
    del valley.site.pages["/a.ics"]
    assert valley.feeds.refresh(feed.id, by=valley.host).feed.code == "not_given"
    assert valley.nights(hut) == BLOCKED


@pytest.mark.behaviour("S5")
def test_a_half_empty_calendar_still_adds(valley: Valley) -> None:
    """What is new in a calendar that is not believed is blocked all the same; the host is told
    once, and when he says that it is so, the rest is let go."""
    hut = valley.hut()
    feed = valley.follow(hut, ALL)
    valley.says(calendar(stay("new@airbnb.com", "20261220", "20261222")))
    valley.market.advance(DAY)
    assert sorted(valley.nights(hut)) == sorted([*BLOCKED, "b 12-20 12-22"])
    (told,) = valley.heard("ical.doubtful")
    assert told["kept"] == 3
    report = valley.feeds.refresh(feed.id, by=valley.host, believe=True)
    assert (report.feed.state, report.freed, report.kept) == ("fine", 3, 0)
    assert valley.nights(hut) == ["b 12-20 12-22"]
    assert len(valley.heard("ical.mended")) == 1


def test_half_is_enough(in_memory: Valley) -> None:
    """One of two called off is an everyday thing and believed; what share is doubtful is a
    setting."""
    hut = in_memory.hut()
    in_memory.follow(hut, calendar(EARLY, LATE))
    in_memory.says(calendar(LATE))
    assert in_memory.nights(hut) == ["b 12-10 12-12"]
    strict = Valley("sqlite://", in_memory.site, doubtful_below_bp=10_000)
    hut = strict.hut()
    strict.follow(hut, calendar(EARLY, LATE))
    strict.says(calendar(LATE))
    assert strict.nights(hut) == ["b 12-01 12-05", "b 12-10 12-12"]


def test_what_is_past_is_no_reason_to_doubt(in_memory: Valley) -> None:
    """Calendars drop what is over, or shorten it day by day: nothing of that is doubtful, and what
    was blocked in the past is left as it was."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, calendar(EARLY, LATE))
    in_memory.market.advance(9 * DAY)
    in_memory.says(calendar(stay("early@airbnb.com", "20261202", "20261205"), LATE))
    assert in_memory.nights(hut) == ["b 12-01 12-05", "b 12-10 12-12"]
    in_memory.market.advance(4 * DAY)
    in_memory.says(calendar(LATE))
    in_memory.market.advance(8 * DAY)
    in_memory.says(calendar())
    assert in_memory.feed(feed.id).state == "fine"
    assert in_memory.nights(hut) == ["b 12-01 12-05", "b 12-10 12-12"]


def test_an_edge_that_slides_every_day_costs_nothing(in_memory: Valley) -> None:
    """Airbnb's edges (a day of notice, the end of its window) move each day under the same name:
    what stays taken is not let go for a moment, and the calendar follows."""
    hut = in_memory.hut()

    def today(number: int) -> bytes:
        first, last = date(2026, 11, 23) + number * DAY, date(2026, 11, 25) + number * DAY
        days = [f"{one:%Y%m%d}" for one in (first, last)]
        return calendar(stay("edge@airbnb.com", *days, "Airbnb (Not available)"), LATE)

    in_memory.follow(hut, today(0))
    for number in range(1, 5):
        in_memory.market.advance(DAY - HOUR)
        in_memory.says(today(number))
        taken = {
            one.start + day * DAY
            for one in in_memory.claims(hut)
            if one.end
            for day in range((one.end - one.start).days)  # type: ignore[operator]
        }
        assert {one.day for one in taken if one.month == 11} >= {22 + number + 1, 23 + number + 1}
    assert in_memory.heard("listing.unblocked") == []


@pytest.mark.attack(42)
@pytest.mark.invariant(30)
def test_an_import_over_a_deal_leaves_the_deal(valley: Valley) -> None:
    """Days that a deal has stay the deal's: the import blocks what is left around it, the host is
    told once of the days that two have now, in the event and in the report; and when the deal is
    called off, the other place's guest has its days."""
    hut = valley.hut()
    deal = valley.book(hut, dec(3), dec(7))
    feed = valley.follow(hut, ALL)
    assert valley.nights(hut) == ["b 12-01 12-03", "t 12-03 12-07", *BLOCKED[1:]]
    assert valley.market.transactions.get(deal.id, by=valley.ana).state == "booked"
    (told,) = valley.heard("ical.conflict")
    assert (told["first"], told["last"], told["same_days"]) == ("2026-12-03", "2026-12-05", False)
    assert told["title"] == "A hut"
    assert valley.heard("ical.conflict", valley.ana) == []
    report = valley.feeds.report(feed.id, by=valley.host)
    assert [(one.start.day, one.end.day) for one in report.conflicts] == [(3, 5)]
    valley.market.advance(3 * HOUR)
    assert len(valley.heard("ical.conflict")) == 1
    valley.market.transactions.take(deal.id, "cancel", by=valley.ana)
    valley.market.advance(HOUR)
    assert valley.nights(hut) == ["b 12-01 12-03", "b 12-03 12-05", *BLOCKED[1:]]
    assert valley.feeds.report(feed.id, by=valley.host).conflicts == ()


@pytest.mark.attack(42)
def test_our_own_days_come_back_from_there(valley: Valley) -> None:
    """A place that reads our calendar says our days too. As days it only keeps back they are no
    conflict; as days that may be a guest's they are told with the remark that they are the same."""
    hut = valley.hut()
    valley.book(hut, dec(1), dec(5))
    valley.book(hut, dec(10), dec(12))
    valley.follow(
        hut,
        calendar(
            stay("echo@airbnb.com", "20261201", "20261205", "Airbnb (Not available)"),
            stay("echo@booking.com", "20261210", "20261212", "CLOSED - Not available"),
        ),
    )
    assert valley.nights(hut) == ["t 12-01 12-05", "t 12-10 12-12"]
    (told,) = valley.heard("ical.conflict")
    assert (told["first"], told["same_days"]) == ("2026-12-10", True)


@pytest.mark.attack(75)
def test_a_name_is_a_feed_s_own(valley: Valley) -> None:
    """A calendar that calls its event like another calendar's moves, frees and shortens nothing of
    the other's; and no calendar touches what the host blocked."""
    hut, other = valley.hut(units=3), valley.hut()
    span = Span.of_days(dec(1), dec(3), BERLIN)
    valley.market.listings.block_out(hut, span, by=valley.host, resource="nights", label="roof")
    valley.follow(hut, calendar(EARLY, LATE), "/a.ics")
    valley.follow(other, calendar(EARLY), "/b.ics")
    kept = {one.id for one in (*valley.claims(hut), *valley.claims(other))}
    evil = calendar(
        stay("early@airbnb.com", "20270101", "20270102"),
        stay("late@airbnb.com", "20270101", "20270102") + "\nSTATUS:CANCELLED",
    )
    feed = valley.follow(hut, evil, "/evil.ics", name="Evil")
    assert kept <= {one.id for one in (*valley.claims(hut), *valley.claims(other))}
    valley.feeds.remove(feed.id, by=valley.host)
    assert kept == {one.id for one in (*valley.claims(hut), *valley.claims(other))}


def test_two_calendars_of_one_home_are_one(valley: Valley) -> None:
    """Two places that say the same days of one home take them once; when one of them lets go, the
    other still has them; when both do, they are free."""
    hut = valley.hut()
    first = valley.follow(hut, calendar(EARLY, LATE), "/a.ics")
    second = valley.follow(
        hut, calendar(stay("v", "20261203", "20261208"), stay("w", "20261210", "20261212")),
        "/b.ics", name="Vrbo",
    )  # fmt: skip
    assert valley.nights(hut) == ["b 12-01 12-05", "b 12-05 12-08", "b 12-10 12-12"]
    assert valley.heard("ical.conflict") == []
    valley.says(calendar(LATE), "/a.ics")
    assert sorted(valley.nights(hut)) == ["b 12-03 12-05", "b 12-05 12-08", "b 12-10 12-12"]
    valley.feeds.remove(first.id, by=valley.host)
    assert sorted(valley.nights(hut)) == ["b 12-03 12-05", "b 12-05 12-08", "b 12-10 12-12"]
    assert {one.label for one in valley.claims(hut)} == {"Vrbo"}
    valley.feeds.remove(second.id, by=valley.host)
    assert valley.nights(hut) == []


def test_calendars_of_several_units_take_one_each(valley: Valley) -> None:
    """Of a type with several units each calendar takes one unit, unless two are said to be of the
    same one; when no unit is left and a deal is among those who have them, it is a conflict."""
    hut = valley.hut(units=3)
    valley.follow(hut, calendar(EARLY), "/a.ics")
    valley.follow(hut, calendar(EARLY, LATE), "/b.ics", unit="attic")
    valley.follow(hut, calendar(EARLY, LATE), "/c.ics", unit="attic", name="Vrbo")
    assert valley.nights(hut) == ["b 12-01 12-05", "b 12-01 12-05", "b 12-10 12-12"]
    valley.book(hut, dec(1), dec(3))
    with pytest.raises(SoldOut):
        valley.book(hut, dec(2), dec(4), by=valley.ben)
    valley.follow(hut, calendar(EARLY), "/d.ics", name="Fourth")
    assert sorted(valley.nights(hut)) == [
        "b 12-01 12-05", "b 12-01 12-05", "b 12-03 12-05", "b 12-10 12-12", "t 12-01 12-03",
    ]  # fmt: skip
    assert [told["feed"] for told in valley.heard("ical.conflict")] == ["Fourth"]


def test_a_home_that_is_one_resource_follows_too(valley: Valley) -> None:
    """A single resource of local days takes the same blocks as a counted one."""
    cave = valley.hut("caves")
    valley.book(cave, dec(3), dec(4))
    valley.follow(cave, ALL)
    assert valley.nights(cave) == ["b 12-01 12-03", "t 12-03 12-04", "b 12-04 12-05", *BLOCKED[1:]]


def test_preparation_is_a_deal_s_and_no_block_s(in_memory: Valley) -> None:
    """A block takes its days alone; the nights that a deal needs to prepare are the deal's, and an
    import leaves them."""
    hut = in_memory.hut(before=1, after=1)
    in_memory.book(hut, dec(5), dec(7))
    in_memory.follow(hut, ALL)
    assert in_memory.nights(hut) == ["b 12-01 12-04", "t 12-04 12-08", *BLOCKED[1:]]


def test_hours_are_followed_too(valley: Valley) -> None:
    """A court by the hour and a teacher's lessons take times of a zone, whole hours of the court
    and the exact time of the lesson; recurring ones each time."""
    place = ZoneInfo(BERLIN)
    body = calendar(
        "UID:a\nDTSTART;TZID=Europe/Berlin:20261201T152000\nDURATION:PT50M\n"
        "RRULE:FREQ=WEEKLY;COUNT=3"
    )
    court, lesson = valley.hut("courts", courts=2), valley.hut("lessons")
    valley.follow(court, body, "/a.ics")
    valley.follow(lesson, body, "/b.ics")
    found = [
        [f"{m.astimezone(place):%d %H:%M}" for m in (one.start, one.end) if m]
        for one in valley.claims(court, "hours")
    ]
    assert found == [["01 15:00", "01 17:00"], ["08 15:00", "08 17:00"], ["15 15:00", "15 17:00"]]
    (first, *_) = valley.claims(lesson, "lessons")
    assert first.start == datetime(2026, 12, 1, 15, 20, tzinfo=place)
    start = datetime(2026, 12, 1, 16, tzinfo=place)
    valley.book_span(court, start, start + HOUR)
    with pytest.raises(SoldOut):
        valley.book_span(lesson, start, start + HOUR)
    valley.book_span(lesson, start + HOUR, start + 2 * HOUR)


@pytest.mark.behaviour("S5")
def test_nothing_personal_is_kept(valley: Valley) -> None:
    """After an import no table holds a name, a number, a text or a name of an event that came with
    the calendar."""
    hut = valley.hut()
    body = calendar(
        stay("Klara-Meier-4711@vrbo.com", "20261201", "20261205", "Reserved - Klara Meier")
        + "\nDESCRIPTION:Phone Number (Last 4 Digits): 8899\nATTENDEE:mailto:klara@mail.test"
    )
    valley.follow(hut, body)
    assert valley.nights(hut) == ["b 12-01 12-05"]
    store = valley.market.context.store
    with store.begin(write=False) as work:
        names = sa.inspect(work.connection).get_table_names()
        rows = [
            repr(row)
            for name in names
            for row in work.connection.execute(sa.text(f'SELECT * FROM "{name}"')).all()
        ]
    everything = "\n".join(rows).lower()
    assert "a hut" in everything
    for personal in ("klara", "meier", "phone", "vrbo"):
        assert personal not in everything


def test_the_clock_follows_and_waits_longer_each_time(in_memory: Valley) -> None:
    """A calendar is fetched each hour; while it fails, after two, four … hours, at most a day; the
    host is told after the third time, once, and again when it is well."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    asked = in_memory.site.asked
    in_memory.market.advance(3 * HOUR)
    assert len(asked) == 4
    del in_memory.site.pages["/a.ics"]
    moments = []
    for _ in range(100):
        count = len(asked)
        in_memory.market.advance(HOUR)
        moments += [in_memory.clock.now()] * (len(asked) - count)
    waits = [(b - a) // HOUR for a, b in itertools.pairwise(moments)]
    assert waits[:6] == [2, 4, 8, 16, 24, 24]
    found = in_memory.feed(feed.id)
    assert (found.state, found.code, found.since) == ("failing", "not_given", NOON + 4 * HOUR)
    assert found.fetched_at == NOON + 3 * HOUR
    assert len(in_memory.heard("ical.failing")) == 1
    in_memory.site.pages["/a.ics"] = ALL
    in_memory.market.advance(DAY)
    assert in_memory.feed(feed.id).state == "fine"
    assert (len(in_memory.heard("ical.mended")), in_memory.nights(hut)) == (1, BLOCKED)


def test_the_host_hears_in_words(site: Site) -> None:
    """What a host must know comes as a sentence, in the host's language."""
    recorder: list[str] = []

    class Channel:
        def send(self, notification: Any) -> None:
            recorder.append(notification.text)

    valley = Valley("sqlite://", site)
    valley.market.context.channel = Channel()
    hut = valley.hut()
    valley.book(hut, dec(1), dec(5))
    valley.follow(hut, calendar(EARLY, LATE, CLOSED))
    valley.says(calendar())
    valley.market.tick()
    conflict, doubtful = recorder
    assert conflict.startswith("A hut: Airbnb has a guest from 2026-12-01 to 2026-12-05, and so")
    assert "its 3 days stay blocked" in doubtful


def test_a_host_s_own_unblocking_does_not_last(in_memory: Valley) -> None:
    """Who frees an imported block by hand gets it back with the next refresh: as long as the other
    place has a guest, the days are taken."""
    hut = in_memory.hut()
    in_memory.follow(hut, calendar(EARLY, LATE))
    (block, _) = in_memory.claims(hut)
    in_memory.market.listings.unblock(block.id, by=in_memory.host)
    in_memory.market.advance(HOUR)
    assert in_memory.nights(hut) == ["b 12-01 12-05", "b 12-10 12-12"]


def test_a_removed_calendar_gives_back_its_own(valley: Valley) -> None:
    """With a calendar go its blocks and its timer, and nothing else: not the host's blocks, not the
    deals, not those of another calendar."""
    hut = valley.hut()
    feed = valley.follow(hut, ALL)
    span = Span.of_days(dec(20), dec(22), BERLIN)
    valley.market.listings.block_out(hut, span, by=valley.host, resource="nights")
    valley.book(hut, dec(24), dec(26))
    valley.feeds.remove(feed.id, by=valley.host)
    assert valley.nights(hut) == ["b 12-20 12-22", "t 12-24 12-26"]
    assert list(valley.feeds.list(hut, by=valley.host)) == []
    count = len(valley.site.asked)
    valley.market.advance(DAY)
    assert len(valley.site.asked) == count
    with pytest.raises(NotFound):
        valley.feeds.report(feed.id, by=valley.host)


def test_a_withdrawn_listing_is_followed_no_more(in_memory: Valley) -> None:
    """When its listing is withdrawn, a calendar is not fetched any more, and says so."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    in_memory.market.listings.withdraw(hut, by=in_memory.host)
    count = len(in_memory.site.asked)
    in_memory.market.advance(DAY)
    assert len(in_memory.site.asked) == count
    assert in_memory.feeds.list(hut, by=in_memory.host)[0].id == feed.id
    assert in_memory.feeds.list(hut, by=in_memory.host)[0].state == "stopped"


def test_calendars_are_their_host_s(valley: Valley) -> None:
    """Nobody but the listing's provider and the operator adds, sees, refreshes or removes a
    calendar, or learns that there is one; suspended hosts neither."""
    hut = valley.hut()
    feed = valley.follow(hut, ALL)
    url = valley.site.url()
    stranger = valley.ben
    for attempt in (
        lambda: valley.feeds.add(hut, url, "x", by=stranger),
        lambda: valley.feeds.list(hut, by=stranger),
        lambda: valley.feeds.report(feed.id, by=stranger),
        lambda: valley.feeds.refresh(feed.id, by=stranger),
        lambda: valley.feeds.remove(feed.id, by=stranger),
        lambda: valley.feeds.publish(hut, by=stranger),
        lambda: valley.feeds.report("ical-feed_x", by=valley.host),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert valley.nights(hut) == BLOCKED
    assert [one.id for one in valley.feeds.list(hut, by=OPERATOR)] == [feed.id]
    assert valley.feeds.refresh(feed.id, by=OPERATOR).feed.state == "fine"
    valley.feeds.remove(feed.id, by=OPERATOR)
    assert valley.nights(hut) == []


def test_a_verb_is_done_once_by_its_key(valley: Valley) -> None:
    """Adding, refreshing, publishing and removing under the same key give the same answer and are
    done once; with another body it is a conflict; all of it is audited."""
    hut = valley.hut()
    valley.site.pages["/a.ics"] = ALL
    url = valley.site.url()
    feed = valley.feeds.add(hut, url, "Airbnb", by=valley.host, key="add")
    assert valley.feeds.add(hut, url, "Airbnb", by=valley.host, key="add") == feed
    with pytest.raises(IdempotencyMismatch):
        valley.feeds.add(hut, url, "Vrbo", by=valley.host, key="add")
    valley.market.tick()
    report = valley.feeds.refresh(feed.id, by=valley.host, key="now")
    assert valley.feeds.refresh(feed.id, by=valley.host, key="now") == report
    address = valley.feeds.publish(hut, by=valley.host, key="out")
    assert valley.feeds.publish(hut, by=valley.host, key="out") == address
    for _ in range(2):
        valley.feeds.remove(feed.id, by=valley.host, key="gone")
    with valley.market.batch() as work:
        done = [one.name for one in work.commands.about(feed.id)]
        assert work.commands.broken_chains() == []
    assert done == ["clock.ical.feed.refresh", "ical.take_in", "ical.refresh", "ical.remove"]


def test_what_is_not_followed_is_refused(in_memory: Valley) -> None:
    """A calendar twice, too many, one without a name, a resource that is no calendar: refused with
    what is allowed, nothing half written."""
    hut = in_memory.hut()
    url = in_memory.site.url()
    in_memory.follow(hut, ALL)
    with pytest.raises(Conflict, match="followed already"):
        in_memory.feeds.add(hut, url, "Again", by=in_memory.host)
    for name in ("", " ", "a\nb", "x" * 101, None):
        with pytest.raises(InvalidInput, match="1 to 100 characters"):
            in_memory.feeds.add(hut, f"{url}?1", name, by=in_memory.host)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="there are: none"):
        in_memory.feeds.add(hut, f"{url}?1", "x", by=in_memory.host, resource="seats")
    for number in range(19):
        in_memory.feeds.add(hut, f"{url}?{number}", "x", by=in_memory.host)
    with pytest.raises(LimitExceeded, match="20 calendars at most"):
        in_memory.feeds.add(hut, f"{url}?last", "x", by=in_memory.host)
    assert len(in_memory.feeds.list(hut, by=in_memory.host)) == 20


def test_nobody_is_asked_while_anything_is_open(in_memory: Valley) -> None:
    """Inside a unit of work no calendar is added, refreshed or fetched: it would wait for a
    stranger with the database's locks in its hand."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    count = len(in_memory.site.asked)
    for attempt in (
        lambda: in_memory.feeds.add(hut, in_memory.site.url("/b"), "x", by=in_memory.host),
        lambda: in_memory.feeds.refresh(feed.id, by=in_memory.host),
        lambda: in_memory.feeds.carry_out(feed.id, feed.turn),
    ):
        with pytest.raises(SetupError, match="no unit of work is open"), in_memory.market.batch():
            attempt()
    assert len(in_memory.site.asked) == count


def test_a_fetch_that_was_overtaken_is_not_written(in_memory: Valley) -> None:
    """Who was fetching while somebody else's refresh was written writes nothing: the older answer
    does not come after the newer."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    nested: list[Any] = []

    def slow(handler: Any) -> None:
        if not nested:
            nested.append(True)
            in_memory.site.pages["/a.ics"] = ALL
            in_memory.feeds.refresh(feed.id, by=in_memory.host)
        body = calendar(EARLY, LATE)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    in_memory.site.pages["/a.ics"] = slow
    with pytest.raises(Conflict) as caught:
        in_memory.feeds.refresh(feed.id, by=in_memory.host)
    assert caught.value.code == "refreshed_meanwhile"
    assert in_memory.nights(hut) == BLOCKED
    in_memory.feeds.carry_out(feed.id, feed.turn)
    assert in_memory.nights(hut) == BLOCKED


def test_a_worker_that_dies_while_fetching_is_followed_by_another(in_memory: Valley) -> None:
    """The timer is set again before the fetch: when the worker is gone, the next one takes over
    once the lease has run out."""
    hut = in_memory.hut()
    in_memory.site.pages["/a.ics"] = ALL
    feed = in_memory.feeds.add(hut, in_memory.site.url(), "Airbnb", by=in_memory.host)
    in_memory.market.clockwork.tick()  # Leased; the process dies before its errand.
    reborn = in_memory.market.clockwork
    while reborn.next_errand() is not None:
        pass
    assert (in_memory.nights(hut), in_memory.site.asked) == ([], [])
    in_memory.market.advance(in_memory.plugin.lease)
    assert (in_memory.nights(hut), in_memory.feed(feed.id).state) == (BLOCKED, "fine")


def test_a_calendar_that_breaks_the_reading_comes_again_later(
    in_memory: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a stranger's calendar breaks, its feed is failing and waits like any other; nothing
    is freed."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)

    def breaks(*args: object, **given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("marketplace.plugins.ical.refreshing.read_calendar", breaks)
    report = in_memory.feeds.refresh(feed.id, by=in_memory.host)
    assert (report.feed.state, report.feed.code, report.feed.tries) == ("failing", "unreadable", 1)
    assert in_memory.nights(hut) == BLOCKED


@pytest.mark.parametrize("domain", ["", "host", "a@b.example", "ü.example"])
def test_events_are_named_in_a_domain(domain: str) -> None:
    """Without a domain of the operator's own, our events could not be told from others'."""
    with pytest.raises(SetupError, match="a name of your own"):
        ICal(domain=domain)


def test_a_lease_outlives_a_fetch() -> None:
    """A lease that ends before the fetch can would have a second worker fetch the same, each time;
    and every no time is no plan."""
    for wrong in ({"lease": 10 * SECOND}, {"every": timedelta()}):
        with pytest.raises(SetupError, match="leased for more than"):
            ICal(domain="valley.example", **wrong)


def test_feeds_belong_to_a_marketplace_with_the_plugin(in_memory: Valley) -> None:
    """The verbs of one plugin object do not work on a marketplace that was opened with another."""
    with pytest.raises(SetupError, match="not opened with this plugin"):
        ICal(domain="other.example").feeds(in_memory.market)


def test_the_clock_acts_as_itself(in_memory: Valley) -> None:
    """What a calendar brings by the clock is the clock's doing in the audit, not the host's."""
    hut = in_memory.hut()
    in_memory.follow(hut, ALL)
    events = list(in_memory.market.events.about(hut, by=OPERATOR))
    assert {one.actor for one in events if one.kind == "listing.blocked"} == {str(CLOCK)}


def test_our_own_calendar_is_not_followed(in_memory: Valley) -> None:
    """An address that this marketplace hands out, or once handed out, is refused, however it is
    written; with what is wrong, the refusal stands in the audit under who asked."""
    hut, other = in_memory.hut(), in_memory.hut()
    before = in_memory.feeds.publish(other, by=in_memory.host)
    after = in_memory.feeds.rotate(before.id, by=in_memory.host)
    escaped = after.token.replace("-", "%2D")
    for path in (f"/{before.token}.ics", f"/feeds/{after.token}", f"/a.ics?t={escaped}"):
        with pytest.raises(Refused) as caught:
            in_memory.feeds.add(hut, in_memory.site.url(path), "x", by=in_memory.host)
        assert caught.value.code == "own_calendar"
    with pytest.raises(InvalidInput):
        in_memory.feeds.add(hut, "file:///etc/passwd", "x", by=in_memory.host)
    with in_memory.market.batch() as work:
        refused = [one for one in work.commands.about(hut) if one.outcome == "refused"]
    assert [(one.name, one.actor) for one in refused] == [("ical.add", in_memory.host)] * 4
    assert list(in_memory.feeds.list(hut, by=in_memory.host)) == []
