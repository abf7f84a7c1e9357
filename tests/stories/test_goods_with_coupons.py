"""What becomes of a coupon when goods that were bought with it are complained of."""

import pytest

from marketplace import OPERATOR, Item, Money, Purpose
from marketplace.plugins.coupons import CouponDesk
from tests.support.billed import open_billed


@pytest.mark.behaviour("C3")
@pytest.mark.parametrize("whose", ["operator", "seller"])
def test_a_claim_gives_back_what_it_says_whoever_paid_for_a_coupon(
    database_url: str, whose: str
) -> None:
    """After the end 10.00 of a basket bought with a coupon are given back: the customer gets 10.00
    and keeps its discount, whose payer pays it still."""
    billed = open_billed(database_url)
    bazaar = billed.bazaar
    by = OPERATOR if whose == "operator" else bazaar.seller
    CouponDesk(billed.market).issue("FOUR", by=by, amount=Money(4_00, "EUR"))
    deal = billed.sold(Item(bazaar.offer().id, 3), coupon="FOUR")
    assert bazaar.money(deal) == (33_00, 0)
    billed.claimed(deal, 10_00)
    assert bazaar.money(deal) == (33_00, 10_00)
    house = billed.market.ledger.balances("marketplace", by=OPERATOR)
    kept = {one.account.purpose: one.posted for one in house}
    assert kept[Purpose.PROCESSOR_CLEARING] == 23_00
    assert billed.market.ledger.sums() == {"EUR": 0}
    billed.market.close()
