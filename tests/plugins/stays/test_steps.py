"""Steps: nights are dates of a zone, shorter steps are instants by its clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import DAY, HOUR, MINUTE, SECOND, InvalidInput
from marketplace.plugins.stays.steps import Grid, noun, zone_of

ZONES = (
    "UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia",
    "America/St_Johns", "Australia/Lord_Howe", "Pacific/Kiritimati", "Africa/Casablanca",
)  # fmt: skip
zones = st.sampled_from(ZONES).map(ZoneInfo)
dates = st.dates(date(1990, 1, 1), date(2060, 1, 1))
clocks = st.integers(0, 1_439).map(lambda minute: time(*divmod(minute, 60)))


def nights(zone: str = "America/New_York") -> Grid:
    """The nights of a zone."""
    return Grid(DAY, ZoneInfo(zone))


@pytest.mark.invariant(29)
@pytest.mark.behaviour("S1")
@given(zones, dates, st.integers(1, 400), clocks, clocks)
def test_nights_are_the_difference_of_dates(
    zone: ZoneInfo, arrive: date, count: int, check_in: time, check_out: time
) -> None:
    """From check-in to check-out there are as many nights as dates between, in any zone, across
    any change of its clocks."""
    grid, leave = Grid(DAY, zone), arrive + timedelta(days=count)
    if zone.key == "Pacific/Apia" and date(2011, 12, 30) in (arrive, leave):
        return  # Samoa left this date out: nobody arrives or leaves on it.
    start, end = grid.instant(arrive, check_in), grid.instant(leave, check_out)
    assert grid.count(start, end) == (leave - arrive).days
    first, after = grid.covers(start, end)
    assert (first, after) == (
        datetime.combine(arrive, time(), UTC),
        datetime.combine(leave, time(), UTC),
    )
    assert [step.day for step in grid.walk(first, count)][:: max(1, count - 1)][0] == arrive


@pytest.mark.invariant(29)
def test_a_stay_of_no_night_is_none() -> None:
    """Two instants of one local date, or of two in the wrong order, are no stay, though their UTC
    dates differ."""
    grid = nights()
    morning = datetime(2026, 4, 3, 13, tzinfo=UTC)
    for end in (morning + 10 * HOUR, morning + 14 * HOUR, morning - 2 * DAY):
        with pytest.raises(InvalidInput, match="one night or more"):
            grid.count(morning, end)


@pytest.mark.behaviour("S1")
def test_a_night_of_23_hours_and_one_of_25_are_one_each() -> None:
    """The clocks change in the night, and it stays one."""
    grid = nights()
    for day, hours in ((date(2026, 3, 7), 23), (date(2026, 10, 31), 25)):
        start, end = (grid.instant(one, time(12)) for one in (day, day + timedelta(days=1)))
        assert end - start == hours * HOUR
        assert grid.count(start, end) == 1


def test_a_check_in_in_the_hour_that_is_left_out_is_an_instant_all_the_same() -> None:
    """Half past two does not exist when the clocks go forward; the instant is one hour on."""
    instant = nights().instant(date(2026, 3, 8), time(2, 30))
    assert nights().local(instant).time() == time(3, 30)


@given(zones, dates, st.integers(0, 95), st.integers(1, 200))
def test_hours_are_whole_by_the_clock_on_the_wall(
    zone: ZoneInfo, day: date, quarter: int, count: int
) -> None:
    """A slot begins where the clock there shows a multiple of it, and lasts as long as it says."""
    grid = Grid(15 * MINUTE, zone)
    start = grid.instant(day, time(*divmod(quarter * 15, 60)))
    if grid.local(start).minute % 15:
        return
    assert grid.count(start, start + count * 15 * MINUTE) == count
    steps = grid.walk(start, count)
    assert steps[-1].at == start + (count - 1) * 15 * MINUTE
    assert steps[0].clock == grid.local(start).time()
    for off, length in ((MINUTE, 15 * MINUTE), (0 * MINUTE, 20 * MINUTE)):
        with pytest.raises(InvalidInput, match="a multiple of 0:15:00 by the clock"):
            grid.count(start + off, start + off + length)


def test_a_local_day_of_slots_has_23_or_25_hours_when_clocks_change() -> None:
    """Slots are instants: the day the clocks go back has two more half hours."""
    grid = Grid(30 * MINUTE, ZoneInfo("Europe/Berlin"))
    for day, slots in ((date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 6, 1), 48)):
        start, end = (grid.instant(one, time()) for one in (day, day + timedelta(days=1)))
        assert grid.count(start, end) == slots
        assert {step.day for step in grid.walk(start, slots)} == {day}


def test_claims_of_nights_are_read_back_as_the_instants_people_name() -> None:
    """What claims write as midnight UTC is midnight there."""
    grid = nights("Asia/Kathmandu")
    first = datetime(2026, 4, 3, tzinfo=UTC)
    span = grid.between(first, first + 2 * DAY)
    assert span.start == datetime(2026, 4, 2, 18, 15, tzinfo=UTC)
    assert grid.covers(span.start, span.end or span.start) == (first, first + 2 * DAY)


def test_a_grain_is_a_day_or_a_whole_part_of_one() -> None:
    """Anything else would not repeat from day to day, and is refused."""
    for grain in (7 * HOUR, 2 * DAY, 0 * DAY, -HOUR, SECOND / 2):
        with pytest.raises(InvalidInput, match="a day, or a whole part of one"):
            Grid(grain, ZoneInfo("UTC"))
    told = [noun(one) for one in (DAY, HOUR, 30 * MINUTE)]
    assert told == ["nights", "hours", "slots"]


def test_only_a_zone_that_exists_is_one() -> None:
    """A zone is a name of the IANA database."""
    assert zone_of("Asia/Kathmandu") == ZoneInfo("Asia/Kathmandu")
    for name in ("Asia/Nowhere", "", "../etc/passwd", "Asia", 5, None):
        assert zone_of(name) is None
