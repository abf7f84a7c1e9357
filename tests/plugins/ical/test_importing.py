"""What calendars say becomes blocks, and only blocks: made, kept and given back."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from marketplace import (
    DAY,
    HOUR,
    SoldOut,
    Span,
)
from tests.support.calendars import (
    ALL,
    BERLIN,
    BLOCKED,
    EARLY,
    LATE,
    NOON,
    Valley,
    calendar,
    dec,
    stay,
)


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
