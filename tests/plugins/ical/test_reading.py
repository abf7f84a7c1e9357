"""Reading calendars in the forms in which other places write them, and in no other's interest."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import Refused
from marketplace.plugins.ical.reading import Calendar, ReadingLimits, read_calendar
from tests.support.calendars import calendar, stay

FIRST, LAST = date(2026, 11, 23), date(2028, 11, 22)

AIRBNB = calendar(
    """DTEND;VALUE=DATE:20261205
DTSTART;VALUE=DATE:20261201
UID:1418fb94e984-27d6b4f1cdb1a8e3c1a1@airbnb.com
DESCRIPTION:Reservation URL: https://www.airbnb.com/hosting/reservations/details/HMABC\\nPhone
  Number (Last 4 Digits): 1234
SUMMARY:Reserved""",
    """DTEND;VALUE=DATE:20261123
DTSTART;VALUE=DATE:20261122
UID:7f662ec65913-5e1b7f4b3f2d@airbnb.com
SUMMARY:Airbnb (Not available)""",
    """DTEND;VALUE=DATE:20281123
DTSTART;VALUE=DATE:20271123
UID:7f662ec65913-6b2d9f4b3f2d@airbnb.com
SUMMARY:Airbnb (Not available)""",
)
BOOKING = calendar(
    """DTSTART;VALUE=DATE:20261201
DTEND;VALUE=DATE:20261205
UID:d1d4a5a4f5a0c1b1a2f3@booking.com
SUMMARY:CLOSED - Not available""",
    end="\n",
)
VRBO = calendar(
    """UID:3f2a7c1e-aaaa-bbbb-cccc-1234567890ab
DTSTAMP:20261101T101112Z
DTSTART;VALUE=DATE:20261201
DTEND;VALUE=DATE:20261205
SUMMARY:Reserviert - Müller""",
    """UID:3f2a7c1e-aaaa-bbbb-cccc-1234567890ac
DTSTAMP:20261101T101112Z
DTSTART;VALUE=DATE:20261210
DTEND;VALUE=DATE:20261211
SUMMARY:Blocked""",
)


def read(body: bytes, **given: Any) -> Calendar:
    return read_calendar(body, first=FIRST, last=LAST, own_domain="valley.example", **given)


def days(body: bytes, **given: Any) -> list[tuple[Any, Any]]:
    return [(one.start, one.end) for one in read(body, **given).taken]


@pytest.mark.parametrize("name", ["AIRBNB", "BOOKING", "VRBO"])
def test_the_forms_of_other_places_are_read(name: str) -> None:
    """The end before the start, no stamp, bare line feeds, folded lines, local languages: the days
    come out, and what is a guest's stay is told from what is only kept back where it says so."""
    found = read(globals()[name])
    assert (dict(found.left_out), found.unclear, found.own) == ({}, frozenset(), 0)
    first = found.taken[0]
    assert (first.start, first.end) == (date(2026, 12, 1), date(2026, 12, 5))
    closed = [one.closed for one in found.taken]
    assert (
        closed == {"AIRBNB": [False, True, True], "BOOKING": [False], "VRBO": [False, True]}[name]
    )


def test_nothing_personal_is_read() -> None:
    """No name, number, address or text of a guest comes out of a calendar, not even the name by
    which it calls an event."""
    told = repr([read(AIRBNB), read(VRBO)])
    for personal in ("1234", "HMABC", "Müller", "Reserv", "airbnb", "3f2a7c1e", "http"):
        assert personal not in told


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    """Carriage return, line feed or both: the same calendar, with a mark at its beginning or
    without, in small letters too."""
    body = calendar(stay("a", "20261201", "20261205"), end=end)
    expected = [(date(2026, 12, 1), date(2026, 12, 5))]
    assert days(body) == days(b"\xef\xbb\xbf" + body) == days(body.lower()) == expected


