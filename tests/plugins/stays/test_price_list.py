"""Price lists: what sums say of a stay is what its nights say one by one."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import HOUR, InvalidInput, Money
from marketplace.plugins.stays import Stays
from marketplace.plugins.stays.home import Home
from marketplace.plugins.stays.plan import WEEKDAYS
from marketplace.plugins.stays.pricing import hosts_lines
from marketplace.plugins.stays.rates import runs
from marketplace.plugins.stays.rules import prices
from marketplace.plugins.stays.steps import midnight
from tests.plugins.stays.homes import NEW_YEAR, home, listing, wish

FIRST = date(2026, 3, 20)
PAGE = 90
"""Days from the first on which rules and stays may begin."""

sums = st.integers(0, 10**9)
weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=6, unique=True)


def dated(first: int, days: int, said: dict[str, Any]) -> dict[str, Any]:
    """A rule for so many days."""
    begins = FIRST + timedelta(days=first)
    ends = begins + timedelta(days=days)
    return {"from": begins.isoformat(), "to": ends.isoformat(), **said}


said = st.fixed_dictionaries(
    {}, optional={"price": sums, "weekdays": weekdays, "least": st.just(2)}
)
rules = st.lists(
    st.builds(dated, st.integers(0, PAGE), st.integers(0, 60), said)
    | st.fixed_dictionaries({"weekdays": weekdays}, optional={"price": sums}),
    max_size=8,
)
rates = st.fixed_dictionaries(
    {}, optional={"nightly": sums, "weekend": sums, "weekend_days": weekdays}
)


def by_night(place: Home, first: date, nights: int) -> list[int | None]:
    """What the host asks for each night, looked up one by one."""
    steps = place.grid.walk(midnight(first), nights)
    days = place.plan.days(steps[0].day, steps[-1].day)
    return [place.rates.each(step, days[step.day]) for step in steps]


@pytest.mark.behaviour("C2", "S6")
@given(rates, rules, st.integers(0, PAGE), st.integers(1, 120))
def test_sums_say_what_nights_say(
    rates: dict[str, Any], rules: list[dict[str, Any]], start: int, nights: int
) -> None:
    """Whatever seasons, dates, weekdays and weekends a host names, in any order and over each
    other: a stay costs to the cent what its nights cost one by one, its runs are theirs, and one
    night without a price leaves it without one."""
    place = home(rates=rates, plan={"rules": rules})
    first = FIRST + timedelta(days=start)
    each = by_night(place, first, nights)
    assert [place.prices.each(first + timedelta(days=n)) for n in range(nights)] == each
    assert prices({"runs": place.prices.runs(first, nights)}) == each
    whole = None if None in each else sum(one for one in each if one is not None)
    assert place.prices.total(first, nights) == whole
    leave = first + timedelta(days=nights)
    assert place.prices.cost(first, leave) == (None if whole is None else Money(whole, "USD"))
    stay = wish(place, first, nights)
    if whole is None:
        with pytest.raises(InvalidInput, match="names no price") as refused:
            hosts_lines(place, stay, NEW_YEAR, "stays")
        missing = first + timedelta(days=each.index(None))
        assert refused.value.params == {"dates": [missing.isoformat()], "count": 1}
        return
    found = [line for line in hosts_lines(place, stay, NEW_YEAR, "stays") if line.code == "nights"]
    steps = place.grid.walk(midnight(first), nights)
    asked = runs(zip(steps, (one or 0 for one in each), strict=True))
    assert [line.inputs["runs"] for line in found] == ([asked] if whole else [])
    assert sum(line.amount.amount for line in found) == whole


def test_there_are_prices_at_both_ends_of_time() -> None:
    """The first and the last rule end nowhere but where they say: before and after them, for
    ever, hold the rates."""
    place = home(rates={"nightly": 7, "weekend": 9}, plan={"rules": [dated(0, 9, {"price": 1})]})
    for first in (date(1900, 1, 1), FIRST - timedelta(days=700), date(8999, 12, 1)):
        assert place.prices.total(first, 700) == sum(
            one or 0 for one in by_night(place, first, 700)
        )
    assert place.prices.total(FIRST - timedelta(days=2), 14) == 7 + 7 + 10 + 7 + 7


def test_a_stay_of_no_night_has_no_cost() -> None:
    """Who leaves before he arrives is told so."""
    with pytest.raises(InvalidInput, match="one night or more"):
        home().prices.cost(FIRST, FIRST)


def test_a_plugin_gives_the_list_of_its_listings() -> None:
    """Of a home by the night; where hours are let, a date has no one price."""
    found = Stays().price_list(listing(rates={"nightly": 5, "weekend": 8}))
    assert found.cost(date(2026, 4, 2), date(2026, 4, 5)) == Money(5 + 8 + 8, "USD")
    with pytest.raises(InvalidInput, match="by hours"):
        Stays(grain=HOUR).price_list(listing())
