"""A customer is sent to its bank and says yes there when nothing here waits for it any more, told
with each payment provider: no cent of his is kept, and both sides' books agree."""

from datetime import timedelta

import pytest

from marketplace import HOUR, MINUTE, OPERATOR, Purpose, Transaction
from tests.support.quay import Quay

LATE = HOUR + MINUTE


def in_time(quay: Quay, deal: Transaction) -> str:
    """What the bank asks its customer about."""
    (asked,) = quay.bank.asking()
    assert quay.reference(deal) == asked
    return str(asked)


def confirmed_as_it_is_given_up(quay: Quay, deal: Transaction, given_up_after: timedelta) -> str:
    """The customer says yes in the moment in which the clock gives the deal up, before the bank
    hears that it is called off; gives what he said yes to."""
    asked = in_time(quay, deal)
    quay.clock.advance(given_up_after - MINUTE)
    quay.bank.down(lasting=3 * MINUTE)
    quay.clock.advance(2 * MINUTE)
    quay.market.tick()
    quay.bank.confirm(asked)
    quay.clock.advance(MINUTE)
    return asked


@pytest.mark.parametrize(
    ("trade", "waits", "over"),
    [("crossings", "challenged", "refused"), ("crates", "unpaid", "lapsed")],
)
def test_what_was_given_up_is_asked_of_nobody_any_more(
    quay: Quay, trade: str, waits: str, over: str
) -> None:
    """The clock gives the deal up: the bank asks its customer no more, and nothing moved."""
    deal = quay.opened(trade, quay.card("asks"))
    if trade == "crates":
        deal = quay.carried(deal, "pay") if deal.state == "basket" else deal
    assert deal.state == waits
    in_time(quay, deal)
    quay.wait(LATE)
    assert (quay.now(deal).state, quay.bank.asking()) == (over, [])
    assert quay.market.payments.waiting() == []
    quay.told()
    assert (quay.differing(), quay.bank.charges(), quay.bank.lies()) == ([], [], 0)


@pytest.mark.invariant(8, 19)
def test_a_hold_that_is_confirmed_too_late_is_given_up(quay: Quay) -> None:
    """Set aside for a deal that is over: it is free again, whatever is told first and how often."""
    deal = quay.opened("crossings", quay.card("asks"))
    confirmed_as_it_is_given_up(quay, deal, HOUR)
    assert (quay.now(deal).state, quay.bank.charges()) == ("refused", [(10_000, 0, 0)])
    sent = quay.bank.notices()
    quay.told(*sent, *sent)
    quay.wait(3 * HOUR)
    assert (quay.bank.charges(), quay.bank.asking(), quay.differing()) == ([], [], [])
    assert quay.paid(deal) == (0, 0, 0)
    assert quay.market.payments.waiting() == []


@pytest.mark.invariant(8, 19)
def test_a_charge_that_is_confirmed_too_late_goes_back(quay: Quay) -> None:
    """Taken for a deal that is over: it stands in our books as with the bank, goes back whole, and
    the customer is told once; nobody else earns of it."""
    deal = quay.opened("crates", quay.card("asks"))
    asked = confirmed_as_it_is_given_up(quay, deal, 30 * MINUTE)
    assert (quay.now(deal).state, quay.bank.charges()) == ("lapsed", [(0, 10_000, 0)])
    sent = quay.bank.notices()
    quay.told(*sent, *sent)
    quay.wait(3 * HOUR)
    quay.told()
    assert (quay.bank.charges(), quay.differing()) == ([(0, 10_000, 10_000)], [])
    took = [one for one in quay.market.transactions.payments(deal.id, by=OPERATOR) if one.captured]
    assert [(one.captured, one.refunded, one.reference) for one in took] == [
        (10_000, 10_000, asked)
    ]
    assert quay.house(Purpose.PROCESSOR_CLEARING) == quay.bank.lies()
    assert quay.lies_with(quay.mia, Purpose.WALLET) == quay.lies_with(quay.mia, Purpose.REFUND) == 0
    assert len(quay.events("payment.goes_back")) == 1
    assert quay.now(deal).state == "lapsed"


def test_another_card_calls_the_first_one_off(quay: Quay) -> None:
    """Mia takes another card: what the bank asks about the first one comes to nothing, and the deal
    is paid once."""
    deal = quay.opened("crates", quay.card("asks"))
    in_time(quay, deal)
    quay.market.payments.change(deal.id, by=quay.mia, means=quay.bank.cards["fine"])
    quay.market.tick()
    assert quay.bank.asking() == []
    assert quay.carried(deal, "pay").state == "paid"
    quay.told()
    assert (quay.bank.charges(), quay.differing()) == ([(0, 10_000, 0)], [])


def test_the_first_card_is_confirmed_after_the_other_one_paid(quay: Quay) -> None:
    """The bank is slow to hear that the first card is off, and Mia says yes there as well: that
    goes back, and the deal stays paid by the other."""
    deal = quay.opened("crates", quay.card("asks"))
    first = in_time(quay, deal)
    quay.bank.down(lasting=MINUTE)
    quay.market.payments.change(deal.id, by=quay.mia, means=quay.bank.cards["fine"])
    quay.bank.confirm(first)
    quay.clock.advance(2 * MINUTE)
    assert quay.carried(deal, "pay").state == "paid"
    quay.told()
    quay.wait(10 * MINUTE)
    quay.told()
    assert quay.bank.charges() == [(0, 10_000, 0), (0, 10_000, 10_000)]
    assert (quay.differing(), quay.now(deal).state) == ([], "paid")
    assert quay.house(Purpose.PROCESSOR_CLEARING) == quay.bank.lies()
    assert quay.carried(deal, "ship", "receive").state == "done"
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 9_000


def told_at_the_bank(quay: Quay) -> Transaction:
    """A gift that its customer paid for at the bank, where the row that takes it asks him more."""
    deal = quay.opened("gifts", quay.card("asks"))
    quay.bank.confirm(in_time(quay, deal))
    sent = quay.bank.notices()
    quay.told(*sent, *sent)
    assert quay.now(deal).state == "unpaid"
    assert len(quay.events("payment.confirmed_at_bank")) == 1
    return deal


def test_a_row_that_asks_more_waits_for_its_customer(quay: Quay) -> None:
    """He is told that the bank has his word; his row then takes what was paid, and nothing more."""
    deal = told_at_the_bank(quay)
    paid = quay.market.transactions.take(deal.id, "pay", by=quay.mia, greeting="happy returns")
    assert paid.state == "paid"
    assert (quay.bank.charges(), quay.paid(deal)) == ([(0, 10_000, 0)], (0, 10_000, 0))
    quay.told()
    assert quay.differing() == []


def test_one_who_said_yes_at_the_bank_and_never_here_gets_it_back(quay: Quay) -> None:
    """He never comes back: what he paid stands in the books and goes back as the deal lapses."""
    deal = told_at_the_bank(quay)
    quay.wait(LATE)
    quay.told()
    assert (quay.now(deal).state, quay.differing()) == ("lapsed", [])
    assert quay.bank.charges() == [(0, 10_000, 10_000)]
    assert quay.house(Purpose.PROCESSOR_CLEARING) == quay.bank.lies()
    assert quay.market.payments.waiting() == []
