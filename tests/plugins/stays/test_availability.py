"""Availability: one implementation of the rules, asked for a stay or shown as a calendar."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace import DAY, HOUR, MINUTE, InvalidInput, Reservation
from marketplace.plugins.stays.availability import calendar, refusals, uses
from marketplace.plugins.stays.home import Home
from marketplace.plugins.stays.steps import midnight
from tests.plugins.stays.homes import NEW_YEAR, claim, home, wish

APRIL = date(2026, 4, 1)


def codes(home: Home, arrive: date, nights: int, *claims: Reservation, **said: Any) -> list[str]:
    """What stands against a stay."""
    found = refusals(home, wish(home, arrive, nights, **said), claims, NEW_YEAR, 400)
    return [reason.code for reason in found]


def free(home: Home, *claims: Reservation, count: int = 10) -> str:
    """Free units from the first of April on, a dot where a night cannot be had."""
    shown = calendar(home, claims, midnight(APRIL), count, NEW_YEAR, mine=False)
    return "".join(str(one.free) if one.bookable else "." for one in shown)


def test_back_to_back_is_allowed_and_an_overlap_is_not() -> None:
    """The day of departure is the next one's arrival."""
    taken = claim(date(2026, 4, 3), 2)
    assert codes(home(), APRIL, 2, taken) == []
    assert codes(home(), date(2026, 4, 5), 2, taken) == []
    for start in (2, 3, 4):
        assert codes(home(), date(2026, 4, start), 2, taken) == ["stay_dates_taken"]


@pytest.mark.behaviour("S2")
def test_units_of_a_type_are_counted_night_by_night() -> None:
    """Of three units two are left where one is taken; nobody is sent from room to room."""
    three = home(units=3)
    claims = [
        claim(APRIL, 3),
        claim(date(2026, 4, 2), 3),
        claim(date(2026, 4, 3), 1, cause="block"),
    ]
    assert free(three, *claims) == "21.2333333"
    assert codes(three, APRIL, 2, *claims, units=1) == []
    assert codes(three, APRIL, 2, *claims, units=2) == ["stay_dates_taken"]
    assert codes(three, APRIL, 2, units=4)[0] == "stay_too_few_units"


@pytest.mark.behaviour("S2", "S4")
def test_preparation_is_blocked_and_not_displayed() -> None:
    """A stay needs its nights and those to prepare in, and may not have them from a neighbour."""
    prepared = home(before=1, after=2)
    taken = claim(date(2026, 4, 5), 1)
    assert free(prepared, taken) == "11....1111"
    assert codes(prepared, date(2026, 4, 2), 1, taken) == []
    assert codes(prepared, date(2026, 4, 3), 1, taken) == ["stay_no_time_to_prepare"]
    assert codes(prepared, date(2026, 4, 6), 1, taken) == ["stay_no_time_to_prepare"]
    assert codes(prepared, date(2026, 4, 7), 1, taken) == []


def test_a_claim_that_has_lapsed_takes_nothing() -> None:
    """A reservation whose time is over is no reservation; one whose time runs is."""
    lapsed = claim(APRIL, 1, state="reserved", until=NEW_YEAR)
    assert codes(home(), APRIL, 1, lapsed) == []
    assert codes(home(), APRIL, 1, evolve(lapsed, until=NEW_YEAR + MINUTE)) == ["stay_dates_taken"]


@pytest.mark.behaviour("S3")
def test_lengths_go_by_the_date_of_arrival() -> None:
    """Who arrives in the high season stays a week; who is already there need not."""
    season = {"from": "2026-04-10", "to": "2026-04-20", "least": 7, "most": 14}
    place = home(plan={"least": 2, "rules": [season]})
    assert codes(place, date(2026, 4, 9), 2) == []
    assert codes(place, date(2026, 4, 10), 6) == ["stay_too_short_arriving"]
    assert codes(place, date(2026, 4, 10), 15) == ["stay_too_long_arriving"]
    assert codes(place, APRIL, 1) == ["stay_too_short_arriving"]


