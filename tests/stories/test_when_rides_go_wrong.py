"""Rides that do not go as planned: cancelled, not shown up, declined, re-dispatched, no driver."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    SECOND,
    Conflict,
    Expired,
    IllegalTransition,
    Place,
    Purpose,
    RadiusRounds,
    Transaction,
)
from tests.support.ride_world import NEAR, THAMEL, Town

PRICE = 19_700
FEE = 2_955
LATE = 2_000
"""What a late cancellation costs: half the base fare."""
PENALTY = 1_000
"""What a driver who cancels pays the rider."""


def codes(town: Town, ride: Transaction) -> list[str]:
    """The reasons of the terms in force."""
    terms = town.market.transactions.terms(ride.id, by=OPERATOR)[-1]
    return [reason.code for reason in terms.reasons]


def lines(town: Town, ride: Transaction) -> list[tuple[str, int, str, str, str]]:
    """The lines of the terms in force: code, amount, who bears it, who gets it, purse."""
    terms = town.market.transactions.terms(ride.id, by=OPERATOR)[-1]
    return [
        (one.code, one.amount.amount, one.payer, one.payee, one.purse)
        for one in terms.lines
        if one.plugin == "rides"
    ]


# -- cancellations ---------------------------------------------------------------------------


@pytest.mark.behaviour("R14", "C9")
@pytest.mark.parametrize("pay", ["card", "wallet"])
def test_a_rider_cancels_for_nothing_within_the_grace_time(town: Town, pay: str) -> None:
    """Up to two minutes after a driver accepted, cancelling is nobody's fault and costs nothing;
    the hold is given up whole."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, PRICE, "slip")
    ride = town.accepted(sita, ram, pay)
    town.clock.advance(2 * MINUTE)
    ride = town.take(ride, "cancel", sita, reason="changed my mind")
    assert ride.state == "cancelled"
    assert lines(town, ride) == []
    assert "ride_within_grace" in codes(town, ride)
    assert town.accounts(sita) == {"wallet": PRICE}
    assert town.accounts(ram) == {}
    assert town.house(Purpose.REVENUE) == 0
    assert [one["held"] for one in town.sandbox.charges()] == ([0] if pay == "card" else [])
    assert town.sandbox.balance("NPR").amount == 0


@pytest.mark.behaviour("R14", "C9", "C10")
def test_a_rider_who_cancels_late_pays_the_driver_out_of_the_hold(town: Town) -> None:
    """After the grace time the rider is at fault: of the hold exactly the fee is captured, a line
    names bearer and beneficiary, and the driver has it less the commission."""
    sita, ram = town.rider(), town.driver()
    ride = town.accepted(sita, ram, "card")
    town.clock.advance(2 * MINUTE + SECOND)
    town.online(ram, Place(27.7130, 85.3140), "on trip")
    ride = town.take(ride, "cancel", sita)
    assert ride.state == "cancelled"
    assert lines(town, ride) == [("cancellation_fee", LATE, "customer", "provider", "price")]
    assert "ride_after_grace" in codes(town, ride)
    assert town.sandbox.balance("NPR").amount == LATE
    (charge,) = town.sandbox.charges()
    assert (charge["held"], charge["captured"]) == (0, LATE)
    fee = town.fee(ride)
    assert fee == LATE * 1_500 // 10_000
    assert town.accounts(ram) == {"provider payable": LATE - fee}
    assert town.house(Purpose.REVENUE) == fee
    terms = town.market.transactions.terms(ride.id, by=sita)[-1]
    (charged,) = [one for one in terms.reasons if one.code == "ride_cancellation_fee"]
    assert (charged.params["payer"], charged.params["row"]) == ("customer", 3)


