"""What a bank takes or sends back, told by notices of each payment provider: chargebacks, refunds
and payouts that come back, often, late and in any order."""

from random import Random
from typing import Any

import pytest

from marketplace import DAY, HOUR, MINUTE, OPERATOR, Conflict, Purpose
from tests.stories.test_cards_gone_wrong import give_back
from tests.support.quay import Quay
from tests.support.racing import at_once


def _paid_out(quay: Quay) -> Any:
    """A sale of 100.00 whose seller was paid."""
    deal = quay.sold()
    quay.bank.may_be_paid(quay.market, quay.sal)
    quay.wait(3 * DAY)
    payout = quay.payout()
    assert quay.market.payouts.get(payout.id, by=OPERATOR).state == "paid"
    return deal


@pytest.mark.attack(61)
@pytest.mark.invariant(46)
@pytest.mark.parametrize("won", [True, False])
def test_a_chargeback_after_the_payout_is_won_or_lost_with_its_fee(quay: Quay, won: bool) -> None:
    """The bank takes 40.00 back and keeps 15.00 for it. Won, the 40.00 come back and nobody owes
    anything; lost, the seller owes her part and the marketplace bears its own. The fee is the
    marketplace's either way, and nobody's revenue pays in silence."""
    deal = _paid_out(quay)
    fees = quay.house(Purpose.PROCESSOR_FEES)
    name = quay.bank.dispute(quay.reference(deal), 4_000)
    quay.told()
    assert quay.agrees()
    (one,) = quay.market.chargebacks.list(by=OPERATOR)
    assert (one.state, one.amount, one.fee) == ("open", 4_000, 1_500)
    quay.bank.decide(quay.reference(deal), name, won=won)
    quay.told()
    assert quay.market.chargebacks.get(one.id, by=OPERATOR).state == ("won" if won else "lost")
    assert quay.house(Purpose.PROCESSOR_FEES) == fees + 1_500
    assert abs(quay.lies_with(quay.sal, Purpose.RECEIVABLE)) == (0 if won else 3_600)
    quay.sold()
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == (9_000 if won else 5_400)


@pytest.mark.attack(57, 62)
@pytest.mark.invariant(7)
@pytest.mark.parametrize("won", [True, False])
def test_no_more_goes_back_by_bank_and_refund_than_was_taken(quay: Quay, won: bool) -> None:
    """While the bank decides on 60.00 nothing is refunded. Lost, the other 40.00 are given back
    though all of it is decided (as credit, where the bank refunds nothing any more of what it took
    back); won, all of it: never more than was taken."""
    deal = quay.sold()
    name = quay.bank.dispute(quay.reference(deal), 6_000)
    quay.told()
    with pytest.raises(Conflict):
        give_back(quay, deal.id, 10_000)
    quay.bank.decide(quay.reference(deal), name, won=won)
    quay.told()
    give_back(quay, deal.id, 10_000)
    quay.wait(HOUR)
    ((_, _, refunded),) = quay.bank.charges()
    assert refunded + quay.lies_with(quay.mia, Purpose.WALLET) == (10_000 if won else 4_000)
    assert quay.agrees()


@pytest.mark.attack(48, 49)
@pytest.mark.invariant(43, 44)
@pytest.mark.parametrize("seed", range(3))
def test_everything_is_told_often_and_in_any_order(quay: Quay, seed: int) -> None:
    """Holds, raises, captures, refunds, a payout and a lost chargeback: all that the bank tells of
    them, in a random order, each of it up to three times and from four threads at once, is one
    effect each, and ends as told in order."""
    first = _paid_out(quay)
    crossing = quay.carried(quay.opened("crossings"), "take_on", "load_more", "land")
    give_back(quay, first.id, 2_500)
    quay.wait(HOUR + MINUTE)
    name = quay.bank.dispute(quay.reference(first), 3_000)
    quay.bank.decide(quay.reference(first), name, won=False)
    chance, sent = Random(seed), quay.bank.notices()
    assert len(sent) > 6
    often = [one for one in sent for _ in range(chance.randint(1, 3))]
    chance.shuffle(often)
    for some in (often[at : at + 4] for at in range(0, len(often), 4)):
        said = at_once(*[_told_once(quay, one) for one in some])
        for one, outcome in zip(some, said, strict=True):
            # What was not taken while others were at the same thing is sent again.
            again = quay.told(one) if isinstance(outcome, Conflict) else outcome
            assert set(again) <= {"taken", "known before"}, outcome
    (one,) = quay.market.chargebacks.list(by=OPERATOR)
    assert (one.state, one.amount) == ("lost", 3_000)
    assert (quay.paid(first), quay.paid(crossing)) == ((0, 10_000, 2_500), (0, 12_000, 0))
    assert quay.differing() == []
    assert len(quay.market.payments.notices(by=OPERATOR, limit=500)) == len(sent)
    assert set(quay.told(*sent)) == {"known before"}


def _told_once(quay: Quay, sent: Any) -> Any:
    return lambda: quay.told(sent)


@pytest.mark.invariant(41, 46)
def test_a_refund_that_comes_back_days_later_is_credit(quay: Quay) -> None:
    """Half of the price went back to a card that, as it turns out, takes nothing back: it becomes
    the customer's credit, once."""
    deal = quay.carried(
        quay.opened("crates", quay.card("takes nothing back")), "ship_short", "receive"
    )
    assert quay.paid(deal) == (0, 10_000, 3_000)
    quay.told()
    quay.bank.return_refund(quay.reference(deal))
    sent = quay.bank.notices()
    quay.told(*sent, *sent)
    assert quay.lies_with(quay.mia, Purpose.WALLET) == 3_000
    assert quay.agrees()


@pytest.mark.attack(63)
@pytest.mark.invariant(20, 44)
def test_a_payout_that_comes_back_days_later_is_owed_again(quay: Quay) -> None:
    """What arrived is sent back: the payout is returned, its amount is the seller's again, and is
    paid out a second time, once."""
    _paid_out(quay)
    quay.told()
    (payout,) = quay.market.payouts.list(by=OPERATOR)
    quay.wait(2 * DAY)
    quay.bank.return_payout(str(payout.reference))
    sent = quay.bank.notices()
    quay.told(*sent, *sent)
    assert quay.market.payouts.get(payout.id, by=OPERATOR).state == "returned"
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 9_000
    assert quay.agrees()
    again = quay.payout()
    assert (again.amount, quay.lies_with(quay.sal, Purpose.PAYABLE)) == (9_000, 0)


def test_who_confirms_in_time_goes_on_by_the_notice_alone(quay: Quay) -> None:
    """The customer says yes at the bank and never comes back here: the notice takes the deal on."""
    deal = quay.opened("crossings", quay.card("asks"))
    assert deal.state == "challenged"
    quay.bank.confirm(quay.reference(deal))
    quay.told()
    assert (quay.now(deal).state, quay.paid(deal)) == ("waiting", (10_000, 0, 0))
    quay.wait(HOUR + MINUTE)
    assert quay.now(deal).state == "waiting"
    assert quay.bank.charges() == [(10_000, 0, 0)]
