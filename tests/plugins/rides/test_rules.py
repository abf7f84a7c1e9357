"""Rules: whole numbers in, whole numbers out."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.plugins.rides.rules import RULES, in_window, meter_units

WAY: dict[str, Any] = {"from_m": 0, "to_m": None, "unit_m": [1000, 1], "started": False}


@pytest.mark.behaviour("R5")
@pytest.mark.parametrize(
    ("metres", "started", "amount"),
    [
        (0, False, 0),
        (999, False, 999),
        (1_500, False, 1_500),
        (1, True, 1_000),
        (1_001, True, 2_000),
    ],
)
def test_distance_counts_in_proportion_or_by_started_units(
    metres: int, started: bool, amount: int
) -> None:
    """Half a unit costs half, or a whole one where begun units count."""
    assert (
        RULES["rides.distance"]({**WAY, "metres": metres, "rate": 1000, "started": started})
        == amount
    )


@given(st.integers(0, 100_000), st.integers(0, 50_000), st.integers(0, 10_000))
def test_bands_cut_a_way_without_loss(metres: int, cut: int, rate: int) -> None:
    """Two bands of one rate cost what one band does, to the minor unit of rounding."""
    rule = RULES["rides.distance"]
    whole = rule({**WAY, "metres": metres, "rate": rate})
    near = rule({**WAY, "metres": metres, "rate": rate, "to_m": cut})
    far = rule({**WAY, "metres": metres, "rate": rate, "from_m": cut})
    assert abs(near + far - whole) <= 1


@pytest.mark.parametrize(
    ("at", "window", "inside"),
    [
        ("05:59:59", ("20:00", "06:00"), True),
        ("06:00:00", ("20:00", "06:00"), False),
        ("20:00:00", ("20:00", "06:00"), True),
        ("16:00:00", ("16:00", "20:00"), True),
        ("20:00:00", ("16:00", "20:00"), False),
    ],
)
def test_windows_are_half_open(at: str, window: tuple[str, str], inside: bool) -> None:
    """A window holds its start and not its end, also past midnight."""
    assert in_window(time.fromisoformat(at), window) is inside


@given(
    price=st.integers(0, 10**6),
    others=st.integers(0, 10**4),
    taxes=st.lists(st.integers(0, 3_000), max_size=3),
    quoted=st.integers(0, 10**6),
    bps=st.integers(0, 5_000),
    amount=st.integers(0, 10**4),
    unit=st.sampled_from([1, 5, 100]),
)
def test_the_cap_takes_the_least_that_suffices(
    price: int, others: int, taxes: list[int], quoted: int, bps: int, amount: int, unit: int
) -> None:
    """What is taken off brings the sum within the cap, and one minor unit less would not."""
    reduction = RULES["rides.above_change_cap"](
        {
            "price": price,
            "others": others,
            "tax_bps": taxes,
            "quoted": quoted,
            "bps": bps,
            "amount": amount,
            "unit": unit,
        }
    )
    limit = (quoted + max((quoted * bps + 5_000) // 10_000, amount)) // unit * unit

    def owed(off: int) -> int:
        left = price - off
        return left + others + sum((max(0, left) * t + 5_000) // 10_000 for t in taxes)

    assert owed(reduction) <= limit
    assert reduction == 0 or owed(reduction - 1) > limit


def meter(hundredth_miles: int, seconds: int) -> dict[str, Any]:
    return {
        "hundredth_miles": hundredth_miles,
        "seconds": seconds,
        "cruise_mph": 20,
        "units_per_mile": 5,
        "unit_seconds": 60,
        "included": 1,
        "rate": 50,
    }


@pytest.mark.parametrize(
    ("hundredth_miles", "seconds", "units"),
    [
        (0, 0, 0),
        (100, 180, 5),  # a mile at 20 mph, nothing spent crawling
        (101, 0, 6),  # a unit begun is a unit
        (0, 61, 2),
        (100, 240, 6),  # a mile, and a minute crawled
        (110, 228, 6),  # half a unit of each make one
    ],
)
def test_a_meter_combines_fractions(hundredth_miles: int, seconds: int, units: int) -> None:
    """Fractions of distance and of time together make the units that have begun."""
    assert meter_units(meter(hundredth_miles, seconds)) == units


@given(st.integers(0, 10_000), st.integers(0, 20_000))
def test_a_meter_never_runs_back(hundredth_miles: int, seconds: int) -> None:
    """More time never costs less, and the first unit is within the entry."""
    rule = RULES["rides.metered"]
    one, more = meter(hundredth_miles, seconds), meter(hundredth_miles, seconds + 60)
    assert 0 <= rule(one) <= rule(more)
    assert rule(one) == 50 * max(0, meter_units(one) - 1)