@pytest.mark.behaviour("R14")
def test_a_late_driver_costs_the_rider_nothing(town: Town) -> None:
    """When the driver is more than five minutes past the promised arrival, the cancellation is
    the driver's fault and free."""
    sita, ram = town.rider(), town.driver()
    ride = town.accepted(sita, ram, "card")
    for _ in range(9):
        town.clock.advance(MINUTE)
        town.online(ram, Place(27.7112, 85.3145), "on trip")
    ride = town.take(ride, "cancel", sita)
    assert "ride_driver_late" in codes(town, ride)
    assert lines(town, ride) == []
    assert town.sandbox.balance("NPR").amount == 0
    assert town.accounts(ram) == {}


@pytest.mark.behaviour("R14")
def test_a_driver_who_makes_no_progress_costs_the_rider_nothing(town: Town) -> None:
    """When the driver stands where it stood at the acceptance, the rider may leave for nothing
    even after the grace time and before the promised arrival is overdue."""
    sita, ram = town.rider(), town.driver()
    ride = town.accepted(sita, ram, "card")
    for _ in range(5):
        town.clock.advance(MINUTE)
        town.online(ram, NEAR, "on trip")
    ride = town.take(ride, "cancel", sita)
    assert "ride_driver_stalled" in codes(town, ride)
    assert town.sandbox.balance("NPR").amount == 0


@pytest.mark.behaviour("C9", "R9")
def test_a_driver_who_cancels_pays_the_rider_and_another_is_looked_for(town: Town) -> None:
    """The table has the driver bear a penalty, in a purse of its own, to the rider; the ride goes
    on looking without that driver, and what another one then earns is untouched by it."""
    sita, ram = town.rider(), town.driver()
    ride = town.accepted(sita, ram, "card")
    ride = town.take(ride, "driver_cancel", ram, reason="flat tyre")
    assert ride.state == "searching"
    assert town.accounts(sita) == {"wallet": PENALTY}
    assert town.accounts(ram) == {"provider receivable": PENALTY}
    assert town.market.listings.presence(ram.listing, by=ram.party).state == "online"
    assert town.dispatch() == []
    hari = town.driver("Hari")
    town.dispatch()
    ride = town.market.offers.accept(town.offer_to(hari), by=hari.party)
    assert ride.state == "accepted"
    assert town.accounts(ram) == {"provider receivable": PENALTY}
    ride = _driven(town, ride, hari)
    assert town.accounts(hari) == {"provider payable": PRICE - FEE}
    assert town.accounts(sita) == {"wallet": PENALTY}


def _driven(town: Town, ride: Transaction, driver: Any) -> Transaction:
    """From the acceptance to the settlement."""
    town.clock.advance(4 * MINUTE)
    town.take(ride, "arrive", driver)
    town.take(ride, "start", driver, code=town.code(ride))
    town.clock.advance(20 * MINUTE)
    town.take(ride, "finish", driver)
    town.wait(2 * HOUR)
    return town.now(ride)


@pytest.mark.behaviour("C9")
@pytest.mark.parametrize("state", ["searching", "offered"])
def test_before_a_driver_accepted_nobody_pays(town: Town, state: str) -> None:
    """Cancelled while a driver is looked for, a ride costs nothing and leaves no offer behind."""
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, "card")
    if state == "offered":
        town.dispatch()
    assert town.now(ride).state == state
    ride = town.take(ride, "cancel", sita)
    assert ride.state == "cancelled"
    assert town.sandbox.balance("NPR").amount == 0
    assert [one["held"] for one in town.sandbox.charges()] == [0]
    assert town.market.offers.list(by=ram.party, state="made").items == ()
    assert town.market.listings.presence(ram.listing, by=ram.party).state == "online"


# -- waiting and no-show ---------------------------------------------------------------------


