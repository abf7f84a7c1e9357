"""Rates: what a host asks, read as it is written."""

from datetime import date
from typing import Any

import pytest

from marketplace.plugins.stays.plan import Plan
from marketplace.plugins.stays.rates import Rates, not_whole, runs
from marketplace.plugins.stays.steps import Step, midnight


def step(day: date) -> Step:
    """The night of a date."""
    return Step(midnight(day), day)


def test_runs_join_equal_neighbours_alone() -> None:
    """Two equal prices apart are two runs: the dates in between have others."""
    days = [date(2026, 4, n) for n in range(1, 6)]
    found = runs(zip(map(step, days), [5, 5, 7, 5, 5], strict=True))
    assert found == [["2026-04-01", 2, 5], ["2026-04-03", 1, 7], ["2026-04-04", 2, 5]]
    assert runs([]) == []


def test_a_price_of_nothing_is_a_price() -> None:
    """Zero on a date, a weekend or any night is what the host asks; only silence is no price."""
    saturday = date(2026, 4, 4)
    day = Plan.of({}).days(saturday, saturday)[saturday]
    assert Rates({"nightly": 5, "weekend": 0}).each(step(saturday), day) == 0
    assert Rates({"nightly": 0}).each(step(saturday), day) == 0
    assert Rates({}).each(step(saturday), day) is None
    free = Plan.of({"rules": [{"from": "2026-04-04", "price": 0}]}).days(saturday, saturday)
    assert Rates({"nightly": 5}).each(step(saturday), free[saturday]) == 0


def test_the_larger_discount_by_lead_is_given() -> None:
    """Rows of early birds and last minutes stand in any order; ties and zeros change nothing."""
    rows = [{"days": 30, "bp": 500}, {"days": 90, "bp": 900}, {"days": 60, "bp": 700}]
    for said in (rows, rows[::-1]):
        rates = Rates({"early_bird": said, "last_minute": [{"days": 45, "bp": 600}]})
        told = [rates.by_lead(days) for days in (100, 60, 45, 29, 0)]
        assert [None if one is None else one[2] for one in told] == [900, 700, 600, 600, 600]
    assert Rates({"early_bird": [{"days": 1, "bp": 0}]}).by_lead(5) is None
    assert Rates({}).by_lead(5) is None


def test_a_month_without_a_discount_of_its_own_is_a_long_week() -> None:
    """Who names a week's discount and none for a month gives the week's."""
    rates = Rates({"weekly_bp": 700})
    assert rates.long_stay(6) is None
    assert rates.long_stay(28) == rates.long_stay(7) == ("weekly_discount", 7, 700)


@pytest.mark.parametrize("value", [1.0, 1e3, float("nan"), -0.0])
def test_a_sum_with_a_decimal_point_is_found(value: Any) -> None:
    """What a schema takes for a whole number, a float, is found wherever it is, by its place."""
    said = {"rates": {"early_bird": [{"days": 1, "bp": value}], "nightly": 5}}
    assert [one.params["at"] for one in not_whole(said)] == ["rates/early_bird/1/bp"]
    assert not_whole({"rates": {"nightly": 5}, "title": "1.0", "instant": True}) == []
