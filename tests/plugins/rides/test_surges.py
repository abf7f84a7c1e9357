"""Surges: one multiplier for each zone and stretch of time, in steps, capped, with its why."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Place
from marketplace.plugins.rides.ride import Surge
from marketplace.plugins.rides.surges import SurgePlan

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
PLAN = SurgePlan(steps=((10_000, 11_000), (20_000, 15_000), (30_000, 30_000)), cap_bps=20_000)


@pytest.mark.behaviour("R6")
@pytest.mark.parametrize(
    ("riders", "drivers", "multiplier"),
    [
        (4, 0, 10_000),
        (5, 6, 10_000),
        (5, 5, 11_000),
        (9, 5, 11_000),
        (10, 5, 15_000),
        (15, 5, 20_000),
        (5, 0, 20_000),
        (900, 1, 20_000),
    ],
)
def test_a_surge_rises_by_steps_to_its_cap(riders: int, drivers: int, multiplier: int) -> None:
    """More riders to a driver raise the multiplier step by step, never above the cap."""
    surge = PLAN.snapshot("z", NOW, riders, drivers)
    assert surge.multiplier_bps == multiplier
    assert surge.why == {"riders": riders, "drivers": drivers, "cap_bps": 20_000}


@pytest.mark.behaviour("R6")
@given(st.integers(-(10**9), 10**9).map(lambda s: NOW + timedelta(seconds=s)))
def test_every_moment_has_one_stretch(moment: datetime) -> None:
    """Stretches of time follow each other without gap or overlap."""
    surge = PLAN.snapshot("z", moment, 0, 0)
    assert surge.holds(moment)
    for other in (surge.starts_at - timedelta(seconds=1), surge.starts_at + timedelta(seconds=300)):
        assert not surge.holds(other)
        assert PLAN.starts(other) != surge.starts_at


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_has_one_zone(lat: float, lon: float) -> None:
    """Every place on the globe lies in a zone, the same each time."""
    assert PLAN.zone(Place(lat, lon)) == PLAN.zone(Place(lat, lon))


def test_near_places_share_a_zone_and_far_ones_do_not() -> None:
    """A zone is some two kilometres square: across the street is inside, across town not."""
    thamel = Place(27.7152, 85.3123)
    assert PLAN.zone(thamel) == PLAN.zone(Place(27.7150, 85.3130))
    assert PLAN.zone(thamel) != PLAN.zone(Place(27.6710, 85.4298))


@pytest.mark.parametrize(
    "steps",
    [
        ((20_000, 11_000), (10_000, 12_000)),
        ((10_000, 12_000), (20_000, 11_000)),
        ((10_000, 9_000),),
    ],
)
def test_steps_rise(steps: tuple[tuple[int, int], ...]) -> None:
    """Steps that fall, or a multiplier below the plain price, are refused."""
    with pytest.raises(InvalidInput):
        SurgePlan(steps=steps)


@pytest.mark.attack(20)
@pytest.mark.parametrize("bad", [9_999, -1, 1.5, True, "11000", 2**63])
def test_a_multiplier_is_a_whole_number_of_at_least_one(bad: int) -> None:
    """A surge below the plain price, or of no whole basis points, is refused."""
    with pytest.raises(InvalidInput):
        Surge("z", NOW, 300, bad)