@pytest.mark.behaviour("S3")
def test_a_rule_may_bind_whoever_is_there() -> None:
    """With ``through`` a length holds for every stay that touches its dates."""
    feast = {"from": "2026-04-10", "to": "2026-04-12", "least": 4, "most": 6, "through": True}
    place = home(plan={"rules": [feast]})
    assert codes(place, date(2026, 4, 7), 3) == []
    assert codes(place, date(2026, 4, 8), 3) == ["stay_too_short_through"]
    assert codes(place, date(2026, 4, 8), 4) == []
    assert codes(place, date(2026, 4, 8), 7) == ["stay_too_long_through"]


@pytest.mark.behaviour("S3")
def test_arrivals_and_departures_have_their_weekdays() -> None:
    """From Saturday to Saturday in summer, and nobody leaves on a day that the plan keeps."""
    place = home(
        plan={
            "rules": [
                {"from": "2026-07-01", "to": "2026-08-31", "arrive": ["sat"], "leave": ["sat"]}
            ]
        }
    )
    assert codes(place, date(2026, 7, 4), 7) == []
    assert codes(place, date(2026, 7, 4), 6) == ["stay_no_departure"]
    assert codes(place, date(2026, 7, 5), 6) == ["stay_no_arrival"]
    assert codes(place, date(2026, 6, 28), 3) == ["stay_no_departure"]


@pytest.mark.behaviour("S4")
def test_notice_is_counted_to_the_local_check_in() -> None:
    """A day of notice runs to three in the afternoon there, to the second."""
    place = home(plan={"notice_hours": 24})
    ask = wish(place, date(2026, 1, 5), 1)
    moment = ask.start - DAY
    assert refusals(place, ask, (), moment, 400) == []
    late = refusals(place, ask, (), moment + timedelta(seconds=1), 400)
    assert [reason.code for reason in late] == ["stay_too_soon"]
    assert late[0].params == {"notice_s": 86_400, "left_s": 86_399}
    begun = refusals(home(), ask, (), ask.start, 400)
    assert [reason.code for reason in begun] == ["stay_in_the_past"]


@pytest.mark.behaviour("S4")
def test_the_window_ends_with_its_last_night() -> None:
    """Ten days ahead are ten nights from today on, by the date there and not in Greenwich."""
    place = home(plan={"window_days": 10})
    assert codes(place, date(2026, 1, 8), 3) == []
    assert codes(place, date(2026, 1, 9), 3) == ["stay_too_far_ahead"]
    there = home(zone="Pacific/Kiritimati", plan={"window_days": 10})
    assert codes(there, date(2026, 1, 9), 3) == []


def test_a_night_without_a_price_is_not_held_out() -> None:
    """A host who names no price for a night has not offered it, and it is said."""
    rules = [{"from": "2026-04-02", "to": "2026-04-05", "price": 5}]
    place = home(rates={}, plan={"rules": rules})
    assert free(place) == ".1111....."
    assert codes(place, date(2026, 4, 4), 3) == ["stay_no_price"]


@pytest.mark.parametrize(
    ("said", "asked", "code"),
    [
        ({}, {"adults": 5}, "stay_too_many_guests"),
        ({}, {"pets": 1}, "stay_too_many_pets"),
        ({}, {"rate": "non_refundable"}, "stay_rate_not_offered"),
        ({"plan": {"open": False}}, {}, "stay_closed"),
    ],
)
def test_what_a_home_does_not_give(said: dict[str, Any], asked: dict[str, Any], code: str) -> None:
    """Guests, pets, rates and nights that a host does not hold out are refused by name."""
    assert codes(home(**said), APRIL, 1, **asked) == [code]
    assert codes(home(pets=1), APRIL, 1, pets=1, adults=2, children=2, infants=3) == []