@pytest.mark.behaviour("R13")
def test_waiting_is_free_for_three_minutes_and_then_paid_by_the_minute(town: Town) -> None:
    """A driver that waits longer than the free time is paid for it by a line that says how long;
    within the free time nothing is added."""
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "card")
    town.clock.advance(3 * MINUTE)
    town.take(ride, "start", ram, code=town.code(ride))
    town.clock.advance(20 * MINUTE)
    ride = town.take(ride, "finish", ram)
    assert town.due(ride) == PRICE
    town.wait(2 * HOUR)
    town.online(ram)
    ride = town.arrived(sita, ram, "cash")
    town.clock.advance(8 * MINUTE)
    town.take(ride, "start", ram, code=town.code(ride))
    town.clock.advance(20 * MINUTE)
    ride = town.take(ride, "finish", ram)
    waiting = [one for one in lines(town, ride) if one[0] == "waiting"]
    assert waiting == [("waiting", 5 * 200, "customer", "provider", "price")]
    assert town.due(ride) == PRICE + 1_000
    assert "ride_waiting" in codes(town, ride)


@pytest.mark.behaviour("R13")
@pytest.mark.parametrize("pay", ["card", "wallet"])
def test_a_rider_who_does_not_come_pays_the_driver(town: Town, pay: str) -> None:
    """Not before seven minutes the driver may leave; then the fee and the waiting beyond the free
    time are taken from the hold for the driver, and the rest is given up."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, PRICE, "slip")
    ride = town.arrived(sita, ram, pay)
    town.clock.advance(7 * MINUTE - SECOND)
    with pytest.raises(IllegalTransition, match="not before"):
        town.take(ride, "no_show", ram)
    assert town.now(ride).state == "arrived"
    town.clock.advance(SECOND)
    ride = town.take(ride, "no_show", ram)
    assert ride.state == "no_show"
    owed = 4_000 + 4 * 200
    assert town.due(ride) == owed
    fee = town.fee(ride)
    assert town.accounts(ram) == {"provider payable": owed - fee}
    assert town.house(Purpose.REVENUE) == fee
    assert town.balance(sita, Purpose.WALLET) == (PRICE if pay == "card" else PRICE - owed)
    assert town.sandbox.balance("NPR").amount == (owed if pay == "card" else 0)


# -- dispatch again --------------------------------------------------------------------------


@pytest.mark.behaviour("R9", "R8")
@pytest.mark.parametrize("how", ["decline", "timeout", "driver cancel"])
def test_nobody_is_asked_twice(town: Town, how: str) -> None:
    """After a no, a silence or a driver that cancels, the ride is put to the next driver and never
    again to one already asked; a yes after the time is refused."""
    sita = town.rider()
    ram = town.driver("Ram", NEAR)
    hari = town.driver("Hari", Place(27.7000, 85.3200))
    ride = town.order(sita, "card")
    town.dispatch()
    offer = town.offer_to(ram)
    if how == "decline":
        town.market.offers.decline(offer, by=ram.party, reason="too far")
        error: type[Exception] = Conflict
    elif how == "timeout":
        town.clock.advance(15 * SECOND)
        with pytest.raises(Expired):
            town.market.offers.accept(offer, by=ram.party)
        town.market.tick()
        error = Expired
    else:
        town.market.offers.accept(offer, by=ram.party)
        town.take(ride, "driver_cancel", ram)
        error = Conflict
    assert town.now(ride).state == "searching"
    with pytest.raises(error):
        town.market.offers.accept(offer, by=ram.party)
    assert len(town.dispatch()) == 1
    assert town.market.offers.accept(town.offer_to(hari), by=hari.party).state == "accepted"
    asked = town.market.offers.list(by=OPERATOR, transaction=ride.id).items
    assert sorted(one.listing_id for one in asked) == sorted([ram.listing, hari.listing])


@pytest.mark.behaviour("R9")
@pytest.mark.parametrize("pay", ["card", "wallet", "cash"])
def test_without_a_driver_the_hold_is_void(town: Town, pay: str) -> None:
    """When everybody said no and the time to search is over, the ride expires, the rider pays
    nothing and what was held is free again."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, PRICE, "slip")
    ride = town.order(sita, pay)
    town.dispatch()
    town.market.offers.decline(town.offer_to(ram), by=ram.party)
    assert town.dispatch() == []
    town.wait(5 * MINUTE)
    ride = town.now(ride)
    assert ride.state == "expired"
    assert [one.held for one in town.market.transactions.payments(ride.id, by=sita)] == [0]
    assert town.balance(ride.id, Purpose.ESCROW) == 0
    assert town.accounts(sita) == {"wallet": PRICE}
    assert all(one["held"] == 0 for one in town.sandbox.charges())
    assert town.sandbox.balance("NPR").amount == 0


