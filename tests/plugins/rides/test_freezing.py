"""Freezing: what a price was made of survives as plain JSON, and nothing foreign gets in."""

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from marketplace import InvalidInput
from marketplace.plugins.rides.fare import Fare
from marketplace.plugins.rides.fares import finish, quote
from marketplace.plugins.rides.freezing import freeze, from_data, thaw, to_data
from marketplace.plugins.rides.rates import kathmandu_taxi
from marketplace.plugins.rides.regions import Ceiling
from marketplace.plugins.rides.ride import Changes, Ride
from tests.plugins.rides.strategies import ceilings, changes, fares, rides


@pytest.mark.behaviour("C3")
@given(fares, rides, ceilings, changes)
def test_a_frozen_price_is_computed_again(
    fare: Fare, ride: Ride, ceiling: Ceiling | None, change: Changes
) -> None:
    """From what was kept with a quote, its lines and its end come out the same, for any fare."""
    kept = json.loads(json.dumps(freeze(fare, ride, ceiling)))
    assert thaw(kept) == (fare, ride, ceiling)
    again, same_ride, same_ceiling = thaw(kept)
    quoted = quote(fare, ride, ceiling)
    assert quote(again, same_ride, same_ceiling) == quoted
    assert finish(again, quoted, same_ride, change, same_ceiling) == finish(
        fare, quoted, ride, change, ceiling
    )


@pytest.mark.behaviour("C3")
@given(rides)
def test_tomorrows_rates_do_not_reach_a_frozen_price(ride: Ride) -> None:
    """The end is reckoned by the fare of the quote although the operator's fare has risen since."""
    fare = kathmandu_taxi()
    kept = freeze(fare, ride)
    dearer = evolve(fare, base=fare.base * 2, per_minute=fare.per_minute * 3)
    assert quote(dearer, ride) != quote(thaw(kept)[0], ride) == quote(fare, ride)


@pytest.mark.attack(9, 20, 29)
@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"currency": "NPR", "base": "5"}, r"Fare\.base"),
        ({"currency": "NPR", "base": 1.5}, r"Fare\.base"),
        ({"currency": "NPR", "base": True}, r"Fare\.base"),
        ({"currency": "NPR", "base": -5}, "zero or more"),
        ({"currency": "NPR", "fee_bps": 5}, "unknown fields fee_bps"),
        ({"base": 5}, "'currency' missing"),
        ({"currency": "NPR", "bands": [{"rate": 5, "up_to": 3}]}, r"Fare\.bands"),
        ({"currency": "NPR", "bands": 7}, r"Fare\.bands"),
        ({"currency": "NPR", "supplements": [{"code": "n", "since": "2026-13-01"}]}, "since"),
        ({"currency": "NPR", "supplements": [{"code": "n", "since": 5}]}, "since"),
        ({"currency": "NPR", "change_cap": []}, "change_cap"),
        ([], "Fare"),
        (None, "Fare"),
    ],
)
def test_foreign_data_is_refused(data: Any, says: str) -> None:
    """Unknown, missing and wrong fields are refused, each by its path; nothing is dropped."""
    with pytest.raises(InvalidInput, match=says):
        from_data(Fare, data)


@given(rides)
def test_a_kept_fare_is_read_once(ride: Ride) -> None:
    """Of the same data it is the very fare that was read before, and no other one's; a wrong one
    is refused each time."""
    kept = json.loads(json.dumps(freeze(kathmandu_taxi(), ride)))
    assert thaw(kept)[0] is thaw(json.loads(json.dumps(kept)))[0]
    dearer = {**kept, "fare": {**kept["fare"], "base": kept["fare"]["base"] + 1}}
    assert thaw(dearer)[0] == evolve(kathmandu_taxi(), base=kathmandu_taxi().base + 1)
    for _ in range(2):
        with pytest.raises(InvalidInput, match=r"Fare\.base"):
            thaw({**kept, "fare": {**kept["fare"], "base": "5"}})


def test_data_is_plain() -> None:
    """A fare as data is what JSON knows, and is the fare again."""
    data = to_data(kathmandu_taxi())
    assert json.loads(json.dumps(data)) == json.loads(json.dumps(data, default=str))
    assert from_data(Fare, data) == kathmandu_taxi()