def test_who_chooses_other_hours_moves_no_deadline() -> None:
    """Nights go from check-in to check-out: deadlines hang on those."""
    ask = wish(home(), APRIL, 2)
    early = evolve(ask, start=ask.start - HOUR)
    assert [one.code for one in refusals(home(), early, (), NEW_YEAR, 400)] == ["stay_other_times"]
    assert refusals(home(), early, (), NEW_YEAR, 400, by_dates=True) == []


def test_an_endless_stay_is_refused_before_it_is_counted() -> None:
    """A stay of eight thousand years costs nothing to refuse."""
    place = home()
    ask = evolve(wish(place, APRIL, 1), end=place.grid.instant(date(9999, 12, 30), place.check_out))
    (reason,) = refusals(place, ask, (), NEW_YEAR, 400)
    assert (reason.code, reason.params["limit"]) == ("stay_too_long", 400)


@pytest.mark.invariant(29)
def test_a_stay_on_one_date_is_no_stay() -> None:
    """Less than a night is bad input, not a question for the host."""
    ask = wish(home(), APRIL, 1)
    with pytest.raises(InvalidInput, match="one night or more"):
        refusals(home(), evolve(ask, end=ask.start + HOUR), (), NEW_YEAR, 400)


claims = st.lists(
    st.builds(
        claim,
        st.integers(-5, 14).map(lambda n: APRIL + timedelta(days=n)),
        st.integers(1, 6),
        st.integers(1, 2),
        cause=st.sampled_from(["transaction", "block"]),
    ),
    max_size=6,
)
plans = st.fixed_dictionaries(
    {
        "rules": st.lists(
            st.fixed_dictionaries(
                {
                    "from": st.integers(1, 10).map(lambda n: f"2026-04-{n:02}"),
                    "open": st.booleans(),
                }
            ),
            max_size=3,
        ),
    },
    optional={
        "notice_hours": st.integers(2_100, 2_400),
        "window_days": st.integers(88, 105),
    },
)


@given(claims, plans, st.integers(1, 3), st.integers(0, 2), st.integers(0, 2))
def test_the_calendar_and_the_request_say_the_same(
    taken: list[Reservation], plan: dict[str, Any], units: int, before: int, after: int
) -> None:
    """A night that the calendar shows as free can be asked for alone, and no other can."""
    place = home(units=units, before=before, after=after, plan=plan)
    shown = calendar(place, taken, midnight(APRIL), 10, NEW_YEAR, mine=False)
    for index, night in enumerate(shown):
        alone = codes(place, APRIL + timedelta(days=index), 1, *taken)
        assert night.bookable == (alone == []), (night, alone)


@given(claims, st.integers(0, 12), st.integers(1, 12))
def test_what_is_taken_is_the_sum_of_what_lies_there(
    taken: list[Reservation], start: int, count: int
) -> None:
    """For each night, the claims that lie on it add up, seen one night at a time."""
    first = midnight(APRIL + timedelta(days=start))
    found = uses(home(), taken, first, count, NEW_YEAR)
    for index, use in enumerate(found):
        night = first + index * DAY
        there = [one for one in taken if one.start <= night < one.end]  # type: ignore[operator]
        assert use.taken == sum(one.quantity for one in there)
        assert use.blocked == sum(one.quantity for one in there if one.cause == "block")


def test_only_the_host_sees_what_a_night_is_taken_for() -> None:
    """A guest learns that a night is taken; the host, by whom and why."""
    claims = [claim(APRIL, 1), claim(date(2026, 4, 2), 1, cause="block", label="roof")]
    for mine, told in ((False, ["stay_taken"] * 2), (True, ["stay_booked", "stay_blocked"])):
        shown = calendar(home(), claims, midnight(APRIL), 2, NEW_YEAR, mine=mine)
        assert [night.reasons[0].code for night in shown] == told
    assert shown[1].reasons[0].params == {"units": 1, "labels": "roof"}
