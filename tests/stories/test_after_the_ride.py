"""What may follow a ride: a tip, a lost item, an incident, a trip that is shared."""

import pytest

from marketplace import (
    DAY,
    MARKETPLACE,
    OPERATOR,
    SECOND,
    Forbidden,
    IllegalTransition,
    NotFound,
    Pay,
    Purpose,
)
from tests.support.ride_world import Town

PRICE = 19_700
FEE = 2_955
EARNED = PRICE - FEE


@pytest.mark.behaviour("R16")
@pytest.mark.parametrize("pay", ["card", "wallet", "cash"])
def test_a_tip_is_all_the_driver_s(town: Town, pay: str) -> None:
    """A tip after the ride reaches the driver to the last coin: no commission, no other share;
    a cash tip leaves neither side owing anything."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    town.top_up(sita, 5_000, "slip")
    tip = town.market.transactions.follow_up(
        ride.id, "tip", by=sita, amount=town.money(5_000), pay=Pay(pay, purse="tip")
    )
    assert (tip.state, tip.origin_id) == ("tipped", ride.id)
    terms = town.market.transactions.terms(tip.id, by=sita)[-1]
    assert [(one.code, one.amount.amount, one.payee) for one in terms.lines] == [
        ("tip", 5_000, "provider")
    ]
    in_hand = 5_000 if pay == "cash" else 0
    assert town.accounts(ram) == {"provider payable": EARNED + 5_000 - in_hand}
    assert town.balance(sita, Purpose.WALLET) == (0 if pay == "wallet" else 5_000)
    assert town.house(Purpose.REVENUE) == FEE


@pytest.mark.behaviour("R16")
def test_a_tip_comes_from_the_rider_within_two_weeks(town: Town) -> None:
    """The driver and strangers open no tip, nobody opens one too late, and a declined card leaves
    everything as it was."""
    sita, ram, gita = town.rider(), town.driver(), town.rider("Gita")
    ride = town.settled(sita, ram, "card")
    follow_up = town.market.transactions.follow_up
    tip = {"amount": town.money(5_000), "pay": Pay("card", purse="tip")}
    with pytest.raises(Forbidden, match="opened by customer"):
        follow_up(ride.id, "tip", by=ram.party, **tip)
    with pytest.raises(NotFound):
        follow_up(ride.id, "tip", by=gita, **tip)
    no = follow_up(
        ride.id,
        "tip",
        by=sita,
        amount=town.money(5_000),
        pay=Pay("card", means="tok_declined", purse="tip"),
    )
    assert no.state == "refused"
    assert town.accounts(ram) == {"provider payable": EARNED}
    town.clock.advance(14 * DAY + SECOND)
    with pytest.raises(IllegalTransition, match="could be opened until"):
        follow_up(ride.id, "tip", by=sita, **tip)


@pytest.mark.behaviour("R20")
def test_a_lost_item_is_reported_found_and_rewarded(town: Town) -> None:
    """The rider reports what was left, the driver says it is found, and with its return the whole
    reward is the driver's; the ride itself stays as it was settled."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    item = town.market.transactions.follow_up(
        ride.id,
        "lost_item",
        by=sita,
        amount=town.money(2_000),
        pay=Pay("card"),
        asks={"what": "umbrella"},
    )
    assert item.state == "reported"
    assert town.take(item, "found", ram, where="under the seat").state == "found"
    assert town.take(item, "received", sita).state == "returned"
    fee = town.fee(item)
    assert town.accounts(ram) == {"provider payable": EARNED + 2_000 - fee}
    assert town.now(ride).state == "settled"
    gone = town.market.transactions.follow_up(
        ride.id, "lost_item", by=sita, asks={"what": "a glove"}
    )
    town.wait(7 * DAY)
    assert town.now(gone).state == "not_found"


@pytest.mark.behaviour("R20")
def test_an_incident_is_noticed_by_either_side_and_looked_into(town: Town) -> None:
    """Rider or driver reports an incident, the operator looks into it and closes it; nobody else
    may, and one that nobody looks into is closed by the clock."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    follow_up = town.market.transactions.follow_up
    one = follow_up(ride.id, "incident", by=ram.party, asks={"what": "rude"})
    with pytest.raises(Forbidden):
        town.take(one, "close", sita)
    assert town.take(one, "look_into", OPERATOR).state == "investigated"
    assert town.take(one, "close", OPERATOR, outcome="talked to both").state == "closed"
    other = follow_up(ride.id, "incident", by=sita, asks={"what": "fell"})
    town.wait(30 * DAY)
    assert town.now(other).state == "closed"
    assert town.moves(one) == []


@pytest.mark.behaviour("R20")
def test_a_trip_is_shared_while_it_lasts(town: Town) -> None:
    """The rider shares the trip under way with somebody, and stops it; before a driver accepted
    there is nothing to share."""
    sita, ram = town.rider(), town.driver()
    waiting = town.order(sita, "card")
    follow_up = town.market.transactions.follow_up
    with pytest.raises(IllegalTransition, match="follows accepted"):
        follow_up(waiting.id, "trip_share", by=sita, asks={"with_whom": "mother"})
    town.dispatch()
    ride = town.market.offers.accept(town.offer_to(ram), by=ram.party)
    share = follow_up(ride.id, "trip_share", by=sita, asks={"with_whom": "mother"})
    assert (share.state, share.origin_id) == ("shared", ride.id)
    assert town.take(share, "stop", sita).state == "over"


def test_the_house_never_owns_what_passes_through(town: Town) -> None:
    """The marketplace's own accounts are its fees and its money at the payment provider: nothing
    of a rider's or driver's stands in them when all is settled."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    assert town.accounts(MARKETPLACE) == {
        "platform revenue": FEE,
        "processor clearing": PRICE,
    }
