"""Example rates of Kathmandu: invented, in whole rupees, complete."""

from datetime import UTC, datetime

import pytest
from hypothesis import given

from marketplace import InvalidInput, customer_owes
from marketplace.plugins.rides.fare import Fare
from marketplace.plugins.rides.fares import quote
from marketplace.plugins.rides.rates import Rates, kathmandu
from marketplace.plugins.rides.ride import Ride
from marketplace.plugins.rides.route import Route
from tests.plugins.rides.strategies import rides

NOON = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)


@pytest.mark.behaviour("T6", "T9")
@given(rides)
def test_every_tier_asks_whole_rupees(ride: Ride) -> None:
    """Whatever the ride, every class of vehicle asks a sum that can be paid without paisa."""
    for fare in kathmandu().tiers.values():
        assert customer_owes(quote(fare, ride), "NPR").amount % 100 == 0


@pytest.mark.behaviour("T9")
def test_tiers_have_fares_of_their_own() -> None:
    """The same way costs more in a taxi than on a bike, and most on no scooter."""
    ride, rates = Ride(NOON, Route(6_300, 1_260)), kathmandu()
    price = {
        tier: customer_owes(quote(rates.fare(tier), ride), "NPR").amount for tier in rates.tiers
    }
    assert price["scooter"] < price["bike"] < price["taxi"]
    assert 10_000 < price["bike"] < 30_000


def test_an_unknown_tier_is_refused() -> None:
    """A class that is not offered is refused, and those that are offered are named."""
    with pytest.raises(InvalidInput, match="bike, scooter, taxi"):
        kathmandu().fare("elephant")


def test_tiers_share_a_currency() -> None:
    """Rates mix no currencies, and are never empty."""
    with pytest.raises(InvalidInput, match="one currency"):
        Rates({"a": Fare("NPR"), "b": Fare("USD")})
    with pytest.raises(InvalidInput, match="one currency"):
        Rates({})
