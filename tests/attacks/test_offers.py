"""Attacks on offers: taken twice, taken late, and the seat that is given back."""

import pytest

from marketplace import MINUTE, OPERATOR, SECOND, Conflict, Expired, IllegalTransition
from tests.support.hamlet import Hamlet
from tests.support.refusals import refused


@pytest.mark.invariant(31)
def test_a_seat_that_was_given_back_can_be_filled_again(hamlet: Hamlet) -> None:
    """After a driver cancelled, the next one who says yes has the ride; the first yes is over."""
    ride, other = hamlet.accepted(), hamlet.town.driver("Hari")
    first = hamlet.market.offers.list(by=OPERATOR, transaction=ride.id)[0]
    hamlet.take(ride, "driver_cancel", by=hamlet.driver)
    hamlet.town.online(other)
    (offer,) = hamlet.market.matching.dispatch("rides").offers
    assert offer.taker_id == other.id
    again = hamlet.market.offers.accept(offer.id, by=other.party)
    assert (again.state, again.listing_id) == ("accepted", other.listing)
    assert hamlet.market.offers.get(first.id, by=OPERATOR).state == "vacated"
    seats = hamlet.market.transactions.seats(ride.id, by=OPERATOR)
    assert [seat.party_id for seat in seats if seat.role == "provider"] == [other.id]


@pytest.mark.invariant(31)
def test_an_offer_is_accepted_once(hamlet: Hamlet) -> None:
    """The second yes to the same offer is a conflict, by whoever is allowed to see it."""
    _, offer = hamlet.offered()
    hamlet.market.offers.accept(offer.id, by=hamlet.driver)
    refused(
        hamlet.market,
        Conflict,
        lambda: hamlet.market.offers.accept(offer.id, by=hamlet.driver),
        by=hamlet.driver,
        code="offer_accepted",
    )


@pytest.mark.invariant(31, 27)
def test_a_late_yes_comes_too_late(hamlet: Hamlet) -> None:
    """At the instant an offer ends it cannot be accepted; its driver is free for another ride."""
    _, offer = hamlet.offered()
    hamlet.clock.set(offer.expires_at)
    refused(
        hamlet.market,
        Expired,
        lambda: hamlet.market.offers.accept(offer.id, by=hamlet.driver),
        by=hamlet.driver,
    )
    hamlet.market.tick()
    assert hamlet.market.offers.get(offer.id, by=OPERATOR).state == "expired"
    hamlet.clock.advance(SECOND)
    gita = hamlet.town.rider("Gita")
    _, second = hamlet.offered(rider=gita)
    assert hamlet.market.offers.accept(second.id, by=hamlet.driver).state == "accepted"


@pytest.mark.invariant(25)
def test_a_final_ride_claims_nothing(hamlet: Hamlet) -> None:
    """When a ride ends, however it ends, its driver's seat and attention are free at once."""
    ride = hamlet.accepted()
    hamlet.take(ride, "cancel", by=hamlet.rider)
    hamlet.clock.advance(MINUTE)
    gita = hamlet.town.rider("Gita")
    _, offer = hamlet.offered(rider=gita)
    assert hamlet.market.offers.accept(offer.id, by=hamlet.driver).state == "accepted"
    refused(
        hamlet.market,
        IllegalTransition,
        lambda: hamlet.take(ride, "arrive", by=hamlet.driver),
        by=hamlet.driver,
    )