BERLIN = ZoneInfo("Europe/Berlin")
LOCAL = datetime.fromisoformat


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        ("DTSTART:20261201T150000Z\nDTEND:20261203T100000Z",
         datetime(2026, 12, 1, 15, tzinfo=UTC), datetime(2026, 12, 3, 10, tzinfo=UTC)),
        ("DTSTART:20261201T150000\nDTEND:20261203T100000",
         LOCAL("2026-12-01T15:00:00"), LOCAL("2026-12-03T10:00:00")),
        ("DTSTART;TZID=Europe/Berlin:20261201T150000\nDTEND;TZID=Europe/Berlin:20261203T100000",
         datetime(2026, 12, 1, 15, tzinfo=BERLIN), datetime(2026, 12, 3, 10, tzinfo=BERLIN)),
        ("DTSTART;TZID=W. Europe Standard Time:20261201T150000\nDURATION:PT2H",
         datetime(2026, 12, 1, 15, tzinfo=BERLIN), datetime(2026, 12, 1, 17, tzinfo=BERLIN)),
        ("DTSTART;TZID=/somebody/made/this:20261201T150000\nDURATION:PT2H",
         LOCAL("2026-12-01T15:00:00"), LOCAL("2026-12-01T17:00:00")),
        ("DTSTART;VALUE=DATE:20261201\nDURATION:P3D", date(2026, 12, 1), date(2026, 12, 4)),
        ("DTSTART;VALUE=DATE:20261201", date(2026, 12, 1), date(2026, 12, 2)),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261201",
         date(2026, 12, 1), date(2026, 12, 2)),
        ("DTSTART:20261201\nDTEND:20261203", date(2026, 12, 1), date(2026, 12, 3)),
    ],
    ids=["utc", "floating", "zone", "windows", "unknown", "duration", "no end", "same", "bare"],
)  # fmt: skip
def test_days_and_times(lines: str, start: Any, end: Any) -> None:
    """A day is a day, an instant an instant of its zone, and what has no zone that is known is
    a time on the clocks of the place; the end is outside, and a day without one lasts a day."""
    with_zone = b"".join(
        [
            b"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:/somebody/made/this\nBEGIN:STANDARD\n",
            b"DTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\nTZOFFSETFROM:+0000\n",
            b"TZOFFSETTO:+9999\nEND:STANDARD\nEND:VTIMEZONE\n",
            calendar(f"UID:a\n{lines}").split(b"\r\n", 1)[1],
        ]
    )
    ((found_start, found_end),) = days(with_zone)
    assert (found_start, found_end) == (start, end)
    assert type(found_start) is type(start)
    if isinstance(start, datetime):
        assert found_start.utcoffset() == start.utcoffset()


def test_what_takes_no_time_is_no_event_of_ours() -> None:
    """What was called off, or says that the time stays free, takes nothing."""
    off = stay("a", "20261201", "20261205") + "\nSTATUS:CANCELLED"
    free = stay("b", "20261201", "20261205") + "\nTRANSP:TRANSPARENT"
    assert days(calendar(off, free)) == []


def test_what_cannot_be_read_is_counted_and_kept() -> None:
    """An event that ends before it starts, or has no start, or a start that is none, is left out
    by its reason, and its name is told so that what is known of it stays; the others are read."""
    good = stay("good", "20261201", "20261205")
    found = read(
        calendar(
            good,
            stay("a", "20261205", "20261201"),
            "UID:b\nDTEND;VALUE=DATE:20261201",
            "UID:c\nDTSTART:tomorrow",
            "UID:d\nDTSTART;VALUE=DATE:20261201\nDTEND:20261203T000000Z",
            "UID:e\nDTSTART:20261201T100000\nDTEND:20261203T000000Z",
            "UID:f\nDTSTART;VALUE=DATE:20261201\nDTSTART;VALUE=DATE:20261202",
            "SUMMARY:nameless",
        )
    )
    assert len(found.taken) == 1
    assert found.left_out == {"ends_before_it_starts": 1, "unreadable": 6}
    assert len(found.unclear) == 7
    assert "" in found.unclear


