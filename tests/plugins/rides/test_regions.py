"""Regions: what an authority forbids or caps, where, for which class, and from which day on."""

from datetime import UTC, date, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Place
from marketplace.plugins.rides.rates import kathmandu, red_plates_off_the_road
from marketplace.plugins.rides.regions import (
    Ceiling,
    Region,
    RegionRule,
    forbidden,
    lowest_ceiling,
)

SQUARE = Region("square", (Place(0, 0), Place(0, 10), Place(10, 10), Place(10, 0)))
THAMEL, PATAN = Place(27.7152, 85.3123), Place(27.6727, 85.3253)
DAY_BEFORE = datetime(2019, 1, 13, 18, 14, 59, tzinfo=UTC)  # 23:59:59 in Kathmandu
DAY = datetime(2019, 1, 13, 18, 15, tzinfo=UTC)


@pytest.mark.behaviour("T10")
def test_a_class_is_forbidden_from_a_day_on() -> None:
    """A rule that forbids two-wheelers holds from its first local day on, and for them only."""
    rates = kathmandu((red_plates_off_the_road(date(2019, 1, 14)),))
    assert rates.refusals("bike", THAMEL, PATAN, DAY_BEFORE) == []
    (reason,) = rates.refusals("bike", THAMEL, PATAN, DAY)
    assert reason.code == "ride_forbidden"
    assert "Transport Management Act" in reason.params["because"]
    assert rates.refusals("taxi", THAMEL, PATAN, DAY) == []


@pytest.mark.behaviour("T10")
def test_the_lowest_ceiling_binds() -> None:
    """Of several ceilings in force the one that allows least for this way binds."""
    near, far = Ceiling(fixed=10_000, per_km=1_000), Ceiling(fixed=1_000, per_km=3_000)
    rules = [
        RegionRule(Region("all"), "one", ceiling=near),
        RegionRule(Region("all"), "two", ceiling=far),
        RegionRule(Region("all"), "later", ceiling=Ceiling(), since=date(2030, 1, 1)),
        RegionRule(SQUARE, "elsewhere", ceiling=Ceiling()),
    ]
    assert lowest_ceiling(rules, "taxi", THAMEL, PATAN, DAY, metres=2_000) == evolve(
        far, because="two"
    )
    assert lowest_ceiling(rules, "taxi", THAMEL, PATAN, DAY, metres=9_000) == evolve(
        near, because="one"
    )
    assert lowest_ceiling([], "taxi", THAMEL, PATAN, DAY, metres=9_000) is None


@pytest.mark.behaviour("T10")
@pytest.mark.parametrize(
    ("at", "pickup_inside", "dropoff_inside", "forbids"),
    [
        ("pickup", True, False, True),
        ("pickup", False, True, False),
        ("dropoff", False, True, True),
        ("dropoff", True, False, False),
        ("either", True, False, True),
        ("either", False, True, True),
        ("either", False, False, False),
    ],
)
def test_a_rule_says_which_end_counts(
    at: str, pickup_inside: bool, dropoff_inside: bool, forbids: bool
) -> None:
    """A rule looks at the pick-up, the drop-off, or either, as it says."""
    inside, outside = Place(5, 5), Place(50, 50)
    rule = RegionRule(SQUARE, "notice", forbids=True, at=at)
    pickup = inside if pickup_inside else outside
    dropoff = inside if dropoff_inside else outside
    assert bool(forbidden([rule], "taxi", pickup, dropoff, DAY)) is forbids


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_inside_a_square_is_between_its_sides(lat: float, lon: float) -> None:
    """A place is in a square when it lies between its sides; corners and edges may be either."""
    if not {lat, lon} & {0.0, 10.0}:
        assert SQUARE.holds(Place(lat, lon)) is (0 < lat < 10 and 0 < lon < 10)


def test_a_dented_outline_leaves_its_dent_out() -> None:
    """An outline need not be convex: what lies in its dent lies outside."""
    dented = Region("dented", (Place(0, 0), Place(0, 10), Place(10, 10), Place(5, 5), Place(10, 0)))
    assert dented.holds(Place(2, 5))
    assert not dented.holds(Place(8, 5))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "either forbids or has a ceiling"),
        ({"forbids": True, "ceiling": Ceiling()}, "either forbids or has a ceiling"),
        ({"forbids": True, "at": "middle"}, "pickup, dropoff or either"),
        (
            {"forbids": True, "since": date(2026, 1, 2), "until": date(2026, 1, 1)},
            "before it begins",
        ),
    ],
)
def test_a_rule_without_sense_is_refused(fields: dict[str, object], says: str) -> None:
    """A rule does one thing, at a known end, in a time that has a beginning before its end."""
    with pytest.raises(InvalidInput, match=says):
        RegionRule(Region("all"), "notice", **fields)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="three points"):
        Region("line", (Place(0, 0), Place(1, 1)))
