"""Cancellation schedules: what the oracle's texts say, and what holds for every one of them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import DAY, HOUR, InvalidInput
from marketplace.plugins.stays.cancellations import (
    ALL,
    SCHEDULES,
    Grace,
    HostFee,
    Notice,
    Schedule,
    host_fee,
    keep_steps,
    kept,
)
from marketplace.plugins.stays.steps import Grid

NEW_YORK = Grid(DAY, ZoneInfo("America/New_York"))
START = NEW_YORK.instant(date(2026, 6, 10), time(15))
END = NEW_YORK.instant(date(2026, 6, 14), time(11))
LONG_AGO = START - 90 * DAY
PRICES: dict[str, Any] = {"runs": [["2026-06-10", 4, 10_000]], "units": 1, "less": 0}


def nights_kept(name: str, before: timedelta, booked: datetime = LONG_AGO) -> int:
    """What the host keeps of four nights at a hundred, in dollars."""
    found = kept(SCHEDULES[name], NEW_YORK, booked, (START, END), START - before)
    return keep_steps({**PRICES, "first": found.first, "rest_bp": found.rest_bp}) // 100


@pytest.mark.behaviour("S12")
@pytest.mark.parametrize(
    ("name", "before", "dollars"),
    [
        ("flexible", 24 * HOUR, 0),
        ("flexible", 23 * HOUR, 100),
        ("flexible", -25 * HOUR, 200),
        ("moderate", 5 * DAY, 0),
        ("moderate", 4 * DAY, 250),
        ("moderate", -25 * HOUR, 300),
        ("firm", 30 * DAY, 0),
        ("firm", 29 * DAY, 200),
        ("firm", 7 * DAY, 200),
        ("firm", 6 * DAY, 400),
        ("strict", 15 * DAY, 200),
        ("strict", 7 * DAY, 200),
        ("strict", 6 * DAY, 400),
        ("long_term", 30 * DAY, 0),
        ("long_term", 29 * DAY, 400),
        ("non_refundable", 80 * DAY, 400),
        ("flexible_2016", DAY, 0),
        ("moderate_2016", 5 * DAY, 0),
        ("strict_2016", 7 * DAY, 200),
        ("strict_2016", 6 * DAY, 400),
        ("super_strict_30", 30 * DAY, 200),
        ("super_strict_30", 29 * DAY, 400),
    ],
)
def test_the_schedules_say_what_their_texts_say(name: str, before: timedelta, dollars: int) -> None:
    """Of four nights at a hundred, the host keeps what the published text gives him."""
    assert nights_kept(name, before) == dollars


@pytest.mark.behaviour("S12")
def test_two_days_of_grace_two_weeks_ahead() -> None:
    """Firm and strict give all back within 48 hours of booking, if check-in is 14 days away."""
    for name in ("firm", "strict"):
        soon = START - 20 * DAY
        assert nights_kept(name, 20 * DAY - 48 * HOUR, soon) == 0
        assert nights_kept(name, 20 * DAY - 49 * HOUR, soon) > 0
        late = START - 14 * DAY
        assert nights_kept(name, 14 * DAY - HOUR, late) > 0


def test_a_deadline_is_told_by_the_clock_of_the_property() -> None:
    """Five days before three in the afternoon is three in the afternoon, whatever clocks do."""
    start = NEW_YORK.instant(date(2026, 3, 10), time(15))
    until = Notice(days=5).until(NEW_YORK, start)
    assert NEW_YORK.local(until).isoformat() == "2026-03-05T15:00:00-05:00"
    assert start - until == 5 * DAY - HOUR
    assert start - Notice(hours=120).until(NEW_YORK, start) == 5 * DAY


def test_a_schedule_is_data() -> None:
    """What an operator wrote is read back as it was, and refused where it makes no sense."""
    for schedule in SCHEDULES.values():
        assert Schedule.of(schedule.as_data()) == schedule
    with pytest.raises(InvalidInput, match="longest notice"):
        Schedule([Notice(days=1), Notice(days=7)])
    with pytest.raises(InvalidInput, match="basis points"):
        Notice(nights_bp=10_001)
    with pytest.raises(InvalidInput, match="whole number"):
        Grace(hours=True)


schedules = st.builds(
    lambda rows, grace, more, rest: Schedule(
        [
            Notice(days=days, nights_bp=bp, fee_bp=0)
            for days, bp in sorted(rows.items(), reverse=True)
        ],
        grace,
        more,
        rest,
    ),
    st.dictionaries(st.integers(0, 90), st.integers(0, ALL), max_size=4),
    st.none() | st.just(Grace()),
    st.none() | st.integers(0, 40),
    st.integers(0, ALL),
)


@pytest.mark.behaviour("S12")
@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50_000)), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(0, 100),
    st.lists(st.integers(-24 * 100, 24 * 40), min_size=2, max_size=6),
)
def test_what_is_kept_grows_with_time_and_never_beyond_the_price(
    name: str, runs: list[tuple[int, int]], units: int, share: int, hours: list[int]
) -> None:
    """Kept and given back are the price; who waits longer never gets more back."""
    nights = sum(count for count, _ in runs)
    end = NEW_YORK.instant(date(2026, 6, 10) + timedelta(days=nights), time(11))
    gross = units * sum(count * each for count, each in runs)
    inputs = {"runs": [["", *run] for run in runs], "units": units, "less": gross * share // 100}
    sums = []
    for hour in sorted(hours):
        found = kept(SCHEDULES[name], NEW_YORK, LONG_AGO, (START, end), START + hour * HOUR)
        sums.append(keep_steps({**inputs, "first": found.first, "rest_bp": found.rest_bp}))
    assert sums == sorted(sums)
    assert all(0 <= one <= gross - inputs["less"] for one in sums)


@given(schedules, st.integers(1, 60), st.integers(-3_000, 2_000))
def test_any_schedule_keeps_a_part(schedule: Schedule, nights: int, hour: int) -> None:
    """Whatever an operator writes, what is kept is between nothing and all."""
    end = NEW_YORK.instant(date(2026, 6, 10) + timedelta(days=nights), time(11))
    found = kept(schedule, NEW_YORK, LONG_AGO, (START, end), START + hour * HOUR)
    amount = keep_steps(
        {"of": 999, "steps": nights, "less": 99, "first": found.first, "rest_bp": found.rest_bp}
    )
    assert 0 <= amount <= 900
    assert all(0 <= bp <= ALL for bp in (found.rest_bp, found.cleaning_bp, found.fee_bp))


def test_a_host_pays_more_the_later_he_cancels() -> None:
    """A tenth a month ahead, a quarter, then half; and no less than the least."""
    fee = HostFee(least={"USD": 5_000})
    shares = [fee.share(before)[1] for before in (40 * DAY, 30 * DAY, 3 * DAY, HOUR, -DAY)]
    assert shares == [1_000, 1_000, 2_500, 5_000, 5_000]
    assert host_fee({"of": 40_000, "bp": 1_000, "least": 5_000}) == 5_000
    assert host_fee({"of": 80_000, "bp": 1_000, "least": 5_000}) == 8_000


def test_hours_begun_are_hours_taken() -> None:
    """With a grain of an hour, who leaves after ninety minutes has taken two."""
    grid = Grid(HOUR, ZoneInfo("UTC"))
    start = datetime(2026, 6, 10, 9, tzinfo=UTC)
    span = (start, start + 4 * HOUR)
    found = kept(SCHEDULES["flexible"], grid, LONG_AGO, span, start + 90 * timedelta(minutes=1))
    assert found.first == 3
