"""Cash rides of any length: the driver's debt grows by the fee, to the paisa, up to the limit."""

import random

import pytest

from marketplace import HOUR, MINUTE, OPERATOR, Money, Place, Purpose
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from tests.support.ride_world import CURRENCY, OpenTown

LIMIT = 12_345


@pytest.mark.behaviour("T2", "T3")
@pytest.mark.invariant(22)
@pytest.mark.parametrize("seed", range(3))
def test_a_debt_is_the_sum_of_the_fees_and_bounds_what_is_matched(
    open_town: OpenTown, seed: int
) -> None:
    """Ride after ride is paid by hand, one by card between them; after each the
    driver owes exactly the fees of the cash rides less what card rides earned him, and our revenue
    is exactly the sum of the fees. He is asked as long as he owes no more than the limit; beyond
    it he is matched with nobody, is told why, and is asked again at once when he paid."""
    source = random.Random(seed)
    bp = source.choice([777, 1_500, 2_999])
    cash = Cash(debt_limit=Money(LIMIT, CURRENCY))
    town = open_town(cash=cash, commission=Commission(bp=bp))
    sita, ram = town.rider(), town.driver()
    owed = fees = rides = 0
    while owed <= LIMIT:
        pay = "card" if rides == 2 else "cash"
        to = Place(27.67 + source.random() / 20, 85.30 + source.random() / 20, "somewhere")
        before = town.balance(ram, Purpose.RECEIVABLE)
        assert before == max(owed, 0)
        ride = town.settled(sita, ram, pay, to=to)
        fee = town.fee(ride)
        assert fee > 0
        fees, rides = fees + fee, rides + 1
        if pay == "cash":
            owed += fee
        else:
            owed -= town.due(ride) - fee
        assert town.balance(ram, Purpose.RECEIVABLE) == max(owed, 0)
        assert town.balance(ram, Purpose.PAYABLE) == max(-owed, 0)
        assert town.house(Purpose.REVENUE) == fees
        assert rides < 40
    order = town.order(sita, "cash")
    assert town.dispatch() == []
    assert order.request_id is not None
    told = town.market.why.pairing(order.request_id, ram.listing, by=OPERATOR)
    assert "debt_over_limit" in {one.reason.code for one in told}
    town.top_up(ram, owed - LIMIT, "at the bank")
    assert town.balance(ram, Purpose.RECEIVABLE) == LIMIT
    assert len(town.dispatch()) == 1
    town.wait(MINUTE)
    ride = town.market.transactions.get(order.id, by=OPERATOR)
    assert ride.state in ("searching", "offered")
    town.wait(HOUR)
    assert town.now(order).state == "expired"
