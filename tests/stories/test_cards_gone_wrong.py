"""What goes wrong with cards, told with each payment provider: declined, asked, died, in part."""

from datetime import timedelta

import pytest
from attrs import evolve

from marketplace import DAY, HOUR, MINUTE, OPERATOR, Money, Purpose
from tests.support.quay import Quay
from tests.support.quay_banks import USD


def test_a_declined_card_holds_nothing(quay: Quay) -> None:
    """The bank says no: the deal is refused, no cent is held or booked, and nothing is asked of
    the bank any more."""
    deal = quay.opened("crossings", quay.card("declined"))
    assert (deal.state, quay.paid(deal)) == ("refused", (0, 0, 0))
    quay.wait(DAY)
    assert [one.state for one in quay.intents()] == ["failed"]
    assert (quay.bank.charges(), quay.bank.lies()) == ([], 0)


def test_who_never_confirms_pays_nothing(quay: Quay) -> None:
    """The bank asks its customer, who never answers: the clock gives the deal up, and neither side
    holds a cent."""
    deal = quay.opened("crossings", quay.card("asks"))
    assert deal.state == "challenged"
    quay.wait(HOUR + MINUTE)
    assert (quay.now(deal).state, quay.paid(deal)) == ("refused", (0, 0, 0))
    assert quay.bank.charges() == []


def test_a_part_is_captured_and_the_rest_of_the_hold_is_free(quay: Quay) -> None:
    """Of 150.00 held, raised from 100.00, 120.00 is taken: the rest is given up on both sides, and
    whatever the bank tells of it is no news."""
    deal = quay.carried(quay.opened("crossings"), "take_on", "load_more")
    assert (quay.paid(deal), quay.bank.charges()) == ((15_000, 0, 0), [(15_000, 0, 0)])
    deal = quay.carried(deal, "land")
    assert (quay.paid(deal), quay.bank.charges()) == ((0, 12_000, 0), [(0, 12_000, 0)])
    quay.told()
    assert quay.differing() == []
    quay.wait(HOUR + MINUTE)
    assert quay.now(deal).state == "done"
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 10_800


@pytest.mark.parametrize("rows", [(), ("take_on",), ("take_on", "load_more")])
def test_what_is_called_off_costs_a_part_of_its_hold(quay: Quay, rows: tuple[str, ...]) -> None:
    """Called off, 20.00 is captured of whatever is held, raised or not, and the rest is free; what
    the bank tells of it is no news."""
    deal = quay.carried(quay.opened("crossings"), *rows, "call_off")
    assert (deal.state, quay.paid(deal)) == ("over", (0, 2_000, 0))
    assert quay.bank.charges() == [(0, 2_000, 0)]
    quay.told()
    assert quay.differing() == []
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 1_800


def test_a_bank_that_does_not_give_what_it_held_is_owed_nothing(quay: Quay) -> None:
    """The capture fails: nothing is earned, and the clock gives the hold up."""
    deal = quay.opened("crossings", quay.card("captures nothing"))
    deal = quay.carried(deal, "take_on", "load_more", "land")
    assert deal.state == "unpaid"
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 0
    quay.wait(HOUR + MINUTE)
    assert (quay.now(deal).state, quay.paid(deal)) == ("over", (0, 0, 0))
    assert (quay.bank.charges(), quay.bank.lies()) == ([], 0)


def test_a_hold_dies_while_the_provider_is_at_it(quay: Quay) -> None:
    """Nobody takes the deal on for seven days: its hold dies with the bank at the moment at which
    it dies here, and a deal that the provider took on at the last moment ends by that."""
    deal = quay.opened("crossings")
    quay.clock.set(quay.clock.now() + 6 * DAY - HOUR)
    deal = quay.carried(deal, "take_on")
    dies = quay.clock.now() + DAY + HOUR
    for moment in (dies - timedelta(seconds=1), dies):
        quay.clock.set(moment)
        if moment == dies:
            quay.market.tick()
    assert (quay.now(deal).state, quay.paid(deal)) == ("over", (0, 0, 0))
    assert (quay.bank.charges(), quay.bank.lies()) == ([], 0)
    quay.told()
    assert quay.differing() == []


def test_a_refund_after_the_payout_is_the_seller_s_debt(quay: Quay) -> None:
    """What was paid out is not there any more: half of the price goes back to the customer all the
    same, the seller owes it, and her next earnings pay it before she is paid."""
    deal = quay.sold()
    quay.bank.may_be_paid(quay.market, quay.sal)
    quay.wait(3 * DAY)
    quay.payout()
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 0
    give_back(quay, deal.id, 5_000)
    assert quay.paid(deal) == (0, 10_000, 5_000)
    owed = quay.lies_with(quay.sal, Purpose.RECEIVABLE)
    assert abs(owed) == 5_000
    quay.sold()
    assert quay.lies_with(quay.sal, Purpose.RECEIVABLE) == 0
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 9_000 - 5_000


@pytest.mark.attack(61)
@pytest.mark.invariant(21)
def test_what_is_owed_anew_is_paid_by_what_was_earned_since(quay: Quay) -> None:
    """A refund after the payout is netted from the next sale; a second refund of the same deal is
    owed anew, and what is left of that sale pays it: no payout goes out beside a debt."""
    deal = quay.sold()
    quay.bank.may_be_paid(quay.market, quay.sal)
    quay.wait(3 * DAY)
    quay.payout()
    give_back(quay, deal.id, 1)
    quay.sold(100)
    have = quay.lies_with(quay.sal, Purpose.PAYABLE)
    assert quay.lies_with(quay.sal, Purpose.RECEIVABLE) == 0
    give_back(quay, deal.id, 2)
    assert quay.lies_with(quay.sal, Purpose.RECEIVABLE) == 0
    assert have - 2 <= quay.lies_with(quay.sal, Purpose.PAYABLE) < have


def give_back(quay: Quay, deal: str, amount: int) -> None:
    """The operator decides that so much of the price goes back; the seller bears it."""
    lines = quay.market.transactions.terms(deal, by=OPERATOR)[-1].lines
    (price,) = [one for one in lines if one.payer == "customer"]
    fees = [one for one in lines if one.payer != "customer"]
    left = evolve(price, amount=price.amount - Money(amount, USD))
    quay.market.transactions.follow_up(
        deal, "adjustment", by=OPERATOR, lines=[left, *fees] if left.amount else [], entry="lower"
    )
