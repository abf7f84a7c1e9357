"""A ride told start to end: asked, quoted, dispatched, driven, settled, reviewed."""

import pytest

from marketplace import HOUR, MINUTE, OPERATOR, Purpose
from tests.support.ride_world import Town


@pytest.mark.behaviour("R12", "R15", "C13")
def test_a_card_ride_goes_through_every_state_and_splits_its_price(town: Town) -> None:
    """A ride walks searching, offered, accepted, arriving, arrived, started, completed, settled,
    and then rider, driver and marketplace each have exactly their part of the price."""
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, "card")
    states = [ride.state]
    town.dispatch()
    states.append(town.now(ride).state)
    ride = town.market.offers.accept(town.offer_to(ram), by=ram.party)
    states.append(ride.state)
    states.append(town.take(ride, "set_out", ram).state)
    town.clock.advance(5 * MINUTE)
    states.append(town.take(ride, "arrive", ram).state)
    states.append(town.take(ride, "start", ram, code=town.code(ride)).state)
    town.clock.advance(20 * MINUTE)
    states.append(town.take(ride, "finish", ram).state)
    price, fee = town.due(ride), town.fee(ride)
    assert town.balance(ride.id, Purpose.ESCROW) == price
    town.wait(2 * HOUR)
    states.append(town.now(ride).state)
    assert states == [
        "searching", "offered", "accepted", "arriving", "arrived", "started", "completed",
        "settled",
    ]  # fmt: skip
    assert price == 19_700
    assert town.balance(ride.id, Purpose.ESCROW) == 0
    assert town.accounts(ram) == {"provider payable": price - fee}
    assert town.accounts(sita) == {}
    assert town.house(Purpose.REVENUE) == fee == 2_955
    assert town.house(Purpose.PROCESSOR_CLEARING) == price == town.sandbox.balance("NPR").amount
    assert town.market.ledger.balance(ram.id, "NPR", by=ram.party) == town.money(price - fee)
    assert town.market.ledger.profit("NPR") == town.money(fee)
    assert [j.kind for j in town.market.ledger.of_transaction(ride.id, by=OPERATOR)] == [
        "hold", "capture", "settle",
    ]  # fmt: skip
