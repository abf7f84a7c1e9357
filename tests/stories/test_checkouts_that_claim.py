"""What the deals of a checkout claim together: each its own, and no more than one may keep."""

from typing import Any

import pytest

from marketplace import Conflict, LimitExceeded, Limits
from tests.support.square import CARD, Deaf, Square, open_square


@pytest.fixture
def square(database_url: str) -> Any:
    """A bazaar on each database."""
    opened = open_square(database_url)
    yield opened
    opened.market.close()


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
    quotes = [*square.basket(1, 2), square.quote(square.shelf(100, stock=3), 3).id]
    with pytest.raises(LimitExceeded) as refused:
        square.market.checkouts.place(quotes, by=square.shopper, pay=CARD)
    assert (refused.value.code, refused.value.params["quote"]) == ("too_many_holds", quotes[2])
    paid = square.market.checkouts.place(quotes[1:], by=square.shopper, pay=CARD)
    assert square.states(paid.id) == ["paid", "paid"]


def test_a_claim_that_the_database_breaks_off_is_begun_anew(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What deals claim together and the database breaks off in favour of another is begun anew as
    any command is, and not taken for having no room."""
    with square.market.context.store.begin(write=False) as work:
        book: Any = type(work.claims)
    claim, tries = book.claim_counts, []

    def broken_off(self: Any, *given: Any) -> bool:
        tries.append(given)
        if len(tries) > 1:
            return bool(claim(self, *given))
        self._runner.broken = Conflict("another one went first", code="deadlock")
        raise self._runner.broken

    monkeypatch.setattr(book, "claim_counts", broken_off)
    paid = square.market.checkouts.place(square.basket(1, 2), by=square.shopper, pay=CARD)
    assert square.states(paid.id) == ["paid", "paid"]
    assert len(tries) == 2
