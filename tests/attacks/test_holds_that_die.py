"""A hold dies at the bank while the other side says yes: nobody has the nights for nothing."""

import pytest

from marketplace import HOUR, OPERATOR, Pay, customer_owes
from marketplace.plugins.sandbox import DIES_EARLY
from marketplace.plugins.stays import StayTimes
from tests.support.inn import EASTER, Inn

DROPS_AFTER = StayTimes().capture


@pytest.mark.attack(38)
@pytest.mark.parametrize("pays", [True, False])
def test_a_hold_dies_while_the_host_accepts(inn: Inn, pays: bool) -> None:
    """Nothing was captured, so she is asked to pay anew; until she does, or her time is over, the
    nights stay hers, and no other deal has freed or taken them."""
    market, home = inn.market, inn.home(instant=False)
    quote = inn.price(home, EASTER, 4)
    pay = Pay("card", means=DIES_EARLY)
    deal = market.transactions.open(quote.id, by=inn.gita, pay=pay, entry="ask")
    assert deal.state == "waiting"
    assert market.transactions.take(deal.id, "accept", by=inn.host).state == "uncaptured"
    captured = [one.captured for one in market.transactions.payments(deal.id, by=OPERATOR)]
    assert captured == [0]
    assert inn.why_not(home, EASTER, 4, by=inn.ben)
    if pays:
        assert market.transactions.take(deal.id, "pay", by=inn.gita).state == "booked"
        captured = [one.captured for one in market.transactions.payments(deal.id, by=OPERATOR)]
        assert captured == [customer_owes(quote.lines, "USD").amount]
        return
    market.advance(DROPS_AFTER - HOUR)
    assert inn.why_not(home, EASTER, 4, by=inn.ben)
    market.advance(HOUR)
    assert market.transactions.get(deal.id, by=inn.gita).state == "expired"
    assert not inn.why_not(home, EASTER, 4, by=inn.ben)
    assert not any(market.ledger.sums().values())