def test_our_own_events_are_dropped() -> None:
    """What was named in our own domain is ours, come back by whatever way; a name that only looks
    like it is somebody else's."""
    found = read(
        calendar(
            stay("d12139fa@valley.example", "20261201", "20261205"),
            stay("D12139FB@VALLEY.EXAMPLE", "20261201", "20261205"),
            stay("x@not-valley.example", "20261207", "20261208"),
            stay("valley.example", "20261208", "20261209"),
        )
    )
    assert (found.own, len(found.taken)) == (2, 2)


@pytest.mark.parametrize(
    ("rule", "starts"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", ["12-01", "12-08", "12-15"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261215", ["12-01", "12-08", "12-15"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261214T235959Z", ["12-01", "12-08"]),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261208", ["12-01", "12-15"]),
        ("RRULE:FREQ=DAILY;COUNT=2\nRDATE;VALUE=DATE:20261224", ["12-01", "12-02", "12-24"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4", ["12-01", "12-07", "12-08", "12-14"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["12-01", "12-25", "01-29"]),
        ("RDATE;VALUE=DATE:20261210,20261211", ["12-01", "12-10", "12-11"]),
    ],
)
def test_what_recurs_is_taken_each_time(rule: str, starts: list[str]) -> None:
    """A rule with its exceptions and additions comes to its days; the first is always one."""
    found = days(calendar(f"UID:a\nDTSTART;VALUE=DATE:20261201\n{rule}"))
    assert [f"{start:%m-%d}" for start, _ in found] == starts


def test_one_time_of_many_may_be_moved_or_called_off() -> None:
    """An event that stands for one time of another takes its place, also when it is called off."""
    lesson = "UID:a\nDTSTART;TZID=Europe/Berlin:20261201T150000\nDURATION:PT1H"
    moved = "UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20261208T150000"
    found = days(
        calendar(
            f"{lesson}\nRRULE:FREQ=WEEKLY;COUNT=4",
            f"{moved}\nDTSTART;TZID=Europe/Berlin:20261209T090000\nDURATION:PT1H",
            f"{moved.replace('1208', '1215')}\n{lesson[6:]}\nSTATUS:CANCELLED",
        )
    )
    assert sorted(f"{start:%m-%d %H}" for start, _ in found) == ["12-01 15", "12-09 09", "12-22 15"]


def test_a_rule_keeps_to_the_clocks_of_its_place() -> None:
    """Four o'clock stays four o'clock when summer begins."""
    lesson = "UID:a\nDTSTART;TZID=Europe/Berlin:20270325T160000\nDURATION:PT1H"
    found = days(calendar(f"{lesson}\nRRULE:FREQ=DAILY;COUNT=5"))
    assert {start.hour for start, _ in found} == {16}
    assert {start.astimezone(UTC).hour for start, _ in found} == {15, 14}


def test_nothing_lies_beyond_the_horizon() -> None:
    """What recurs until the year 9999, or begins long ago, comes to the days between the two ends
    and no others."""
    for rule in ("FREQ=DAILY;UNTIL=99991231T000000Z", "FREQ=DAILY", "FREQ=YEARLY;COUNT=9999"):
        found = days(calendar(f"UID:a\nDTSTART;VALUE=DATE:20200101\nRRULE:{rule}"))
        assert 0 < len(found) <= 733
        assert all(end >= FIRST and start <= LAST for start, end in found)
    assert (
        days(calendar(stay("a", "20290101", "20290102"), stay("b", "20200101", "20200102"))) == []
    )


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY", "FREQ=MINUTELY;BYHOUR=25", "FREQ=HOURLY", "FREQ=DAILY;BYSETPOS=400",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO", "FREQ=YEARLY;BYEASTER=0", "FREQ=YEARLY;BYWEEKNO=60",
        "FREQ=SOMETIMES", "COUNT=3", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=-1",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYMONTH=13",
    ],
)  # fmt: skip
def test_a_rule_that_is_not_followed_is_told(rule: str) -> None:
    """Rules of seconds, rules that could be looked through for ever, rules that are none: left out
    at once, counted, and what is known of the event stays."""
    began = time.monotonic()
    found = read(calendar(f"UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:{rule}"))
    assert (len(found.taken), sum(found.left_out.values()), len(found.unclear)) in {(0, 1, 1)}
    assert time.monotonic() - began < 3


