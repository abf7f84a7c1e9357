"""New York's meter of 2012 to 2022, by its rules and against real trips."""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from marketplace import InvalidInput
from marketplace.domain.quote import recompute
from marketplace.plugins.rides.meter import MeteredTrip, bounds, extra_at, metered, nyc_2012
from marketplace.plugins.rides.rules import RULES
from marketplace.plugins.rides.trips import EVERYTHING, Trip, TripFile


def wall(text: str) -> datetime:
    """A time on the city's clock, without a zone."""
    return datetime.fromisoformat(text)


METER = nyc_2012(holidays=(date(2015, 7, 3),))
YELLOW = "rides/nyc_yellow_2015-01-10_pickups_before_0040.csv.gz"
GREEN = "rides/nyc_green_2013-08-01_24.csv.gz"
MIDDAY = wall("2015-01-09 12:00:00")


def sums(trip: MeteredTrip) -> dict[str, int]:
    return {line.code: line.amount.amount for line in metered(METER, trip)}


@pytest.mark.behaviour("R5")
def test_a_city_trip_is_entry_units_and_taxes() -> None:
    """Two miles in twelve minutes: the entry, the units begun less the first, taxes, tolls."""
    lines = sums(MeteredTrip(200, 12 * 60, MIDDAY, tolls=533))
    assert lines == {
        "entry": 250,
        "metered": 50 * 16,  # 10 units of distance, 6.55 of crawling at 22 mph, less the first
        "state_tax": 50,
        "improvement_surcharge": 30,
        "toll": 533,
    }


@pytest.mark.behaviour("R5", "T10")
@pytest.mark.parametrize(
    ("code", "more", "fare"),
    [
        (2, {}, {"flat_fare": 5200}),
        (3, {}, {"entry": 250, "metered": 50 * 4, "rate_surcharge": 1750}),
        (4, {"beyond_line": 100}, {"entry": 250, "metered": 50 * 4, "beyond_city_line": 250}),
        (5, {"agreed": 7000}, {"agreed_fare": 7000}),
    ],
)
def test_rate_codes(code: int, more: dict[str, int], fare: dict[str, int]) -> None:
    """JFK is flat, Newark costs 17.50 more, beyond the city line counts twice, 5 is agreed."""
    lines = sums(MeteredTrip(100, 0, MIDDAY, rate_code=code, **more))
    assert lines == {**fare, "state_tax": 50, "improvement_surcharge": 30}


@pytest.mark.parametrize(
    ("at", "extra"),
    [
        (wall("2015-01-09 19:59:59"), 100),  # a Friday
        (wall("2015-01-09 20:00:00"), 50),
        (wall("2015-01-10 05:59:59"), 50),
        (wall("2015-01-10 06:00:00"), 0),
        (wall("2015-01-10 17:00:00"), 0),  # a Saturday
        (wall("2015-07-03 17:00:00"), 0),  # a legal holiday
        (wall("2015-07-02 16:00:00"), 100),
    ],
)
def test_night_and_peak(at: datetime, extra: int) -> None:
    """Night every day 20 to 6, peak Monday to Friday 16 to 20, no peak on legal holidays."""
    assert extra_at(METER, at) == extra


@pytest.mark.behaviour("T10")
def test_the_improvement_surcharge_has_a_first_day() -> None:
    """From 2015-01-01 on, and not the day before, a ride costs thirty cents more."""
    assert "improvement_surcharge" not in sums(MeteredTrip(100, 0, wall("2014-12-31 12:00:00")))
    assert sums(MeteredTrip(100, 0, wall("2015-01-01 12:00:00")))["improvement_surcharge"] == 30


@pytest.mark.parametrize(
    ("trip", "says"),
    [
        (MeteredTrip(1, 1, wall("2012-09-03 00:00:00")), "hold from 2012-09-04"),
        (MeteredTrip(1, 1, wall("2022-12-19 00:00:00")), "to 2022-12-18"),
        (MeteredTrip(1, 1, MIDDAY, rate_code=99), "1, 2, 3, 4, 5"),
        (MeteredTrip(1, 1, MIDDAY, rate_code=5), "negotiated"),
    ],
)
def test_outside_its_rules_a_meter_says_so(trip: MeteredTrip, says: str) -> None:
    """Other days, unknown rate codes and a missing agreed fare are refused."""
    with pytest.raises(InvalidInput, match=says):
        metered(METER, trip)


