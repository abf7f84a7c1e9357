"""Deals in flight finish in the process they began in, although the company changed it since."""

from datetime import timedelta

from marketplace import HOUR, MINUTE, ManualClock, Marketplace, Pay
from marketplace.plugins.cash import Cash
from marketplace.plugins.rides import Rides, RideTimes, kathmandu_bike, ride
from tests.support.ride_world import MORNING, PATAN, THAMEL


def _open(url: str, clock: ManualClock, search: timedelta) -> Marketplace:
    process = ride(RideTimes(search=search))
    plugins = [Rides(fare=kathmandu_bike(), process=process), Cash()]
    return Marketplace.open(url, plugins, clock=clock, seed=3, create="missing")


def test_a_ride_expires_by_the_process_it_was_ordered_in(database_url: str) -> None:
    """Law: a transaction keeps its process version; only new ones begin in the new version."""
    clock = ManualClock(MORNING)
    old = _open(database_url, clock, 5 * MINUTE)
    rider = old.parties.join("Sita")
    began = _order(old, rider.id)
    old.close()

    new = _open(database_url, clock, HOUR)
    later = _order(new, rider.id)
    clock.advance(6 * MINUTE)
    new.tick()
    assert new.transactions.get(began, by=rider).state == "expired"
    assert new.transactions.get(later, by=rider).state == "searching"
    versions = {new.transactions.get(one, by=rider).process_version for one in (began, later)}
    assert len(versions) == 2
    new.close()


def _order(market: Marketplace, rider: str) -> str:
    request = market.requests.open("rides", by=rider, currency="NPR", place=THAMEL, to=PATAN)
    quote = market.quotes.make(request.id, by=rider)
    pay = Pay("cash")
    return market.transactions.open(quote.id, by=rider, request=request.id, pay=pay).id
