"""What the deals of a checkout claim together: each its own, and no more than one may keep."""

import pytest

from marketplace import LimitExceeded, Limits
from tests.support.square import CARD, Deaf, Square, open_square


def _claims(square: Square, checkout_id: str) -> dict[str | None, list[tuple[int, str]]]:
    """By listing, quantity and state of what the deal about it has claimed."""
    with square.market.context.store.begin(write=False) as work:
        return {
            deal.listing_id: [
                (one.quantity, one.state) for one in work.claims.of_cause("transaction", deal.id)
            ]
            for deal in square.deals(checkout_id)
        }


@pytest.mark.behaviour("G4")
def test_each_deal_of_a_checkout_claims_its_own(database_url: str) -> None:
    """However its deals claim together, each has what it asked for: reserved while the bank is
    asked, firm when it has said yes, and no other deal's on the same shelf with it."""
    bank = Deaf()
    square = open_square(database_url, bank=bank)
    bank.now = square.clock.now
    lamp, bowl = square.shelf(2_400), square.shelf(1_850)

    def place(lamps: int, bowls: int) -> str:
        quotes = [square.quote(lamp, lamps).id, square.quote(bowl, bowls).id]
        return square.market.checkouts.place(quotes, by=square.shopper, pay=CARD).id

    waiting = place(3, 4)
    reserved = {lamp.id: [(3, "reserved")], bowl.id: [(4, "reserved")]}
    assert _claims(square, waiting) == reserved
    bank.deaf = False
    assert _claims(square, place(1, 2)) == {
        lamp.id: [(1, "confirmed")],
        bowl.id: [(2, "confirmed")],
    }
    assert _claims(square, waiting) == reserved
    square.market.close()


def test_a_checkout_keeps_no_more_from_others_than_one_may() -> None:
    """Deals that claim together count as if they claimed one by one: the first beyond the limit
    is the one that is named, and nothing stays taken."""
    square = open_square(limits=Limits(open_holds=2))
    lamp = square.shelf(100, stock=3)
    quotes = [*square.basket(1, 2), square.quote(lamp, 3).id]
    with pytest.raises(LimitExceeded) as refused:
        square.market.checkouts.place(quotes, by=square.shopper, pay=CARD)
    assert (refused.value.code, refused.value.params["quote"]) == ("too_many_holds", quotes[2])
    paid = square.market.checkouts.place(quotes[1:], by=square.shopper, pay=CARD)
    assert square.states(paid.id) == ["paid", "paid"]
