"""Goods that are made to order and paid 30 and 70, told to the cent."""

import pytest

from marketplace import DAY, OPERATOR, Pay, Purpose, Transaction
from tests.support.bazaar import Bazaar, amounts


def agreed(bazaar: Bazaar) -> Transaction:
    """A hundred mugs for 1,000.05, freight in it, 30 before and 70 after."""
    mugs = bazaar.offer(
        without=("stock", "freight"), price=10_00, freight={"first": 5, "more": 0},
        parts=[3_000, 7_000], lead_days=35,
    )  # fmt: skip
    quote = bazaar.price(mugs, 100)
    assert amounts(quote) == {
        "goods_part part1": 300_00,
        "goods_part part2": 700_00,
        "freight_part part1": 2,
        "freight_part part2": 3,
    }
    card = [Pay("card", means="tok_ok", purse=f"part{number}") for number in (1, 2)]
    deal = bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=card)
    assert (deal.process, deal.state, bazaar.money(deal)) == ("contract_2", "making_1", (300_02, 0))
    return deal


@pytest.mark.behaviour("G8")
def test_each_part_is_paid_shown_and_settled(bazaar: Bazaar) -> None:
    """The seller has 270.02 when the first part is approved, and 630.03 more with the second."""
    deal = agreed(bazaar)
    bazaar.take(deal, "show_1", bazaar.seller, evidence="a mould")
    bazaar.take(deal, "reject_1", bazaar.mia, why="too thin")
    bazaar.take(deal, "show_1", bazaar.seller, evidence="a better mould")
    bazaar.take(deal, "approve_1", bazaar.mia)
    assert (bazaar.state(deal), bazaar.balance(bazaar.seller)) == ("due_2", 270_02)
    bazaar.take(deal, "pay_2", bazaar.mia)
    assert bazaar.money(deal) == (1_000_05, 0)
    bazaar.take(deal, "show_2", bazaar.seller, evidence="a bill of lading")
    bazaar.market.advance(14 * DAY)
    assert (bazaar.state(deal), bazaar.balance(bazaar.seller)) == ("completed", 900_05)
    shown = bazaar.now(deal).attributes["evidence"]
    assert shown == ["a mould", "a better mould", "a bill of lading"]


@pytest.mark.behaviour("G8", "C23")
def test_who_does_not_pay_the_rest_forfeits_the_first_part(bazaar: Bazaar) -> None:
    """Thirty days after it was due the contract ends, and the seller keeps what was paid."""
    deal = agreed(bazaar)
    bazaar.take(deal, "show_1", bazaar.seller, evidence="a mould")
    bazaar.take(deal, "approve_1", bazaar.mia)
    bazaar.market.advance(30 * DAY)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("forfeited", (300_02, 0))
    assert bazaar.balance(bazaar.seller) == 270_02
    terms = bazaar.market.transactions.terms(deal.id, by=bazaar.mia)[-1]
    assert {line.purse for line in terms.lines} == {"part1"}
    assert bazaar.market.ledger.sums() == {"EUR": 0}


@pytest.mark.behaviour("G8", "C23")
def test_what_is_not_made_is_given_back_with_the_part_that_was_spent(bazaar: Bazaar) -> None:
    """Sixty days without the second part give both parts back; the first is a seller's debt."""
    deal = agreed(bazaar)
    bazaar.take(deal, "show_1", bazaar.seller, evidence="a mould")
    bazaar.take(deal, "approve_1", bazaar.mia)
    bazaar.market.payouts.run(by=OPERATOR)
    bazaar.take(deal, "pay_2", bazaar.mia)
    bazaar.market.advance(60 * DAY)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("cancelled", (1_000_05, 1_000_05))
    assert bazaar.balance(bazaar.seller) == 0
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 270_02
    assert bazaar.market.ledger.sums() == {"EUR": 0}