@cache
def _trips(path: Path) -> tuple[Trip, ...]:
    return tuple(row for row in TripFile(path, EVERYTHING) if isinstance(row, Trip))


def trips(data_dir: Path, name: str) -> tuple[Trip, ...]:
    """Every row of a file that can be read at all; read once for all tests."""
    return _trips(data_dir / name)


def rule_of(data_dir: Path, name: str) -> dict[str, Any]:
    oracle = json.loads((data_dir / "oracles/rules_nyc_taxi.json").read_text())
    measured = oracle["measured_on_our_files"]
    (key,) = [key for key in measured if key.startswith(name)]
    return dict(measured[key])


def share(kept: list[bool]) -> float:
    assert len(kept) > 1_000
    return sum(kept) / len(kept)


@pytest.mark.behaviour("R5")
@pytest.mark.parametrize(("name", "kind"), [(YELLOW, "yellow"), (GREEN, "green")])
def test_real_fares_lie_within_the_bounds(data_dir: Path, name: str, kind: str) -> None:
    """Of real city fares as many lie within the meter's bounds as the oracle says, to a half %.

    So do the fares that the meter reckons itself, without exception in every fifth trip.
    """
    oracle = rule_of(data_dir, kind)
    stated = next(value for key, value in oracle.items() if key.startswith("fare within"))
    kept, errors = [], []
    for trip in trips(data_dir, name):
        if trip.rate_code == 1 and trip.hundredth_miles >= 20 and 0 <= trip.seconds <= 180 * 60:
            low, high = bounds(METER, trip.hundredth_miles, trip.seconds)
            kept.append(low <= trip.fare <= high)
            if len(kept) % 5 == 0:
                ours = as_metered(trip)
                assert low <= ours <= high
                errors.append(abs(ours - trip.fare))
    assert share(kept) >= stated - 0.005
    if kind == "yellow":
        # One cruising speed for the whole city is off by one click of the meter for most.
        assert median(errors) <= 50


def as_metered(trip: Trip) -> int:
    told = MeteredTrip(trip.hundredth_miles, trip.seconds, trip.pickup_local)
    lines = metered(METER, told)
    assert all(amount == line.amount.amount for line, amount in recompute(lines, RULES))
    return sum(x.amount.amount for x in lines if x.code in ("entry", "metered"))


@pytest.mark.behaviour("R5")
@pytest.mark.parametrize(("name", "extra", "tax"), [(YELLOW, 0.995, 0.995), (GREEN, 0.95, 0.93)])
def test_real_extras_and_taxes_follow_the_rule(
    data_dir: Path, name: str, extra: float, tax: float
) -> None:
    """Night and peak extra and the state tax of real city trips are those of the meter."""
    city = [trip for trip in trips(data_dir, name) if trip.rate_code == 1]
    assert share([trip.extra == extra_at(METER, trip.pickup_local) for trip in city]) >= extra
    assert share([trip.tax == 50 for trip in city]) >= tax


@pytest.mark.behaviour("R5")
def test_every_real_trip_to_the_airport_is_flat(data_dir: Path) -> None:
    """Every yellow trip between Manhattan and JFK cost 52.00, as the meter says."""
    airport = [trip for trip in trips(data_dir, YELLOW) if trip.rate_code == 2]
    assert len(airport) > 300
    for trip in airport:
        told = MeteredTrip(trip.hundredth_miles, trip.seconds, trip.pickup_local, rate_code=2)
        (flat,) = [x for x in metered(METER, told) if x.code == "flat_fare"]
        assert trip.fare == flat.amount.amount == 5200


@pytest.mark.parametrize(("name", "surcharge"), [(YELLOW, 30), (GREEN, 0)])
def test_real_totals_are_sums_of_their_parts(data_dir: Path, name: str, surcharge: int) -> None:
    """A real total is fare, extra, tax, tip, tolls and, from 2015 on, the improvement surcharge."""
    kept = [
        trip.total == trip.fare + trip.extra + trip.tax + trip.tip + trip.tolls + surcharge
        for trip in trips(data_dir, name)
    ]
    assert share(kept) >= 0.994
