"""Stretches of a calendar, held against a naive count of days."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import DAY, HOUR, MINUTE, Reservation, Resource
from marketplace.plugins.ical.reading import Moment, Taken
from marketplace.plugins.ical.stretches import MOST_GRAINS, Ruler, Stretch, full

START = datetime(2026, 12, 1, tzinfo=UTC)


def days(first: int, last: int) -> Stretch:
    return Stretch(START + first * DAY, START + last * DAY)


def inside(stretch: Stretch) -> set[int]:
    return set(range((stretch.start - START) // DAY, (stretch.end - START) // DAY))


STRETCHES = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda x: days(x[0], x[0] + x[1]))


@given(STRETCHES, st.lists(STRETCHES, max_size=6))
def test_what_is_left_is_the_rest(one: Stretch, others: list[Stretch]) -> None:
    """A stretch without others is its days without theirs, in order, each day once, and no two
    neighbours that could be one."""
    left = one.less(others)
    rest = inside(one) - {day for other in others for day in inside(other)}
    assert [day for part in left for day in sorted(inside(part))] == sorted(rest)
    assert all(a.end < b.start for a, b in itertools.pairwise(left))


@given(st.lists(st.tuples(STRETCHES, st.integers(1, 2)), max_size=8), st.integers(0, 3))
def test_full_is_where_no_more_can_be_claimed(
    claims: list[tuple[Stretch, int]], capacity: int
) -> None:
    """Of a counted resource the full stretches are exactly the claimed days on which the sum leaves
    no room, each with those who have it."""
    resource = Resource("re", "li", "nights", "counted", capacity, DAY, "UTC")
    made = [
        Reservation(
            f"r{n}", "re", "block", f"r{n}", quantity, "confirmed", START, one.start, one.end
        )
        for n, (one, quantity) in enumerate(claims)
    ]
    used: dict[int, int] = {}
    for one, quantity in claims:
        for day in inside(one):
            used[day] = used.get(day, 0) + quantity
    found = {day for stretch, _ in full(made, resource) for day in inside(stretch)}
    assert found == {day for day, sum_ in used.items() if sum_ + 1 > capacity}
    for stretch, here in full(made, resource):
        for day in inside(stretch):
            there = {
                one.id for one, (span, _) in zip(made, claims, strict=True) if day in inside(span)
            }
            assert {one.id for one in here} == there


NIGHTS = Resource("re", "li", "nights", "counted", 1, DAY, "Europe/Berlin")
LOCAL = datetime.fromisoformat
KATHMANDU = ZoneInfo("Asia/Kathmandu")


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (date(2026, 12, 1), date(2026, 12, 3), "12-01", "12-03"),
        (LOCAL("2026-12-01T15:00"), LOCAL("2026-12-03T11:00"), "12-01", "12-03"),
        (LOCAL("2026-12-01T00:00"), LOCAL("2026-12-03T00:00"), "12-01", "12-03"),
        (LOCAL("2026-12-01T10:00"), LOCAL("2026-12-01T12:00"), "12-01", "12-02"),
        (LOCAL("2026-12-01T23:30+00:00"), LOCAL("2026-12-03T22:30+00:00"), "12-02", "12-03"),
        (LOCAL("2026-03-28T15:00"), LOCAL("2026-03-30T11:00"), "03-28", "03-30"),
        (datetime(2026, 12, 1, 2, tzinfo=KATHMANDU), datetime(2026, 12, 2, 9, tzinfo=KATHMANDU),
         "11-30", "12-02"),
    ],
    ids=["days", "floating", "midnights", "hours of a day", "instants", "short day", "other zone"],
)  # fmt: skip
def test_nights_are_local_dates(start: Moment, end: Moment, first: str, last: str) -> None:
    """Where days are counted, an event takes the local dates from its start to its end, the last
    outside, and at least one; whatever the clocks do."""
    found = Ruler(NIGHTS, "UTC").stretch(Taken("a", start, end))
    assert (f"{found.start:%m-%d}", f"{found.end:%m-%d}") == (first, last)
    assert found.start.time() == found.end.time() == START.time()


def test_hours_are_instants_of_a_zone() -> None:
    """Where instants are counted, days and times of the place are those of its zone; a counted
    calendar takes whole grains, a single one the exact time."""
    court = Resource("re", "li", "hours", "counted", 2, HOUR)
    lesson = Resource("re", "li", "lessons", "single", 1, HOUR)
    taken = Taken("a", LOCAL("2026-12-01T15:20"), LOCAL("2026-12-01T16:10"))
    exact = Ruler(lesson, "Europe/Berlin").stretch(taken)
    assert (exact.start.isoformat(), exact.end - exact.start) == (
        "2026-12-01T14:20:00+00:00", 50 * MINUTE,
    )  # fmt: skip
    whole = Ruler(court, "Europe/Berlin").stretch(taken)
    assert (whole.start.hour, whole.end.hour, whole.end.minute) == (14, 16, 0)
    day = Ruler(court, "Europe/Berlin").stretch(Taken("a", date(2027, 3, 28), date(2027, 3, 29)))
    assert day.end - day.start == 23 * HOUR


@given(st.integers(1, 3 * MOST_GRAINS))
def test_a_long_stretch_is_several_blocks(length: int) -> None:
    """Parts follow each other without a gap, and none covers more than one block may."""
    ruler = Ruler(Resource("re", "li", "hours", "counted", 1, HOUR), "UTC")
    parts = ruler.parts(Stretch(START, START + length * HOUR))
    assert parts[0].start == START
    assert parts[-1].end == START + length * HOUR
    assert all(a.end == b.start for a, b in itertools.pairwise(parts))
    assert all(one.end - one.start <= MOST_GRAINS * HOUR for one in parts)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo"])
def test_a_block_takes_the_days_it_is_for(zone: str) -> None:
    """Local days come back as the same local days, on every day of two years."""
    nights = Resource("re", "li", "nights", "counted", 1, DAY, zone)
    ruler = Ruler(nights, "UTC")
    for number in range(730):
        stretch = days(number, number + 1)
        span = ruler.span(stretch)
        assert span.end is not None
        assert nights.covers(span.start, span.end) == (stretch.start, stretch.end)
    assert ruler.edge(START - timedelta(hours=1)).time() == START.time()