NEVER = "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
BOMBS = {
    "events": (calendar(*[stay(f"e{n}", "20261201", "20261202") for n in range(201)]), "events"),
    "many days": (
        calendar(*[f"UID:{n}\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY" for n in range(9)]),
        "events",
    ),
    "nesting": (b"BEGIN:VCALENDAR\n" + b"BEGIN:VTIMEZONE\n" * 50, "too_deep"),
    "nested events": (
        b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 3 + b"BEGIN:VALARM\n" * 3, "too_deep"
    ),
    "a long line": (calendar(f"UID:{'x' * 20_000}"), "too_large"),
    "a folded line": (calendar("UID:x" + "\n yyyyyyyyyy" * 2_000), "too_large"),
    "lines": (b"BEGIN:VCALENDAR\n" + b"X:y\n" * 300_000, "too_large"),
    "empty lines": (b"\n" * 300_000, "too_large"),
    "never": (calendar(*[f"UID:{n}\n{NEVER}" for n in range(100)]), "too_slow"),
    "nothing": (b"", "not_a_calendar"),
    "a page": (b"<!doctype html><html></html>", "not_a_calendar"),
    "half": (calendar(stay("a", "20261201", "20261205"))[:-20], "not_a_calendar"),
    "crossed": (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", "not_a_calendar"),
    "another thing": (b"BEGIN:VCARD\nEND:VCARD\n", "not_a_calendar"),
    "two in one": (b"BEGIN:VCALENDAR\nEND:VCALENDAR\nX:y\nBEGIN:VCALENDAR\n", "not_a_calendar"),
    "bytes": (bytes(range(256)) * 50, "not_a_calendar"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_too_much_or_no_calendar_is_refused(name: str) -> None:
    """Too many events, days, lines, levels or seconds, half a calendar or none: refused whole, by
    name, and soon."""
    body, code = BOMBS[name]
    limits = ReadingLimits(events=200, seconds=1)
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        read(body, limits=limits)
    assert caught.value.code == {"events": "too_many_events"}.get(code, code)
    assert time.monotonic() - began < 5


LINES = st.sampled_from(
    [
        "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "END:VCALENDAR", "UID:a",
        "UID:", "DTSTART;VALUE=DATE:20261201", "DTSTART:20261201T150000Z", "DTSTART", "DTSTART:",
        "DTSTART;TZID=Europe/Berlin:20261201T150000", "DTEND;VALUE=DATE:99991231",
        "DTEND:00000000", "DTEND;VALUE=DATE:20261205", "DURATION:P1D", "DURATION:-P1D",
        "DURATION:P999999999D", "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=WEEKLY;UNTIL=x",
        "RRULE:", "RRULE:FREQ=DAILY;UNTIL=20261203T000000Z", "EXDATE;VALUE=DATE:20261202",
        "EXDATE:20261202T000000Z", "RDATE;VALUE=PERIOD:20261201T000000Z/P1D", "RDATE:x",
        "RECURRENCE-ID;VALUE=DATE:20261202", "RECURRENCE-ID:x", "STATUS:CANCELLED",
        "TRANSP:TRANSPARENT", " folded", "\tfolded", "SUMMARY;LANGUAGE=\"d:e\":x", ":", ";", "",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=14), st.binary(max_size=3))
def test_whatever_comes_is_read_or_refused(lines: list[str], noise: bytes) -> None:
    """Lines in any order, with any bytes among them, are read or refused; nothing else is raised,
    and nothing that ends before it starts comes out."""
    inner = "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"]).encode()
    cut = len(inner) // 2
    body = b"BEGIN:VCALENDAR\r\n" + inner[:cut] + noise + inner[cut:] + b"\r\nEND:VCALENDAR\r\n"
    try:
        found = read(body)
    except Refused:
        return
    assert all(one.start < one.end for one in found.taken)