@pytest.mark.behaviour("R8")
def test_the_first_of_three_drivers_wins_and_the_others_are_free(town: Town) -> None:
    """Put to three drivers at once, a ride goes to the first yes; a later yes is refused and the
    others' attention is given back with the very same act."""
    sita = town.rider()
    drivers = [town.driver(f"Driver {n}", Place(27.71 - n / 1000, 85.315)) for n in range(3)]
    ride = town.order(sita, "card")
    rounds = RadiusRounds((5_000,), 3, 1)
    assert len(town.dispatch(dispatcher=rounds)) == 3
    offers = [town.offer_to(driver) for driver in drivers]
    town.market.offers.accept(offers[1], by=drivers[1].party)
    for loser in (0, 2):
        with pytest.raises(Conflict, match="lost"):
            town.market.offers.accept(offers[loser], by=drivers[loser].party)
    assert town.now(ride).listing_id == drivers[1].listing
    seats = town.market.transactions.seats(ride.id, by=sita)
    assert [s.party_id for s in seats if s.role == "provider"] == [drivers[1].id]
    hari = town.rider("Gita")
    town.order(hari, "card")
    assert len(town.dispatch(dispatcher=rounds)) == 2


@pytest.mark.behaviour("R8")
def test_a_driver_never_holds_two_offers(town: Town) -> None:
    """While a driver has an offer in hand no other rider's ride is put to it; when the lease of
    seconds is over it is asked again."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    town.order(sita, "card")
    assert len(town.dispatch()) == 1
    other = town.order(gita, "card")
    assert town.dispatch() == []
    because = town.market.why.pairing(str(other.request_id), ram.listing, by=OPERATOR)
    assert [one.reason.code for one in because] == ["has_an_offer"]
    town.clock.advance(timedelta(seconds=15))
    town.market.tick()
    assert len(town.dispatch()) == 1
    (offer,) = town.market.offers.list(by=ram.party, state="made").items
    assert offer.transaction_id == other.id


@pytest.mark.behaviour("R10", "C7")
def test_why_a_driver_was_not_asked_is_answered_from_what_was_stored(town: Town) -> None:
    """For each driver there is a stored reason: too far, another was nearer, busy, not there; and
    it is the same reason when the driver has moved since."""
    sita = town.rider()
    near = town.driver("Near", NEAR)
    next_best = town.driver("Next", Place(27.7050, 85.3150))
    far = town.driver("Far", Place(27.60, 85.20))
    gone = town.driver("Gone", None)
    ride = town.order(sita, "card")
    town.dispatch()

    def why(listing: str) -> list[str]:
        pairs = town.market.why.pairing(str(ride.request_id), listing, by=OPERATOR)
        return [one.reason.code for one in pairs]

    answers = [why(one.listing) for one in (near, next_best, far, gone)]
    assert [len(one) for one in answers] == [1, 1, 1, 1]
    assert answers[0] == ["chosen"]
    assert answers[3] == ["not_present"]
    assert len({one[0] for one in answers}) == 4
    for driver in (far, gone, next_best):
        town.online(driver, THAMEL)
    assert [why(one.listing) for one in (near, next_best, far, gone)] == answers
    with pytest.raises(Exception, match="no request"):
        town.market.why.pairing(str(ride.request_id), far.listing, by=far.party)
