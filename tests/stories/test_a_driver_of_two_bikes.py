"""A driver who lists two vehicles is still one person: one offer in hand, one ride at a time."""

import pytest

from marketplace import HOUR, OPERATOR
from tests.support.ride_world import CURRENCY, NEAR, Driver, Town


def _second_bike(town: Town, driver: Driver) -> str:
    listing = town.market.listings.draft(
        "rides",
        by=driver.party,
        title="another bike",
        currency=CURRENCY,
        attributes={"tier": "ride", "plate": "BA 99", "seats": 1},
    )
    town.market.listings.publish(listing.id, by=driver.party)
    town.market.listings.appear(listing.id, "online", NEAR, by=driver.party, lives=HOUR)
    return listing.id


@pytest.mark.behaviour("R8")
def test_two_vehicles_bring_no_second_offer(town: Town) -> None:
    """Law: an offer leases the driver's attention, whichever of the vehicles it names."""
    driver = town.driver()
    _second_bike(town, driver)
    for name in ("Sita", "Gita"):
        town.order(town.rider(name))
    assert len(town.dispatch()) == 1
    assert town.dispatch() == []
    assert len(town.market.offers.list(by=driver.party, state="made")) == 1


@pytest.mark.behaviour("R2")
def test_on_a_trip_with_one_vehicle_is_on_a_trip_with_both(town: Town) -> None:
    """Law: a driver who rides is offered nothing, and the gate says why for each vehicle."""
    driver = town.driver()
    second = _second_bike(town, driver)
    ride = town.accepted(town.rider("Sita"), driver)
    other = town.order(town.rider("Gita"))
    assert town.dispatch() == []
    free = {second, driver.listing} - {town.now(ride).listing_id}
    assert other.request_id is not None
    said = town.market.why.pairing(other.request_id, free.pop(), by=OPERATOR)
    assert "on_a_trip" in {one.reason.code for one in said}
